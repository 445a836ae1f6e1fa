/** Reads that several cells share. Names are qualified in every text because search_path is empty while inspecting. */
import { sql } from "../../core/sql.ts";
import { query } from "./snapshot.ts";

/** oid, name, owner, acl */
export const SCHEMAS = query(sql`SELECT oid, nspname, nspowner FROM pg_namespace`);

/** oid, name, owns the database; attributes are the Role cell's. */
export const ROLE_NAMES = query(
  sql`SELECT oid, rolname, oid = (SELECT datdba FROM pg_database WHERE datname = current_database()) FROM pg_roles`,
);

/**
 * oid, schema, name, kind, owner, row security, forced, persistence, options, rows, tablespace, access method,
 * is a partition, inherits or is of a type
 */
export const RELATIONS = query(
  ({
    within,
  }) => sql`SELECT c.oid, c.relnamespace, c.relname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
  c.relpersistence, c.reloptions, c.reltuples::bigint, t.spcname, m.amname,
  c.oid IN (SELECT inhrelid FROM pg_inherits) OR c.reloftype <> 0
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
  LEFT JOIN pg_am m ON m.oid = c.relam
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'${within(sql`c.oid`)}
ORDER BY n.nspname, c.relname`,
  4,
);

/**
 * relation; of its columns the numbers, names, types, three letters each (not null, identity, generated), and where any
 * is not the type's, the collations. One row for each relation: sending and taking apart a row for each column would
 * take most of the time of an inspection.
 */
export const COLUMNS = query(
  ({
    within,
  }) => sql`SELECT a.attrelid, array_agg(a.attnum), array_agg(a.attname), array_agg(format_type(a.atttypid, a.atttypmod)),
  string_agg(CASE WHEN a.attnotnull THEN 't' ELSE 'f' END || CASE a.attidentity WHEN '' THEN '-' ELSE a.attidentity::text END
    || CASE a.attgenerated WHEN '' THEN '-' ELSE a.attgenerated::text END, ''),
  CASE WHEN bool_or(a.attcollation <> t.typcollation) THEN
    array_agg(CASE WHEN a.attcollation <> t.typcollation THEN
      (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
       FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) ELSE '' END) END
FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'${within(sql`a.attrelid`)}
GROUP BY a.attrelid`,
  30,
);

/** catalog, object, column, text */
export const COMMENTS = query(
  sql`SELECT classoid, objoid, objsubid, description FROM pg_description WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass
UNION ALL SELECT classoid, objoid, 0, description FROM pg_shdescription`,
  2,
);

/** catalog, object: what belongs to an extension */
export const EXTENSION_MEMBERS = query(
  sql`SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'`,
);

/** type name, schema: types that a name without a schema may mean */
export const TYPES = query(
  sql`SELECT t.typname, n.nspname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' AND t.typtype IN ('b', 'd', 'e', 'r', 'm', 'c') AND t.typname !~ '^_'
  AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))`,
);

/**
 * dependant catalog, dependant, objects, columns: what views, materialized views and policies use. A view depends through
 * its rule.
 */
export const USES = query(
  sql`SELECT 'pg_class'::regclass::oid, r.ev_class, array_agg(d.refobjid), array_agg(d.refobjsubid)
FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class AND r.ev_class >= 16384
GROUP BY r.ev_class
UNION ALL
SELECT 'pg_policy'::regclass::oid, d.objid, array_agg(d.refobjid), array_agg(d.refobjsubid)
FROM pg_depend d
WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
GROUP BY d.objid`,
  4,
);

export const SHARED = [SCHEMAS, ROLE_NAMES, RELATIONS, COLUMNS, COMMENTS, EXTENSION_MEMBERS, TYPES, USES] as const;
