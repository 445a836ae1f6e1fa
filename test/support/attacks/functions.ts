/** Functions, operators and casts of the attacker's own, in places where they meet rows that he may not see. */
import type { Family } from "./model.ts";

/** Tells what it is given; anybody may make functions for the length of a session. */
export const PEEK = `CREATE FUNCTION pg_temp.peek(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;`;

/** An operator that fits better than the one of `pg_catalog`, and tells by a row whether it was taken. */
function trap(
  schema: string,
  operator: string,
  [left, right]: readonly [string, string],
  type: string,
  loot = `${schema}.loot`,
): string {
  const name = `${schema}.trap_${left}_${right}_${Buffer.from(operator).toString("hex")}`;
  return `CREATE FUNCTION ${name}(${left}, ${right}) RETURNS ${type} LANGUAGE plpgsql AS $$
BEGIN INSERT INTO ${loot} VALUES ('hidden'); RETURN NULL; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;
CREATE OPERATOR ${schema}.${operator} (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = ${name});`;
}

export const FUNCTIONS: Family = {
  title: "Functions, operators, casts",
  attacks: [
    {
      way: "A function that tells what it is given, in a condition on a table with policies",
      outcome: "blocked",
      why: "Policies are asked before every function that is not marked LEAKPROOF, however cheap it claims to be.",
      as: "alice",
      run: `${PEEK} SELECT id FROM app.invoice WHERE pg_temp.peek(note)`,
      gets: /saw 100/,
    },
    {
      way: "Such a function on a masked view",
      outcome: "blocked",
      why: "The view is a `security_barrier`: conditions of the reader run after its own, on what the masks leave.",
      as: "analyst",
      run: `${PEEK} SELECT id FROM hr.person_masked WHERE pg_temp.peek(email) AND pg_temp.peek(region)`,
      gets: /saw a\*\*\*.*saw EU/s,
    },
    {
      way: "Such a function as an operator",
      outcome: "blocked",
      why: "An operator is the function behind it.",
      as: "alice",
      run: `CREATE FUNCTION pg_temp.same(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
CREATE OPERATOR pg_temp.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.same);
SELECT id FROM app.invoice WHERE note OPERATOR(pg_temp.===) 'x'`,
      gets: /saw 100/,
    },
    {
      way: "A function that claims to be LEAKPROOF",
      outcome: "blocked",
      why: "Only a superuser may say so.",
      as: "alice",
      run: "CREATE FUNCTION pg_temp.f(text) RETURNS boolean LEAKPROOF LANGUAGE sql AS 'SELECT true'",
      gets: /only superuser can define a leakproof function/,
    },
    {
      way: "A cast or a division that fails with the value in its message, on a table with policies",
      outcome: "blocked",
      why: "It meets the rows that the policies leave, and no others.",
      as: "alice",
      run: "SELECT note::int, 1 / (amount - 77 * 101) FROM app.invoice WHERE note::int > 0 AND 1 / (amount - 77 * 101) < 1",
      gets: /"note":100/,
    },
    {
      way: "Such a cast on a masked view",
      outcome: "blocked",
      why: "It meets the masked value, of rows that the view shows.",
      as: "analyst",
      run: "SELECT id FROM hr.person_masked WHERE email::int > 0",
      gets: /invalid input syntax for type integer: "[ab]\*\*\*"/,
    },
    {
      way: "A function with the rights of the attacker's own (`SECURITY DEFINER`)",
      outcome: "blocked",
      why: "It runs as who made it, and sees what that role sees.",
      as: "alice",
      run: `CREATE FUNCTION pg_temp.all_of_it() RETURNS SETOF app.invoice SECURITY DEFINER LANGUAGE sql
AS 'SELECT * FROM app.invoice'; SELECT note FROM pg_temp.all_of_it()`,
      gets: /100/,
    },
    {
      way: "A `SECURITY DEFINER` function of the table's owner",
      outcome: "blocked",
      why: "Row security is forced: the owner, whom no policy names, sees no row either.",
      prepare: `CREATE FUNCTION app.count_all() RETURNS text SECURITY DEFINER SET search_path = '' LANGUAGE sql
AS $$ SELECT 'found ' || count(*) FROM app.invoice $$; ALTER FUNCTION app.count_all() OWNER TO keeper;
REVOKE EXECUTE ON FUNCTION app.count_all() FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.count_all() TO staff`,
      as: "alice",
      run: "SELECT app.count_all()",
      gets: /found 0/,
    },
    {
      way: "A `SECURITY DEFINER` function of a superuser, or of a role that passes",
      outcome: "reported",
      code: "DEFINER_FOR_EVERYBODY",
      names: "app.every_note()",
      why: "It shows what its owner sees; revoke EXECUTE from PUBLIC, and let a role own it that the policies bind.",
      prepare:
        "CREATE FUNCTION app.every_note() RETURNS SETOF text SECURITY DEFINER SET search_path = '' LANGUAGE sql AS 'SELECT note FROM app.invoice'",
      as: "alice",
      run: "SELECT app.every_note()",
      gets: /hidden one/,
    },
    {
      way: "A temporary table under the name that such a function looks up without its schema",
      outcome: "reported",
      code: "DEFINER_WITHOUT_PATH",
      names: "app.own_notes()",
      why: "Temporary tables come first in the search path; give the function a path of its own and write names in full.",
      prepare: `CREATE FUNCTION app.own_notes() RETURNS SETOF text SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
RETURN QUERY SELECT i.note FROM app.invoice i JOIN member m ON m.tenant = i.tenant WHERE m.login = session_user; END $$`,
      as: "alice",
      run: "CREATE TEMP TABLE member AS SELECT 'alice' AS login, 'b' AS tenant; SELECT app.own_notes()",
      gets: /hidden one/,
    },
    {
      way: "A temporary table under the name that a function looks up which a policy calls",
      outcome: "reported",
      code: "POLICY_CALLS_WITHOUT_PATH",
      names: "RowPolicy lend.book/own",
      why: "Its names are looked up anew in each session; give it a path of its own, or look things up in the policy itself, as RowAccess does.",
      before: `CREATE SCHEMA lend; CREATE TABLE lend.reader (login text, shelf text);
CREATE FUNCTION lend.own_shelf() RETURNS text STABLE LANGUAGE plpgsql
AS $$ BEGIN RETURN (SELECT shelf FROM reader WHERE login = current_user LIMIT 1); END $$`,
      declare: `{ kind: Schema, name: lend }
---
{ kind: Role, name: reader, login: true }
---
{ kind: Grant, to: reader, privileges: [usage], on: { schema: lend } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: lend.book } }
---
{ kind: Table, schema: lend, name: book, rowSecurity: forced, columns: [{ name: shelf, type: text }, { name: title, type: text }] }
---
{ kind: RowPolicy, table: lend.book, name: own, to: [reader], using: shelf = own_shelf() }`,
      prepare: "INSERT INTO lend.book VALUES ('b', 'hidden')",
      as: "reader",
      run: "CREATE TEMP TABLE reader AS SELECT 'reader' AS login, 'b' AS shelf; SELECT title FROM lend.book",
      gets: /hidden/,
    },
    {
      way: "Functions and operators planted in the schema of a table before its rule is made",
      outcome: "blocked",
      why: "The rules of RowAccess and TenantIsolation name those of `pg_catalog`, so that a better match elsewhere is not taken.",
      before: `CREATE SCHEMA yard;
CREATE FUNCTION yard.yes(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION yard.yes(varchar, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION yard.pg_has_role(name, text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR yard.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = yard.yes);
CREATE OPERATOR yard.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = yard.yes)`,
      declare: `{ kind: Schema, name: yard }
---
{ kind: Role, name: gardener, login: true }
---
{ kind: Role, name: foreman }
---
{ kind: Grant, to: gardener, privileges: [usage], on: { schema: yard } }
---
{ kind: Grant, to: gardener, privileges: [select], on: { table: yard.bed } }
---
{ kind: Grant, to: gardener, privileges: [select], on: { table: yard.tool } }
---
{ kind: Table, schema: yard, name: owner, columns: [{ name: login, type: "varchar(20)" }, { name: plot, type: "varchar(9)" }] }
---
{ kind: Table, schema: yard, name: bed, columns: [{ name: plot, type: "varchar(9)" }, { name: text, type: text }] }
---
{ kind: Table, schema: yard, name: tool, columns: [{ name: login, type: "varchar(20)" }, { name: text, type: text }] }
---
{ kind: TenantIsolation, name: own_plot, column: plot, tables: [yard.bed], mapping: { table: yard.owner, user: login, key: plot }, to: [gardener], bypass: [foreman] }
---
{ kind: RowAccess, table: yard.tool, name: own, to: [gardener], user: { column: login } }`,
      prepare: `INSERT INTO yard.owner VALUES ('foreman', 'x'); INSERT INTO yard.bed VALUES ('x', 'hidden'), ('y', 'hidden');
INSERT INTO yard.tool VALUES ('foreman', 'hidden')`,
      as: "gardener",
      run: "SELECT 'in bed', text FROM yard.bed; SELECT text FROM yard.tool; SELECT 'nothing more'",
      gets: /nothing more/,
    },
    {
      way: "Such functions and operators in the schema of a MaskedView",
      outcome: "blocked",
      why: "Masks name the functions and operators of `pg_catalog` as well.",
      before: `CREATE SCHEMA vault;
CREATE FUNCTION vault.convert_to(text, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN ''; END $$;
CREATE FUNCTION vault.to_json(date) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN '""'; END $$`,
      declare: `{ kind: Schema, name: vault }
---
{ kind: Role, name: guest, login: true }
---
{ kind: Grant, to: guest, privileges: [usage], on: { schema: vault } }
---
{ kind: Table, schema: vault, name: thing, columns: [{ name: owner, type: text }, { name: day, type: date }] }
---
{ kind: MaskedView, schema: vault, name: thing_masked, from: vault.thing, mask: { owner: hash, day: { partial: { keepStart: 2 } } }, to: [guest] }`,
      prepare: "INSERT INTO vault.thing VALUES ('hidden', '7777-01-01')",
      as: "guest",
      run: "SELECT day FROM vault.thing_masked WHERE owner IS NOT NULL",
      gets: /77\*\*\*/,
    },
    {
      way: "Such functions and operators, for a condition of one's own (`using`, `condition`, a view)",
      outcome: "reported",
      code: "PATH_OPEN_TO_OTHERS",
      names: "planter",
      why: "Names without a schema are looked up in that of the table; grant CREATE on it to nobody who is bound by its policies.",
      before: `CREATE SCHEMA field; CREATE FUNCTION field.yes(varchar, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR field.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = field.yes)`,
      declare: `{ kind: Schema, name: field }
---
{ kind: Role, name: planter, login: true }
---
{ kind: Grant, to: planter, privileges: [usage, create], on: { schema: field } }
---
{ kind: Grant, to: planter, privileges: [select], on: { table: field.crop } }
---
{ kind: Table, schema: field, name: crop, columns: [{ name: login, type: "varchar(20)" }, { name: text, type: text }] }
---
{ kind: RowAccess, table: field.crop, name: own, to: [planter], condition: "login = current_user::text" }`,
      prepare: "INSERT INTO field.crop VALUES ('another', 'hidden')",
      as: "planter",
      run: "SELECT text FROM field.crop",
      gets: /hidden/,
    },
    {
      way: "Such functions and operators, to be run by whoever fills a DateDimension and compares its rows",
      outcome: "blocked",
      why: "What it computes and compares is of types for which `pg_catalog` has the very operator.",
      before: `CREATE SCHEMA calendar; CREATE TABLE calendar.loot (text text);
${trap("calendar", "*", ["numeric", "integer"], "numeric")}
${trap("calendar", "+", ["numeric", "integer"], "numeric")}
${trap("calendar", ">=", ["numeric", "integer"], "boolean")}
${trap("calendar", "=", ["numeric", "integer"], "boolean")}
${trap("calendar", "||", ["bigint", "bigint"], "text")}
${trap("calendar", "||", ["bigint", "text"], "text")}`,
      declare: `{ kind: Schema, name: calendar }
---
{ kind: Role, name: walker, login: true }
---
{ kind: Grant, to: walker, privileges: [usage], on: { schema: calendar } }
---
{ kind: DateDimension, schema: calendar, name: day, from: "2026-01-01", to: "2026-02-28", fiscalYearStart: 7 }`,
      prepare: "GRANT SELECT ON calendar.loot TO walker",
      as: "walker",
      run: "SELECT text FROM calendar.loot; SELECT 'nothing more'",
      gets: /nothing more/,
    },
    {
      way: "Operators planted in `public`, where sessions look for them, to be run by whoever plans and applies",
      outcome: "blocked",
      why: "Datumline's own sessions have an empty search_path; what is looked up elsewhere is the text of one object, while it is made.",
      before: `CREATE SCHEMA square; CREATE TABLE square.loot (text text);
${trap("public", "||", ["bigint", "bigint"], "text", "square.loot")}`,
      declare: `{ kind: Schema, name: square }
---
{ kind: Role, name: stroller, login: true }
---
{ kind: Grant, to: stroller, privileges: [usage], on: { schema: square } }`,
      prepare: "GRANT SELECT ON square.loot TO stroller",
      as: "stroller",
      run: "SELECT text FROM square.loot; SELECT 'nothing more'",
      gets: /nothing more/,
    },
    {
      way: "Such functions and operators, to be run by Datumline in rows and checks of one's own (Seed, QualityCheck, AccessTest)",
      outcome: "reported",
      code: "PATH_OPEN_TO_OTHERS",
      names: "grower",
      why: "Their texts run with the rights of whoever applies or proves; grant CREATE on the schema to nobody but its owner.",
      before: `CREATE SCHEMA plot; CREATE TABLE plot.loot (text text);
${trap("plot", "||", ["varchar", "varchar"], "text")}`,
      declare: `{ kind: Schema, name: plot }
---
{ kind: Role, name: grower, login: true }
---
{ kind: Grant, to: grower, privileges: [usage, create], on: { schema: plot } }
---
{ kind: Table, schema: plot, name: kind, columns: [{ name: code, type: boolean }], primaryKey: [code] }
---
{ kind: Seed, table: plot.kind, key: [code], columns: [code], rows: "SELECT ('a'::varchar || 'b'::varchar) IS NULL" }`,
      prepare: "GRANT SELECT ON plot.loot TO grower",
      as: "grower",
      run: "SELECT text FROM plot.loot",
      gets: /hidden/,
    },
    {
      way: "A temporary table under the name of the table that a rule looks into",
      outcome: "blocked",
      why: "A policy holds the table itself, not its name.",
      as: "alice",
      run: "CREATE TEMP TABLE member AS SELECT 'alice' AS login, 'b' AS tenant; SET search_path = pg_temp, app; SELECT note FROM invoice",
      gets: /"note":"100"/,
    },
    {
      way: "A function of the attacker's under the name of one that a rule calls",
      outcome: "blocked",
      why: "What a policy calls was decided when it was made.",
      as: "alice",
      run: `CREATE FUNCTION pg_temp.texteq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.texteq); SET search_path = pg_temp, pg_catalog; SELECT note FROM app.invoice`,
      gets: /"note":"100"/,
    },
  ],
};
