/** Checks of rows: what is wrong is counted and shown, but never a classified value; nothing is ever changed. */
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
{ kind: Schema, name: sales }
---
kind: Table
schema: sales
name: customer
columns:
  - { name: id, type: bigint, notNull: true }
  - { name: email, type: text, classification: pii }
  - { name: region, type: text }
  - { name: low, type: text, generated: "lower((EMAIL))" }
primaryKey: [id]
---
kind: Table
schema: sales
name: sale
columns:
  - { name: id, type: bigint, notNull: true }
  - { name: customer_id, type: bigint }
  - { name: order_date, type: date }
  - { name: amount, type: "numeric(10,2)" }
  - { name: loaded, type: timestamptz }
primaryKey: [id]
---
{ kind: Table, schema: sales, name: nothing, columns: [{ name: at, type: timestamptz }] }
---
{ kind: Table, schema: sales, name: ahead, columns: [{ name: due, type: timestamptz }, { name: day, type: date }] }
---
{ kind: View, schema: sales, name: mailing, query: "SELECT id, email AS address FROM sales.customer" }
---
{ kind: View, schema: sales, name: amounts, query: "SELECT id, amount FROM sales.sale" }
`;

const ROWS = `
INSERT INTO sales.customer VALUES (1, 'ada@example.com', 'EU'), (2, 'ada@example.com', 'US'), (3, NULL, 'XX');
INSERT INTO sales.sale VALUES
  (1, 1, '2025-01-10', 10.00, now() - interval '2 hours'),
  (2, NULL, '2025-01-11', -3.50, now() - interval '3 hours'),
  (3, 7, '2999-01-01', 12.00, now() - interval '1 day'),
  (4, 2, '2025-01-12', NULL, NULL);
