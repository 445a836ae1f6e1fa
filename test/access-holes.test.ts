/** A database that nobody declared: what is open there is told, and the documents that are written close it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { warning } from "../core/diagnostic.ts";
import type { Inspection } from "../core/engine.ts";
import { closing } from "../policies/closing.ts";
import { postgresql } from "../providers/postgresql/engine.ts";
import { ownServer } from "./support/cases.ts";
import { type Folder, folder } from "./support/cli.ts";
import { query } from "./support/declaration.ts";
import { catalog } from "./support/judged.ts";
import { majors } from "./support/server.ts";

const BEFORE = `
CREATE ROLE keeper LOGIN; CREATE ROLE loader LOGIN BYPASSRLS; CREATE ROLE chief LOGIN SUPERUSER;
CREATE ROLE ada LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE analyst; CREATE ROLE web;
CREATE SCHEMA app AUTHORIZATION keeper;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SET ROLE keeper;
CREATE TABLE app.customer (id bigint PRIMARY KEY, tenant_id int NOT NULL, full_name text, email text, region text);
CREATE TABLE app.ticket (id bigint PRIMARY KEY, tenant_id int NOT NULL, subject text);
CREATE TABLE app.invoice (id bigint PRIMARY KEY, tenant_id int NOT NULL, amount numeric);
CREATE TABLE app.product (id bigint PRIMARY KEY, title text);
ALTER TABLE app.customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.ticket ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION app.tenant() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION app.may_see(tenant int) RETURNS boolean LANGUAGE sql AS 'SELECT tenant = 1';
CREATE FUNCTION app.reset(id bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN DELETE FROM app.ticket t WHERE t.id = $1; END';
CREATE POLICY own ON app.customer TO web USING (tenant_id = app.tenant());
CREATE POLICY own ON app.ticket TO web USING (tenant_id = app.tenant());
CREATE POLICY asked ON app.ticket AS RESTRICTIVE TO web USING (app.may_see(tenant_id));
CREATE VIEW app.people AS SELECT id, full_name FROM app.customer;
GRANT SELECT ON app.customer TO analyst;
GRANT SELECT (id, subject) ON app.ticket TO analyst; GRANT SELECT ON app.ticket TO analyst;
GRANT SELECT ON app.people TO analyst;
GRANT SELECT ON app.product TO PUBLIC;
GRANT SELECT ON app.invoice TO ada; GRANT SELECT ON app.invoice TO bob;
GRANT INSERT ON app.ticket TO web WITH GRANT OPTION;
GRANT SELECT ON app.customer, app.ticket TO web;
RESET ROLE`;

const CLOSED = [
  "CLASSIFIED_IN_CLEAR Table/app.customer",
  "COLUMN_GRANT_WITHOUT_EFFECT Grant/analyst/table/app.ticket/columns/select",
  "GRANTED_TO_LOGIN Grant/ada/table/app.invoice/select",
  "GRANT_OPTION_SPREADS Grant/web/table/app.ticket/insert",
  "LOGIN_PASSES_CHECKS Role/loader",
  "OWNER_BYPASSES_ROW_SECURITY Table/app.customer",
  "OWNER_BYPASSES_ROW_SECURITY Table/app.ticket",
  "POLICY_WITHOUT_INDEX RowPolicy/app.customer/own",
  "POLICY_WITHOUT_INDEX RowPolicy/app.ticket/own",
  "TABLE_WITHOUT_ISOLATION Table/app.invoice",
  "UNCLASSIFIED Table/app.customer",
  "VIEW_BYPASSES_ROW_SECURITY View/app.people",
];

const BY_HAND = [
  "DEFINER_FOR_EVERYBODY Function/app.reset(bigint)",
  "DEFINER_WITHOUT_PATH Function/app.reset(bigint)",
  "GRANTED_TO_EVERYBODY Grant/public/table/app.product/select",
  "LOGIN_PASSES_CHECKS Role/chief",
  "POLICY_CALLS_LEAKY RowPolicy/app.ticket/asked",
  "POLICY_CALLS_VOLATILE RowPolicy/app.ticket/asked",
];

const W = `kind: DataSource
name: w
engine: postgresql
connection: { url: { env: DATABASE_URL } }
external: { schemas: [s] }
---
{ kind: MaterializedView, schema: s, name: kept, query: SELECT id FROM s.sale }`;

interface Hole {
  readonly code: string;
  readonly address: string;
  readonly summary: string;
  readonly closedBy?: readonly string[];
  readonly byHand?: string;
}

/** What the rules of this test find. */
async function holes(here: Folder, more = ""): Promise<readonly Hole[]> {
  const { code, out, err } = await here.run(`access --url env:DATABASE_URL --format json ${more}`.trim());
  expect([code, err]).toEqual([0, ""]);
  const codes = new Set([...CLOSED, ...BY_HAND].map((line) => line.split(" ")[0]));
  return (JSON.parse(out).holes as readonly Hole[]).filter((hole) => codes.has(hole.code));
}

