/** Roles that checks do not hold for, and what makes one of them. */
import type { Family } from "./model.ts";

export const PASSING: Family = {
  title: "Roles that pass",
  attacks: [
    {
      way: "Membership of `pg_read_all_data`, on a table with policies",
      outcome: "blocked",
      why: "It reads every table and passes no policy.",
      prepare: "CREATE ROLE librarian LOGIN IN ROLE pg_read_all_data",
      as: "librarian",
      run: "SELECT note FROM app.invoice; SELECT 'nothing more'",
      gets: /^SELECT 0/,
      since: 14,
    },
    {
      way: "A role that may create roles",
      outcome: "reported",
      code: "ROLE_MAKES_ROLES",
      names: "Role hirer",
      why: "It makes one under a name that the table of who belongs where holds, and takes it on.",
      declare: "{ kind: Role, name: hirer, login: true, createrole: true, memberOf: [{ role: staff, admin: true }] }",
      prepare: "INSERT INTO app.member VALUES ('newcomer', 'b')",
      as: "hirer",
      run: "CREATE ROLE newcomer IN ROLE staff; GRANT newcomer TO hirer; SET ROLE newcomer; SELECT note FROM app.invoice",
      gets: /hidden one/,
    },
    {
      way: "A login with BYPASSRLS",
      outcome: "reported",
      code: "LOGIN_PASSES_CHECKS",
      names: "Role dumper",
      why: "No policy holds for it.",
      declare: "{ kind: Role, name: dumper, login: true, bypassrls: true, memberOf: [staff] }",
      as: "dumper",
      run: "SELECT note FROM app.invoice",
      gets: /hidden one/,
    },
    {
      way: "A group with BYPASSRLS, taken on by SET ROLE",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "`own_tenant` keeps no row of any tenant from passers, who has `bypassrls`",
      why: "The attribute is not inherited, and yet a member has it after SET ROLE.",
      declare: `{ kind: Role, name: passers, bypassrls: true, memberOf: [staff] }
---
{ kind: Role, name: passer, login: true, memberOf: [passers] }`,
      as: "passer",
      run: "SET ROLE passers; SELECT note FROM app.invoice",
      gets: /hidden one/,
    },
    {
      way: "A superuser that can log in",
      outcome: "reported",
      code: "LOGIN_PASSES_CHECKS",
      names: "Role root",
      why: "No check holds for it.",
      declare: "{ kind: Role, name: root, login: true, superuser: true }",
      as: "root",
      run: "SELECT note FROM app.invoice",
      gets: /hidden one/,
    },
    {
      way: "A login that may replicate (`replication`), by logical decoding",
      outcome: "reported",
      code: "LOGIN_REPLICATES",
      names: "Role copier",
      why: "It is given the write-ahead log, the rows of all.",
      declare: "{ kind: Role, name: copier, login: true, replication: true }",
      prepare: `SELECT pg_create_logical_replication_slot('copies', 'test_decoding'); INSERT INTO app.memo VALUES ('b', 'hidden late')`,
      as: "copier",
      run: "SELECT data FROM pg_logical_slot_peek_changes('copies', NULL, NULL)",
      gets: /hidden late/,
    },
    {
      way: "Logical decoding by a role without `replication`",
      outcome: "blocked",
      why: "It takes the attribute, or a superuser.",
      as: "alice",
      run: "SELECT pg_create_logical_replication_slot('copies', 'pgoutput')",
      gets: /permission denied to use replication slots|must be superuser or replication role/,
    },
    {
      way: "`CREATE PUBLICATION` by the owner of a table",
      outcome: "blocked",
      why: "It takes CREATE on the database too; who then reads it must be able to replicate.",
      as: "keeper",
      run: "CREATE PUBLICATION leak FOR TABLE app.invoice",
      gets: /permission denied for database/,
    },
    {
      way: "`CREATE SUBSCRIPTION`",
      outcome: "blocked",
      why: "It takes a superuser, or `pg_create_subscription`.",
      as: "keeper",
      run: "CREATE SUBSCRIPTION leak CONNECTION 'dbname=postgres' PUBLICATION leak WITH (connect = false)",
      gets: /permission denied to create subscription|must be superuser to create subscriptions/,
    },
    {
      way: "`CREATE EVENT TRIGGER`",
      outcome: "blocked",
      why: "It takes a superuser.",
      as: "keeper",
      run: "CREATE FUNCTION app.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER leak ON ddl_command_end EXECUTE FUNCTION app.f()",
      gets: /permission denied to create event trigger/,
    },
    {
      way: "A privilege with grant option",
      outcome: "reported",
      code: "GRANT_OPTION_SPREADS",
      names: "lender",
      why: "Who has it decides who else has it.",
      declare: `{ kind: Schema, name: lending }
---
{ kind: Role, name: lender, login: true }
---
{ kind: Table, schema: lending, name: item, columns: [{ name: text, type: text }] }
---
{ kind: Grant, to: lender, privileges: [usage], on: { schema: lending } }
---
{ kind: Grant, to: lender, privileges: [select], on: { table: lending.item }, grantOption: true }`,
      prepare: "SET ROLE lender; GRANT SELECT ON lending.item TO PUBLIC; RESET ROLE",
      as: "alice",
      run: "SELECT has_table_privilege('clerk', (SELECT oid FROM pg_class WHERE relname = 'item'), 'SELECT') AS may",
      gets: /"may":true/,
    },
    {
      way: "A role for emergencies while it is open (`SET ROLE`)",
      outcome: "reported",
      code: "BREAK_GLASS_OPEN",
      names: "on_call may take on `emergency`",
      why: "That is what it is for; every plan says so until its end.",
      declare: `{ kind: Role, name: on_call, login: true, inherit: false }
---
kind: BreakGlassRole
name: emergency
for: [on_call]
until: "2999-01-01T00:00:00Z"
memberOf: [staff]
bypassrls: true`,
      as: "on_call",
      run: "SET ROLE emergency; SELECT note FROM app.invoice",
      gets: /hidden one/,
    },
    {
      way: "Such a role without `SET ROLE`",
      outcome: "blocked",
      why: "Its members do not inherit from it.",
      declare: `{ kind: Role, name: waiting, login: true, inherit: false }
---
{ kind: BreakGlassRole, name: later, for: [waiting], until: "2999-01-01T00:00:00Z", memberOf: [staff] }`,
      as: "waiting",
      run: "SELECT note FROM app.invoice",
      gets: /permission denied/,
    },
  ],
};
