/** Who can do what, as the command tells it, and who gains and loses what by a plan. */
import { describe, expect, test } from "@jest/globals";
import { accessLine } from "../core/access/words.ts";
import { ownServer } from "./support/cases.ts";
import { folder } from "./support/cli.ts";
import { majors } from "./support/server.ts";

const ESTATE = `
kind: DataSource
name: warehouse
engine: postgresql
connection: { host: localhost }
---
{ kind: Schema, name: sales }
---
{ kind: Role, name: bi_reader }
---
{ kind: Role, name: analyst, login: true, memberOf: [bi_reader] }
---
kind: Table
schema: sales
name: customer
columns: [{ name: id, type: bigint }, { name: email, type: text, classification: pii }, { name: region, type: text }]
rowSecurity: on
---
{ kind: RowPolicy, table: sales.customer, name: own, to: [bi_reader], using: region = current_user }
---
{ kind: Grant, to: bi_reader, privileges: [select], on: { table: sales.customer, columns: [email, region] } }
---
{ kind: Grant, to: public, privileges: [usage], on: { schema: sales } }
`;

function declared(): (more: string) => Promise<{ code: number; out: string; err: string }> {
  const here = folder();
  here.write("w.yaml", ESTATE);
  return (more) => here.run(`access -f w.yaml ${more}`.trim());
}

