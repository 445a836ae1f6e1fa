import { describe, expect, test } from "@jest/globals";
import { renderPlans } from "../core/render/plan.ts";
import { actions, ownServer } from "./support/cases.ts";
import type { Options } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

/** One of everything, and all of it hangs together. */
const EVERYTHING = `
{ kind: Role, name: keeper }
---
{ kind: Role, name: reader, memberOf: [keeper], settings: { statement_timeout: 5s } }
---
{ kind: Role, name: caller, login: true, memberOf: [{ role: reader, admin: true }], databaseSettings: { work_mem: 8MB } }
---
{ kind: Schema, name: s, owner: keeper }
---
{ kind: Schema, name: types }
---
{ kind: Extension, name: citext, schema: types }
---
{ kind: Enum, schema: types, name: level, values: [low, high] }
---
{ kind: Sequence, schema: s, name: numbers }
---
kind: Table
schema: s
name: a
columns: [{ name: id, type: bigint, identity: always }, { name: n, type: bigint, default: "nextval('numbers')" }, { name: l, type: level, default: "'low'" }, { name: b, type: bigint }, { name: mail, type: citext }]
primaryKey: [id]
unique: [[n]]
checks: [{ name: some, expression: "l <> 'high' OR n > 0" }]
foreignKeys: [{ columns: [b], references: { table: s.b } }]
rowSecurity: forced
owner: keeper
---
{ kind: Table, schema: s, name: b, columns: [{ name: id, type: bigint }, { name: a, type: bigint }], primaryKey: [id], foreignKeys: [{ columns: [a], references: { table: s.a } }] }
---
{ kind: Index, table: s.a, name: by_mail, columns: [{ expression: lower(mail::text) }] }
---
{ kind: RowPolicy, table: s.a, name: own, to: [reader], using: id IN (SELECT a FROM b) }
---
{ kind: RowPolicy, table: s.b, name: own, using: "true" }
---
{ kind: View, schema: s, name: low, query: "SELECT id, l FROM a", owner: keeper, securityBarrier: true }
---
{ kind: View, schema: s, name: a_high, query: "SELECT id FROM low" }
---
{ kind: MaterializedView, schema: s, name: kept, query: SELECT count(*) AS c FROM a_high }
---
{ kind: Index, table: s.kept, name: kept_c, columns: [c], unique: true }
---
{ kind: Grant, to: reader, privileges: [usage], on: { schema: s } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: s.low, columns: [id] }, grantOption: true }
---
{ kind: Grant, to: public, privileges: [select], on: { table: s.kept } }
---
{ kind: DefaultPrivilege, owner: keeper, schema: s, on: tables, to: reader, privileges: [select] }
---
{ kind: Seed, table: s.b, key: [id], columns: [id], rows: "SELECT 1" }`;

