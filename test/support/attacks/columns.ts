/** Columns that a role was not granted, and what is computed from them. */
import { each, refused } from "./each.ts";
import type { Family } from "./model.ts";

export const COLUMNS: Family = {
  title: "Columns",
  attacks: [
    {
      way: "The column itself, `*`, `TABLE`",
      outcome: "blocked",
      why: "SELECT is asked for each column that a statement reads.",
      as: "clerk",
      run: each("SELECT card FROM hr.person", "SELECT * FROM hr.person", "TABLE hr.person"),
      gets: refused(3, "permission denied"),
    },
    {
      way: "The whole row as a value: `row_to_json(t)`, `t::text`, `t.*`",
      outcome: "blocked",
      why: "A whole row reads every column.",
      as: "clerk",
      run: each(
        "SELECT row_to_json(p) FROM hr.person p",
        "SELECT p::text FROM hr.person p",
        "SELECT count(p) FROM hr.person p",
      ),
      gets: refused(3, "permission denied"),
    },
    {
      way: "The column in a condition, an order, a group or a join",
      outcome: "blocked",
      why: "To compare a column is to read it.",
      as: "clerk",
      run: each(
        "SELECT id FROM hr.person WHERE card LIKE 'h%'",
        "SELECT id FROM hr.person ORDER BY salary",
        "SELECT count(*) FROM hr.person GROUP BY card",
        "SELECT a.id FROM hr.person a JOIN hr.person b ON a.card > b.card",
      ),
      gets: refused(4, "permission denied"),
    },
    {
      way: "The column by a join of all columns of one name (`NATURAL JOIN`)",
      outcome: "blocked",
      why: "The join reads it.",
      as: "clerk",
      run: "SELECT a.id FROM hr.person a NATURAL JOIN (SELECT 'x'::text AS card) b",
      gets: /permission denied/,
    },
    {
      way: "`UPDATE … SET open = kept`",
      outcome: "blocked",
      why: "What stands on the right is read.",
      as: "clerk",
      run: "UPDATE hr.person SET region = card",
      gets: /permission denied/,
    },
    {
      way: "`UPDATE … WHERE kept = guess`, counting the rows",
      outcome: "blocked",
      why: "A column that may be written and not read may not be compared either.",
      as: "clerk",
      run: "UPDATE hr.person SET card = '' WHERE card LIKE 'h%'",
      gets: /permission denied/,
    },
    {
      way: "`DELETE … USING` and `DELETE … WHERE` with the column",
      outcome: "blocked",
      why: "The condition reads it.",
      as: "clerk",
      run: each(
        "DELETE FROM hr.person p USING (SELECT 'x' AS guess) g WHERE p.card = g.guess",
        "DELETE FROM hr.person WHERE card = 'x'",
      ),
      gets: refused(2, "permission denied"),
    },
    {
      way: "`RETURNING` the column of a row that one writes",
      outcome: "blocked",
      why: "RETURNING reads, defaults and computed values included.",
      as: "clerk",
      run: "INSERT INTO hr.person (id, region) VALUES (9, 'EU') RETURNING card",
      gets: /permission denied/,
    },
    {
      way: "`ON CONFLICT DO UPDATE` that copies the column into an open one",
      outcome: "blocked",
      why: "The row that is there is read by it.",
      as: "clerk",
      run: "INSERT INTO hr.person (id, region) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET region = hr.person.card",
      gets: /permission denied/,
    },
    {
      way: "The message of a violated constraint (`Failing row contains …`)",
      outcome: "blocked",
      why: "It shows the columns that the role may read or has written itself.",
      as: "clerk",
      run: "UPDATE hr.person SET region = NULL WHERE id = 1",
      gets: /null value in column "region"/,
    },
    {
      way: "`COPY table (column) TO STDOUT`",
      outcome: "blocked",
      why: "COPY asks for the same privileges.",
      as: "clerk",
      run: "COPY hr.person (card) TO STDOUT",
      gets: /permission denied/,
    },
    {
      way: "System columns (`ctid`, `xmin`) of a table of which some columns are granted",
      outcome: "blocked",
      why: "They are columns that were not granted.",
      as: "clerk",
      run: "SELECT ctid, xmin FROM hr.person",
      gets: /permission denied/,
    },
    {
      way: "Statistics of the column: `pg_stats`, those of an index on an expression, extended ones",
      outcome: "blocked",
      why: "The views show what the role may read.",
      as: "clerk",
      run: `SELECT attname FROM pg_stats WHERE schemaname = 'hr' ORDER BY 1; SELECT count(*) FROM pg_stats_ext WHERE schemaname = 'hr'
AND most_common_vals IS NOT NULL`,
      gets: /^SELECT 2\n\{"attname":"id"\}\n\{"attname":"region"\}\nSELECT 1\n\{"count":"0"\}$/,
    },
    {
      way: "The tables behind these views (`pg_statistic`, `pg_statistic_ext_data`)",
      outcome: "blocked",
      why: "They are for superusers.",
      as: "clerk",
      run: "SELECT stavalues1 FROM pg_statistic",
      gets: /permission denied for table pg_statistic/,
    },
    {
      way: "A column that is added later, by hand or by a migration",
      outcome: "blocked",
      why: "A grant on columns, a masked view and a ColumnAccess name theirs; a new one is nobody's until it is declared.",
      prepare: "ALTER TABLE hr.person ADD COLUMN iban text DEFAULT 'hidden'",
      as: "clerk",
      run: "SELECT iban FROM hr.person",
      gets: /permission denied/,
    },
    {
      way: "A column that is computed from a classified one and has no class itself",
      outcome: "reported",
      code: "COMPUTED_FROM_CLASSIFIED",
      names: "Table pay.slip",
      why: "It is a column like any other; classify it as well.",
      declare: `{ kind: Schema, name: pay }
---
{ kind: Role, name: payer, login: true }
---
{ kind: Grant, to: payer, privileges: [usage], on: { schema: pay } }
---
kind: Table
schema: pay
name: slip
columns: [{ name: id, type: bigint }, { name: card, type: text, classification: secret }, { name: short, type: text, generated: "right(card, 6)" }]
---
{ kind: ColumnAccess, table: pay.slip, to: [payer], exceptClasses: [secret] }`,
      prepare: "INSERT INTO pay.slip VALUES (1, 'not hidden')",
      as: "payer",
      run: "SELECT short FROM pay.slip",
      gets: /hidden/,
    },
    {
      way: "A grant of the whole table beside a ColumnAccess, to the role, a group of it or to PUBLIC",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "keeps no column of `desk.card` from typist, a member of pool,",
      why: "Privileges add up; what is the role's own is revoked, other ways are told.",
      declare: `{ kind: Schema, name: desk }
---
{ kind: Role, name: pool }
---
{ kind: Role, name: typist, login: true, memberOf: [pool] }
---
{ kind: Grant, to: typist, privileges: [usage], on: { schema: desk } }
---
{ kind: Table, schema: desk, name: card, columns: [{ name: id, type: bigint }, { name: pin, type: text }] }
---
{ kind: ColumnAccess, table: desk.card, to: [typist], columns: [id] }`,
      prepare: "INSERT INTO desk.card VALUES (1, 'hidden'); GRANT SELECT ON desk.card TO pool",
      as: "typist",
      run: "SELECT pin FROM desk.card",
      gets: /hidden/,
    },
    {
      way: "Membership of `pg_read_all_data`",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "keeps no column of `desk.card` from archivist, a member of pg_read_all_data,",
      why: "It reads every column of every table; row policies still hold for it.",
      declare: `{ kind: Role, name: archivist, login: true }
---
{ kind: ColumnAccess, table: desk.card, to: [archivist], columns: [id] }`,
      prepare: "GRANT pg_read_all_data TO archivist",
      as: "archivist",
      run: "SELECT pin FROM desk.card",
      gets: /hidden/,
      since: 14,
    },
    {
      way: "A view over the table that shows the column, with its owner's rights",
      outcome: "reported",
      code: "VIEW_SHOWS_KEPT_COLUMN",
      names: "View desk.pins",
      why: "Readers of a view need nothing on its tables; leave the column out of it, or say `securityInvoker: true`.",
      declare: `{ kind: View, schema: desk, name: pins, query: SELECT pin FROM desk.card }
---
{ kind: Grant, to: typist, privileges: [select], on: { table: desk.pins } }`,
      as: "typist",
      run: "SELECT pin FROM desk.pins",
      gets: /hidden/,
    },
    {
      way: "A view over such a view, under another name",
      outcome: "reported",
      code: "VIEW_SHOWS_KEPT_COLUMN",
      names: "View desk.second",
      why: "A view over views shows what they show; it is followed through all of them.",
      declare: `{ kind: View, schema: desk, name: numbers, query: SELECT pin AS number FROM desk.card }
---
{ kind: View, schema: desk, name: second, query: SELECT number FROM desk.numbers }
---
{ kind: Grant, to: typist, privileges: [select], on: { table: desk.second } }`,
      as: "typist",
      run: "SELECT number FROM desk.second",
      gets: /hidden/,
    },
    {
      way: "A foreign key to a kept column from a table of one's own (REFERENCES), to try values",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "prober may refer by a foreign key to `pin` of `desk.badge`",
      why: "A row that refers to a value goes in where the value is there.",
      declare: `{ kind: Role, name: prober, login: true }
---
{ kind: Grant, to: prober, privileges: [usage, create], on: { schema: desk } }
---
{ kind: Table, schema: desk, name: badge, columns: [{ name: id, type: bigint }, { name: pin, type: text }], unique: [[pin]] }
---
{ kind: ColumnAccess, table: desk.badge, to: [prober], columns: [id] }
---
{ kind: Grant, to: prober, privileges: [references], on: { table: desk.badge } }`,
      prepare: "INSERT INTO desk.badge VALUES (1, 'hidden')",
      as: "prober",
      run: `CREATE TABLE desk.guess (pin text REFERENCES desk.badge (pin)); INSERT INTO desk.guess VALUES ('hidden'); SELECT 'it is there'`,
      gets: /it is there/,
    },
  ],
};
