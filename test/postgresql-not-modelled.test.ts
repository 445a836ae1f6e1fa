import { describe, expect, test } from "@jest/globals";
import { type Estate, estate } from "./support/roundtrip.ts";
import { freshDatabase, freshServer, majors } from "./support/server.ts";

const DECLARED = "{ kind: Schema, name: sales }";

async function listed(on: Estate): Promise<Record<string, readonly string[]>> {
  const { notModelled } = await on.plan(DECLARED, { mode: "authoritative" });
  for (const { count, names } of notModelled) expect(count).toBe(names.length);
  return Object.fromEntries(notModelled.map(({ type, names }) => [type, names]));
}

describe.each(majors())("PostgreSQL %i", (major) => {
  test("everything that no kind describes is listed", async () => {
    const server = await freshServer({ major, settings: { max_prepared_transactions: "1" } });
    const on = estate(server.url());
    await on.query(`
CREATE SCHEMA sales;
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION postgres_fdw; CREATE EXTENSION pg_trgm;
CREATE FUNCTION sales.f(a integer, text DEFAULT '') RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION sales.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION sales.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE sales.p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE sales.total(integer) (sfunc = int4pl, stype = integer);
CREATE DOMAIN sales.d AS text CHECK (value <> '');
CREATE TYPE sales.c AS (a integer);
CREATE TYPE sales.r AS RANGE (subtype = float8);
CREATE TYPE sales.shell;
CREATE TYPE sales.e AS ENUM ('a'); REVOKE USAGE ON TYPE sales.e FROM PUBLIC;
CREATE TABLE sales.plain (id integer PRIMARY KEY WITH (fillfactor = 50), a text, b numeric, "Odd.Name" text, CONSTRAINT x EXCLUDE USING gist (box(point(id, 1), point(id, 2)) WITH &&));
CREATE TABLE sales.other (id integer REFERENCES sales.plain); ALTER TABLE sales.other ADD CONSTRAINT late CHECK (id > 0) NOT VALID;
CREATE TABLE sales.child () INHERITS (sales.plain);
CREATE TABLE sales.parts (id integer) PARTITION BY RANGE (id);
CREATE TABLE sales.part PARTITION OF sales.parts FOR VALUES FROM (1) TO (2);
CREATE TABLE sales.typed OF sales.c;
CREATE TRIGGER tr BEFORE INSERT ON sales.plain FOR EACH ROW EXECUTE FUNCTION sales.t();
CREATE TRIGGER trp BEFORE INSERT ON sales.parts FOR EACH ROW EXECUTE FUNCTION sales.t();
CREATE RULE ru AS ON DELETE TO sales.plain DO INSTEAD NOTHING;
ALTER TABLE sales.other DISABLE TRIGGER ALL;
ALTER TABLE sales.plain REPLICA IDENTITY FULL;
ALTER TABLE sales.plain SET (toast.autovacuum_enabled = false);
ALTER TABLE sales.plain ALTER a SET STATISTICS 500, ALTER b SET STORAGE external, ALTER "Odd.Name" SET (n_distinct = 5);
CREATE INDEX trgm ON sales.plain USING gist (a public.gist_trgm_ops (siglen = 32));
CLUSTER sales.plain USING plain_pkey;
COMMENT ON CONSTRAINT late ON sales.other IS 'x';
CREATE STATISTICS sales.st ON id, a FROM sales.plain;
CREATE COLLATION sales.co FROM "C";
CREATE CONVERSION sales.cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE OPERATOR sales.=== (leftarg = integer, rightarg = integer, function = int4pl);
CREATE OPERATOR FAMILY sales.fam USING btree;
CREATE OPERATOR CLASS sales.cls FOR TYPE integer USING btree FAMILY sales.fam AS OPERATOR 1 <, FUNCTION 1 btint4cmp(integer, integer);
CREATE TEXT SEARCH DICTIONARY sales.td (template = pg_catalog.simple);
CREATE TEXT SEARCH CONFIGURATION sales.tc (copy = pg_catalog.simple);
CREATE TEXT SEARCH TEMPLATE sales.tt (lexize = dsimple_lexize);
CREATE TEXT SEARCH PARSER sales.tp (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
CREATE CAST (sales.c AS text) WITH INOUT;
CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION sales.e(); ALTER EVENT TRIGGER et DISABLE;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 'canary');
CREATE FOREIGN DATA WRAPPER wrapper;
CREATE FOREIGN TABLE sales.foreign_one (a integer) SERVER far;
CREATE PUBLICATION pub FOR TABLE sales.other;
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere password=canary' PUBLICATION pub WITH (connect = false);
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE sales.unusual (a integer) USING heap2;
CREATE MATERIALIZED VIEW sales.mat WITH (fillfactor = 50) AS SELECT 1 AS a;
CREATE VIEW sales.vi AS SELECT id FROM sales.plain; ALTER VIEW sales.vi ALTER id SET DEFAULT 5;
CREATE SEQUENCE sales.huge MAXVALUE 9223372036854775806;
CREATE UNLOGGED TABLE sales.quick (id serial, j integer GENERATED ALWAYS AS IDENTITY);
SELECT lo_create(0), lo_create(0);
ALTER DATABASE postgres SET app.token = 'canary';
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC`);
    if (major >= 14) await on.query("ALTER TABLE sales.plain ALTER a SET COMPRESSION pglz");
    if (major >= 15)
      await on.query(
        "GRANT SET ON PARAMETER work_mem TO pg_monitor; CREATE UNLOGGED SEQUENCE sales.quick_one; CREATE TABLE sales.sets (a integer, b integer, FOREIGN KEY (a) REFERENCES sales.plain ON DELETE SET NULL (a))",
      );
    if (major >= 18) {
      await on.query("ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO PUBLIC");
      await on.query(
        "CREATE EXTENSION btree_gist; CREATE TABLE sales.era (id integer, at tstzrange, PRIMARY KEY (id, at WITHOUT OVERLAPS), n integer CONSTRAINT nn NOT NULL NO INHERIT)",
      );
      await on.query("CREATE TABLE sales.lax (a integer CONSTRAINT never CHECK (a > 0) NOT ENFORCED)");
    }
    const found = await listed(on);
    expect(JSON.stringify(found)).not.toContain("canary");
    expect(found).toMatchObject({
      function: ["sales.f(integer, text)"],
      procedure: ["sales.p()"],
      aggregate: ["sales.total(integer)"],
      domain: ["sales.d"],
      "composite type": ["sales.c"],
      "range type": ["sales.r"],
      "base type": ["sales.shell"],
      "privilege on a type": ["sales.e"],
      "exclusion constraint": ["sales.plain.x"],
      inheritance: ["sales.child"],
      "partitioned table": ["sales.parts"],
      partition: ["sales.part"],
      "table of a type": ["sales.typed"],
      trigger: ["sales.parts.trp", "sales.plain.tr"],
      rule: ["sales.plain.ru"],
      "disabled foreign key": ["sales.other.other_id_fkey"],
      "replica identity": ["sales.plain"],
      "options of a TOAST table": ["sales.plain"],
      "storage or statistics of a column": [
        "sales.child.a",
        "sales.child.b",
        'sales.plain."Odd.Name"',
        "sales.plain.a",
        "sales.plain.b",
        "sales.trgm.a",
      ],
      "storage of a key": ["sales.plain_pkey"],
      clustering: ["sales.plain_pkey"],
      "comment on a constraint": ["sales.other.late"],
      statistics: ["sales.st"],
      collation: ["sales.co"],
      conversion: ["sales.cv"],
      operator: ["sales.=== (integer, integer)"],
      "operator family": ["sales.fam"],
      "operator class": ["sales.cls"],
      "text search dictionary": ["sales.td"],
      "text search configuration": ["sales.tc"],
      "text search template": ["sales.tt"],
      "text search parser": ["sales.tp"],
      cast: ["sales.c as text"],
      "event trigger": ["et"],
      "foreign data wrapper": ["wrapper"],
      "foreign server": ["far"],
      "foreign table": ["sales.foreign_one"],
      "user mapping": ["public on far"],
      publication: ["pub"],
      subscription: ["sub"],
      "access method": ["heap2"],
      "table access method": ["sales.unusual"],
      "storage of a materialized view": ["sales.mat"],
      "default of a view": ["sales.vi"],
      "sequence beyond 2^53": ["sales.huge"],
      "large object": ["2"],
      "database setting": ["app.token"],
      "privilege on a language": ["plpgsql"],
    });
    if (major >= 15) {
      expect(found).toMatchObject({
        "unlogged sequence": ["sales.quick_one"],
        "foreign key that sets some columns": ["sales.sets.sets_a_fkey"],
        "privilege on a parameter": ["work_mem"],
      });
    }
    expect(found["constraint that is not validated"]).toEqual(
      major >= 18 ? ["sales.lax.never", "sales.other.late"] : ["sales.other.late"],
    );
    if (major >= 18) {
      expect(found).toMatchObject({
        "default privilege on large objects": ["postgres"],
        "temporal key": ["sales.era.era_pkey"],
        "not null that is not inherited": ["sales.era.nn"],
      });
    }
    await on.query("ALTER SUBSCRIPTION sub SET (slot_name = NONE); DROP SUBSCRIPTION sub");
  });

  test("nothing in a new database, nor in what an extension brings, nor what is modelled", async () => {
    const on = estate(await freshDatabase(major, "modelled"));
    expect(await listed(on)).toEqual({});
    await on.query(`CREATE SCHEMA sales;
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION btree_gist; CREATE EXTENSION pg_stat_statements; CREATE EXTENSION unaccent;
CREATE TYPE sales.e AS ENUM ('a');
CREATE TABLE sales.plain (id serial PRIMARY KEY, i integer GENERATED ALWAYS AS IDENTITY, e sales.e, t text UNIQUE NOT NULL, n numeric, c citext, CHECK (id > 0));
CREATE TABLE sales.other (id integer REFERENCES sales.plain, a text[]);
CREATE UNLOGGED TABLE sales.quick (id serial, j integer GENERATED ALWAYS AS IDENTITY);
CREATE INDEX ON sales.plain (lower(t), n);
CREATE VIEW sales.v AS SELECT * FROM sales.plain; CREATE MATERIALIZED VIEW sales.m AS SELECT * FROM sales.v; CREATE INDEX ON sales.m (n);
CREATE SEQUENCE sales.s; CREATE SEQUENCE sales.down INCREMENT -1`);
    expect(await listed(on)).toEqual({});
  });
});
