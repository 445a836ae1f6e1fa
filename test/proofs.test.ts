/** What roles see and may do, proved on the live system as the roles themselves. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { ownServer } from "./support/cases.ts";
import { type AppliedEstate, appliedEstate, expectProofs, PROVED, type ProofCase, proveIn } from "./support/proofs.ts";
import { majors } from "./support/server.ts";

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
    "reader cannot read email: permission denied for table customer\nreader can read since, which is not expected",
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
  // A query is what its text says: every column of it is computed, asked for or not.
  ...["(SELECT max(email) FROM app.customer)", "app.steady(id)"].flatMap((columns): readonly ProofCase[] => {
    const query = `as: reader\non: app.sale\nplant: [{}]\nquery: SELECT ${columns} FROM app.sale -- all`;
    return [
      [`${query}\nexpect: { denied: true }`, "held"],
      [`${query}\nexpect: { count: 1 }`, "failed", "reader was refused: permission denied for"],
      [`${query}\nexpect: { only: "true" }`, "failed", "reader was refused: permission denied for"],
    ];
  }),
  [
    "as: reader\non: app.customer\nplant: [{ tenant: a }]\nquery: SELECT tenant::int FROM app.customer\nexpect: { count: 1 }",
    "not proved",
    "the server raised SQLSTATE 22P02",
  ],
  ["as: reader\nquery: SELECT app.steady(1) WHERE false\nexpect: { denied: true }", "held"],
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
    "as: reader\non: app.customer\nplant: [{ id: 7, tenant: a }, { id: 7, tenant: b }]\nexpect: { count: 2 }",
    "not proved",
    'duplicate key value violates unique constraint "customer_pkey": a row with this key is there already; give it another one',
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
  let estate: AppliedEstate;
  beforeAll(async () => {
    estate = await appliedEstate(await url(), PROVED);
    await estate.hand.query(
      "CREATE FUNCTION app.steady(bigint) RETURNS bigint STABLE LANGUAGE sql AS 'SELECT 1::bigint'; REVOKE EXECUTE ON FUNCTION app.steady FROM public",
    );
  });

  test("what is computed from a classified column is withheld as well", async () => {
    const documents = [
      PROVED.slice(0, PROVED.indexOf("---")),
      "{ kind: Schema, name: app }",
      "{ kind: Role, name: reader }",
      "{ kind: Grant, to: reader, privileges: [usage], on: { schema: app } }",
      "{ kind: Grant, to: reader, privileges: [select], on: { table: app.person } }",
      `{ kind: Table, schema: app, name: person, columns: [{ name: SSN, type: text, classification: pii },
  { name: low, type: text, generated: 'lower("SSN")' }, { name: kind, type: text, generated: "'a' || 'b'" }] }`,
    ];
    const { here } = await appliedEstate(await url(), documents.join("\n---\n"));
    const { told } = await proveIn(
      here,
      "{ kind: AccessTest, name: x, as: reader, on: app.person, plant: [{ SSN: Hidden }], expect: { rows: [{ kind: b, low: a }] } }",
    );
    expect(told.get("AccessTest/x")?.reasons).toEqual([
      "reader does not see { kind: b, low: … }",
      "reader sees { kind: ab, low: … }, which is not expected",
    ]);
  });

  test("each expectation holds, fails, or cannot be shown; nothing of it stays", async () => {
    const { here, hand } = estate;
    const count = async (table: string): Promise<number> =>
      Number((await hand.query(`SELECT count(*) AS n FROM ${table}`)).rows[0].n);
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
});
