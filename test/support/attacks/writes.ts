/** Writing: rows of others, and rows that become those of others. */
import { each } from "./each.ts";
import type { Family } from "./model.ts";

export const WRITES: Family = {
  title: "Writing",
  attacks: [
    {
      way: "`INSERT` for another tenant",
      outcome: "blocked",
      why: "What a policy says holds for new rows as well.",
      as: "alice",
      run: "INSERT INTO app.invoice VALUES ('b', 9, 1, 'x')",
      gets: /violates row-level security policy/,
    },
    {
      way: "`INSERT` without a tenant",
      outcome: "blocked",
      why: "NULL equals nothing.",
      as: "alice",
      run: "INSERT INTO app.memo (text) VALUES ('x')",
      gets: /violates row-level security policy/,
    },
    {
      way: "`UPDATE` that moves a row to another tenant",
      outcome: "blocked",
      why: "The new row is checked too, `USING` standing for `WITH CHECK`.",
      as: "alice",
      run: "UPDATE app.invoice SET tenant = 'b', id = 9",
      gets: /violates row-level security policy/,
    },
    {
      way: "`UPDATE` and `DELETE` without a condition, or one that holds for every row",
      outcome: "blocked",
      why: "They meet the rows that the policies leave.",
      as: "alice",
      run: "UPDATE app.invoice SET note = 'x' WHERE true; DELETE FROM app.invoice WHERE id > 1",
      gets: /^UPDATE 1\nDELETE 0$/,
    },
    {
      way: "`UPDATE … FROM`, `DELETE … USING` with rows of others",
      outcome: "blocked",
      why: "The other table is read under its policies as well.",
      as: "alice",
      run: "UPDATE app.invoice i SET note = m.text FROM app.memo m WHERE m.tenant = 'b' OR m.tenant IS NULL",
      gets: /^UPDATE 0$/,
    },
    {
      way: "`MERGE`",
      outcome: "blocked",
      why: "It reads, writes and inserts under the policies of each.",
      as: "alice",
      run: `MERGE INTO app.invoice i USING (VALUES ('b', 2)) v (tenant, id) ON i.tenant = v.tenant
WHEN MATCHED THEN UPDATE SET note = 'x' WHEN NOT MATCHED THEN DO NOTHING`,
      gets: /^MERGE 0$/,
      since: 15,
    },
    {
      way: "`INSERT … ON CONFLICT DO UPDATE` on a row of another tenant",
      outcome: "blocked",
      why: "The row that is there must pass too, or the statement fails.",
      as: "alice",
      run: "INSERT INTO app.invoice VALUES ('b', 1, 1, 'x') ON CONFLICT (tenant, id) DO UPDATE SET tenant = 'a' RETURNING note",
      gets: /violates row-level security policy/,
    },
    {
      way: "`SELECT … FOR UPDATE`",
      outcome: "blocked",
      why: "It takes the rows that the role may see and change.",
      as: "alice",
      run: "SELECT note FROM app.invoice FOR UPDATE",
      gets: /^SELECT 1\n\{"note":"100"\}$/,
    },
    {
      way: "`TRUNCATE`",
      outcome: "blocked",
      why: "No policy applies to it; it is a privilege of its own that was not granted.",
      as: "alice",
      run: "TRUNCATE app.invoice",
      gets: /permission denied/,
    },
    {
      way: "`TRUNCATE` where it was granted, on a table of a TenantIsolation",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "sweeper may TRUNCATE `app.memo`",
      why: "It takes the rows of every tenant; declared, it is refused.",
      declare: "{ kind: Role, name: sweeper, login: true, memberOf: [staff] }",
      prepare: "GRANT TRUNCATE ON app.memo TO sweeper",
      as: "sweeper",
      run: "TRUNCATE app.memo; SELECT 'all gone'",
      gets: /all gone/,
    },
    {
      way: "`TRUNCATE` where it was granted, on a table of a RowAccess",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "mover may TRUNCATE `depot.box`",
      why: "The same, for the roles of its `to`.",
      declare: `{ kind: Schema, name: depot }
---
{ kind: Role, name: mover, login: true }
---
{ kind: Grant, to: mover, privileges: [usage], on: { schema: depot } }
---
{ kind: Table, schema: depot, name: box, columns: [{ name: login, type: text }] }
---
{ kind: RowAccess, table: depot.box, name: own, to: [mover], user: { column: login } }`,
      prepare: "GRANT TRUNCATE ON depot.box TO mover",
      as: "mover",
      run: "TRUNCATE depot.box; SELECT 'all gone'",
      gets: /all gone/,
    },
    {
      way: "`COPY … FROM` into a table with policies",
      outcome: "blocked",
      why: "PostgreSQL refuses it for whom policies apply to.",
      as: "alice",
      run: "COPY app.invoice FROM STDIN",
      gets: /COPY FROM not supported with row-level security/,
    },
    {
      way: "`LOCK TABLE … IN ACCESS EXCLUSIVE MODE` by who reads only",
      outcome: "blocked",
      why: "It takes UPDATE, DELETE or TRUNCATE on the table.",
      as: "clerk",
      run: "LOCK TABLE app.line IN ACCESS EXCLUSIVE MODE",
      gets: /permission denied/,
    },
    {
      way: "A row of one's own in the table that says who belongs where",
      outcome: "blocked",
      why: "The bound roles may read two of its columns and write none.",
      as: "alice",
      run: "INSERT INTO app.member VALUES ('alice', 'b')",
      gets: /permission denied/,
    },
    {
      way: "Such a row where a bound role was granted to write that table",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "registrar may write `app.member`",
      why: "It gives itself any tenant; declared, it is refused.",
      declare: "{ kind: Role, name: registrar, login: true, memberOf: [staff] }",
      prepare: "GRANT INSERT ON app.member TO registrar",
      as: "registrar",
      run: "INSERT INTO app.member VALUES ('registrar', 'b'); SELECT note FROM app.invoice",
      gets: /hidden one/,
    },
    {
      way: "A trigger of one's own where TRIGGER was granted",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "hooker may put a trigger on `app.memo`",
      why: "It is given every row that anybody writes, with the writer's rights.",
      declare: `{ kind: Role, name: hooker, login: true, memberOf: [staff] }
---
{ kind: Schema, name: hooks, owner: hooker }`,
      prepare: `GRANT TRIGGER ON app.memo TO hooker; SET ROLE hooker; CREATE TABLE hooks.caught (text text);
GRANT USAGE ON SCHEMA hooks TO staff; GRANT INSERT ON hooks.caught TO staff;
CREATE FUNCTION hooks.catch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO hooks.caught VALUES (NEW.text); RETURN NEW; END';
CREATE TRIGGER catch BEFORE INSERT ON app.memo FOR EACH ROW EXECUTE FUNCTION hooks.catch();
SET ROLE bob; INSERT INTO app.memo VALUES ('b', 'hidden'); RESET ROLE`,
      as: "hooker",
      run: "SELECT text FROM hooks.caught",
      gets: /hidden/,
    },
    {
      way: "A trigger or a rule of one's own",
      outcome: "blocked",
      why: "A trigger takes the privilege TRIGGER, a rule takes the owner.",
      as: "alice",
      run: `CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; ${each(
        "CREATE TRIGGER t BEFORE INSERT ON app.invoice FOR EACH ROW EXECUTE FUNCTION pg_temp.f()",
        "CREATE RULE r AS ON INSERT TO app.invoice DO ALSO SELECT 1",
      )}`,
      gets: /^NOTICE refused: permission denied.*\nNOTICE refused: must be owner.*\nCREATE null\nDO null$/,
    },
    {
      way: "A foreign key to a table with policies where REFERENCES was granted",
      outcome: "reported",
      code: "ACCESS_VOID",
      names: "asker may refer by a foreign key to `app.invoice`",
      why: "It is checked past the policies, and tells which rows are there.",
      declare: `{ kind: Role, name: asker, login: true, memberOf: [staff] }
---
{ kind: Schema, name: questions, owner: asker }`,
      prepare: "GRANT REFERENCES ON app.invoice TO asker",
      as: "asker",
      run: `CREATE TABLE questions.guess (tenant text, id bigint, FOREIGN KEY (tenant, id) REFERENCES app.invoice);
INSERT INTO questions.guess VALUES ('b', 2); SELECT 'it is there'`,
      gets: /it is there/,
    },
    {
      way: "Switching triggers and foreign keys off (`session_replication_role`)",
      outcome: "blocked",
      why: "Only a superuser may, or who was granted to.",
      as: "alice",
      run: "SET session_replication_role = replica",
      gets: /permission denied to set parameter/,
    },
  ],
};
