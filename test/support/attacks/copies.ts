/** The same rows elsewhere: children, new and foreign tables, files. */
import { each, refused } from "./each.ts";
import type { Family } from "./model.ts";

export const COPIES: Family = {
  title: "Children, copies, files",
  attacks: [
    {
      way: "A partition, or a table that inherits, read by itself",
      outcome: "reported",
      code: "TENANT_COLUMN_MISSING",
      names: "`app.old_memo` is a table that inherits",
      why: "Policies of the parent do not hold for it; the plan fails until it is excepted with a reason.",
      prepare: `CREATE TABLE app.old_memo () INHERITS (app.memo); INSERT INTO app.old_memo VALUES ('b', 'hidden');
GRANT SELECT ON app.old_memo TO staff`,
      as: "alice",
      run: "SELECT text FROM app.old_memo",
      gets: /hidden/,
    },
    {
      way: "Such a table of one with a RowAccess or a RowPolicy",
      outcome: "reported",
      code: "CHILD_WITHOUT_ROW_SECURITY",
      names: "shop.old_parcel",
      why: "Policies of the parent do not hold for it; give it its own, or grant nothing on it.",
      prepare: `CREATE TABLE shop.old_parcel () INHERITS (shop.parcel); INSERT INTO shop.old_parcel VALUES (9, 'hidden');
GRANT SELECT ON shop.old_parcel TO sender`,
      as: "sender",
      run: "SELECT login FROM shop.old_parcel",
      gets: /hidden/,
    },
    {
      way: "The child through its parent",
      outcome: "blocked",
      why: "Read through the parent, the parent's policies hold.",
      prepare: "CREATE TABLE public.older () INHERITS (app.memo); INSERT INTO public.older VALUES ('b', 'hidden')",
      as: "alice",
      run: "SELECT text FROM app.memo",
      gets: /^SELECT 1\n\{"text":"own"\}$/,
    },
    {
      way: "A new table of somebody's migrations in a schema of tenants",
      outcome: "reported",
      code: "NARROWS_ACCESS",
      names: "Table/app.fresh: only rows that a policy opens are seen",
      why: "It has no policies until the next apply, which gives it some; every plan shows that, and from whom it takes.",
      prepare:
        "CREATE TABLE app.fresh (tenant text, text text); INSERT INTO app.fresh VALUES ('b', 'hidden'); GRANT SELECT ON app.fresh TO staff",
      as: "alice",
      run: "SELECT text FROM app.fresh",
      gets: /hidden/,
    },
    {
      way: "A new table without the column of the tenant",
      outcome: "reported",
      code: "TENANT_COLUMN_MISSING",
      names: "`app.loose` has no column",
      why: "The plan fails until it has one, or is excepted with a reason.",
      prepare:
        "CREATE TABLE app.loose (text text); INSERT INTO app.loose VALUES ('hidden'); GRANT SELECT ON app.loose TO staff",
      as: "alice",
      run: "SELECT text FROM app.loose",
      gets: /hidden/,
    },
    {
      way: "A foreign table over the same rows, in a schema of tenants",
      outcome: "reported",
      code: "TENANT_COLUMN_MISSING",
      names: "`app.far` is a foreign table",
      why: "It reads as whom its user mapping names; the plan fails until it is excepted.",
      prepare: `CREATE EXTENSION postgres_fdw; CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw;
DO $$ BEGIN EXECUTE format('ALTER SERVER self OPTIONS (ADD host %L, ADD port %L, ADD dbname %L)', '127.0.0.1', current_setting('port'), current_database()); END $$;
CREATE USER MAPPING FOR PUBLIC SERVER self OPTIONS (user 'postgres', password_required 'false');
CREATE FOREIGN TABLE app.far (note text) SERVER self OPTIONS (schema_name 'app', table_name 'invoice'); GRANT SELECT ON app.far TO staff`,
      as: "alice",
      run: "SELECT note FROM app.far",
      gets: /hidden one/,
    },
    {
      way: "`dblink` back into the same database",
      outcome: "blocked",
      why: "Who is no superuser must give a password, and the server must ask for it.",
      prepare: "CREATE EXTENSION dblink",
      as: "alice",
      run: "SELECT * FROM dblink('host=127.0.0.1 user=postgres dbname=' || current_database() || ' port=' || current_setting('port'), 'SELECT note FROM app.invoice') AS t (note text)",
      gets: /password (or GSSAPI delegated credentials )?required|password is required/,
    },
    {
      way: "Files and programs of the server: `COPY … TO PROGRAM`, `pg_read_file`, `lo_import`",
      outcome: "blocked",
      why: "They take roles of the server (`pg_execute_server_program` and the like).",
      as: "alice",
      run: each(
        "COPY app.invoice TO PROGRAM 'cat'",
        "COPY app.invoice TO '/tmp/copy'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT lo_import('/etc/passwd')",
      ),
      gets: refused(4, "permission denied|must be superuser"),
    },
    {
      way: "Pages of the table, raw (`pageinspect`)",
      outcome: "blocked",
      why: "Its functions are for superusers.",
      prepare: "CREATE EXTENSION pageinspect",
      as: "alice",
      run: "SELECT get_raw_page('app.invoice', 0)",
      gets: /must be superuser to use raw page functions/,
    },
    {
      way: "Large objects of others",
      outcome: "blocked",
      why: "Each has an owner and privileges of its own; no policy is asked, so keep nothing of a tenant's in them.",
      prepare: "SELECT lo_from_bytea(4242, 'hidden')",
      as: "alice",
      run: "SELECT convert_from(lo_get(4242), 'UTF8')",
      gets: /permission denied for large object/,
    },
    {
      way: "Objects of one's own in `public`",
      outcome: "blocked",
      why: "CREATE on it is nobody's since PostgreSQL 15; before, and in databases that come from there, take it from PUBLIC.",
      as: "alice",
      run: "CREATE TABLE public.mine (x int)",
      gets: /permission denied for schema public/,
      since: 15,
    },
  ],
};
