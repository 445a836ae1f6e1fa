import { describe, expect, test } from "@jest/globals";
import { address } from "../core/address.ts";
import { access } from "../providers/postgresql/access/engine.ts";
import { ownServer } from "./support/cases.ts";
import { declared, lowered } from "./support/lowered.ts";
import type { Estate } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const join = (...documents: readonly string[]): string => documents.filter(Boolean).join("\n---\n");
const role = (name: string, more = ""): string => `kind: Role\nname: ${name}\n${more}`;

function table(name: string, columns = "{ name: id, type: bigint }, { name: tenant, type: uuid }", more = ""): string {
  return `kind: Table\nschema: app\nname: ${name}\ncolumns: [${columns}]\n${more}`;
}

function isolation(more = ""): string {
  return `kind: TenantIsolation\nname: own_tenant\ncolumn: tenant\n${more}`;
}

const SETTING = "schemas: [app]\nsetting: app.tenant\n";
const USING = "tenant OPERATOR(pg_catalog.=) (SELECT nullif(pg_catalog.current_setting('app.tenant', true), '')::uuid)";

describe("TenantIsolation", () => {
  test("is two policies on each table of the schema, whichever kind declares it, declared or there", () => {
    const live = declared(join(table("there"), table("renamed_since"), table("other").replace("app", "another")));
    const { codes, native, spec } = lowered(
      join(
        table("invoice"),
        table("renamed", undefined, "renamedFrom: renamed_since"),
        "kind: DimensionTable\nschema: app\nname: customer\ncolumns: { tenant: uuid }",
        isolation(SETTING),
      ),
      live,
    );
    expect(codes).toEqual([]);
    const tables = ["customer", "invoice", "renamed", "there"];
    expect([...native.keys()].filter((at) => at.startsWith("RowPolicy/")).sort()).toEqual(
      tables.flatMap((name) => [`RowPolicy/app.${name}/own_tenant`, `RowPolicy/app.${name}/own_tenant_rows`]),
    );
    for (const name of tables) {
      expect(spec(`Table/app.${name}`)?.rowSecurity).toBe("forced");
      expect(native.has(`Index/app.${name}_tenant_idx` as never)).toBe(true);
    }
    expect(spec("RowPolicy/app.invoice/own_tenant")).toMatchObject({ as: "restrictive", using: USING });
    expect(spec("RowPolicy/app.invoice/own_tenant_rows")?.using).toBe(USING);
  });

  test.each(["", "bypass: [support]\n"])("its two policies are one condition for people: %j", (bypass) => {
    const { native } = lowered(
      join(
        table("invoice"),
        role("web"),
        role("support"),
        "kind: Grant\nto: web\nprivileges: [select]\non: { table: app.invoice }",
        isolation(SETTING + bypass),
      ),
    );
    const facts = { connectedAs: "owner" };
    const model = access.of(native, facts, { versionNumber: 180000, database: "d" });
    const [held] = model.of("web", address("Table", ["app", "invoice"])).privileges.get("select") ?? [];
    expect(held?.rows).toBe(USING);
  });

  test("fails where a table has no such column, until it is excepted", () => {
    const country = table("country", "{ name: id, type: bigint }");
    const { diagnostics } = lowered(join(table("invoice"), country, isolation(SETTING)));
    expect(diagnostics.map(({ severity, code, summary }) => [severity, code, summary])).toEqual([
      ["error", "TENANT_COLUMN_MISSING", "`app.country` has no column `tenant`, so `own_tenant` does not isolate it"],
    ]);
    const excepted = isolation(`${SETTING}except: [{ table: app.coun*, reason: the same for all }]`);
    const { codes, native } = lowered(join(table("invoice"), country, excepted));
    expect(codes).toEqual([]);
    expect([...native.keys()].filter((at) => at.includes("country"))).toEqual(["Table/app.country"]);
  });

  test.each([
    ["off", "rowSecurity: off", ["error DUPLICATE"]],
    ["on", "rowSecurity: on", ["error DUPLICATE"]],
    ["forced", "rowSecurity: forced", []],
  ])("where the table says %s", (_, more, expected) => {
    expect(lowered(join(table("invoice", undefined, more), isolation(SETTING))).codes).toEqual(expected);
  });

  test.each([
    ["a role that bypasses", [role("root", "bypassrls: true")], ["warning ACCESS_VOID"]],
    [
      "a role that may truncate",
      [role("loader"), "kind: Grant\nto: loader\nprivileges: [truncate]\non: { table: app.invoice }"],
      ["error ACCESS_VOID"],
    ],
    [
      "a role that may hang triggers on it and refer to it",
      [role("loader"), "kind: Grant\nto: loader\nprivileges: [trigger, references]\non: { table: app.invoice }"],
      ["error ACCESS_VOID"],
    ],
    [
      "a column that one of the tables has not",
      [table("other", "{ name: id, type: bigint }")],
      ["error UNKNOWN_COLUMN"],
    ],
  ])("tells of %s", (_, documents, expected) => {
    const scope = "tables: [app.invoice, app.other]\nsetting: app.tenant";
    const other = documents.some((document) => document.includes("name: other")) ? [] : [table("other")];
    expect(lowered(join(table("invoice"), ...other, ...documents, isolation(scope))).codes).toEqual(expected);
  });

  test.each([
    ["loader", "to: [loader]", ["error ACCESS_VOID"]],
    ["loader", "", ["error ACCESS_VOID"]],
    ["loader", "to: [web]", []],
    ["loader", "bypass: [loader]", []],
    ["admin", "bypass: [loader]", []],
  ])("who may write who belongs where: %s, %s", (writer, more, expected) => {
    const member = table("member", "{ name: login, type: text }, { name: tenant, type: uuid }");
    const mapping = `schemas: [app]\nmapping: { table: app.member, user: login, key: tenant }\n${more}`;
    const roles = [role("web"), role("loader"), role("admin", "memberOf: [loader]")];
    const grant = `kind: Grant\nto: ${writer}\nprivileges: [insert]\non: { table: app.member }`;
    expect(lowered(join(table("invoice"), member, isolation(mapping), ...roles, grant)).codes).toEqual(expected);
  });
});

