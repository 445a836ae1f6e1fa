/** Who owns a table, which policies it has, and what groups and readers are granted. */
import type { Family } from "./model.ts";

export const OWNERS: Family = {
  title: "Owners, policies, groups",
  attacks: [
    {
      way: "The owner of the table reads it",
      outcome: "blocked",
      why: "RowAccess and TenantIsolation force row security: policies hold for the owner too, whom none names.",
      as: "keeper",
      run: "SELECT note FROM app.invoice; SELECT 'nothing more'",
      gets: /^SELECT 0/,
    },
    {
      way: "The owner reads a table whose row security is `on` and not `forced`",
      outcome: "reported",
      code: "OWNER_BYPASSES_ROW_SECURITY",
      names: "Table hall.seat",
      why: "Policies do not hold for it.",
      declare: `{ kind: Schema, name: hall, owner: keeper }
---
{ kind: Table, schema: hall, name: seat, owner: keeper, rowSecurity: on, columns: [{ name: text, type: text }] }`,
      prepare: "INSERT INTO hall.seat VALUES ('hidden')",
      as: "keeper",
      run: "SELECT text FROM hall.seat",
      gets: /hidden/,
    },
    {
      way: "The owner takes row security off",
      outcome: "reported",
      code: "OWNER_LIFTS_ROW_SECURITY",
      names: "app.invoice",
      why: "Forced keeps an owner from seeing by mistake, not by intent; let a role without login and members own the tables. The next plan puts it back.",
      as: "keeper",
      run: "ALTER TABLE app.invoice DISABLE ROW LEVEL SECURITY; SELECT note FROM app.invoice",
      gets: /hidden one/,
    },
    {
      way: "A policy on a table whose row security is off",
      outcome: "reported",
      code: "POLICY_WITHOUT_ROW_SECURITY",
      names: "RowPolicy attic.box/own",
      why: "Nobody asks it; say `rowSecurity: forced` on the table, or take RowAccess.",
      declare: `{ kind: Schema, name: attic }
---
{ kind: Role, name: tenant, login: true }
---
{ kind: Grant, to: tenant, privileges: [usage], on: { schema: attic } }
---
{ kind: Grant, to: tenant, privileges: [select], on: { table: attic.box } }
---
{ kind: Table, schema: attic, name: box, columns: [{ name: login, type: text }, { name: text, type: text }], primaryKey: [login] }
---
{ kind: RowPolicy, table: attic.box, name: own, to: [tenant], using: login = current_user }`,
      prepare: "INSERT INTO attic.box VALUES ('another', 'hidden')",
      as: "tenant",
      run: "SELECT text FROM attic.box",
      gets: /hidden/,
    },
    {
      way: "Several permissive policies",
      outcome: "reported",
      code: "PERMISSIVE_POLICIES_ADD_UP",
      names: "RowPolicy club.guest/region",
      why: "A row that passes any of them is seen; of TenantIsolation one is restrictive.",
      declare: `{ kind: Schema, name: club }
---
{ kind: Role, name: member, login: true }
---
{ kind: Grant, to: member, privileges: [usage], on: { schema: club } }
---
{ kind: Grant, to: member, privileges: [select], on: { table: club.guest } }
---
{ kind: Table, schema: club, name: guest, rowSecurity: forced, columns: [{ name: login, type: text }, { name: region, type: text }] }
---
{ kind: RowPolicy, table: club.guest, name: own, to: [member], using: login = current_user }
---
{ kind: RowPolicy, table: club.guest, name: region, to: [member], using: region <> 'US' }`,
      prepare: "INSERT INTO club.guest VALUES ('another', 'hidden')",
      as: "member",
      run: "SELECT region FROM club.guest",
      gets: /hidden/,
    },
    {
      way: "A policy of another hand that opens everything",
      outcome: "blocked",
      why: "The rule of TenantIsolation is restrictive, which no permissive one opens.",
      prepare: "CREATE POLICY mistake ON app.invoice TO staff USING (true)",
      as: "alice",
      run: "SELECT note FROM app.invoice",
      gets: /^SELECT 1\n\{"note":"100"\}$/,
    },
    {
      way: "A new table that a default privilege opens, though `except` of a ReadOnlyRole names it",
      outcome: "reported",
      code: "NOT_SUPPORTED",
      names: "mart.raw_*",
      why: "Default privileges know no exceptions; keep such tables in a schema of their own.",
      declare: `{ kind: Schema, name: mart, owner: keeper }
---
{ kind: ReadOnlyRole, name: bi, schemas: [mart], of: [keeper], except: ["mart.raw_*"], login: true }`,
      prepare: "SET ROLE keeper; CREATE TABLE mart.raw_sales AS SELECT 'hidden' AS text; RESET ROLE",
      as: "bi",
      run: "SELECT text FROM mart.raw_sales",
      gets: /hidden/,
    },
    {
      way: "Writing as a ReadOnlyRole",
      outcome: "blocked",
      why: "It was granted SELECT, and USAGE on the schema.",
      declare: `{ kind: Schema, name: shelf, owner: keeper }
---
{ kind: Table, schema: shelf, name: book, owner: keeper, columns: [{ name: text, type: text }] }
---
{ kind: ReadOnlyRole, name: looker, schemas: [shelf], of: [keeper], login: true }`,
      as: "looker",
      run: "SELECT * FROM shelf.book; UPDATE shelf.book SET text = 'x'",
      gets: /permission denied for table book/,
    },
    {
      way: "A group of a RoleTemplate on a table with policies",
      outcome: "blocked",
      why: "A privilege opens the table, not its rows.",
      declare: `{ kind: Schema, name: firm }
---
{ kind: Table, schema: firm, name: deal, columns: [{ name: login, type: text }, { name: text, type: text }] }
---
{ kind: Role, name: partner, login: true }
---
{ kind: RoleTemplate, schema: firm, levels: [reader, writer], members: { writer: [partner] } }
---
{ kind: RowAccess, table: firm.deal, name: own, to: [firm_writer], user: { column: login } }`,
      prepare: "INSERT INTO firm.deal VALUES ('partner', 'own'), ('another', 'hidden')",
      as: "partner",
      run: "SELECT text FROM firm.deal; UPDATE firm.deal SET text = 'x'",
      gets: /^SELECT 1\n\{"text":"own"\}\nUPDATE 1$/,
    },
  ],
};
