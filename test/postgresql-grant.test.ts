import { describe, expect, test } from "@jest/globals";
import { actions, type Case, ownServer, type Reached, takeTurns } from "./support/cases.ts";
import { statements } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const OBJECTS = `
{ kind: Table, schema: $, name: t, columns: [{ name: a, type: int }, { name: b, type: int }, { name: c, type: int }] }
---
{ kind: View, schema: $, name: v, query: SELECT a FROM t }
---
{ kind: MaterializedView, schema: $, name: m, query: SELECT a FROM t }
---
{ kind: Sequence, schema: $, name: q }`;

const grant = (...fields: readonly string[]): string =>
  [OBJECTS, ...fields.map((one) => `{ kind: Grant, ${one} }`)].join("\n---\n");

/** The server's own word on what a role may do. */
const may =
  (expected: boolean, ask: string) =>
  async ({ on, name }: Reached) =>
    expect([ask, await on.query(`SELECT has_${ask.replaceAll("$", name)} AS may`)]).toEqual([ask, [{ may: expected }]]);

const CASES: readonly Case[] = [
  [
    "schema",
    grant(),
    grant("to: reader, privileges: [usage], on: { schema: $ }"),
    may(true, "schema_privilege('reader', '$', 'USAGE')"),
    grant("to: reader, privileges: [create, usage], on: { schema: $ }"),
    grant("to: public, privileges: [usage], on: { schema: $ }"),
    may(false, "schema_privilege('reader', '$', 'CREATE')"),
  ],
  [
    "table",
    grant(),
    grant("to: reader, privileges: [select, insert], on: { table: $.t }"),
    may(true, "table_privilege('reader', '$.t', 'INSERT')"),
    grant("to: reader, privileges: [select, truncate, references, trigger, update, delete], on: { table: $.t }"),
    may(false, "table_privilege('reader', '$.t', 'INSERT')"),
  ],
  [
    "view and materialized view",
    grant(),
    grant(
      "to: reader, privileges: [select, insert], on: { table: $.v }",
      "to: reader, privileges: [select], on: { table: $.m }",
    ),
    may(true, "table_privilege('reader', '$.m', 'SELECT')"),
  ],
  [
    "columns",
    grant(),
    grant("to: reader, privileges: [select], on: { table: $.t, columns: [a, b] }"),
    may(true, "column_privilege('reader', '$.t', 'b', 'SELECT')"),
    grant("to: reader, privileges: [select, update], on: { table: $.t, columns: [c, a] }"),
    may(false, "column_privilege('reader', '$.t', 'b', 'SELECT')"),
  ],
  [
    "columns and the table",
    grant(
      "to: reader, privileges: [select], on: { table: $.t }",
      "to: reader, privileges: [select], on: { table: $.t, columns: [a] }",
    ),
    grant("to: reader, privileges: [select], on: { table: $.t, columns: [a] }"),
    may(true, "column_privilege('reader', '$.t', 'a', 'SELECT')"),
  ],
  [
    "columns from two documents",
    grant(
      "to: reader, privileges: [select], on: { table: $.t, columns: [a] }",
      "to: reader, privileges: [select], on: { table: $.t, columns: [b] }",
    ),
    ({ steps }) => expect(actions(steps).filter((action) => action === "create Grant")).toHaveLength(1),
    grant("to: reader, privileges: [select], on: { table: $.t, columns: [b] }"),
    may(false, "column_privilege('reader', '$.t', 'a', 'SELECT')"),
  ],
  [
    "sequence",
    grant(),
    grant("to: reader, privileges: [usage, select], on: { sequence: $.q }"),
    may(true, "sequence_privilege('reader', '$.q', 'USAGE')"),
    grant("to: reader, privileges: [update], on: { sequence: $.q }"),
  ],
  [
    "grant option",
    grant("to: reader, privileges: [select], on: { table: $.t }"),
    grant("to: reader, privileges: [select], on: { table: $.t }, grantOption: true"),
    ({ steps }) => expect(actions(steps)).toEqual(["alter Grant"]),
    may(true, "table_privilege('reader', '$.t', 'SELECT WITH GRANT OPTION')"),
  ],
  [
    "grant option on columns",
    grant("to: reader, privileges: [select], on: { table: $.t, columns: [a, b] }"),
    grant(
      "to: reader, privileges: [select], on: { table: $.t, columns: [a] }, grantOption: true",
      "to: reader, privileges: [select], on: { table: $.t, columns: [b] }",
    ),
  ],
  [
    "everybody",
    grant(),
    grant("to: public, privileges: [select], on: { table: $.t }"),
    may(true, "table_privilege('reader', '$.t', 'SELECT')"),
  ],
  [
    "by another than the owner",
    grant(
      "to: reader, privileges: [usage], on: { schema: $ }",
      "to: reader, privileges: [select], on: { table: $.t }, grantOption: true",
    ),
    grant(
      "to: reader, privileges: [usage], on: { schema: $ }",
      "to: reader, privileges: [select], on: { table: $.t }, grantOption: true",
      "to: another, privileges: [select], on: { table: $.t }, grantor: reader",
    ),
    may(true, "table_privilege('another', '$.t', 'SELECT')"),
    grant("to: reader, privileges: [usage], on: { schema: $ }"),
  ],
];