async function as(on: Estate, name: string, tenant: string, text: string): Promise<unknown[]> {
  await on.query(`RESET ROLE; RESET ALL; SET ROLE ${name}; ${tenant && `SET app.tenant = '${tenant}'`}`);
  const rows = await on.query(text).finally(() => on.query("RESET ROLE; RESET ALL"));
  return rows.map((row) => Object.values(row)[0]);
}

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });
  const [A, B] = ["a", "b"].map((letter) => `${letter.repeat(8)}-0000-0000-0000-000000000000`) as [string, string];
  const roles = ["web", "auditor", "boss", "migrator"].map((name) =>
    join(
      role(name, name === "boss" ? "memberOf: [auditor]" : ""),
      `kind: Grant\nto: ${name}\nprivileges: [usage]\non: { schema: app }`,
      name === "migrator"
        ? ""
        : `kind: Grant\nto: ${name}\nprivileges: [select, insert, update, delete]\non: { table: app.invoice }`,
    ),
  );
  const base = join("kind: Schema\nname: app", ...roles);
  const invoice = table(
    "invoice",
    "{ name: id, type: bigint }, { name: tenant, type: uuid }, { name: n, type: int }",
    "primaryKey: [id]\nowner: migrator",
  );
  const ids = "SELECT id::int FROM app.invoice ORDER BY id";

  test("shows each tenant its own rows and nobody else's, whatever else is opened", async () => {
    const app = await database();
    await app.apply(join(base, invoice, isolation(`${SETTING}bypass: [auditor]`)));
    await app.query(`INSERT INTO app.invoice VALUES (1, '${A}', 1), (2, '${B}', 2), (3, NULL, 3);
      CREATE POLICY mistake ON app.invoice USING (true)`);
    expect(await as(app, "web", A, ids)).toEqual([1]);
    expect(await as(app, "web", "", ids)).toEqual([]);
    expect(await as(app, "migrator", "", ids)).toEqual([]);
    for (const name of ["auditor", "boss"]) expect(await as(app, name, "", ids)).toEqual([1, 2, 3]);
    expect(await as(app, "web", A, "SELECT b.id FROM app.invoice a JOIN app.invoice b ON b.n > a.n")).toEqual([]);
    expect(await as(app, "web", A, "UPDATE app.invoice SET n = 9 WHERE id = 2 RETURNING id")).toEqual([]);
    expect(await as(app, "web", A, "DELETE FROM app.invoice WHERE id > 1 RETURNING id")).toEqual([]);
    for (const text of [
      `INSERT INTO app.invoice VALUES (4, '${B}')`,
      "INSERT INTO app.invoice VALUES (4)",
      `UPDATE app.invoice SET tenant = '${B}' RETURNING id`,
      `INSERT INTO app.invoice VALUES (2, '${A}', 1) ON CONFLICT (id) DO UPDATE SET n = 0 RETURNING tenant`,
    ])
      await expect(as(app, "web", A, text)).rejects.toThrow("row-level security");
    await expect(as(app, "web", A, "TRUNCATE app.invoice")).rejects.toThrow("permission denied");
    expect(await as(app, "auditor", "", `INSERT INTO app.invoice VALUES (5, '${B}') RETURNING id::int`)).toEqual([5]);
    await app.query(
      "DROP POLICY mistake ON app.invoice; INSERT INTO app.invoice SELECT g, md5((g % 500)::text)::uuid, 1 FROM generate_series(100, 20000) g; ANALYZE app.invoice",
    );
    expect(JSON.stringify(await as(app, "web", A, "EXPLAIN SELECT * FROM app.invoice"))).toContain(
      "invoice_tenant_idx",
    );
  });

  test("reaches tables of somebody else's migrations, and stops at one that it cannot isolate", async () => {
    const app = await database();
    const options = { source: { external: { schemas: ["app"], roles: ["django"] } } };
    await app.query(`DO $$ BEGIN CREATE ROLE django; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      CREATE SCHEMA app AUTHORIZATION django; GRANT USAGE ON SCHEMA app TO PUBLIC; SET ROLE django;
      CREATE TABLE app.invoice (id bigint PRIMARY KEY, tenant text DEFAULT lower('X') CHECK (tenant <> ''));
      INSERT INTO app.invoice VALUES (1, 'a'), (2, 'b'); GRANT SELECT ON app.invoice TO PUBLIC; RESET ROLE`);
    const documents = join(role("web"), isolation(SETTING));
    await app.apply(documents, options);
    expect(await as(app, "web", "a", ids)).toEqual([1]);
    expect(await as(app, "django", "", ids)).toEqual([]);
    await app.query("SET ROLE django; CREATE TABLE app.note (id bigint, tenant text); RESET ROLE");
    const plan = await app.plan(documents, options);
    expect(plan.steps.map(({ action, address }) => `${action} ${address}`).sort()).toEqual([
      "alter Table/app.note",
      "create Index/app.note_tenant_idx",
      "create RowPolicy/app.note/own_tenant",
      "create RowPolicy/app.note/own_tenant_rows",
    ]);
    await app.apply(documents, options);
    await app.query(
      "CREATE TABLE app.country (id bigint); CREATE TABLE app.part (tenant text) PARTITION BY LIST (tenant)",
    );
    const refused = await app.plan(documents, options);
    expect(refused.diagnostics.filter(({ severity }) => severity === "error").map(({ summary }) => summary)).toEqual([
      "`app.part` is a partitioned table, which `own_tenant` does not isolate",
      "`app.country` has no column `tenant`, so `own_tenant` does not isolate it",
    ]);
    await app.apply(
      documents.concat("except: [{ table: app.country, reason: shared }, { table: app.part, reason: by hand }]"),
      options,
    );
  });

  test("by a table of who belongs where", async () => {
    const app = await database();
    const member = table(
      "member",
      "{ name: login, type: text }, { name: tenant, type: uuid }, { name: note, type: text }",
    );
    const mapping = "schemas: [app]\nmapping: { table: app.member, user: login, key: tenant }\nto: [web, auditor]";
    await app.apply(join(base, invoice, member, isolation(mapping)));
    await app.query(
      `INSERT INTO app.member VALUES ('web', '${A}'); INSERT INTO app.invoice VALUES (1, '${A}'), (2, '${B}')`,
    );
    expect([await as(app, "web", "", ids), await as(app, "auditor", "", ids)]).toEqual([[1], []]);
    await expect(as(app, "web", "", `INSERT INTO app.member VALUES ('web', '${B}')`)).rejects.toThrow(
      "permission denied",
    );
    await expect(as(app, "web", "", "SELECT note FROM app.member")).rejects.toThrow("permission denied");
  });

  test("a table that goes is not kept for being isolated", async () => {
    const app = await database();
    await app.query("CREATE SCHEMA app; CREATE TABLE app.stale (id bigint, tenant text)");
    await app.apply(join("kind: Schema\nname: app", isolation(SETTING)), {
      source: { manage: { schemas: { app: "authoritative" } } },
    });
    expect(await app.query("SELECT relname FROM pg_class WHERE relname = 'stale'")).toEqual([]);
  });
});
