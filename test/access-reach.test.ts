/** What a role reaches beyond everybody, or less than its grants say: rows, schemas, objects to come, functions, views not made yet. */
import { describe, expect, test } from "@jest/globals";
import { accessLine } from "../core/access/words.ts";
import { address } from "../core/address.ts";
import { mentionedColumns } from "../providers/postgresql/access/mentioned.ts";
import { ownServer } from "./support/cases.ts";
import { folder } from "./support/cli.ts";
import { query } from "./support/declaration.ts";
import { majors } from "./support/server.ts";

const LIVE = `CREATE ROLE byp BYPASSRLS; CREATE ROLE pol_r; CREATE ROLE own; CREATE ROLE outer_r; CREATE ROLE in_r IN ROLE pol_r;
CREATE ROLE "Read Er"; CREATE ROLE bob IN ROLE "Read Er"; CREATE ROLE caller;
CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO PUBLIC; CREATE SCHEMA priv; GRANT USAGE ON SCHEMA priv TO byp;
CREATE TABLE s.t (id int, mail text); INSERT INTO s.t VALUES (1), (2); ALTER TABLE s.t ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON s.t TO PUBLIC; CREATE POLICY p ON s.t FOR SELECT TO pol_r USING (true);
CREATE TABLE priv.t (id int); GRANT SELECT ON priv.t TO outer_r; CREATE TABLE priv.all (id int); GRANT SELECT ON priv.all TO PUBLIC;
CREATE TABLE s.o (id int); ALTER TABLE s.o OWNER TO own; ALTER TABLE s.o ENABLE ROW LEVEL SECURITY; ALTER TABLE s.o FORCE ROW LEVEL SECURITY;
ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO "Read Er";
ALTER DEFAULT PRIVILEGES IN SCHEMA priv GRANT INSERT, SELECT ON TABLES TO bob;
CREATE FUNCTION s.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION s.f() OWNER TO own;
REVOKE ALL ON FUNCTION s.f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION s.f() TO caller`;