describe("as declared", () => {
  test("by role, by object, on which path", async () => {
    const access = declared();
    expect((await access("")).out).toBe(`warehouse  as declared; nothing was connected to

everybody
  USAGE on schema sales

analyst
  SELECT on sales.customer (email [pii], region) (rows: region = current_user)

bi_reader
  SELECT on sales.customer (email [pii], region) (rows: region = current_user)
`);
    expect((await access("--as analyst --why")).out).toContain(
      "SELECT on sales.customer (email [pii], region) (granted, via bi_reader → analyst; rows: region = current_user)",
    );
    const pii = await access("--to sales.customer --classification pii --column email");
    expect(pii.out).toContain("sales.customer\n  analyst: SELECT on sales.customer (email [pii], region)");
    expect((await access("--column id")).out).not.toContain("SELECT");
  });

  test("in every form", async () => {
    const access = declared();
    const { rows } = JSON.parse((await access("--format json --as analyst")).out);
    expect(rows).toContainEqual({
      role: "analyst",
      object: "Table/sales.customer",
      privileges: ["select"],
      columns: ["email", "region"],
      classified: { email: "pii" },
      by: "grant",
      via: ["bi_reader", "analyst"],
      rows: "region = current_user",
    });
    expect((await access("--format csv")).out).toContain(
      "warehouse,analyst,Table/sales.customer,select,email region,email=pii,grant,bi_reader > analyst,,,region = current_user,,,,\r\n",
    );
    expect((await access("--format markdown")).out).toContain("| `analyst` | SELECT on sales.customer");
    expect((await access("--format html")).out).toContain('<span class="pii" title="SELECT on sales.customer');
  });

  test("what comes on several paths is told once, and with --why each path", async () => {
    const here = folder();
    const more = `
---
{ kind: Role, name: payroll }
---
{ kind: Role, name: dora, memberOf: [bi_reader, { role: payroll, inherit: false }] }
---
{ kind: Grant, to: dora, privileges: [select, update], on: { table: sales.customer, columns: [id, region] } }
---
{ kind: Grant, to: payroll, privileges: [delete], on: { table: sales.customer } }
`;
    here.write("w.yaml", `${ESTATE}${more}`);
    const access = (options: string) => here.run(`access -f w.yaml --as dora --to sales.customer ${options}`.trim());
    expect((await access("")).out).toContain(`sales.customer
  dora: SELECT on sales.customer (email [pii], id, region) (rows: region = current_user)
  dora: UPDATE on sales.customer (id, region) (rows: region = current_user)
  dora: DELETE on sales.customer, email [pii] included (after SET ROLE; rows: none)
`);
    expect((await access("--why")).out).toContain(`sales.customer
  dora: SELECT, UPDATE on sales.customer (id, region) (granted to it; rows: region = current_user)
  dora: SELECT on sales.customer (email [pii], region) (granted, via bi_reader → dora; rows: region = current_user)
  dora: DELETE on sales.customer, email [pii] included (granted, via payroll → dora; after SET ROLE; rows: none)
`);
    const { rows } = JSON.parse((await access("--format json")).out);
    expect(rows.map(({ via }: { via?: string[] }) => via)).toEqual([
      undefined,
      ["bi_reader", "dora"],
      ["payroll", "dora"],
    ]);
  });

  test("what does not exist is told with the nearest name", async () => {
    const access = declared();
    const wrong = await access("--as analist --to sales.costumer");
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("There is no role analist\n    Did you mean analyst?");
    expect(wrong.err).toContain("There is no object sales.costumer\n    Did you mean sales.customer?");
    expect((await access("--format sql")).code).toBe(1);
    const nothing = await access("--classification pij");
    expect([nothing.code, nothing.out]).toEqual([1, ""]);
    expect(nothing.err).toContain("There is no class pij\n    Did you mean pii?");
    expect((await access("--column mail")).err).toContain("There is no column mail\n    Did you mean email?");
    const within = await access("--to sales.customer --column nope");
    expect([within.code, within.err]).toEqual([1, expect.stringContaining("Known are id, email, region.")]);
  });
});

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database, url } = ownServer({ major });

  test("of a database that nobody declared", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at });
    const sql = (await import("pg")).default;
    const client = new sql.Client(at);
    await client.connect();
    await client.query(`CREATE ROLE keeper; CREATE ROLE reader; CREATE ROLE bob LOGIN IN ROLE reader; CREATE SCHEMA s AUTHORIZATION keeper;
SET ROLE keeper; CREATE TABLE s.t (a int, secret text); CREATE VIEW s.v AS SELECT a FROM s.t; RESET ROLE;
GRANT USAGE ON SCHEMA s TO reader; GRANT SELECT ON s.v TO reader`);
    await client.end();
    const { code, out } = await here.run("access --url env:DATABASE_URL --as bob");
    expect([code, out]).toEqual([0, expect.stringContaining("SELECT on s.t.a (through s.v)")]);
    expect(out).toContain("USAGE on schema s");
    expect((await here.run("access --url env:DATABASE_URL --to s.t")).out).toContain(
      "keeper: everything, as its owner, on s.t",
    );
  });

  test("a plan says who gains and who loses, not which statement does it", async () => {
    const on = await database();
    const lines = (plan: { readonly access: readonly Parameters<typeof accessLine>[0][] }) =>
      plan.access.map(accessLine);
    const documents = ESTATE.slice(ESTATE.indexOf("---") + 4);
    expect(lines(await on.apply(documents))).toEqual([
      "everybody gains USAGE on schema sales",
      "analyst gains SELECT on sales.customer (email [pii], region) (via bi_reader → analyst; rows: region = current_user)",
      "bi_reader gains SELECT on sales.customer (email [pii], region) (rows: region = current_user)",
    ]);
    // The same privilege on another path is no news.
    const direct = `${documents}\n---\n{ kind: Grant, to: analyst, privileges: [select], on: { table: sales.customer, columns: [email] } }`;
    expect(lines(await on.apply(direct))).toEqual([]);
    const less = direct.replace("columns: [email, region] } }", "columns: [region] } }");
    expect(lines(await on.apply(less))).toEqual(["bi_reader loses SELECT on sales.customer.email [pii]"]);
    const alone = less.replace("login: true, memberOf: [bi_reader]", "login: true");
    expect(lines(await on.apply(alone))).toEqual([
      "analyst loses SELECT on sales.customer.region (via bi_reader → analyst)",
      "analyst, rows of sales.customer: region = CURRENT_USER → none",
    ]);
    expect(lines(await on.apply(alone.replace("rowSecurity: on\n", "")))).toEqual([
      "analyst, rows of sales.customer: none → all",
      "bi_reader, rows of sales.customer: region = CURRENT_USER → all",
    ]);
    expect(lines(await on.plan(alone.replace("login: true }", "login: true, superuser: true }")))).toContain(
      "analyst gains EVERY PRIVILEGE",
    );
    const future = `${alone}\n---\n{ kind: DefaultPrivilege, owner: bi_reader, schema: sales, on: tables, to: analyst, privileges: [select] }`;
    expect(lines(await on.plan(future))).toContain("analyst gains SELECT on new tables that bi_reader makes in sales");
    await on.apply("");
  });
});
