/** What rules about rows promise is proved without a word, and found out where another hand breaks it. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { ownServer } from "./support/cases.ts";
import { type AppliedEstate, appliedEstate, proveIn } from "./support/proofs.ts";
import { majors } from "./support/server.ts";

const SOURCE = `
kind: DataSource
name: warehouse
engine: postgresql
connection: { url: { env: DATABASE_URL } }
`;

const role = (name: string, more = ""): string => `{ kind: Role, name: ${name}${more} }`;
const grant = (to: string, privileges: string, on: string): string =>
  `{ kind: Grant, to: ${to}, privileges: [${privileges}], on: ${on} }`;
const join = (...documents: readonly string[]): string => documents.join("\n---\n");

const ROWS = join(
  SOURCE,
  "{ kind: Schema, name: sales }",
  ...["app", "ann", "bob", "cleo", "auditor", "lone"].flatMap((name) => [
    role(name),
    grant(name, "usage", "{ schema: sales }"),
    grant(name, name === "bob" ? "select, update" : "select", "{ table: sales.fact }"),
  ]),
  `
kind: Table
schema: sales
name: staff
columns: [{ name: id, type: integer }, { name: boss, type: integer }, { name: login, type: text }]
primaryKey: [id]
foreignKeys: [{ columns: [boss], references: { table: sales.staff } }]`,
  `
kind: Table
schema: sales
name: agent_region
columns: [{ name: login, type: text }, { name: region, type: "varchar(2)" }, { name: secret, type: text }]`,
  `
kind: Table
schema: sales
name: fact
columns:
  - { name: id, type: bigint, identity: always }
  - { name: tenant, type: smallint, notNull: true }
  - { name: region, type: "varchar(2)" }
  - { name: agent, type: text }
  - { name: employee, type: integer }
  - { name: amount, type: "numeric(4,2)", notNull: true }
primaryKey: [id]
foreignKeys: [{ columns: [employee], references: { table: sales.staff } }]
checks: [{ name: regions, expression: "region IN ('EU', 'US', 'AP')" }]`,
  ...[
    "name: tenants, to: [app], tenant: { column: tenant, setting: app.tenant }",
    "name: regions, to: [bob], mapping: { table: sales.agent_region, user: login, key: region }",
    "name: own, to: [ann], user: { column: agent }",
    "name: below, to: [bob, cleo], hierarchy: { table: sales.staff, child: id, parent: boss, user: login, column: employee }, restrictive: true",
    'name: small, to: [auditor, cleo], condition: "amount < 4 -- not the last", commands: [select]',
    "name: narrow, to: [lone], match: { column: region, setting: app.region }, restrictive: true",
  ].map((fields) => `{ kind: RowAccess, table: sales.fact, ${fields} }`),
);

type Break = readonly [what: string, by: string, undo: string, found: Record<string, unknown>];

const REFUSED = "permission denied for table agent_region";
const BREAKS: readonly Break[] = [
  [
    "a policy that opens more",
    "CREATE POLICY more ON sales.fact TO app, lone USING (true)",
    "DROP POLICY more ON sales.fact",
    {
      "tenants on sales.fact as app": "1 row of 2 seen by app does not meet the condition",
      "tenants on sales.fact as app without app.tenant": "app sees 1 row, and none is expected",
      "narrow on sales.fact as lone": "lone sees 1 row, and none is expected",
    },
  ],
  [
    "no row security at all",
    "ALTER TABLE sales.fact DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE sales.fact ENABLE ROW LEVEL SECURITY",
    {
      "tenants on sales.fact as app": "1 row of 2 seen by app does not meet the condition",
      "tenants on sales.fact as app without app.tenant": "app sees 1 row, and none is expected",
      "regions on sales.fact as bob": "1 row of 2 seen by bob does not meet the condition",
      "regions on sales.fact as bob moving a row": "bob was not refused: update on sales.fact wrote 1 row",
      "own on sales.fact as ann": "1 row of 2 seen by ann does not meet the condition",
      "below on sales.fact as bob": "1 row of 2 seen by bob does not meet the condition",
      "below on sales.fact as cleo": expect.stringMatching(/rows of \d seen by cleo do not meet the condition/),
      "below on sales.fact as bob moving a row": expect.stringContaining("was stopped by something else"),
      "small on sales.fact as auditor": expect.stringMatching(/rows of \d seen by auditor do not meet/),
      "small on sales.fact as cleo": expect.stringMatching(/rows of \d seen by cleo do not meet/),
      "narrow on sales.fact as lone": "lone sees 2 rows, and none is expected",
    },
  ],
  [
    "a policy that is gone",
    "DROP POLICY own ON sales.fact",
    "CREATE POLICY own ON sales.fact TO ann USING (agent = current_user)",
    { "own on sales.fact as ann": "ann sees 0 rows, and at least 1 is expected" },
  ],
  [
    "a policy that narrows less than it says",
    "CREATE TABLE sales.kept AS SELECT pg_get_expr(polqual, polrelid) AS rule FROM pg_policy WHERE polname = 'below'; ALTER POLICY below ON sales.fact USING (true)",
    "DO $$ BEGIN EXECUTE (SELECT 'ALTER POLICY below ON sales.fact USING (' || rule || ')' FROM sales.kept); END $$; DROP TABLE sales.kept",
    {
      "below on sales.fact as bob": "1 row of 2 seen by bob does not meet the condition",
      "below on sales.fact as bob moving a row": expect.stringContaining("was stopped by something else"),
    },
  ],
  [
    "a role that no policy holds",
    "ALTER ROLE app BYPASSRLS",
    "ALTER ROLE app NOBYPASSRLS",
    {
      "tenants on sales.fact as app": "1 row of 2 seen by app does not meet the condition",
      "tenants on sales.fact as app without app.tenant": "app sees 1 row, and none is expected",
    },
  ],
  [
    "a role that may not look it up",
    "REVOKE SELECT (login, region) ON sales.agent_region FROM bob",
    "GRANT SELECT (login, region) ON sales.agent_region TO bob",
    {
      "regions on sales.fact as bob": `bob was refused: ${REFUSED}`,
      "below on sales.fact as bob": `bob was refused: ${REFUSED}`,
    },
  ],
  [
    "a group that sees more",
    "CREATE ROLE boss; CREATE POLICY all_of_it ON sales.fact TO boss USING (true); GRANT boss TO ann",
    "DROP POLICY all_of_it ON sales.fact; DROP ROLE boss",
    { "own on sales.fact as ann": "1 row of 2 seen by ann does not meet the condition" },
  ],
];

describe.each(majors())("PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });

  describe("RowAccess", () => {
    let estate: AppliedEstate;
    beforeAll(async () => {
      estate = await appliedEstate(await url(), ROWS);
    });

    test("each way to say a rule is proved as each role, and nothing of it stays", async () => {
      const { told } = await proveIn(estate.here, "", "--only RowAccess/*");
      const shown = [...told.values()].map(({ name, outcome, reasons }) =>
        [outcome, name.slice(10), ...reasons].join(" "),
      );
      expect(shown).toEqual([
        "held tenants on sales.fact as app",
        "held tenants on sales.fact as app without app.tenant",
        "held regions on sales.fact as bob",
        "held regions on sales.fact as bob moving a row",
        "held own on sales.fact as ann",
        "held below on sales.fact as bob",
        "held below on sales.fact as cleo",
        "held below on sales.fact as bob moving a row",
        "held small on sales.fact as auditor",
        "held small on sales.fact as cleo",
        "held narrow on sales.fact as lone",
      ]);
      const { rows } = await estate.hand.query(
        "SELECT (SELECT count(*) FROM sales.fact) + (SELECT count(*) FROM sales.staff) + (SELECT count(*) FROM sales.agent_region) AS n, last_value FROM sales.fact_id_seq",
      );
      expect(rows).toEqual([{ n: "0", last_value: "1" }]);
    });

    test.each(BREAKS)("%s", async (_, by, undo, expected) => {
      const found = await estate.spoilt(by, undo);
      const rules = Object.entries(found).filter(([name]) => name.startsWith("RowAccess/"));
      expect(Object.fromEntries(rules.map(([name, reasons]) => [name.slice(10), reasons]))).toEqual(expected);
    });
  });
});