const BASE = `
{ kind: Schema, name: s }
---
{ kind: Role, name: reader }
---
{ kind: Role, name: own }
---
{ kind: Table, schema: s, name: f, columns: [{ name: id, type: int }, { name: mail, type: text, classification: pii }] }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: s.f } }
`;
const USAGE = "{ kind: Grant, to: reader, privileges: [usage], on: { schema: s } }";
const join = (...documents: readonly string[]): string => documents.join("\n---\n");

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database, url } = ownServer({ major });

  test("of a live system, in every form", async () => {
    const at = await url();
    await query(at, LIVE);
    const here = folder({ DATABASE_URL: at });
    const access = async (more: string) => (await here.run(`access --url env:DATABASE_URL ${more}`.trim())).out;

    expect(await access("--to s.t")).toContain(`s.t
  everybody: SELECT on s.t (rows: none)
  byp: SELECT on s.t (rows: all)
  in_r: SELECT on s.t (rows: all)
  pol_r: SELECT on s.t (rows: all)
`);
    const line = "SELECT on s.t (everybody has it; rows: all, by BYPASSRLS)";
    expect(await access("--as byp --why")).toContain(line);
    expect(await access("--as in_r --why")).toContain("SELECT on s.t (everybody has it; rows: all, by policies)");

    const outside = "(no USAGE on schema priv: cannot be named)";
    expect(await access("--as outer_r")).toContain(`SELECT on priv.t ${outside}`);
    // Everybody was given it, and who may use the schema is told apart.
    expect(await access("--to priv.all")).toContain(`everybody: SELECT on priv.all ${outside}
  byp: SELECT on priv.all
`);

    const all = await access("");
    expect(all).toContain(`  SELECT, INSERT, UPDATE, DELETE, as its owner, on s.o (rows: none)
  TRUNCATE, REFERENCES, TRIGGER${major >= 17 ? ", MAINTAIN" : ""}, as its owner, on s.o
`);
    expect(await access("--format markdown")).toMatch(
      /`own` .*DELETE, as its owner, on s\.o \(rows: none\)<br>TRUNCATE/,
    );
    expect(all).toContain("EXECUTE on function s.f() (runs as its owner own)");
    expect(
      await access("--as bob --why"),
    ).toContain(`  INSERT, SELECT on new tables that postgres makes in priv (granted to it; no USAGE on schema priv: cannot be named)
  SELECT on new tables that postgres makes in s (granted, via Read Er → bob)
`);

    const csv = await access("--format csv");
    expect(csv).toContain(",byp,Table/s.t,select,,,everybody,,,,,bypassrls,,,\r\n");
    expect(csv).toContain(",outer_r,Table/priv.t,select,,,grant,,,,,,priv,,\r\n");
    expect(csv).toContain(",caller,Function/s.f(),execute,,,grant,,,,,,,own,\r\n");
    expect(csv).toContain(",Read Er,,select,,,grant,,,,,,,,new tables that postgres makes in s\r\n");
    const { rows } = JSON.parse(await access("--format json --as byp --to s.t"));
    expect(rows).toEqual([
      { role: "byp", object: "Table/s.t", privileges: ["select"], by: "everybody", allRows: "bypassrls" },
    ]);
    const html = await access("--format html");
    expect(html).toContain("<tr><th>new tables that postgres makes in s</th>");
    expect(html).toContain(`title="SELECT on priv.t (granted to it; no USAGE on schema priv: cannot be named)"`);
  });

  test("a plan: use of a schema, owners of what is made, what views not made yet can show", async () => {
    const on = await database();
    const lines = (plan: { readonly access: readonly Parameters<typeof accessLine>[0][] }) =>
      plan.access.map(accessLine);
    expect(lines(await on.apply(BASE))).toEqual([
      "reader gains SELECT on s.f, mail [pii] included (no USAGE on schema s: cannot be named)",
    ]);
    expect(lines(await on.apply(join(BASE, USAGE)))).toEqual([
      "reader gains USAGE on schema s",
      "reader gains SELECT on s.f, mail [pii] included",
    ]);
    expect(lines(await on.apply(BASE))).toEqual([
      "reader loses USAGE on schema s",
      "reader loses SELECT on s.f, mail [pii] included",
    ]);
    const owned =
      "{ kind: Table, schema: s, name: newt, owner: own, columns: [{ name: ssn, type: text, classification: pii }] }";
    expect(lines(await on.apply(join(BASE, owned)))).toEqual([
      "own gains everything, as its owner, on s.newt, ssn [pii] included (no USAGE on schema s: cannot be named)",
    ]);
    const other = "{ kind: Role, name: other }";
    const view = (name: string, text: string) =>
      `{ kind: View, schema: s, name: ${name}, query: ${text} }\n---\n{ kind: Grant, to: other, privileges: [select], on: { table: s.${name} } }`;
    const usage = "{ kind: Grant, to: other, privileges: [usage], on: { schema: s } }";
    const views = [
      view("v2", "select f.id from s.f"),
      view("v3", "select count(*) as n from s.f"),
      view("v4", "select x from s.f x"),
    ];
    const told = lines(await on.plan(join(BASE, owned, other, usage, ...views)));
    expect(told.filter((one) => one.includes("through"))).toEqual([
      "other gains SELECT on s.f.id (through s.v2)",
      "other gains SELECT on s.f, no column (through s.v3)",
      "other gains SELECT on s.f, mail [pii] included (through s.v4)",
    ]);
  });
});

test("as declared: what will be, and whose rights a function has", async () => {
  const here = folder();
  const functions = "{ kind: Function, schema: s, name: f, security: definer, owner: own, body: SELECT 1 }";
  const execute = "{ kind: Grant, to: reader, privileges: [execute], on: { function: s.f() } }";
  const future = "{ kind: DefaultPrivilege, owner: own, schema: s, on: tables, to: reader, privileges: [select] }";
  const source = "{ kind: DataSource, name: w, engine: postgresql, connection: { host: localhost } }";
  here.write("w.yaml", join(source, BASE, USAGE, functions, execute, future));
  const { out } = await here.run("access -f w.yaml --as reader");
  expect(out).toContain("EXECUTE on function s.f() (runs as its owner own)");
  expect(out).toContain("SELECT on new tables that own makes in s");
});

test.each<readonly [query: string, columns: readonly string[] | undefined]>([
  ["select f.id from s.f", ["id"]],
  ["select count(*) as n from s.f where mail is not null", ["mail"]],
  ["select count(*) as n from s.f", []],
  ["select id * 2 as twice from s.f as x where x.id > 1", ["id"]],
  ['select "mail" from f', ["mail"]],
  ["select * from s.f", undefined],
  ["select f.*, 1 as one from s.f", undefined],
  ["table s.f", undefined],
  ["select id, f from s.f", undefined],
  ["select row_to_json(x) from s.f x", undefined],
  ["select b from s.f as x (a, b)", undefined],
  ["select id from s.f natural join s.g", undefined],
  ['select U&"\\006dail" from s.f', undefined],
  ["select 'mail' as text, id -- mail\nfrom s.f", ["id"]],
])("the text of a query: %s", (text, columns) => {
  expect(mentionedColumns(text, address("Table", ["s", "f"]), ["id", "mail"])).toEqual(columns);
});
