/** A declared rename happens in place: the data stays, and so does everything that hangs on it. */
import { describe, expect, test } from "@jest/globals";
import { actions, ownServer } from "./support/cases.ts";
import { type Estate, statements } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

interface Names {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly role: string;
  readonly view: string;
  readonly index: string;
  readonly policy: string;
}

const OLD: Names = { schema: "s", table: "t", column: "c", role: "r", view: "v", index: "i", policy: "p" };

/** An estate in which everything is named; `from` says what something was called before. */
function estateOf(names: Partial<Names> = {}, say = true): string {
  const { schema, table, column, role, view, index, policy } = { ...OLD, ...names };
  const from = (key: keyof Names): string => (say && names[key] !== undefined ? `, renamedFrom: ${OLD[key]}` : "");
  return `
{ kind: Role, name: ${role}${from("role")} }
---
{ kind: Role, name: member, memberOf: [${role}] }
---
{ kind: Schema, name: ${schema}, owner: ${role}${from("schema")} }
---
{ kind: Enum, schema: ${schema}, name: level, values: [low, high] }
---
{ kind: Sequence, schema: ${schema}, name: numbers }
---
kind: Table
schema: ${schema}
name: ${table}${from("table").replace(", ", "\n")}
columns: [{ name: id, type: bigint, identity: always }, { name: ${column}, type: text, notNull: true, default: "'x'", comment: said${from("column")} }, { name: n, type: bigint, default: "nextval('numbers')" }, { name: l, type: level, default: "'low'" }, { name: g, type: text, generated: "${column} || '!'" }]
primaryKey: [id]
unique: [[${column}]]
checks: [{ name: filled, expression: "${column} <> '' AND ${column} IN ('x', 'y')" }]
rowSecurity: "on"
---
{ kind: Table, schema: ${schema}, name: child, columns: [{ name: ref, type: text }], unique: [[ref]], foreignKeys: [{ columns: [ref], references: { table: ${schema}.${table}, columns: [${column}] } }] }
---
{ kind: RowPolicy, table: ${schema}.${table}, name: ${policy}, to: [${role}], using: "${column} IN ('x', 'y')"${from("policy")} }
---
{ kind: Index, table: ${schema}.${table}, name: ${index}, columns: [{ expression: lower(${column}) }], where: "${column} <> 'z'"${from("index")} }
---
{ kind: Index, table: ${schema}.${table}, name: plain, columns: [${column}] }
---
{ kind: View, schema: ${schema}, name: ${view}, query: "SELECT id, ${column} AS said FROM ${table} WHERE ${column} IN ('x', 'y')"${from("view")} }
---
{ kind: View, schema: ${schema}, name: above, query: "SELECT said FROM ${schema}.${view}" }
---
{ kind: MaterializedView, schema: ${schema}, name: kept, query: "SELECT id FROM ${table}" }
---
{ kind: Grant, to: ${role}, privileges: [select], on: { table: ${schema}.${table}, columns: [${column}] } }
---
{ kind: Grant, to: member, privileges: [select], on: { table: ${schema}.${view} } }
---
{ kind: DefaultPrivilege, owner: ${role}, schema: ${schema}, on: tables, to: member, privileges: [select] }
---
{ kind: Grant, to: member, privileges: [usage], on: { sequence: ${schema}.numbers } }
---
{ kind: Seed, table: ${schema}.child, key: [ref], columns: [ref], rows: "SELECT ${column} FROM ${table}" }`;
}

/** Who is who, whatever the names. */
const identities = ({ schema, table, role }: Names): string =>
  `SELECT '${schema}.${table}'::regclass::oid AS t, '${schema}.plain'::regclass::oid AS i, '${role}'::regrole::oid AS r`;

async function renames(on: Estate, names: Partial<Names>): Promise<void> {
  const now = { ...OLD, ...names };
  await on.apply(estateOf());
  await on.query("INSERT INTO s.t (c) VALUES ('y'); INSERT INTO s.child VALUES ('y')");
  const before = await on.query(identities(OLD));
  const plan = await on.apply(estateOf(names));
  expect(actions(plan.steps).filter((action) => /^(drop|create) (?!Seed)/.test(action))).toEqual([]);
  expect(statements(plan).filter((text) => /^(DROP|CREATE) TABLE/.test(text))).toEqual([]);
  expect(await on.query(identities(now))).toEqual(before);
  expect(await on.query(`SELECT ${now.column} AS c, g FROM ${now.schema}.${now.table}`)).toEqual([{ c: "y", g: "y!" }]);
  // What it was called before may be forgotten, and may stay written.
  expect((await on.plan(estateOf(names, false))).steps).toEqual([]);
  await on.apply("");
}

const RENAMES: [string, Partial<Names>][] = [
  ["a schema", { schema: "other" }],
  ["a table", { table: "other" }],
  ["a column", { column: "other" }],
  ["a role", { role: "other" }],
  ["a view", { view: "other" }],
  ["an index", { index: "other" }],
  ["a policy", { policy: "other" }],
  ["all at once", { schema: "s2", table: "t2", column: "c2", role: "r2", view: "v2", index: "i2", policy: "p2" }],
];

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  // Older servers rename alike; one case that does it all will do for them.
  test.each(major === majors()[0] ? RENAMES : RENAMES.slice(-1))("%s", async (_, names) =>
    renames(await database(), names),
  );

  test("what only has the same name keeps it, and what others made stays theirs", async () => {
    const on = await database();
    const two = (first: string, more = "") => `
{ kind: Schema, name: s${more} }
---
{ kind: Table, schema: s, name: a, columns: [{ name: x, type: int }] }
---
{ kind: Table, schema: s, name: b, columns: [{ name: x, type: int }] }
---
{ kind: RowPolicy, table: s.a, name: ${first}, using: x > 0 }
---
{ kind: RowPolicy, table: s.b, name: own, using: x > 0 }`;
    await on.query("CREATE SCHEMA s; CREATE TABLE s.b (x int, theirs int)");
    await on.apply(two("own"));
    const plan = await on.apply(two("other, renamedFrom: own"));
    expect(statements(plan)).toEqual(["ALTER POLICY own ON s.a RENAME TO other"]);
    const moved = two("other")
      .replaceAll("s.", "n.")
      .replaceAll("schema: s", "schema: n")
      .replace("name: s", "name: n, renamedFrom: s");
    expect(statements(await on.apply(moved))).toEqual(["ALTER SCHEMA s RENAME TO n"]);
    await on.apply("");
    expect([...(await on.inspect()).keys()].filter((address) => /^(Table|RowPolicy)\//.test(address))).toEqual([
      "Table/n.b",
    ]);
  });

  test("a column that takes the name of another is refused: it takes two runs", async () => {
    const on = await database();
    const of = (columns: string) =>
      `{ kind: Schema, name: s }\n---\n{ kind: Table, schema: s, name: t, columns: [${columns}] }`;
    await on.apply(of("{ name: a, type: int }, { name: b, type: int }"));
    const plan = await on.plan(of("{ name: b, type: int, renamedFrom: a }, { name: c, type: int, renamedFrom: b }"));
    expect(plan.diagnostics.map(({ code }) => code)).toEqual(["LOOKS_LIKE_RENAME"]);
  });
});
