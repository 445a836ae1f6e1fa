/** What intents of columns, masks, groups and emergencies promise is proved without a word. */
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { setClock } from "../core/clock.ts";
import { ownServer } from "./support/cases.ts";
import { type AppliedEstate, appliedEstate, proveIn } from "./support/proofs.ts";
import { majors } from "./support/server.ts";

const role = (name: string, more = ""): string => `{ kind: Role, name: ${name}${more} }`;
const usage = (to: string): string => `{ kind: Grant, to: ${to}, privileges: [usage], on: { schema: sales } }`;

const ESTATE = [
  "{ kind: DataSource, name: warehouse, engine: postgresql, connection: { url: { env: DATABASE_URL } } }",
  "{ kind: Schema, name: sales }",
  role("analyst"),
  role("intern"),
  role("loader"),
  role("support"),
  role("on_call, inherit: false"),
  role("lead, inherit: false", ", memberOf: [on_call]"),
  role("guest"),
  usage("support"),
  usage("guest"),
  `
kind: Table
schema: sales
name: customer
columns:
  - { name: id, type: bigint, identity: always }
  - { name: region, type: text, notNull: true }
  - { name: email, type: text, classification: pii }
primaryKey: [id]`,
  "{ kind: Table, schema: sales, name: region, columns: [{ name: code, type: text }, { name: note, type: text }] }",
  "{ kind: RoleTemplate, schema: sales, levels: [reader, writer], except: [sales.customer], members: { reader: [analyst, intern], writer: [loader, intern] } }",
  "{ kind: ColumnAccess, table: sales.customer, to: [support, guest], exceptClasses: [pii] }",
  "{ kind: ColumnAccess, table: sales.region, to: [public], columns: [code] }",
  "{ kind: MaskedView, schema: sales, name: customers, from: sales.customer, maskClasses: { pii: redact }, to: [guest] }",
  `
kind: BreakGlassRole
name: emergency
for: [on_call]
until: "2026-06-01T12:00:00Z"
grants:
  - { privileges: [usage], on: { schema: sales } }
  - { privileges: [select, delete], on: { table: sales.customer } }`,
].join("\n---\n");

afterEach(() => setClock());

type Spoilt = readonly [what: string, by: string, undo: string, found: Record<string, unknown>];

const ACCESS = "ColumnAccess/sales.customer as";
const MASK = { "Masked/sales.customer as guest": "guest was not refused: it may read email of sales.customer" };
const READS = (as: string): Record<string, string> => ({
  [`${ACCESS} ${as}`]: `${as} can read email, which is not expected`,
});

const SPOILT: readonly Spoilt[] = [
  [
    "a grant of the whole table",
    "GRANT SELECT ON sales.customer TO support",
    "REVOKE SELECT ON sales.customer FROM support; GRANT SELECT (id, region) ON sales.customer TO support",
    READS("support"),
  ],
  [
    "a grant to everybody",
    "GRANT SELECT (email) ON sales.customer TO PUBLIC",
    "REVOKE SELECT (email) ON sales.customer FROM PUBLIC",
    { ...READS("support"), ...READS("guest"), ...MASK },
  ],
  [
    "a column that was given is gone",
    "REVOKE SELECT (region) ON sales.customer FROM support",
    "GRANT SELECT (region) ON sales.customer TO support",
    { [`${ACCESS} support`]: "support cannot read region: permission denied for table customer" },
  ],
  [
    "the schema is closed",
    "REVOKE USAGE ON SCHEMA sales FROM support",
    "GRANT USAGE ON SCHEMA sales TO support",
    { [`${ACCESS} support`]: expect.stringContaining("support cannot read id: permission denied for schema sales") },
  ],
  [
    "everybody reads more",
    "GRANT SELECT ON sales.region TO PUBLIC",
    "REVOKE SELECT ON sales.region FROM PUBLIC; GRANT SELECT (code) ON sales.region TO PUBLIC",
    { "ColumnAccess/sales.region as public": "everybody can read note, which is not expected" },
  ],
  [
    "a role that reads everything",
    "GRANT pg_read_all_data TO guest",
    "REVOKE pg_read_all_data FROM guest",
    { ...READS("guest"), ...MASK },
  ],
  [
    "a reader that writes",
    "GRANT INSERT ON sales.region TO analyst",
    "REVOKE INSERT ON sales.region FROM analyst",
    { "RoleTemplate/sales as analyst": "analyst is meant to read only: it may insert into sales.region" },
  ],
  [
    "somebody else who takes it on",
    "GRANT emergency TO guest",
    "REVOKE emergency FROM guest",
    {
      "BreakGlassRole/emergency": "guest has the rights of emergency without SET ROLE\nguest may take emergency on",
      ...READS("guest"),
      ...MASK,
      "ReadsOnly/guest": "guest is meant to read only: it may delete from sales.customer",
    },
  ],
];

describe.each(majors())("PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });
  let estate: AppliedEstate;
  beforeAll(async () => {
    setClock(() => new Date("2026-05-01T00:00:00Z"));
    estate = await appliedEstate(await url(), ESTATE);
  });

  test("all of them hold", async () => {
    setClock(() => new Date("2026-05-01T00:00:00Z"));
    const { told } = await proveIn(estate.here, "");
    expect([...told.values()].map(({ name, outcome }) => `${outcome} ${name}`)).toEqual([
      "held RoleTemplate/sales as analyst",
      "held RoleTemplate/sales as intern",
      "held ColumnAccess/sales.customer as support",
      "held ColumnAccess/sales.customer as guest",
      "held ColumnAccess/sales.region as public",
      "held Masked/sales.customers as guest",
      "held Masked/sales.customer as guest",
      "held BreakGlassRole/emergency",
      "held ReadsOnly/sales_reader",
      "held ReadsOnly/support",
      "held ReadsOnly/guest",
      "held ReadsOnly/public",
    ]);
  });

  // Since 14 there is a role that reads everything.
  const spoilt = SPOILT.filter(([, by]) => major >= 14 || !by.includes("pg_read_all_data"));
  test.each(spoilt)("%s", async (_, by, undo, expected) => {
    setClock(() => new Date("2026-05-01T00:00:00Z"));
    expect(await estate.spoilt(by, undo)).toEqual(expected);
  });

  test("who inherits from a role for emergencies, and who takes it on past its end", async () => {
    setClock(() => new Date("2026-05-01T00:00:00Z"));
    const [by, undo] =
      major >= 16
        ? ["GRANT emergency TO on_call WITH INHERIT TRUE", "GRANT emergency TO on_call WITH INHERIT FALSE"]
        : ["ALTER ROLE on_call INHERIT", "ALTER ROLE on_call NOINHERIT"];
    expect(await estate.spoilt(by, undo)).toEqual({
      "BreakGlassRole/emergency": expect.stringContaining("on_call has the rights of emergency without SET ROLE"),
    });
    setClock(() => new Date("2026-06-02T00:00:00Z"));
    const still = await estate.spoilt("SELECT", "SELECT");
    expect(still).toEqual({
      "BreakGlassRole/emergency": "lead may take emergency on\non_call may take emergency on",
      "BreakGlassRole/emergency on sales.customer: select": expect.stringContaining(
        "it may read email of sales.customer",
      ),
      "BreakGlassRole/emergency on sales.customer: delete":
        "emergency was not refused: it may delete from sales.customer",
    });
    const ended = await estate.here.run("apply -f estate.yaml --yes --prove --allow all");
    expect([ended.code, ended.err]).toEqual([0, expect.stringContaining("none refuted")]);
  });
});
