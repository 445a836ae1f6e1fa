/** What roles see and may do, proved on the live system as the roles themselves. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { ownServer } from "./support/cases.ts";
import { type Folder, folder } from "./support/cli.ts";
import { expectProofs, type ProofCase, proveIn } from "./support/proofs.ts";
import { majors } from "./support/server.ts";

const ESTATE = `
kind: DataSource
name: warehouse
engine: postgresql
connection: { url: { env: DATABASE_URL } }
---
{ kind: Schema, name: app }
---
{ kind: Role, name: reader }
---
{ kind: Role, name: viewer }
---
{ kind: Role, name: tenant }
---
{ kind: Role, name: clerk, login: true, memberOf: [tenant], settings: { app.tenant: a } }
---
kind: Table
schema: app
name: customer
columns:
  - { name: id, type: bigint, identity: always }
  - { name: tenant, type: text, notNull: true }
  - { name: email, type: text, classification: pii }
  - { name: status, type: varchar(4), notNull: true }
  - { name: since, type: date }
primaryKey: [id]
checks: [{ name: known_status, expression: "status IN ('open', 'paid')" }]
rowSecurity: forced
---
kind: Table
schema: app
name: sale
columns:
  - { name: id, type: bigint, identity: always }
  - { name: customer, type: bigint, notNull: true }
  - { name: amount, type: "numeric(4,2)", notNull: true }
  - { name: made, type: timestamptz, notNull: true, default: now() }
primaryKey: [id]
foreignKeys: [{ columns: [customer], references: { table: app.customer } }]
---
{ kind: Table, schema: app, name: notice, columns: [{ name: words, type: text, notNull: true }], rowSecurity: on }
---
{ kind: RowPolicy, table: app.notice, name: shown, command: select, using: "words LIKE 'public%'" }
---
{ kind: RowPolicy, table: app.customer, name: own, to: [tenant], using: "tenant = current_setting('app.tenant', true)" }
---
{ kind: RowPolicy, table: app.customer, name: every, command: select, to: [reader], using: "true" }
---
{ kind: Grant, to: tenant, privileges: [select, insert, update, delete], on: { table: app.customer } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: app.customer, columns: [id, tenant, since] } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: app.sale } }
---
{ kind: Grant, to: public, privileges: [usage], on: { schema: app } }
---
kind: MaskedView
schema: app
name: masked
from: app.customer
mask: { email: { partial: { keepStart: 2, keepDomain: true } }, since: yearOfDate }
where: status = 'paid'
to: [viewer]
`;

const PLANT = "plant: [{ tenant: a, status: open }, { tenant: b }, { tenant: b, since: 2025-01-31 }]";

const CASES: readonly ProofCase[] = [
  // Rows
  [
    `as: reader\non: app.customer\n${PLANT}\nexpect: { rows: [{ tenant: b, since: null }, { tenant: a }, { tenant: b, since: "2025-01-31" }] }`,
    "held",
  ],
  [
    `as: reader\non: app.customer\n${PLANT}\nexpect: { rows: [{ tenant: a }] }`,
    "failed",
    "reader sees { tenant: b }, which is not expected",
  ],
  [
    `as: reader\non: app.customer\n${PLANT}\nwhere: tenant = 'a'\nexpect: { rows: [{ tenant: a }, { tenant: c }] }`,
    "failed",
    "reader does not see { tenant: c }",
  ],
  [
    `as: tenant\nsettings: { app.tenant: a }\non: app.customer\n${PLANT}\nexpect: { rows: [{ tenant: a, status: open }] }`,
    "held",
  ],
  [
    `as: tenant\nsettings: { app.tenant: a }\non: app.customer\nplant: [{ tenant: a, email: ada@example.com }]\nexpect: { rows: [{ tenant: a, email: eve@example.com }] }`,
    "failed",
    /does not see { email: …, tenant: a }\ntenant sees { email: …, tenant: a }/,
  ],
  [
    `as: reader\non: app.customer\nquery: SELECT count(*) AS n, 1.50::numeric AS x, true AS t FROM app.customer;\n${PLANT}\nexpect: { rows: [{ n: 3, x: 1.5, t: true }] }`,
    "held",
  ],
  // The settings that a role logs in with are those of SET ROLE as well.
  [`as: clerk\non: app.customer\n${PLANT}\nexpect: { count: 1 }`, "held"],
  // Columns
  ["as: reader\non: app.customer\nexpect: { columns: [id, since, tenant] }", "held"],
  [
    "as: reader\non: app.customer\nexpect: { columns: [id, email, tenant] }",
    "failed",
    "reader cannot read email\nreader can read since, which is not expected",
  ],
  // Denied
  ["as: reader\non: app.customer\ncolumns: [email, status]\nexpect: { denied: true }", "held"],
  [
    "as: reader\non: app.customer\nexpect: { denied: true }",
    "failed",
    /it may read id of app.customer\n.*it may count the rows/s,
  ],
  ["as: reader\nquery: SELECT email FROM app.customer\nexpect: { denied: true }", "held"],
  ["as: reader\nquery: SELECT id FROM app.customer\nexpect: { denied: true }", "failed", "the query ran"],
  ["as: public\non: app.customer\nexpect: { denied: true }", "held"],
  ["as: reader\non: app.customer\ncommand: insert\nexpect: { denied: true }", "held"],
  ["as: reader\non: app.customer\ncommand: update\nexpect: { denied: true }", "held"],
  ["as: reader\non: app.customer\ncommand: delete\nexpect: { denied: true }", "held"],
  [
    "as: tenant\non: app.customer\ncommand: delete\nexpect: { denied: true }",
    "failed",
    "it may delete from app.customer",
  ],
  // A row policy refuses the row of another tenant, and takes one's own.
  [
    "as: tenant\nsettings: { app.tenant: a }\non: app.customer\ncommand: insert\nvalues: { tenant: b, status: open }\nexpect: { denied: true }",
    "held",
  ],
  [
    "as: tenant\nsettings: { app.tenant: a }\non: app.customer\ncommand: insert\nvalues: { tenant: a, status: open }\nexpect: { denied: true }",
    "failed",
    "insert on app.customer wrote 1 row",
  ],
  [
    "as: tenant\nsettings: { app.tenant: a }\non: app.customer\ncommand: insert\nvalues: { tenant: a, status: open }\nexpect: { count: 1 }",
    "held",
  ],
  [
    "as: tenant\nsettings: { app.tenant: a }\non: app.customer\ncommand: insert\nvalues: { tenant: b, status: open }\nexpect: { count: 1 }",
    "failed",
    "tenant was refused: new row violates row-level security policy",
  ],
  [
    `as: tenant\nsettings: { app.tenant: a }\non: app.customer\ncommand: update\nvalues: { since: 2025-01-01 }\nwhere: tenant = 'b'\n${PLANT}\nexpect: { none: true }`,
    "held",
  ],
  [
    `as: tenant\nsettings: { app.tenant: a }\non: app.customer\ncommand: update\nvalues: { tenant: b }\nwhere: tenant = 'a'\n${PLANT}\nexpect: { denied: true }`,
    "held",
  ],
  [
    `as: tenant\nsettings: { app.tenant: b }\non: app.customer\ncommand: delete\nwhere: "true"\n${PLANT}\nexpect: { count: 2 }`,
    "held",
  ],
  [
    `as: tenant\nsettings: { app.tenant: b }\non: app.customer\ncommand: delete\nwhere: "true"\n${PLANT}\nexpect: { count: { max: 1 } }`,
    "failed",
    "tenant writes 2 rows, and 0 to 1 are expected",
  ],
  // Count, none, only
  [`as: reader\non: app.customer\n${PLANT}\nexpect: { count: { min: 2 } }`, "held"],
  [`as: reader\non: app.customer\n${PLANT}\nexpect: { count: 2 }`, "failed", "reader sees 3 rows, and 2 are expected"],
  [`as: tenant\non: app.customer\n${PLANT}\nexpect: { none: true }`, "held"],
  [
    `as: reader\non: app.customer\n${PLANT}\nexpect: { none: true }`,
    "failed",
    "reader sees 3 rows, and none is expected",
  ],
  [
    `as: tenant\nsettings: { app.tenant: b }\non: app.customer\n${PLANT}\nexpect: { only: "tenant = 'b'", count: 2 }`,
    "held",
  ],
  [
    `as: reader\non: app.customer\n${PLANT}\nexpect: { only: "tenant = 'b'" }`,
    "failed",
    "1 row of 3 seen by reader does not meet the condition",
  ],
  // What shows nothing has failed.
  [
    "as: tenant\non: app.customer\nexpect: { none: true }",
    "not proved",
    "there is no row in app.customer that tenant could have met; plant one",
  ],
  ["as: tenant\non: app.customer\nallowEmpty: true\nexpect: { none: true }", "held"],
  ["as: reader\non: app.customer\nexpect: { only: id > 0 }", "not proved", "no row of app.customer is seen by reader"],
  [
    `as: reader\non: app.customer\nplant: [{ tenant: a }]\nexpect: { only: tenant = 'a' }`,
    "not proved",
    "holds no row that would have to be hidden",
  ],
  [
    "as: reader\non: app.customer\nplant: [{ tenant: a, status: lost }]\nexpect: { count: 1 }",
    "not proved",
    'no row could be planted into app.customer: new row for relation "customer" violates check constraint "known_status"',
  ],
  [
    "as: reader\non: app.customer\nwhere: nothing = 1\nexpect: { count: 1 }",
    "not proved",
    'column "nothing" does not exist',
  ],
  [
    "as: reader\non: app.sale\ntimeout: 200ms\nquery: SELECT pg_sleep(2)\nexpect: { count: 1 }",
    "not proved",
    "the time was up",
  ],
  [
    `as: tenant\nsettings: { app.tenant: a }\nquery: SELECT email::int FROM app.customer\non: app.customer\nplant: [{ tenant: a, email: ada@example.com }]\nexpect: { rows: [{ email: 1 }] }`,
    "not proved",
    "the server raised SQLSTATE 22P02",
  ],
  [
    `as: reader\nsettings: { session_replication_role: replica }\non: app.sale\nexpect: { count: 0 }`,
    "not proved",
    "the setting session_replication_role was refused",
  ],
  // A row brings the rows that it refers to.
  [
    "as: reader\non: app.sale\nplant: [{ amount: 9.5 }, { customer: 77 }]\nexpect: { rows: [{ amount: 9.5 }, { customer: 77 }] }",
    "held",
  ],
  [
    "as: reader\non: app.sale\nplant: [{ amount: 9.5, customer: 77 }]\nexpect: { rows: [{ amount: 9.50, customer: 77 }] }",
    "held",
  ],
];

describe.each(majors())("PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });
  let here: Folder;
  let at: string;
  let hand: pg.Client;
  beforeAll(async () => {
    at = await url();
    here = folder({ DATABASE_URL: at });
    here.write("estate.yaml", ESTATE);
    const applied = await here.run("apply -f estate.yaml --yes");
    if (applied.code !== 0) throw new Error(applied.err);
    hand = new pg.Client(at);
    await hand.connect();
  });
  afterAll(() => hand?.end());
  const count = async (table: string): Promise<number> =>
    Number((await hand.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n);

  test("each expectation holds, fails, or cannot be shown; nothing of it stays", async () => {
    const ran = await expectProofs(here, "AccessTest", CASES);
    expect(ran.code).toBe(2);
    expect(ran.out + ran.err).not.toMatch(/ada@example.com|eve@example.com/);
    expect([await count("app.customer"), await count("app.sale")]).toEqual([0, 0]);
    const left = await hand.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'datumline%'");
    expect(left.rows).toEqual([]);
    // No sequence was advanced by what was planted.
    const { rows } = await hand.query("SELECT last_value, is_called FROM app.sale_id_seq");
    expect(rows).toEqual([{ last_value: "1", is_called: false }]);
  });

  test("what is declared is proved by itself, and another hand is found out", async () => {
    const { ran, told } = await proveIn(here, "");
    expect([ran.code, [...told.keys()].sort(), [...told.values()].filter(({ outcome }) => outcome !== "held")]).toEqual(
      [
        0,
        [
          "DefaultDeny/app.customer",
          "DefaultDeny/app.notice",
          "Masked/app.customer as viewer",
          "Masked/app.masked as viewer",
          "ReadsOnly/reader",
          "ReadsOnly/viewer",
        ],
        [],
      ],
    );
    const spoilt = async (by: string, undo: string): Promise<Record<string, readonly string[]>> => {
      await hand.query(by);
      try {
        const { told: now } = await proveIn(here, "");
        const wrong = [...now.values()].filter(({ outcome }) => outcome !== "held");
        return Object.fromEntries(wrong.map(({ name, code, reasons }) => [name, [code ?? "", ...reasons]]));
      } finally {
        await hand.query(undo);
      }
    };
    expect(await spoilt("CREATE POLICY open ON app.customer USING (true)", "DROP POLICY open ON app.customer")).toEqual(
      { "DefaultDeny/app.customer": ["PROOF_FAILED", "everybody sees 1 row, and none is expected"] },
    );
    expect(await spoilt("CREATE POLICY more ON app.notice USING (true)", "DROP POLICY more ON app.notice")).toEqual({
      "DefaultDeny/app.notice": ["PROOF_FAILED", "1 row of 1 seen by everybody does not meet the condition"],
    });
    const unforced = await spoilt(
      "ALTER TABLE app.customer DISABLE ROW LEVEL SECURITY",
      "ALTER TABLE app.customer ENABLE ROW LEVEL SECURITY",
    );
    expect(Object.keys(unforced)).toEqual(["DefaultDeny/app.customer"]);
    expect(
      await spoilt(
        "GRANT INSERT, UPDATE (since) ON app.customer TO reader",
        "REVOKE INSERT, UPDATE (since) ON app.customer FROM reader",
      ),
    ).toEqual({
      "ReadsOnly/reader": [
        "PROOF_FAILED",
        "reader is meant to read only: it may insert into app.customer",
        "reader is meant to read only: it may update since of app.customer",
      ],
    });
    expect(
      await spoilt(
        "GRANT SELECT (email) ON app.customer TO viewer",
        "REVOKE SELECT (email) ON app.customer FROM viewer",
      ),
    ).toEqual({
      "Masked/app.customer as viewer": ["PROOF_FAILED", "viewer was not refused: it may read email of app.customer"],
    });
    const definition = String((await hand.query("SELECT pg_get_viewdef('app.masked') AS d")).rows[0].d);
    const asIs = `CREATE OR REPLACE VIEW app.masked WITH (security_barrier) AS ${definition}`;
    const clear = "CREATE OR REPLACE VIEW app.masked AS SELECT id, tenant, email, status, since FROM app.customer";
    expect(await spoilt(clear, asIs)).toEqual({
      "Masked/app.masked as viewer": [
        "PROOF_FAILED",
        "viewer sees the value of email in clear",
        "viewer sees the value of since in clear",
      ],
    });
  });

  test("some of them; none is no success", async () => {
    const { told } = await proveIn(here, "", "--only *app.customer --only ReadsOnly/reader");
    expect([...told.keys()]).toEqual(["DefaultDeny/app.customer", "ReadsOnly/reader"]);
    const none = await here.run("test -f estate.yaml --only nothing");
    expect([none.code, none.out, none.err]).toEqual([
      1,
      "",
      expect.stringContaining("error NOTHING_TO_PROVE: No proof is named nothing"),
    ]);
    here.write(
      "proofs/proofs.yaml",
      "{ kind: AccessTest, name: x, as: reader, on: app.sale, expect: { columns: [id] } }",
    );
    const { out } = await here.run("explain AccessTest/x -f estate.yaml -f proofs");
    expect(out).toContain("nothing is planned for it: `datumline test --only 'AccessTest/x'` tries it");
    const shown = await here.run("test -f estate.yaml -f proofs", { terminal: true });
    expect(shown.err).toContain("Proving warehouse █");
    expect(shown.out).toContain("AccessTest/x");
  });

  test("a connected role that may not act as the role has proved nothing", async () => {
    await hand.query("CREATE ROLE plain LOGIN; GRANT SELECT ON app.customer, app.sale TO plain");
    await hand.query(
      "CREATE ROLE deputy LOGIN CREATEROLE; GRANT reader TO deputy WITH ADMIN OPTION; GRANT SELECT, INSERT ON app.sale, app.customer TO deputy",
    );
    const documents =
      "{ kind: AccessTest, name: x, as: reader, on: app.sale, expect: { columns: [amount, customer, id, made] } }";
    const as = (user: string) => ({ env: { DATABASE_URL: at.replace("postgres@", `${user}@`) } });
    const plain = await proveIn(here, documents, "", as("plain"));
    expect(plain.ran.code).toBe(2);
    expect(plain.told.get("AccessTest/x")).toMatchObject({
      outcome: "not proved",
      reasons: [
        expect.stringMatching(
          /^plain may not act as reader: permission denied to set role "reader"\. Make it a member/,
        ),
      ],
    });
    expect(plain.told.get("DefaultDeny/app.customer")?.outcome).toBe("not proved");
    expect(plain.told.get("ReadsOnly/reader")?.outcome).toBe("not proved");
    // Who may grant the role takes it for the length of the proof.
    const deputy = await proveIn(here, documents, "", as("deputy"));
    expect(deputy.told.get("AccessTest/x")).toMatchObject({ outcome: "held" });
    expect(deputy.told.get("ReadsOnly/reader")).toMatchObject({ outcome: "held" });
    const members = await hand.query(
      "SELECT count(*) FROM pg_auth_members WHERE roleid = 'reader'::regrole AND member = 'deputy'::regrole",
    );
    expect(members.rows).toEqual([{ count: "1" }]);
    await hand.query("DROP OWNED BY plain, deputy; DROP ROLE plain, deputy");
  });

  test("the owner of a forced table, who cannot plant, proves by the server's plan that nothing is shown", async () => {
    await hand.query(
      "CREATE ROLE keeper LOGIN CREATEROLE; ALTER TABLE app.customer OWNER TO keeper; GRANT USAGE ON SCHEMA app TO keeper WITH GRANT OPTION",
    );
    const documents =
      "{ kind: AccessTest, name: x, as: public, on: app.customer, plant: [{ tenant: a }], expect: { none: true } }";
    const { told } = await proveIn(here, documents, "--only *x --only DefaultDeny/app.customer", {
      env: { DATABASE_URL: at.replace("postgres@", "keeper@") },
    });
    expect(told.get("DefaultDeny/app.customer")).toMatchObject({ outcome: "held" });
    expect(told.get("AccessTest/x")).toMatchObject({
      outcome: "not proved",
      reasons: [
        expect.stringContaining("no row could be planted into app.customer: new row violates row-level security"),
      ],
    });
    await hand.query(
      "ALTER TABLE app.customer OWNER TO postgres; REVOKE ALL ON SCHEMA app FROM keeper; DROP ROLE keeper",
    );
  });

  test("a login of its own, with a secret that nothing shows", async () => {
    const login = (name: string): string =>
      `{ kind: AccessTest, name: ${name}, as: clerk, url: { env: ${name} }, on: app.customer, expect: { count: 1 } }`;
    const documents = ["RIGHT", "OTHER", "ELSEWHERE", "CLOSED"].map(login).join("\n---\n");
    await hand.query("INSERT INTO app.customer (tenant, status) VALUES ('a', 'open'), ('b', 'paid')");
    const secret = "correct-horse-battery";
    const right = at.replace("postgres@", `clerk:${secret}@`);
    const env = {
      RIGHT: right,
      OTHER: at,
      ELSEWHERE: right.replace(/\/d\d+$/, "/postgres"),
      CLOSED: right.replace(/:\d+\//, ":1/"),
    };
    const { ran, told } = await proveIn(here, documents, "--only AccessTest/*", { env });
    expect([...told.values()].map(({ outcome, reasons }) => [outcome, ...reasons])).toEqual([
      ["held"],
      ["not proved", "its `url` logs in as postgres, not as clerk"],
      ["not proved", "its `url` leads to another server or database than the one that is tested"],
      ["not proved", expect.stringContaining("Cannot connect to 127.0.0.1:1")],
    ]);
    expect(ran.out + ran.err).not.toContain(secret);
    // Who plans or applies needs no secret of a proof.
    const planned = await here.run("plan -f estate.yaml -f proofs --detailed-exitcode");
    expect([planned.code, planned.out]).toEqual([0, expect.stringContaining("No changes.")]);
    const without = await here.run("test -f estate.yaml -f proofs");
    expect([without.code, without.err]).toEqual([
      1,
      expect.stringContaining("The environment variable RIGHT is not set"),
    ]);
    await hand.query("TRUNCATE app.customer CASCADE");
  });

  test("rows and masks of a table whose owner is held by its policies", async () => {
    const other = await url();
    const owner = new pg.Client(other);
    await owner.connect();
    await owner.query("CREATE ROLE landlord LOGIN CREATEROLE; GRANT CREATE ON DATABASE d2 TO landlord");
    const own = folder({ DATABASE_URL: other.replace("postgres@", "landlord@") });
    own.write(
      "estate.yaml",
      `${ESTATE.slice(0, ESTATE.indexOf("---"))}---
{ kind: Schema, name: rent }
---
{ kind: Role, name: lodger }
---
kind: Table
schema: rent
name: person
columns: [{ name: tenant, type: int, notNull: true }, { name: phone, type: text }, { name: kind, type: text }, { name: house, type: uuid, notNull: true }]
foreignKeys: [{ columns: [house], references: { table: rent.house } }]
rowSecurity: forced
---
{ kind: RowPolicy, table: rent.person, name: own, using: "tenant = nullif(current_setting('rent.tenant', true), '')::int" }
---
{ kind: MaskedView, schema: rent, name: phones, from: rent.person, mask: { phone: redact }, where: kind <> 'x' AND kind = 'flat', to: [lodger] }
---
{ kind: Table, schema: rent, name: house, columns: [{ name: id, type: uuid, notNull: true }, { name: tenant, type: int, notNull: true }], primaryKey: [id], rowSecurity: forced }
---
{ kind: RowPolicy, table: rent.house, name: own, using: "tenant = nullif(current_setting('rent.tenant', true), '')::int" }
---
{ kind: Grant, to: lodger, privileges: [usage], on: { schema: rent } }
---
{ kind: Grant, to: lodger, privileges: [select], on: { table: rent.person, columns: [tenant] } }`,
    );
    const applied = await own.run("apply -f estate.yaml --yes");
    expect([applied.code, applied.err]).toEqual([0, expect.anything()]);
    const two = "on: rent.person, plant: [{ tenant: 5 }, { tenant: 6 }]";
    const { told } = await proveIn(
      own,
      `{ kind: AccessTest, name: own, as: lodger, settings: { rent.tenant: 5 }, ${two}, expect: { only: tenant = 5, count: 1 } }
---
{ kind: AccessTest, name: none, as: lodger, ${two}, expect: { none: true } }
---
{ kind: AccessTest, name: all, as: lodger, settings: { rent.tenant: 5 }, ${two}, expect: { only: tenant = 6 } }`,
    );
    await owner.end();
    expect([...told.values()].map(({ name, outcome, reasons }) => [name, outcome, ...reasons])).toEqual([
      ["AccessTest/own", "held"],
      ["AccessTest/none", "held"],
      ["AccessTest/all", "failed", "1 row of 1 seen by lodger does not meet the condition"],
      ["Masked/rent.phones as lodger", "held"],
      ["Masked/rent.person as lodger", "held"],
      ["DefaultDeny/rent.person", "held"],
      ["DefaultDeny/rent.house", "held"],
      ["ReadsOnly/lodger", "held"],
    ]);
  });
});

describe.each(majors())("apply --prove on PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });
  const TEST =
    "{ kind: AccessTest, name: all, as: reader, on: s.t, plant: [{ a: 1 }, { a: 2 }], expect: { count: 2 } }";
  const documents = (using: string, more = ""): string =>
    `${ESTATE.slice(0, ESTATE.indexOf("---"))}---
{ kind: Schema, name: s }
---
{ kind: Role, name: reader }
---
{ kind: Table, schema: s, name: t, columns: [{ name: a, type: int }], rowSecurity: on }
---
{ kind: RowPolicy, table: s.t, name: p, to: [reader], using: ${using} }
---
{ kind: Grant, to: reader, privileges: [usage], on: { schema: s } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: s.t } }
---
${TEST}${more}`;

  test("keeps the change where it holds, and nothing of it where it does not", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at });
    const hand = new pg.Client(at);
    await hand.connect();
    const exists = async (): Promise<unknown> =>
      (
        await hand.query(
          "SELECT to_regclass('s.t') AS t, to_regclass('datumline.ledger') AS l, to_regrole('reader') AS r",
        )
      ).rows[0];

    here.write("e.yaml", documents("a = 1"));
    const refused = await here.run("apply -f e.yaml --yes --prove");
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(
      "error PROOF_FAILED: AccessTest/all does not hold\n    reader sees 1 row, and 2 are expected",
    );
    expect(refused.err).toContain("Nothing was applied to warehouse: the change was undone");
    expect(await exists()).toMatchObject({ t: null, r: null });

    here.write("e.yaml", documents("a > 0"));
    const kept = await here.run("apply -f e.yaml --yes --prove");
    expect([kept.code, kept.err]).toEqual([0, expect.stringContaining("warehouse: 3 proofs, none refuted.")]);
    expect(await exists()).toMatchObject({ t: "s.t", r: "reader" });
    expect((await hand.query("SELECT * FROM s.t")).rows).toEqual([]);

    // Nothing to change, and still something to prove.
    await hand.query("ALTER POLICY p ON s.t USING (false)");
    const drifted = await here.run("apply -f e.yaml --yes --prove --allow all");
    expect(drifted.code).toBe(0);
    await hand.query("GRANT DELETE ON s.t TO reader");
    const unchanged = await here.run("apply -f e.yaml --yes --prove");
    expect([unchanged.code, unchanged.err]).toEqual([2, expect.stringContaining("ReadsOnly/reader does not hold")]);
    expect(unchanged.out).toContain("No changes");
    await hand.query("REVOKE DELETE ON s.t FROM reader");
    await hand.end();
  });

  test("a login sees nothing that is not committed, so that its role acts by SET ROLE; what cannot be undone is refused", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at, READER: at });
    here.write(
      "e.yaml",
      documents(
        "a > 0",
        "\n---\n{ kind: AccessTest, name: login, as: reader, url: { env: READER }, on: s.t, expect: { columns: [a] } }",
      ),
    );
    expect((await here.run("apply -f e.yaml --yes --prove")).code).toBe(0);
    here.write(
      "e.yaml",
      documents("a > 0", "\n---\n{ kind: Index, table: s.t, name: i, columns: [a], concurrently: true }"),
    );
    const alone = await here.run("apply -f e.yaml --yes --prove --allow all");
    expect([alone.code, alone.err]).toEqual([
      1,
      expect.stringContaining(
        "NOT_SUPPORTED: warehouse cannot be proved inside the change: the plan holds what no transaction can hold: CREATE INDEX CONCURRENTLY",
      ),
    ]);
    await here.run("plan -f e.yaml --out plan.json");
    const plan = await here.run("apply plan.json --yes --prove");
    expect([plan.code, plan.err]).toEqual([1, expect.stringContaining("`--prove` needs the declaration")]);
  });
});

describe("offline", () => {
  const checked = async (documents: string): Promise<string> => {
    const here = folder();
    here.write("e.yaml", `${ESTATE}---\n${documents}`);
    const { code, err } = await here.run("check -f e.yaml");
    expect(code).toBe(1);
    return err;
  };

  test("roles, tables and columns that do not exist", async () => {
    const err = await checked(`
{ kind: AccessTest, name: a, as: raeder, on: app.customer, columns: [emial], plant: [{ tenat: x }], values: { sence: 1 }, command: insert, expect: { denied: true } }
---
{ kind: AccessTest, name: b, as: reader, on: app.costumer, expect: { denied: true } }
---
{ kind: QualityCheck, name: c, on: app.customer, notNull: tennant }
---
{ kind: QualityCheck, name: d, on: app.sale, references: { columns: [customer], table: app.customer, to: [key] } }`);
    for (const words of [
      "There is no Role `raeder`",
      "Did you mean `reader`?",
      "has no column `emial`",
      "has no column `tenat`",
      "has no column `sence`",
      "There is no Table, View or MaterializedView `app.costumer`",
      "has no column `tennant`",
      "The table `app.customer` has no column `key`",
    ])
      expect(err).toContain(words);
  });

  test("tests and checks that could not fail, or say two things", async () => {
    const tests: readonly (readonly [string, string])[] = [
      ["expect: { denied: true }", "`on` or `query` must say what is tried"],
      ["query: SELECT 1, command: insert, expect: { denied: true }", "`query` stands for all of the SELECT"],
      ["query: SELECT 1, plant: [{}], expect: { none: true }", "`plant` needs `on`"],
      ["on: app.sale, plant: [{}], url: { env: X }, expect: { none: true }", "`plant` and `url` exclude each other"],
      ["on: app.sale, expect: { denied: true, none: true }", "what is `denied` shows nothing else"],
      ["on: app.sale, expect: { none: true, count: 1 }", "`none` leaves no rows"],
      ["on: app.sale, expect: { denied: false }", "`expect` says nothing that could fail"],
      ["on: app.sale, command: delete, expect: { none: true }", "`where` must say which rows are touched"],
      ['on: app.sale, command: update, where: "true", expect: { none: true }', "an update needs `values`"],
      ["on: app.sale, command: insert, expect: { only: x }", "are expected of a select"],
      ["on: app.sale, settings: { role: postgres }, expect: { none: true }", "who acts is said by `as`"],
      ["on: app.sale, expect: {}", "expect"],
      ["on: app.sale, expect: { rows: [] }", "expect"],
    ];
    const written = tests.map(([fields], index) => `{ kind: AccessTest, name: t${index}, as: reader, ${fields} }`);
    const err = await checked(written.join("\n---\n"));
    for (const [, words] of tests) expect(err).toContain(words);
    const checks: readonly (readonly [string, string])[] = [
      ["on: app.sale", "it takes one of notNull"],
      ["on: app.sale, notNull: id, noFuture: made", "and has notNull, noFuture"],
      ["notNull: id", "`on` must say which table"],
      ["on: app.sale, range: { column: id }", "`range` needs `min` or `max`"],
      ["on: app.sale, references: { columns: [id, customer], table: app.customer, to: [id] }", "as many columns"],
      ['violations: SELECT 1, where: "true"', "leave `where` out"],
      ["violations: SELECT 1, threshold: 1%", "a share of the rows needs `on`"],
      ["on: app.sale, rowCount: { min: 1 }, threshold: 1", "`threshold` counts rows"],
    ];
    const quality = checks.map(([fields], index) => `{ kind: QualityCheck, name: q${index}, ${fields} }`);
    const said = await checked(quality.join("\n---\n"));
    for (const [, words] of checks) expect(said).toContain(words);
  });
});
