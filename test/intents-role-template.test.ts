import { afterEach, describe, expect, test } from "@jest/globals";
import { setClock } from "../core/clock.ts";
import type { Session } from "../core/engine.ts";
import { lower } from "../core/lower.ts";
import type { Plan } from "../core/plan.ts";
import { recall } from "../core/recall.ts";
import type { DataSource } from "../core/specs.ts";
import { postgresql } from "../providers/postgresql/engine.ts";
import { ownServer } from "./support/cases.ts";
import { declared, lowered } from "./support/lowered.ts";
import { statements } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const join = (...documents: readonly string[]): string => documents.filter(Boolean).join("\n---\n");
const role = (name: string, more = ""): string => `kind: Role\nname: ${name}\n${more}`;
const template = (more = ""): string => `kind: RoleTemplate\nschema: app\n${more}`;
const TABLE = "kind: Table\nschema: app\nname: note\ncolumns: [{ name: id, type: bigint }, { name: body, type: text }]";

afterEach(() => setClock());

function kept(native: ReadonlyMap<string, unknown>, kind: string): string[] {
  return [...native.keys()].filter((at) => at.startsWith(`${kind}/`)).map((at) => at.slice(kind.length + 1));
}

describe("RoleTemplate", () => {
  test("is groups, each in the one below, with grants on what exists and what will be", () => {
    const { codes, native, spec } = lowered(
      join(template("owners: [loader]\nmembers: { writer: [loader] }"), TABLE, role("loader")),
    );
    expect(codes).toEqual([]);
    expect(kept(native, "Role")).toEqual(["app_reader", "app_writer", "app_owner", "loader"]);
    expect(spec("Role/app_owner")?.memberOf).toEqual([{ role: "app_writer" }]);
    expect(spec("Role/app_writer")?.memberOf).toEqual([{ role: "app_reader" }]);
    expect(spec("Role/loader")?.memberOf).toEqual([{ role: "app_writer" }]);
    expect(kept(native, "Grant")).toEqual([
      "app_reader/schema/app/usage",
      "app_reader/table/app.note/select",
      "app_writer/table/app.note/delete",
      "app_writer/table/app.note/insert",
      "app_writer/table/app.note/update",
      "app_owner/schema/app/create",
      "app_owner/table/app.note/references",
      "app_owner/table/app.note/trigger",
      "app_owner/table/app.note/truncate",
    ]);
    expect(kept(native, "DefaultPrivilege").filter((at) => at.includes("/app_reader/"))).toEqual([
      "loader/app/tables/app_reader/select",
      "loader/app/sequences/app_reader/select",
      "app_owner/app/tables/app_reader/select",
      "app_owner/app/sequences/app_reader/select",
    ]);
  });

  test("of some levels, under names of one's own, for several schemas", () => {
    const { native, spec } = lowered(
      join(
        `kind: RoleTemplate\nschemas: [app, web]\nlevels: [writer]\nnames: { writer: rw }\nexcept: [app.note]`,
        TABLE,
      ),
    );
    expect(kept(native, "Role")).toEqual(["rw"]);
    expect(spec("Role/rw")).toEqual({ name: "rw" });
    expect(kept(native, "Grant")).toEqual(["rw/schema/app/usage", "rw/schema/web/usage"]);
    expect(kept(lowered(join(template("names: { reader: '*_ro' }"), TABLE)).native, "Role")[0]).toBe("app_ro");
  });

  test("its groups can be referred to, and are nobody else's", () => {
    const uses = join(template("levels: [reader]"), role("bob", "memberOf: [app_reader]"));
    expect(lowered(uses).codes).toEqual([]);
    expect(() => lowered(join(template(), role("app_reader")))).toThrow("are the same object");
  });

  test("leaves tables of which a group reads some columns", () => {
    const columns = "kind: ColumnAccess\ntable: app.note\nto: [app_reader]\ncolumns: [id]";
    const { codes, native } = lowered(join(template("levels: [reader]"), TABLE, columns));
    expect(codes).toEqual([]);
    expect(kept(native, "Grant")).toEqual(["app_reader/schema/app/usage", "app_reader/table/app.note/columns/select"]);
    const member = "kind: ColumnAccess\ntable: app.note\nto: [bob]\ncolumns: [id]";
    const { diagnostics } = lowered(join(template("members: { reader: [bob] }"), TABLE, member, role("bob")));
    expect(diagnostics.map(({ code, detail }) => [code, detail])).toEqual([
      ["ACCESS_VOID", expect.stringContaining("`except`")],
    ]);
  });

  test("says where an exception cannot hold", () => {
    const given = (privilege: string, on: string, to = "app_reader"): string =>
      `kind: Grant\nto: ${to}\nprivileges: [${privilege}]\non: { ${on} }`;
    const live = declared(
      join(
        TABLE,
        TABLE.replace("name: note", "name: raw_pay"),
        given("select", "table: app.raw_pay"),
        given("insert", "table: app.raw_pay", "app_writer"),
        given("select", "table: app.raw_pay", "somebody"),
        given("select", "table: app.note"),
      ),
    );
    const told = (more: string): (string | undefined)[] =>
      lowered(join(template(`except: [app.raw_*, web.x]\n${more}`), role("loader")), live).diagnostics.map(
        ({ code, severity, address, summary, detail }) => {
          expect([code, severity, address]).toEqual(["NOT_SUPPORTED", "warning", "RoleTemplate/app"]);
          return `${summary}. ${detail}`;
        },
      );
    const reader =
      "app_reader may read app.raw_pay, which `except` names. Where this plan does not take it away, somebody else or a default privilege gave it: REVOKE SELECT ON app.raw_pay FROM app_reader;";
    expect(told("levels: [reader]")).toEqual([reader]);
    expect(told("levels: [reader, writer]\nowners: [loader]")).toEqual([
      "PostgreSQL's default privileges know no exceptions: a new table named like `app.raw_*` is readable by app_reader, app_writer as soon as loader makes it in app. Keep such tables in a schema of their own, or plan again after each migration.",
      reader,
      expect.stringMatching(
        /^app_writer has INSERT on app\.raw_pay, .*: REVOKE INSERT ON app\.raw_pay FROM app_writer;$/,
      ),
    ]);
  });

  test("says who cannot become a member, and what is said twice", () => {
    const nobody = lowered(template("members: { reader: [nobdy] }"), declared(role("somebody")));
    expect(nobody.codes).toEqual(["error UNKNOWN_REFERENCE"]);
    const twice = join(
      template("members: { reader: [bob] }"),
      role("bob", "memberOf: [{ role: app_reader, admin: true }]"),
    );
    expect(lowered(twice).diagnostics[0]).toMatchObject({
      code: "DUPLICATE",
      summary: expect.stringContaining("memberOf.app_reader"),
    });
    expect(lowered(join(template("members: { reader: [bob] }"), role("bob", "memberOf: [app_reader]"))).codes).toEqual(
      [],
    );
  });
});

