/** That tenants are kept apart is proved without a word, and found out where another hand lets them in. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { ownServer } from "./support/cases.ts";
import { type AppliedEstate, appliedEstate, proveIn } from "./support/proofs.ts";
import { majors } from "./support/server.ts";

const join = (...documents: readonly string[]): string => documents.join("\n---\n");
const role = (name: string, more = ""): string => `{ kind: Role, name: ${name}${more} }`;
const grant = (to: string, privileges: string, on: string): string =>
  `{ kind: Grant, to: ${to}, privileges: [${privileges}], on: ${on} }`;
const table = (name: string, columns: string, more = ""): string =>
  `{ kind: Table, schema: app, name: ${name}, columns: [${columns}]${more} }`;

const BASE = join(
  "{ kind: DataSource, name: desk, engine: postgresql, connection: { url: { env: DATABASE_URL } } }",
  "{ kind: Schema, name: app }",
  grant("public", "usage", "{ schema: app }"),
);
const TENANT = "{ name: tenant, type: uuid, notNull: true }";
const ID = "{ name: id, type: bigint, identity: always }";
const CUSTOMER = table("customer", `${ID}, ${TENANT}, { name: mail, type: text }`, ", primaryKey: [id]");
const BILL = table(
  "bill",
  `${ID}, ${TENANT}, { name: customer, type: bigint, notNull: true }`,
  ", primaryKey: [tenant, id], foreignKeys: [{ columns: [customer], references: { table: app.customer } }]",
);

const ISOLATION = "{ kind: TenantIsolation, name: own, column: tenant, schemas: [app], setting: app.tenant }";

const BY_SETTING = join(
  BASE,
  CUSTOMER,
  BILL,
  role("support"),
  role("chief", ", memberOf: [support]"),
  role("web"),
  role("batch"),
  role("root", ", bypassrls: true"),
  ...["web", "batch", "chief", "root"].map((name) => grant(name, "select", "{ table: app.bill }")),
  grant("web", "select, update", "{ table: app.customer, columns: [mail] }"),
  grant("batch", "insert, update, delete", "{ table: app.bill }"),
  `${ISOLATION.slice(0, -2)}, bypass: [support] }`,
);

const BY_MAPPING = join(
  BASE,
  CUSTOMER,
  BILL,
  table(
    "member",
    "{ name: login, type: text }, { name: tenant, type: uuid, notNull: true }, { name: note, type: text }",
  ),
  "{ kind: TenantIsolation, name: own, column: tenant, schemas: [app], mapping: { table: app.member, user: login, key: tenant } }",
);

type Spoilt = readonly [what: string, by: string, undo: string, found: Record<string, unknown>];
const OPEN = {
  "own on app.bill as batch": "1 row of 2 seen by batch does not meet the condition",
  "own on app.bill as batch without app.tenant": "batch sees 1 row, and none is expected",
};
const MOVED = { "own on app.bill as batch moving a row": "batch was not refused: update on app.bill wrote 1 row" };
const WEB = {
  "own on app.customer as web": "1 row of 2 seen by web does not meet the condition",
  "own on app.customer as web without app.tenant": "web sees 1 row, and none is expected",
};
const SPOILT: readonly Spoilt[] = [
  ["a policy more opens nothing", "CREATE POLICY more ON app.bill USING (true)", "DROP POLICY more ON app.bill", {}],
  [
    "row security is off",
    "ALTER TABLE app.bill DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE app.bill ENABLE ROW LEVEL SECURITY",
    { ...OPEN, ...MOVED },
  ],
  ["a role that no policy holds", "ALTER ROLE web BYPASSRLS", "ALTER ROLE web NOBYPASSRLS", WEB],
  ["a role that passes", "GRANT support TO web", "REVOKE support FROM web", WEB],
  [
    "the policy that opens the own rows is gone",
    "DROP POLICY own_rows ON app.customer",
    "CREATE POLICY own_rows ON app.customer USING (true)",
    {
      "own on app.customer as web": "web sees 0 rows, and at least 1 is expected",
      "own on app.customer as public moving a row":
        "everybody was not refused: update on app.customer met no row that it could be refused",
    },
  ],
  [
    "the policy that no other opens is gone, and another opens",
    "DROP POLICY own ON app.bill; CREATE POLICY more ON app.bill USING (true)",
    "DROP POLICY more ON app.bill",
    { ...OPEN, ...MOVED },
  ],
];

describe.each(majors())("PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });

  describe("by a setting", () => {
    let estate: AppliedEstate;
    beforeAll(async () => {
      estate = await appliedEstate(await url(), BY_SETTING);
    });

    test("each table is proved, as roles that may read it and are held", async () => {
      const { told } = await proveIn(estate.here, "", "--only TenantIsolation/*");
      expect([...told.values()].map(({ name, outcome }) => `${outcome} ${name.slice(16)}`)).toEqual([
        "held own on app.bill as batch",
        "held own on app.bill as batch without app.tenant",
        "held own on app.bill as batch moving a row",
        "held own on app.customer as web",
        "held own on app.customer as web without app.tenant",
        "held own on app.customer as public moving a row",
      ]);
    });

    test.each(SPOILT)("%s", async (_, by, undo, expected) => {
      const found = await estate.spoilt(by, undo);
      const rules = Object.entries(found).filter(([name]) => name.startsWith("TenantIsolation/"));
      expect(Object.fromEntries(rules.map(([name, reasons]) => [name.slice(16), reasons]))).toEqual(expected);
    });
  });

  test("by a table of who belongs where, as a role that is made for it", async () => {
    const { here, spoilt, hand } = await appliedEstate(await url(), BY_MAPPING);
    const { told } = await proveIn(here, "", "--only TenantIsolation/*");
    expect([...told.values()].map(({ name, outcome }) => `${outcome} ${name.slice(16)}`)).toEqual([
      "held own on app.bill as public",
      "held own on app.bill as public moving a row",
      "held own on app.customer as public",
      "held own on app.customer as public moving a row",
    ]);
    const { rows } = await hand.query(
      "SELECT (SELECT count(*) FROM app.bill) + (SELECT count(*) FROM app.member) AS n",
    );
    expect(rows).toEqual([{ n: "0" }]);
    const found = await spoilt("ALTER TABLE app.bill DISABLE ROW LEVEL SECURITY", "SELECT");
    expect(found["TenantIsolation/own on app.bill as public"]).toBe(
      "1 row of 2 seen by everybody does not meet the condition",
    );
  });

  test("names with blanks, of columns that hold no text", async () => {
    const keys = "{ name: Tenant ID, type: uuid, notNull: true }, { name: Node ID, type: integer }";
    const { here } = await appliedEstate(
      await url(),
      join(
        BASE,
        table("invoice", `${ID}, ${keys}`, ", primaryKey: [id]"),
        table(
          "node",
          "{ name: Node ID, type: integer }, { name: Above ID, type: integer }, { name: login, type: text }",
        ),
        role("teller"),
        grant("teller", "select, update", "{ table: app.invoice }"),
        "{ kind: TenantIsolation, name: own, column: Tenant ID, schemas: [app], setting: app.tenant, except: [{ table: app.node, reason: of all }] }",
        "{ kind: RowAccess, name: below, table: app.invoice, to: [teller], hierarchy: { table: app.node, child: Node ID, parent: Above ID, user: login }, restrictive: true }",
      ),
    );
    const { told } = await proveIn(here, "", "--only TenantIsolation/* --only RowAccess/*");
    expect([...told.values()].map(({ name, outcome, reasons }) => [outcome, name, ...reasons].join(" "))).toEqual([
      "held TenantIsolation/own on app.invoice as teller",
      "held TenantIsolation/own on app.invoice as teller without app.tenant",
      "held TenantIsolation/own on app.invoice as teller moving a row",
      "held RowAccess/below on app.invoice as teller",
      "held RowAccess/below on app.invoice as teller without app.tenant",
      "held RowAccess/below on app.invoice as teller moving a row",
    ]);
  });

  test("proved by the owner of the tables, whom the policies hold as well, where a setting lets the rows in", async () => {
    const landlord = async (): Promise<readonly [string, string]> => {
      const at = await url();
      const admin = new pg.Client(at);
      await admin.connect();
      await admin.query(`DO $$ BEGIN CREATE ROLE landlord LOGIN CREATEROLE; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT CREATE ON DATABASE ${new URL(at).pathname.slice(1)} TO landlord`);
      await admin.end();
      return [at, at.replace("postgres@", "landlord@")];
    };
    const outcomes = async (documents: string): Promise<unknown> => {
      const [at, own] = await landlord();
      const { here } = await appliedEstate(at, documents, own);
      const { told } = await proveIn(here, "", "--only TenantIsolation/*");
      return [...told.values()].map(({ name, outcome, reasons }) => [outcome, name.slice(16), ...reasons]);
    };
    expect(await outcomes(join(BASE, CUSTOMER, BILL, ISOLATION))).toEqual([
      ["held", "own on app.bill as public"],
      ["held", "own on app.bill as public without app.tenant"],
      ["held", "own on app.bill as public moving a row"],
      ["held", "own on app.customer as public"],
      ["held", "own on app.customer as public without app.tenant"],
      ["held", "own on app.customer as public moving a row"],
    ]);
    const [first] = (await outcomes(BY_MAPPING)) as readonly unknown[];
    expect(first).toEqual([
      "not proved",
      "own on app.bill as public",
      expect.stringContaining(
        'violates row-level security policy for table "customer". The connected role is held by the policies itself',
      ),
    ]);
  });
});