const named = (all: readonly Hole[]): string[] => all.map(({ code, address }) => `${code} ${address}`).sort();

describe.each(majors())("PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });

  test("documents close what can be closed, and the rest is said", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at });
    await query(at, BEFORE);

    const found = await holes(here);
    expect(named(found)).toEqual([...CLOSED, ...BY_HAND].sort());
    expect(
      found
        .filter(({ closedBy }) => closedBy === undefined)
        .map(({ code, address }) => `${code} ${address}`)
        .sort(),
    ).toEqual(BY_HAND);

    // The folder declares a data source of its own; what it says is reviewed, then applied.
    const written = await here.run("access --url env:DATABASE_URL --out closing");
    expect(written.out).toMatch(/Documents close \d+ of \d+ holes; they are in closing\./);
    expect(existsSync(join(here.path, "closing", "datasource.yaml"))).toBe(true);
    const applied = await here.run("apply -f closing --url env:DATABASE_URL --yes --allow all");
    expect(applied).toMatchObject({ code: 0 });
    expect(await here.run("plan -f closing --url env:DATABASE_URL --detailed-exitcode")).toMatchObject({ code: 0 });

    const left = await holes(here, "-f closing");
    expect(named(left)).toEqual(BY_HAND);
    for (const { byHand = "" } of left) await query(at, byHand);
    expect(named(await holes(here, "-f closing"))).toEqual([]);
  });

  test("what is computed from what is kept back is kept back with it", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at });
    await query(
      at,
      `CREATE ROLE someone LOGIN; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO someone;
      CREATE TABLE s.p (id int, email text, k text GENERATED ALWAYS AS (lower(email)) STORED);
      GRANT SELECT ON s.p TO someone`,
    );
    await here.run("access --url env:DATABASE_URL --out closing");
    expect(await here.run("apply -f closing --url env:DATABASE_URL --yes --allow all")).toMatchObject({ code: 0 });
    const [seen] = await query(
      at,
      `SELECT array_agg(attname::text) AS columns FROM pg_attribute
      WHERE attrelid = 's.p'::regclass AND attnum > 0 AND has_column_privilege('someone', attrelid, attnum, 'SELECT')`,
    );
    expect(seen).toEqual({ columns: ["id"] });
    expect(named(await holes(here, "-f closing"))).toEqual([]);
  });

  test("tables that no kind describes are looked at, and told as such", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at });
    await query(
      at,
      `CREATE ROLE somebody LOGIN; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO somebody;
      CREATE TABLE s.sale (id int, region text) PARTITION BY LIST (region);
      CREATE TABLE s.sale_eu PARTITION OF s.sale FOR VALUES IN ('EU');
      CREATE TABLE s.sale_us PARTITION OF s.sale FOR VALUES IN ('US');
      ALTER TABLE s.sale ENABLE ROW LEVEL SECURITY;
      CREATE POLICY us ON s.sale TO somebody USING (region = 'US');
      CREATE MATERIALIZED VIEW s.kept AS SELECT * FROM s.sale;
      CREATE FOREIGN DATA WRAPPER nobody; CREATE SERVER far FOREIGN DATA WRAPPER nobody;
      CREATE FOREIGN TABLE s.person (id int, email text) SERVER far;
      GRANT SELECT ON s.sale, s.sale_eu, s.kept, s.person TO somebody`,
    );
    const { out } = await here.run("access --url env:DATABASE_URL --format json --out closing");
    const report = JSON.parse(out) as { holes: readonly Hole[]; notModelled: readonly object[] };
    const told = report.holes.filter(({ code }) => code !== "ROWS_ARE_COUNTED");
    expect(told.map(({ code, address, closedBy }) => `${code} ${address} ${closedBy}`).sort()).toEqual([
      "CHILD_WITHOUT_ROW_SECURITY Table/s.sale_eu undefined",
      "CLASSIFIED_IN_CLEAR Table/s.person undefined",
      "UNCLASSIFIED Table/s.person undefined",
      "VIEW_BYPASSES_ROW_SECURITY MaterializedView/s.kept undefined",
    ]);
    expect(report.notModelled).toEqual([
      { type: "foreign data wrapper", count: 1, names: ["nobody"] },
      { type: "foreign server", count: 1, names: ["far"] },
      { type: "foreign table", count: 1, names: ["s.person"] },
      { type: "partition", count: 2, names: ["s.sale_eu", "s.sale_us"] },
      { type: "partitioned table", count: 1, names: ["s.sale"] },
    ]);
    const lines = ["Not modelled, so looked at in part or not at all:", "1 partitioned table: s.sale"];
    for (const format of ["text", "markdown", "html"]) {
      const shown = (await here.run(`access --url env:DATABASE_URL --format ${format}`)).out;
      for (const line of lines) expect(shown).toContain(line);
    }
    // A plan that speaks of the view is told of the table that it reads as well.
    here.write("w.yaml", W);
    const plan = await here.run("plan -f w.yaml");
    expect(plan.err).toContain("MaterializedView s.kept shows rows of s.sale (us)");
    expect(plan.err).toContain("Table s.sale_eu is granted to somebody past the policies of s.sale");
  });

  test("in every form but the list for spreadsheets; of a part that is asked for, not at all", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at });
    await query(at, "CREATE SCHEMA s; CREATE TABLE s.t (id int, note text); GRANT SELECT ON s.t TO PUBLIC");
    const access = async (more: string) => (await here.run(`access --url env:DATABASE_URL ${more}`.trim())).out;
    const sql = 'REVOKE SELECT ON TABLE "s"."t" FROM PUBLIC;';
    expect(await access("")).toContain(`1 hole found

GRANTED_TO_EVERYBODY
  Grant public/table/s.t/select: every role that can connect has it, those to come included
      by hand: \`${sql}\`
`);
    expect(await access("--format markdown")).toContain(`| by hand: \`${sql}\` |`);
    expect(await access("--format html")).toContain(`<td>by hand: \`${sql}\`</td>`);
    expect(await access("--format csv")).not.toContain("REVOKE");
    expect(await access("--to s.t")).not.toContain("hole");
    await query(at, "REVOKE SELECT ON s.t FROM PUBLIC");
    expect(await access("")).toContain("No guardrail finds a hole.");
  });
});