describe("a membership with an end", () => {
  const bob = (more: string): string => join(role("staff"), role("bob", `memberOf: [{ role: staff, ${more} }]`));
  test.each([
    ["2026-01-31T23:59:59Z", [], true],
    ["2026-02-01T00:00:00Z", ["warning MEMBERSHIP_EXPIRES"], true],
    ["2026-02-14T23:59:59Z", ["warning MEMBERSHIP_EXPIRES"], true],
    ["2026-02-15T00:00:00Z", ["warning MEMBERSHIP_EXPIRED"], false],
  ])("on %s", (day, codes, member) => {
    setClock(() => new Date(day));
    const found = lowered(bob('until: "2026-02-15T00:00:00Z"'));
    expect(found.codes).toEqual(codes);
    expect(found.spec("Role/bob")?.memberOf !== undefined).toBe(member);
    expect(found.spec("Role/bob")).not.toHaveProperty("validUntil");
  });

  test("an empty plan is remembered until it says something else", async () => {
    setClock(() => new Date("2026-01-20T12:00:00Z"));
    const found = lower(declared(bob('until: "2026-02-15T00:00:00Z"')), postgresql, undefined);
    expect(found.changesAt).toBe("2026-02-01T00:00:00.000Z");
    const plan = { changesAt: found.changesAt } as Plan;
    const session = { fingerprint: async () => "same" } as Session;
    const remembered = { plan, fingerprint: "same", probes: [], state: "", source: {} as DataSource };
    expect(await recall(session, remembered)).toBe(plan);
    setClock(() => new Date("2026-02-02T12:00:00Z"));
    expect(await recall(session, remembered)).toBeUndefined();
    expect(lower(declared(bob('until: "2026-02-15T00:00:00Z"')), postgresql, undefined).changesAt).toBe(
      "2026-02-03T00:00:00.000Z",
    );
  });

  test("ends the password as well where that is asked for", () => {
    setClock(() => new Date("2026-01-01T00:00:00Z"));
    const until = 'until: "2026-02-15T01:00:00+01:00", enforce: validUntil';
    expect(lowered(bob(until)).spec("Role/bob")?.validUntil).toBe("2026-02-15T00:00:00Z");
    expect(lowered(`${bob(until)}\nvalidUntil: 2026-12-31T00:00:00Z`).codes).toEqual(["error DUPLICATE"]);
    expect(lowered(bob('until: "2026-13-45T00:00:00Z"')).codes).toEqual(["error WRONG_TYPE"]);
  });
});

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("each level may what it should, on what is there and what comes, and members come and go", async () => {
    const app = await database();
    await app.query(`CREATE ROLE django; CREATE ROLE ann; CREATE ROLE carl; CREATE SCHEMA app AUTHORIZATION django; SET ROLE django;
      CREATE TABLE app.old (id serial, body text); CREATE VIEW app.report AS SELECT 1 AS one; RESET ROLE;
      CREATE ROLE others; GRANT others TO ann`);
    const options = { source: { external: { schemas: ["app"], roles: ["django", "ann", "carl"] } } };
    const documents = (members: string): string => join(template(`owners: [django]\nmembers: ${members}`), role("bob"));
    await app.apply(documents("{ reader: [ann], writer: [bob], owner: [carl] }"), options);
    await app.query("SET ROLE django; CREATE TABLE app.new (id serial, body text); RESET ROLE");
    await app.query("SET ROLE ann");
    for (const name of ["old", "new", "report"])
      expect(await app.query(`SELECT count(*) FROM app.${name}`)).toHaveLength(1);
    for (const text of ["INSERT INTO app.new VALUES (1)", "DELETE FROM app.old", "CREATE TABLE app.mine ()"])
      await expect(app.query(text)).rejects.toThrow("permission denied");
    await app.query("RESET ROLE; SET ROLE bob");
    for (const name of ["old", "new"]) {
      await app.query(
        `INSERT INTO app.${name} (body) VALUES ('x'); UPDATE app.${name} SET body = 'y'; DELETE FROM app.${name}`,
      );
      await expect(app.query(`TRUNCATE app.${name}`)).rejects.toThrow("permission denied");
    }
    await app.query(
      "RESET ROLE; SET ROLE carl; TRUNCATE app.new; SET ROLE app_owner; CREATE TABLE app.third (id int); RESET ROLE; SET ROLE ann",
    );
    expect(await app.query("SELECT * FROM app.third")).toEqual([]);
    await app.query("RESET ROLE");
    await app.query("DROP TABLE app.third");

    // Who is no longer named is no longer a member; what others gave stays, whoever declares the role.
    const plan = await app.apply(documents("{ owner: [carl] }"), options);
    expect(statements(plan).sort()).toEqual(["REVOKE app_reader FROM ann", "REVOKE app_writer FROM bob"]);
    const left =
      "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = 'ann'::regrole";
    expect(await app.query(left)).toEqual([{ rolname: "others" }]);
    await app.apply("", options);
    expect(await app.query("SELECT rolname FROM pg_roles WHERE rolname ~ '^app_'")).toEqual([]);
  });

  test("a membership ends, in the plan, in drift and in fact, whoever granted it", async () => {
    const app = await database();
    await app.query("CREATE ROLE guests; CREATE ROLE eve; GRANT guests TO eve; CREATE ROLE dan");
    const options = { source: { external: { roles: ["guests", "dan"] } } };
    const documents = join(
      role("eve", 'memberOf: [{ role: guests, until: "2026-06-01T00:00:00Z" }]'),
      'kind: RoleTemplate\nschema: public\nlevels: [reader]\nmembers: { reader: [{ role: dan, until: "2026-06-01T00:00:00Z" }] }',
      "kind: Schema\nname: public",
    );
    setClock(() => new Date("2026-05-31T00:00:00Z"));
    const first = await app.apply(documents, options);
    expect(first.changesAt).toBe("2026-06-01T00:00:00.000Z");
    expect(first.diagnostics.filter(({ code }) => code === "MEMBERSHIP_EXPIRES")).toHaveLength(2);
    expect(await app.drift(documents, options)).toEqual([]);
    setClock(() => new Date("2026-06-02T00:00:00Z"));
    expect((await app.drift(documents, options)).sort()).toEqual(["Role/dan", "Role/eve"]);
    const plan = await app.apply(documents, options);
    expect(statements(plan).sort()).toEqual(["REVOKE guests FROM eve", "REVOKE public_reader FROM dan"]);
    expect(await app.drift(documents, options)).toEqual([]);
  });
});