INSERT INTO sales.ahead VALUES ('infinity', '2999-01-01'), ('-infinity', current_date)`;

const CASES: readonly ProofCase[] = [
  // The three of a sales warehouse: a sale without a customer, a negative amount, a day to come.
  ["on: sales.sale\nnotNull: customer_id", "failed", "customer_id is NULL in 1 of 4 rows"],
  ["on: sales.sale\nrange: { column: amount, min: 0 }", "failed", "amount is less than 0 in 1 of 4 rows"],
  ["on: sales.sale\nnoFuture: order_date", "failed", "order_date lies in the future in 1 of 4 rows"],
  ["on: sales.sale\nwhere: id <> 2\nnotNull: customer_id", "held"],
  ["on: sales.sale\nwhere: sale.id = 1 -- the first\nrange: { column: amount, min: 0, max: 10 }", "held"],
  ["on: sales.sale\nwhere: id < 3\nnoFuture: order_date", "held"],
  [
    "on: sales.sale\nrange: { column: order_date, min: 2025-01-11, max: 2025-12-31 }",
    "failed",
    "order_date is less than 2025-01-11 or more than 2025-12-31 in 2 of 4 rows",
  ],
  ["on: sales.sale\nunique: [id]", "held"],
  ["on: sales.customer\nunique: [email]", "failed", "email is that of another row as well in 2 of 3 rows"],
  ["on: sales.customer\nunique: [email, region]", "held"],
  [
    "on: sales.customer\naccepted: { column: region, values: [EU, US] }",
    "failed",
    "region holds another value in 1 of 3 rows",
  ],
  ["on: sales.customer\naccepted: { column: region, values: [EU, US, XX] }", "held"],
  [
    "on: sales.sale\nreferences: { columns: [customer_id], table: sales.customer, to: [id] }",
    "failed",
    "customer_id refers to no row of sales.customer in 1 of 4 rows",
  ],
  ["on: sales.sale\nwhere: id <> 3\nreferences: { columns: [customer_id], table: sales.customer, to: [id] }", "held"],
  ["on: sales.sale\nreferences: { columns: [id], table: sales.sale, to: [id] }", "held"],
  ["on: sales.sale\nfreshness: { column: loaded, within: 5h }", "held"],
  [
    "on: sales.sale\nfreshness: { column: loaded, within: 30min }",
    "failed",
    /^the newest loaded is older than 30min: 02:0/,
  ],
  ["on: sales.nothing\nfreshness: { column: at, within: 5h }", "failed", "at has no value at all"],
  // What lies ahead of all others tells nothing of how old these are.
  ["on: sales.ahead\nfreshness: { column: due, within: 5h }", "failed", "the newest due is infinite"],
  [
    "on: sales.ahead\nwhere: due < 'infinity'\nfreshness: { column: due, within: 5h }",
    "failed",
    "the newest due is infinite",
  ],
  ["on: sales.ahead\nfreshness: { column: day, within: 5h }", "failed", "the newest day lies in the future"],
  ["on: sales.ahead\nwhere: day < '2999-01-01'\nfreshness: { column: day, within: 2d }", "held"],
  ["on: sales.sale\nrowCount: { min: 1, max: 4 }", "held"],
  ["on: sales.sale\nrowCount: { max: 3 }", "failed", "there are 4 rows, more than 3"],
  ["on: sales.nothing\nrowCount: { min: 1 }", "failed", "there are 0 rows, fewer than 1"],
  ["violations: SELECT * FROM sales.sale WHERE amount < 0;", "failed", "1 row violates it"],
  ["violations: SELECT 1 WHERE false", "held"],
  ["on: sales.sale\nthreshold: 1\nnotNull: customer_id", "held"],
  ["on: sales.sale\nthreshold: 25%\nnotNull: customer_id", "held"],
  ["on: sales.sale\nthreshold: 24.9%\nnotNull: customer_id", "failed", "in 1 of 4 rows; 24.9% may be"],
  ["on: sales.sale\nthreshold: 25%\nviolations: SELECT FROM sales.sale WHERE amount < 0", "held"],
  // What did not run has not passed, and nothing is written.
  ["on: sales.sale\ntimeout: 100ms\nviolations: SELECT pg_sleep(2)", "not proved", "the time was up"],
  [
    "violations: WITH gone AS (DELETE FROM sales.sale RETURNING 1) SELECT * FROM gone",
    "not proved",
    /WITH clause containing a data-modifying|read-only/,
  ],
  ["violations: SELECT setval('sales.counter', 7)", "not proved", "cannot execute setval() in a read-only transaction"],
  [
    "on: sales.sale\nwhere: id = (\nnotNull: id",
    "not proved",
    "its SQL cannot be read: a parenthesis in it is not closed",
  ],
  ["on: sales.sale\nwhere: missing > 1\nnotNull: id", "not proved", 'column "missing" does not exist'],
  // A column that only the row itself would need is computed as well.
  [
    "on: sales.customer\nthreshold: 3\nviolations: SELECT region::int FROM sales.customer",
    "not proved",
    "the server raised SQLSTATE 22P02",
  ],
  [
    "on: sales.sale\nrange: { column: order_date, min: 5, max: 2025-01-01 }",
    "not proved",
    /^`range.min` cannot be compared with order_date, which is of type date: mend it$/,
  ],
  [
    "on: sales.sale\naccepted: { column: id, values: [1, two, three] }",
    "not proved",
    /^`accepted.values` cannot be compared with id, which is of type bigint: mend it$/,
  ],
  [
    "on: sales.sale\nwhere: order_date > 'x'\nrange: { column: id, min: 5 }",
    "not proved",
    "the server raised SQLSTATE 22007",
  ],
];

describe.each(majors())("PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });
  let here: Folder;
  let hand: pg.Client;
  beforeAll(async () => {
    const at = await url();
    here = folder({ DATABASE_URL: at });
    here.write("estate.yaml", ESTATE);
    const applied = await here.run("apply -f estate.yaml --yes");
    if (applied.code !== 0) throw new Error(applied.err);
    hand = new pg.Client(at);
    await hand.connect();
    await hand.query(`${ROWS}; CREATE SEQUENCE sales.counter`);
  });
  afterAll(() => hand?.end());

  test("each check holds, fails, or cannot be made", async () => {
    const ran = await expectProofs(here, "QualityCheck", CASES);
    expect(ran.code).toBe(2);
    expect(ran.out + ran.err).not.toContain("ada@example.com");
    expect((await hand.query("SELECT count(*) FROM sales.sale")).rows).toEqual([{ count: "4" }]);
  });

  test("rows that are wrong are shown, and no value that is classified, whatever it is called", async () => {
    const { told } = await proveIn(
      here,
      [
        "name: a\non: sales.sale\nrange: { column: amount, min: 0 }",
        "name: b\non: sales.customer\nunique: [email]",
        "name: c\non: sales.mailing\nunique: [address]",
        "name: d\nviolations: SELECT email AS e FROM sales.customer",
        "name: e\non: sales.amounts\nrange: { column: amount, min: 0 }",
        "name: f\non: sales.sale\nsample: 0\nnotNull: customer_id",
        "name: g\non: sales.sale\nsample: 1\nrange: { column: id, max: 2 }",
        "name: h\non: sales.customer\naccepted: { column: low, values: [nobody] }",
      ]
        .map((document) => `kind: QualityCheck\n${document}`)
        .join("\n---\n"),
      "--only QualityCheck/*",
    );
    expect([...told.values()].map(({ sample }) => sample)).toEqual([
      { columns: ["id", "amount"], rows: [["2", "-3.50"]] },
      { columns: ["id"], rows: [["1"], ["2"]] },
      undefined,
      undefined,
      { columns: ["amount"], rows: [["-3.50"]] },
      undefined,
      { columns: ["id"], rows: [["3"]] },
      { columns: ["id"], rows: [["1"], ["2"]] },
    ]);
  });

  test("a warning is told and fails nothing; what did not run fails, warning or not", async () => {
    const warned = "{ kind: QualityCheck, name: w, on: sales.sale, severity: warning, notNull: customer_id }";
    const { ran, told } = await proveIn(here, warned);
    expect([ran.code, told.get("QualityCheck/w")]).toMatchObject([0, { outcome: "failed", code: "CHECK_FAILED" }]);
    const text = await here.run("test -f estate.yaml -f proofs");
    expect(text.out).toContain(
      "! CHECK_FAILED QualityCheck/w (proofs/proofs.yaml:1:1)\n    customer_id is NULL in 1 of 4 rows\n      id: 2",
    );
    expect(text.out).toContain("\n\n0 held, 1 warning.\n");
    const stuck = "{ kind: QualityCheck, name: w, severity: warning, timeout: 100ms, violations: SELECT pg_sleep(2) }";
    expect((await proveIn(here, stuck)).ran.code).toBe(2);
  });
});