test("documents are written for what nobody declared", async () => {
  const here = folder();
  here.write("w.yaml", "kind: DataSource\nname: w\nengine: postgresql\nconnection: { host: localhost }");
  for (const line of ["access -f w.yaml --out closing", "access --url postgresql://localhost/d --as a --out closing"])
    expect(await here.run(line)).toMatchObject({
      code: 1,
      err: expect.stringContaining("`--out` goes with `--url` alone"),
    });
});

test("what the version cannot make is no document", () => {
  const live = catalog(["View", { schema: "s", name: "v", query: "SELECT 1" }]);
  const inspection = (versionNumber: number): Inspection => {
    const target = { engine: "postgresql", identity: "", location: "", version: "", versionNumber, user: "owner" };
    const facts = { connectedAs: "owner", types: new Map() };
    return { catalog: live, notModelled: [], facts, target, present: new Set() };
  };
  const closes = [{ kind: "View", spec: { schema: "s", name: "v", securityInvoker: true } }];
  const holes = [warning("VIEW_BYPASSES_ROW_SECURITY", "…", { closes })];
  const documents = (version: number) => [...closing(holes, postgresql, inspection(version)).objects.values()];
  expect(documents(150000).map(({ spec }) => spec)).toEqual([
    { schema: "s", name: "v", query: "SELECT 1", securityInvoker: true },
  ]);
  expect(documents(140000)).toEqual([]);
});
