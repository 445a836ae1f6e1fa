/** That a row is there, how many there are: what shows through keys, messages, plans and catalogs. */
import type { Family } from "./model.ts";

export const PROBES: Family = {
  title: "What shows through",
  attacks: [
    {
      way: "An `INSERT` under a key that begins with the tenant",
      outcome: "blocked",
      why: "Keys of others are others' keys: no violation tells that one is taken.",
      as: "alice",
      run: "INSERT INTO app.invoice VALUES ('a', 2, 1, 'x') RETURNING note",
      gets: /^INSERT 1/,
    },
    {
      way: "The message of a violated key",
      outcome: "blocked",
      why: "Under row security it names the constraint and no values.",
      as: "alice",
      run: "INSERT INTO app.invoice VALUES ('a', 1, 1, 'x')",
      gets: /^ERROR duplicate key value violates unique constraint "invoice_pkey"$/,
    },
    {
      way: "An `INSERT` under a key that all tenants share, and `ON CONFLICT DO NOTHING`",
      outcome: "reported",
      code: "KEY_TELLS_OF_ROWS",
      names: "Table shop.parcel",
      why: "That the key is taken tells that the row is there; begin keys with the column of the policy, or take random ones (uuid).",
      declare: `{ kind: Schema, name: shop }
---
{ kind: Role, name: sender, login: true }
---
{ kind: Grant, to: sender, privileges: [usage], on: { schema: shop } }
---
{ kind: Grant, to: sender, privileges: [select, insert, delete], on: { table: shop.parcel } }
---
{ kind: Grant, to: sender, privileges: [select, insert], on: { table: shop.label } }
---
{ kind: Table, schema: shop, name: parcel, columns: [{ name: id, type: bigint }, { name: login, type: text }], primaryKey: [id] }
---
{ kind: RowAccess, table: shop.parcel, name: own, to: [sender], user: { column: login } }
---
kind: Table
schema: shop
name: label
columns: [{ name: parcel, type: bigint }, { name: login, type: text }]
foreignKeys: [{ columns: [parcel], references: { table: shop.parcel } }]
---
{ kind: RowAccess, table: shop.label, name: own, to: [sender], user: { column: login } }`,
      prepare:
        "INSERT INTO shop.parcel VALUES (1, 'sender'), (7, 'another'); INSERT INTO shop.label VALUES (1, 'another')",
      as: "sender",
      run: "INSERT INTO shop.parcel VALUES (8, 'sender') ON CONFLICT DO NOTHING; INSERT INTO shop.parcel VALUES (7, 'sender')",
      gets: /duplicate key value/,
    },
    {
      way: "A row that refers to one of another tenant, to see whether it is there",
      outcome: "reported",
      code: "REFERENCE_PAST_POLICIES",
      names: "Table shop.label",
      why: "Foreign keys are checked past the policies; let them hold the column of the policy too, as in (tenant, id).",
      as: "sender",
      run: "INSERT INTO shop.label VALUES (7, 'sender')",
      gets: /INSERT 1/,
    },
    {
      way: "Deleting a row of one's own that rows of another tenant refer to",
      outcome: "reported",
      code: "REFERENCE_PAST_POLICIES",
      names: "Table shop.label",
      why: "It fails, or with `onDelete: cascade` takes rows that one may not see; the same remedy.",
      as: "sender",
      run: "DELETE FROM shop.parcel WHERE id = 1",
      gets: /violates foreign key constraint/,
    },
    {
      way: "A foreign key that holds the tenant",
      outcome: "blocked",
      why: "A row cannot refer to one of another tenant, there or not.",
      as: "alice",
      run: "INSERT INTO app.line (tenant, invoice) VALUES ('a', 2)",
      gets: /violates foreign key constraint "line_tenant_invoice_fkey"/,
    },
    {
      way: "The message of a violated check or exclusion constraint",
      outcome: "blocked",
      why: "Under row security it shows no row.",
      as: "alice",
      run: "UPDATE app.invoice SET amount = -1",
      gets: /^ERROR new row for relation "invoice" violates check constraint "positive"$/,
    },
    {
      way: "`EXPLAIN ANALYZE` and its rows removed by filter",
      outcome: "reported",
      code: "ROWS_ARE_COUNTED",
      names: "app.invoice",
      why: "How many rows there are is no secret in PostgreSQL.",
      as: "alice",
      run: "SET enable_indexscan = off; SET enable_bitmapscan = off; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT * FROM app.invoice",
      gets: /Rows Removed by Filter: 4/,
    },
    {
      way: "`EXPLAIN` and its estimates",
      outcome: "reported",
      code: "ROWS_ARE_COUNTED",
      names: "census.person",
      why: "Statistics of all rows are used for operators that cannot leak, so that an estimate tells how frequent a value is.",
      declare: `{ kind: Schema, name: census }
---
{ kind: Role, name: counter, login: true }
---
{ kind: Grant, to: counter, privileges: [usage], on: { schema: census } }
---
{ kind: Grant, to: counter, privileges: [select], on: { table: census.person } }
---
{ kind: Table, schema: census, name: person, columns: [{ name: login, type: text }, { name: city, type: text }] }
---
{ kind: RowAccess, table: census.person, name: own, to: [counter], user: { column: login } }`,
      prepare:
        "INSERT INTO census.person SELECT 'counter', 'Rome' FROM generate_series(1, 1000); INSERT INTO census.person SELECT 'another', 'Oslo' FROM generate_series(1, 1000); ANALYZE census.person",
      as: "counter",
      run: "EXPLAIN SELECT FROM census.person WHERE city = 'Oslo'",
      gets: /rows=[2-9]\d\d/,
    },
    {
      way: "`pg_class.reltuples`, sizes, counters of `pg_stat_user_tables`",
      outcome: "reported",
      code: "ROWS_ARE_COUNTED",
      names: "app.invoice",
      why: "Everybody reads them; where the number of rows is a secret, give each tenant a database.",
      as: "alice",
      run: "SELECT reltuples FROM pg_class WHERE oid = 'app.invoice'::regclass; SELECT pg_relation_size('app.invoice')",
      gets: /"reltuples":5/,
    },
    {
      way: "`pg_stats` of a table with policies",
      outcome: "blocked",
      why: "The view leaves out tables whose policies hold for the reader.",
      as: "alice",
      run: "SELECT attname, most_common_vals::text, histogram_bounds::text FROM pg_stats WHERE schemaname = 'app'; SELECT 'nothing more'",
      gets: /^SELECT 0\nSELECT 1/,
    },
    {
      way: "Numbers of a sequence (`last_value`, `currval`, `lastval`)",
      outcome: "blocked",
      why: "Those of an identity column take privileges that were not granted; `currval` tells the session's own.",
      as: "alice",
      run: "SELECT last_value FROM app.line_id_seq",
      gets: /permission denied for sequence/,
    },
    {
      way: "`ctid` and `xmin` of one's own rows",
      outcome: "blocked",
      why: "They tell of the rows that one sees, and leave gaps where others lie.",
      as: "alice",
      run: "SELECT ctid, xmin IS NOT NULL FROM app.invoice",
      gets: /^SELECT 1/,
    },
    {
      way: "What others run (`pg_stat_activity`), and their prepared statements and cursors",
      outcome: "blocked",
      why: "Texts of other roles are shown as `<insufficient privilege>`; statements and cursors are a session's own.",
      as: "alice",
      run: "SELECT query FROM pg_stat_activity WHERE usename <> 'alice'; SELECT * FROM pg_prepared_statements; SELECT name FROM pg_cursors",
      gets: /insufficient privilege/,
    },
    {
      way: "`COPY table TO STDOUT`, `COPY (query) TO STDOUT`",
      outcome: "blocked",
      why: "COPY of a table with policies is a query of it.",
      as: "alice",
      run: "COPY app.invoice TO STDOUT",
      gets: /^COPY a\t1\t10\t100$/m,
    },
    {
      way: "`TABLESAMPLE`, `ONLY`, a sub-select, a window over all rows",
      outcome: "blocked",
      why: "Policies hold wherever the table is read.",
      as: "alice",
      run: "SELECT count(*) OVER (), note FROM ONLY app.invoice TABLESAMPLE bernoulli (100)",
      gets: /^SELECT 1\n\{"count":"1","note":"100"\}$/,
    },
    {
      way: "Defaults, texts of policies and views in the catalogs",
      outcome: "blocked",
      why: "They are everybody's to read and hold rules, never rows; put no secret into them.",
      as: "clerk",
      run: "SELECT qual FROM pg_policies; SELECT view_definition FROM information_schema.views WHERE table_schema = 'hr'; SELECT pg_get_viewdef('hr.person_masked'::regclass)",
      gets: /member/,
    },
  ],
};