const BASE = "{ kind: Role, name: reader }\n---\n{ kind: Role, name: another }\n---\n{ kind: Role, name: keeper }";

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("every object, each way", () => takeTurns(database, CASES, BASE));

  test("database", async () => {
    const on = await database();
    const [row] = await on.query("SELECT current_database() AS name");
    const of = (fields: string): string => `${BASE}\n---\n{ kind: Grant, on: { database: ${row?.name} }, ${fields} }`;
    await on.apply(of("to: reader, privileges: [temp, create]"));
    expect(await on.query(`SELECT has_database_privilege('reader', '${row?.name}', 'CREATE') AS may`)).toEqual([
      { may: true },
    ]);
    await on.apply(of("to: reader, privileges: [connect], grantOption: true"));
    const managed = { mode: "authoritative", source: { external: { schemas: ["public"] } } } as const;
    await on.apply(of("to: public, privileges: [connect]"), managed);
    expect(await on.query(`SELECT has_database_privilege('reader', '${row?.name}', 'TEMP') AS may`)).toEqual([
      { may: false },
    ]);
    expect(
      (await on.plan(of("to: reader, privileges: [connect]").replace(`${row?.name}`, "elsewhere"))).diagnostics.map(
        ({ code }) => code,
      ),
    ).toEqual(["NOT_SUPPORTED"]);
    await on.apply("");
  });

  test("functions, by the types of their arguments in any spelling", async () => {
    const on = await database();
    await on.query(`CREATE SCHEMA s; CREATE SCHEMA types; CREATE TYPE types.level AS ENUM ('a');
CREATE FUNCTION s.f(x int, y varchar(10), z types.level[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE s.p() LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION s."F.x"(numeric(10,2), timestamptz) RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    const of = (...functions: string[]): string =>
      [
        BASE,
        "{ kind: Schema, name: s }",
        ...functions.map(
          (one) => `{ kind: Grant, to: reader, privileges: [execute], on: { function: ${JSON.stringify(one)} } }`,
        ),
      ].join("\n---\n");
    await on.apply(of("s.f(int,varchar, level[])", "s.p()", 's."F.x"(decimal(10,2), timestamp with time zone)'));
    expect(
      await on.query("SELECT count(*)::int AS n FROM pg_proc, aclexplode(proacl) WHERE grantee = 'reader'::regrole"),
    ).toEqual([{ n: 3 }]);
    // What is granted alone is swept: the functions themselves are somebody else's.
    const managed = { source: { manage: { kinds: { Grant: "authoritative" } } } } as const;
    const swept = await on.apply(of("s.f(integer, character varying, types.level[])"), managed);
    expect(statements(swept)).toContain(
      'REVOKE EXECUTE ON ROUTINE s."F.x"(numeric, timestamp with time zone) FROM PUBLIC',
    );
    expect(await on.query("SELECT has_function_privilege('another', 's.p()', 'EXECUTE') AS may")).toEqual([
      { may: false },
    ]);
    expect(
      (await on.plan(of("s.f(int, varchar, level[])", "s.f(integer, varchar(3), types.level array)"))).diagnostics.map(
        ({ code }) => code,
      ),
    ).toEqual(["DUPLICATE"]);
    await on.apply("");
  });

  test("what another role granted is really revoked", async () => {
    const on = await database();
    const estate = `${BASE}\n---\n{ kind: Schema, name: s }\n---\n{ kind: Table, schema: s, name: t, columns: [{ name: a, type: int }, { name: b, type: int }] }\n---\n{ kind: Grant, to: keeper, privileges: [usage], on: { schema: s } }`;
    const keeper = "{ kind: Grant, to: keeper, privileges: [select], on: { table: s.t }, grantOption: true }";
    await on.apply(`${estate}\n---\n${keeper}`);
    await on.query(
      "GRANT UPDATE (a, b) ON s.t TO keeper WITH GRANT OPTION; SET ROLE keeper; GRANT SELECT ON s.t TO reader WITH GRANT OPTION; GRANT UPDATE (a, b) ON s.t TO another; RESET ROLE; GRANT USAGE ON SCHEMA s TO reader; SET ROLE reader; GRANT SELECT ON s.t TO another; RESET ROLE",
    );
    const plan = await on.plan(`${estate}\n---\n${keeper}`);
    expect(plan.unmanaged.map(({ address }) => address)).toContain('Grant/another/table/s.t/select/"by reader"');
    const managed = { source: { manage: { schemas: { s: "authoritative" } } } } as const;
    await on.apply(`${estate}\n---\n${keeper}`, managed);
    expect(
      await on.query(
        "SELECT has_table_privilege('another', 's.t', 'SELECT') AS may, has_any_column_privilege('another', 's.t', 'UPDATE') AS change",
      ),
    ).toEqual([{ may: false, change: false }]);
    await on.apply("");
  });

  test("what it refuses", async () => {
    const on = await database();
    const { diagnostics } = await on.plan(
      [
        BASE,
        "{ kind: Schema, name: s, owner: keeper }",
        ...[
          "to: keeper, privileges: [usage], on: { schema: s }",
          "to: public, privileges: [usage], on: { schema: s }, grantOption: true",
          "to: reader, privileges: [all], on: { schema: s }",
        ].map((one) => `{ kind: Grant, ${one} }`),
      ].join("\n---\n"),
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["NOT_SUPPORTED", "NOT_SUPPORTED", "NOT_SUPPORTED"]);
  });
});
