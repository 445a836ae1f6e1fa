/** Guardrails through a plan: what they tell of documents beside what others made in the database. */
import { describe, expect, test } from "@jest/globals";
import { judge } from "../policies/judge.ts";
import { ownServer } from "./support/cases.ts";
import { folder } from "./support/cli.ts";
import { query } from "./support/declaration.ts";
import type { Estate } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const BEFORE = `
CREATE SCHEMA app; CREATE SCHEMA other;
CREATE FUNCTION app.loose() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION app.fixed() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = app, pg_temp AS 'SELECT 1';
CREATE FUNCTION app.bound() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER BEGIN ATOMIC SELECT 1; END;
CREATE PROCEDURE app.done(a int, b numeric(4, 2)) LANGUAGE sql SECURITY DEFINER SET search_path = app AS 'SELECT 1';
CREATE FUNCTION app.fired() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = app AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION app.plain() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION other.loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION app.loose(), app.fixed() FROM PUBLIC;
CREATE FUNCTION app.tenant() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION app.may_see(org int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT org = 1';
CREATE FUNCTION app.sealed(org int) RETURNS boolean LANGUAGE sql IMMUTABLE LEAKPROOF SET search_path = pg_catalog, pg_temp AS 'SELECT org = 1'`;

const table = (name: string, more = ""): string => `---
kind: Table
schema: app
name: ${name}
columns: [{ name: id, type: integer }, { name: org, type: integer }, { name: mail, type: text, classification: pii }]
primaryKey: [org, id]
${more}
`;
const policy = (on: string, using: string): string =>
  `---\n{ kind: RowPolicy, table: app.${on}, name: own, to: [web], using: "${using}" }\n`;

const DOCUMENTS = `
kind: Schema
name: app
---
{ kind: Role, name: web }
---
{ kind: Role, name: analyst }
${table("order", "rowSecurity: forced")}${policy("order", "org = tenant()")}
${table("bill", "rowSecurity: forced")}${policy("bill", "org = 1 AND app.may_see(org)")}
${table("note", "rowSecurity: forced")}${policy("note", "org = 1 AND app.sealed(org)")}
${table("forgotten")}
---
{ kind: Grant, to: analyst, privileges: [select], on: { table: app.note } }
---
{ kind: Grant, to: web, privileges: [select], on: { table: app.note, columns: [id, mail] } }
`;

const EXPECTED = [
  "CLASSIFIED_IN_CLEAR Table/app.note",
  "DEFINER_FOR_EVERYBODY Function/app.bound()",
  "DEFINER_FOR_EVERYBODY Function/app.done(integer, numeric)",
  "DEFINER_WITHOUT_PATH Function/app.loose()",
  "POLICY_CALLS_LEAKY RowPolicy/app.bill/own",
  "POLICY_CALLS_VOLATILE RowPolicy/app.order/own",
  "POLICY_CALLS_WITHOUT_PATH Function/app.may_see(integer)",
  "POLICY_CALLS_WITHOUT_PATH Function/app.tenant()",
  "TABLE_WITHOUT_ISOLATION Table/app.forgotten",
];

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database, url } = ownServer({ major });

  async function told(on: Estate, documents: string): Promise<string[]> {
    const { diagnostics } = await on.plan(documents, { judge });
    return diagnostics.map(({ code, address }) => `${code} ${address}`).sort();
  }

  test("functions of others, the policies that call them, and tables that were forgotten", async () => {
    const on = await database();
    await on.query(BEFORE);
    expect(await told(on, DOCUMENTS)).toEqual(EXPECTED);
    await on.apply(DOCUMENTS);
    // The server qualifies what the policy calls; nothing else is said of what is there.
    expect(await told(on, DOCUMENTS)).toEqual(EXPECTED);
    // A function of another schema is told once something is declared in it.
    expect(await told(on, `${DOCUMENTS}---\n{ kind: Schema, name: other }`)).toEqual(
      [
        ...EXPECTED,
        "DEFINER_FOR_EVERYBODY Function/other.loose()",
        "DEFINER_WITHOUT_PATH Function/other.loose()",
      ].sort(),
    );
  });

  test("an empty plan is not remembered beyond a change of a function", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at });
    await query(at, BEFORE);
    here.write(
      "w.yaml",
      "{ kind: DataSource, name: w, engine: postgresql, connection: { url: { env: DATABASE_URL } } }\n---\n{ kind: Schema, name: app }",
    );
    expect((await here.run("apply -f w.yaml --yes")).code).toBe(0);
    const told = async (): Promise<boolean> => (await here.run("plan -f w.yaml")).err.includes("app.fixed() runs with");
    expect([await told(), await told()]).toEqual([false, false]);
    await query(at, "ALTER FUNCTION app.fixed() RESET search_path");
    expect(await told()).toBe(true);
  });

  test("what others granted counts until the plan takes it away", async () => {
    const on = await database();
    await on.query(BEFORE);
    const documents = DOCUMENTS.replace("{ kind: Grant, to: analyst", "{ kind: Grant, to: web").replace(
      "on: { table: app.note } }",
      "on: { table: app.order, columns: [id] } }",
    );
    await on.apply(documents);
    expect(await told(on, documents)).not.toContain("CLASSIFIED_IN_CLEAR Table/app.note");
    await on.query("GRANT SELECT ON app.note TO analyst");
    expect(await told(on, documents)).toContain("CLASSIFIED_IN_CLEAR Table/app.note");
    const limited = `${documents}---\n{ kind: ColumnAccess, table: app.note, to: [analyst], exceptClasses: [pii] }`;
    expect(await told(on, limited)).not.toContain("CLASSIFIED_IN_CLEAR Table/app.note");
  });

  test("one that runs as its owner is excepted by its name, until a day", async () => {
    const on = await database();
    await on.query(BEFORE);
    const exception = `---
kind: PolicyException
name: known
rule: DEFINER_WITHOUT_PATH
objects: ["app.loose(*)"]
reason: replaced soon
owner: team
until: "2099-01-01T00:00:00Z"
`;
    const found = await told(on, DOCUMENTS + exception);
    expect(found).toContain("EXCEPTED Function/app.loose()");
    expect(found).not.toContain("DEFINER_WITHOUT_PATH Function/app.loose()");
  });
});