const ONE = "{ kind: Schema, name: s }\n---\n{ kind: Table, schema: s, name: t, columns: [{ name: a, type: int }] }";

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("everything at once, and gone at once, and nothing else with it", async () => {
    const on = await database();
    await on.query(
      "CREATE SCHEMA others; CREATE TABLE others.t (a int); CREATE ROLE stranger; GRANT SELECT ON others.t TO stranger",
    );
    const before = [...(await on.inspect())];
    await on.apply(EVERYTHING);
    const gone = await on.apply("");
    expect(new Set(gone.steps.map(({ action }) => action))).toEqual(new Set(["drop"]));
    expect([...(await on.inspect())]).toEqual(before);
    expect(await on.query("SELECT count(*)::int AS n FROM datumline.ledger")).toEqual([{ n: 0 }]);
    // The same without a ledger, where authority over the database says what goes.
    const managed: Options = {
      source: {
        ledger: "none",
        manage: { mode: "authoritative" },
        external: { schemas: ["public", "others", "datumline"], roles: ["stranger"] },
      },
    };
    await on.apply(EVERYTHING, managed);
    await on.apply("", managed);
    // What everybody may do with a database is a grant like any other.
    const rest = before.filter(([address]) => !address.startsWith("Grant/public/database/"));
    expect([...(await on.inspect())]).toEqual(rest);
    await on.query("DROP OWNED BY stranger; DROP ROLE stranger");
  });

  test("observe changes nothing and says what differs", async () => {
    const on = await database();
    await on.apply(ONE);
    const before = [...(await on.inspect())];
    const documents = `${ONE.replace("type: int", "type: bigint")}\n---\n{ kind: View, schema: s, name: v, query: SELECT 1 AS one }`;
    const plan = await on.apply(documents, { mode: "observe" });
    expect([actions(plan.steps), plan.observed.map(({ action, address }) => `${action} ${address}`)]).toEqual([
      [],
      ["alter Table/s.t", "create View/s.v"],
    ]);
    const undeclared = await on.plan("{ kind: Schema, name: s }", {
      source: { manage: { schemas: { s: "observe" } } },
    });
    expect(undeclared.observed.map(({ action, address }) => `${action} ${address}`)).toEqual(["drop Table/s.t"]);
    expect([...(await on.inspect())]).toEqual(before);
  });

  test("what is only observed steps aside, and comes back as it was, not as declared", async () => {
    const on = await database();
    const view = (query: string) =>
      `${ONE}\n---\n{ kind: Schema, name: seen }\n---\n{ kind: View, schema: seen, name: v, query: ${query}, comment: ours }`;
    await on.apply(view("SELECT a FROM s.t"));
    const observed: Options = { source: { manage: { schemas: { seen: "observe" } } } };
    const wider = view("SELECT a, 1 AS more FROM s.t").replace("type: int", "type: bigint");
    const plan = await on.apply(wider, observed);
    expect(plan.observed.map(({ address }) => address)).toEqual(["View/seen.v"]);
    expect(actions(plan.steps)).toEqual(["alter Table", "replace View"]);
    expect(await on.query("SELECT attname AS a FROM pg_attribute WHERE attrelid = 'seen.v'::regclass")).toEqual([
      { a: "a" },
    ]);
  });

  test("additive leaves what others made, and takes back what it made", async () => {
    const on = await database();
    await on.query(
      "CREATE ROLE another; CREATE SCHEMA s; CREATE TABLE s.t (a int, theirs text DEFAULT 'x', CONSTRAINT c CHECK (a > 0)); GRANT SELECT (a) ON s.t TO another",
    );
    const declared = `{ kind: Role, name: ours }\n---\n${ONE.replace("type: int }", "type: int }, { name: ours, type: int }")}\n---\n{ kind: View, schema: s, name: v, query: SELECT a FROM t }\n---\n{ kind: Grant, to: ours, privileges: [select], on: { table: s.t } }`;
    const first = await on.apply(declared);
    expect(actions(first.steps)).toEqual(["alter Table", "create Grant", "create Role", "create View"]);
    await on.query(
      "ALTER TABLE s.t ADD COLUMN later int; CREATE VIEW s.w AS SELECT later FROM s.t; GRANT INSERT ON s.t TO ours; ALTER ROLE ours SET work_mem = '9MB'; GRANT pg_monitor TO ours",
    );
    const plan = await on.plan(declared);
    expect(plan.steps).toEqual([]);
    expect(plan.unmanaged.map(({ address, element }) => (element ? `${address} ${element}` : address)).sort()).toEqual([
      "Grant/another/table/s.t/columns/select",
      "Grant/ours/table/s.t/insert",
      "Role/ours memberOf.pg_monitor",
      "Role/ours settings.work_mem",
      "Table/s.t checks.c",
      "Table/s.t columns.later",
      "Table/s.t columns.theirs",
      "View/s.w",
    ]);
    // A column of ours goes; the table, which was there before us, stays with what others put into it.
    const less = await on.apply(
      "{ kind: Schema, name: s }\n---\n{ kind: Table, schema: s, name: t, columns: [{ name: a, type: int }] }\n---\n{ kind: Role, name: ours }",
    );
    expect(actions(less.steps)).toEqual(["alter Table", "drop Grant", "drop View"]);
    // What others granted to a role of ours goes with it.
    expect(actions((await on.apply("")).steps)).toEqual(["drop Grant", "drop Role"]);
    expect(
      await on.query(
        "SELECT attname AS a FROM pg_attribute WHERE attrelid = 's.t'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1",
      ),
    ).toEqual([{ a: "a" }, { a: "later" }, { a: "theirs" }]);
    expect([...(await on.inspect()).keys()]).toContain("View/s.w");
    await on.query("DROP OWNED BY another; DROP ROLE another");
  });

  test("tells whom others made a member of a declared role, wherever the member is declared", async () => {
    const on = await database();
    const declared = "{ kind: Role, name: readers }";
    await on.query("CREATE ROLE standing; CREATE ROLE joins_later; CREATE ROLE apart; GRANT standing TO apart");
    await on.apply(declared);
    const told = async (options: Options = {}): Promise<(readonly object[] | string[])[]> => {
      const plan = await on.plan(declared, options);
      return [actions(plan.steps), plan.unmanaged];
    };
    expect(await told()).toEqual([[], []]);
    await on.query("GRANT readers TO joins_later");
    const member = { address: "Role/joins_later", element: "memberOf.readers", of: "readers" };
    expect(await told()).toEqual([[], [member]]);
    expect(renderPlans([await on.plan(declared)], "text")).toContain(
      "Role joins_later: member of readers, which is declared",
    );
    const { drifted, unmanaged } = await on.driftReport(declared);
    expect([drifted, unmanaged]).toEqual([[], [member]]);
    // Who is in a scope that is managed is told as well, or goes.
    expect(await told({ source: { manage: { roles: { "joins_*": "additive" } } } })).toEqual([
      [],
      [{ address: "Role/joins_later" }, member],
    ]);
    expect(await told({ source: { manage: { roles: { "joins_*": "authoritative" } } } })).toEqual([["drop Role"], []]);
    await on.apply("");
    await on.query("DROP ROLE joins_later, apart, standing");
  });

  test("authoritative over a schema, over roles by pattern, over a kind", async () => {
    const on = await database();
    await on.apply(ONE);
    await on.query(`CREATE ROLE bi_old; CREATE ROLE bi_new; CREATE ROLE third; CREATE SCHEMA other; CREATE TABLE other.t (a int);
ALTER TABLE s.t ADD COLUMN b int, ADD CONSTRAINT c CHECK (a > 0); CREATE VIEW s.v AS SELECT b FROM s.t; CREATE SEQUENCE s.q; CREATE INDEX i ON s.t (b);
ALTER ROLE bi_new SET work_mem = '9MB'; GRANT bi_old, third TO bi_new; GRANT SELECT ON s.t TO third`);
    const declared = `${ONE}\n---\n{ kind: Role, name: bi_new }`;
    const bySchema = await on.apply(declared, { source: { manage: { schemas: { "s*": "authoritative" } } } });
    expect(actions(bySchema.steps)).toEqual(["alter Table", "drop Grant", "drop Index", "drop Sequence", "drop View"]);
    const byRole = await on.apply(declared, { source: { manage: { roles: { "bi_*": "authoritative" } } } });
    expect(actions(byRole.steps)).toEqual(["alter Role", "drop Role"]);
    expect(await on.query("SELECT rolname AS r FROM pg_roles WHERE rolname ~ '^(bi_|third)' ORDER BY 1")).toEqual([
      { r: "bi_new" },
      { r: "third" },
    ]);
    expect([...(await on.inspect()).keys()]).toContain("Table/other.t");
    const whole = await on.plan(declared, {
      mode: "authoritative",
      source: { external: { schemas: ["public"], roles: ["third"] } },
    });
    expect(actions(whole.steps).filter((action) => !action.endsWith("Grant"))).toEqual(["drop Schema", "drop Table"]);
    await on.query("DROP ROLE third");
    await on.apply("");
  });

  test("two data sources declared for one database leave each other's objects alone", async () => {
    const on = await database();
    const other: Options = { source: { name: "reports", external: { schemas: ["s"] } } };
    const view = "{ kind: View, schema: s, name: v, query: SELECT a FROM t }";
    await on.apply(ONE);
    await on.apply(view, other);
    expect((await on.plan(ONE)).unmanaged).toEqual([{ address: "View/s.v", by: "reports" }]);
    const whole = await on.plan(ONE, { source: { manage: { schemas: { s: "authoritative" } } } });
    expect(whole.steps).toEqual([]);
    const contested = await on.plan(`${view.replace("SELECT a", "SELECT a, 1 AS b")}\n---\n${ONE}`);
    expect(contested.diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      "warning APPLIED_ELSEWHERE",
    ]);
    expect(actions((await on.apply("", other)).steps)).toEqual(["drop View"]);
    expect([...(await on.inspect()).keys()]).toContain("Table/s.t");
    await on.apply("");
  });

  test("protected, and what looks like a rename, is refused", async () => {
    const on = await database();
    await on.apply(
      `${ONE.replace("columns:", "protect: true, columns:")}\n---\n{ kind: View, schema: s, name: v, query: SELECT 1 AS a, protect: true }`,
    );
    const codes = async (documents: string) =>
      (await on.plan(documents)).diagnostics.map(({ code, address }) => `${code} ${address}`);
    expect(
      await codes(
        `${ONE.replace("columns:", "protect: true, columns:")}\n---\n{ kind: View, schema: s, name: v, query: "SELECT 'x' AS b", protect: true }`,
      ),
    ).toEqual(["PROTECTED View/s.v"]);
    expect(await codes(ONE.replace("name: t", "name: u"))).toEqual(["LOOKS_LIKE_RENAME Table/s.u"]);
    expect(await codes(ONE.replace("name: a", "name: b"))).toEqual(["LOOKS_LIKE_RENAME Table/s.t"]);
  });

  test("fields that are ignored are left alone", async () => {
    const on = await database();
    const one =
      "{ kind: Schema, name: s }\n---\n{ kind: Role, name: r, connectionLimit: 3, comment: c, ignore: [connectionLimit] }\n---\n{ kind: View, schema: s, name: v, query: SELECT 1 AS a, comment: mine, ignore: [comment] }";
    await on.apply(one);
    await on.query("ALTER ROLE r CONNECTION LIMIT 7; COMMENT ON VIEW s.v IS 'theirs'");
    expect((await on.plan(one)).steps).toEqual([]);
    await on.apply(one.replace("1 AS a", "'x' AS b"));
    expect(await on.query("SELECT obj_description('s.v'::regclass) AS c")).toEqual([{ c: "theirs" }]);
    await on.apply("");
  });
});
