/**
 * Everything in the database that no kind describes, and what modelled objects have beyond their fields: told in every
 * plan, so that nobody takes it for managed. One read, whatever the number of objects.
 * https://www.postgresql.org/docs/current/catalogs.html
 */
import type { Inspection } from "../../core/engine.ts";
import { formatName } from "../../core/names.ts";
import { join, type Sql, sql } from "../../core/sql.ts";
import { isFunction } from "./function.ts";
import { EXTENSION_MEMBERS } from "./reads.ts";
import { query, type Reading, type Snapshot } from "./snapshot.ts";

/**
 * A SELECT of type, schema or null, name, its part or null, what follows the name or null, and the catalog and object
 * that tell whether an extension brought it. Names are put together here: a join for each would cost more than the rest.
 */
type Part = Sql | ((reading: Reading) => Sql);

/** Objects that lie in a schema; the columns of a catalog start with letters of its own. */
function inSchema(type: Sql, catalog: Sql, prefix: Sql, where = sql`true`, suffix = sql`NULL`): Part {
  return sql`SELECT ${type}, o.${prefix}namespace, o.${prefix}name::text, NULL, ${suffix}, '${catalog}'::regclass::oid, o.oid
FROM ${catalog} o WHERE o.oid >= 16384 AND ${where}`;
}

/** Objects that lie in no schema; what every new database has is passed over. */
function inDatabase(type: Sql, catalog: Sql, name: Sql): Sql {
  return sql`SELECT ${type}, NULL, ${name}, NULL, NULL, '${catalog}'::regclass::oid, o.oid FROM ${catalog} o WHERE o.oid >= 16384`;
}

/** What a relation is or has, under the name of the relation and of its part. */
function ofRelation(type: Sql, from: Sql, where: Sql, part = sql`NULL`): Part {
  return ({
    within,
  }) => sql`SELECT ${type}, c.relnamespace, c.relname::text, ${part}, NULL, 'pg_class'::regclass::oid, c.oid
FROM ${from} WHERE c.oid >= 16384 AND ${where}${within(sql`c.oid`)}`;
}

/** What stands alone, such as a setting. */
function alone(type: Sql, name: Sql, rest: Sql): Part {
  return sql`SELECT ${type}, NULL, ${name}, NULL, NULL, NULL, NULL ${rest}`;
}

const DATABASE = sql`(SELECT d.oid FROM pg_database d WHERE d.datname = current_database())`;

/** The functions that come with a range type are part of it. */
const ROUTINES: Part = (reading) =>
  textOf(
    inSchema(
      sql`CASE o.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function' ELSE 'function' END`,
      sql`pg_proc`,
      sql`pro`,
      sql`o.prosrc !~ '^(multi)?range_constructor[0-9]$' AND NOT ${isFunction(sql`o`, reading.version)}`,
      sql`'(' || oidvectortypes(o.proargtypes) || ')'`,
    ),
    reading,
  );

const TYPES = inSchema(
  sql`CASE o.typtype WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type' WHEN 'c' THEN 'composite type' ELSE 'base type' END`,
  sql`pg_type`,
  sql`typ`,
  sql`(o.typtype IN ('d', 'r') OR (o.typtype IN ('b', 'p') AND o.typcategory <> 'A')
  OR (o.typtype = 'c' AND EXISTS (SELECT FROM pg_class r WHERE r.oid = o.typrelid AND r.relkind = 'c')))`,
);

/** An index that stands behind a key of its table. */
const OF_KEY = sql`EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_constraint'::regclass AND d.deptype = 'i')`;
const OF_COLUMN = sql`EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))`;
const HEAP = sql`2`;

/** What can be told from the row of a relation alone: one scan for all of it. */
const MARKS: readonly (readonly [type: Sql, when: Sql])[] = [
  [sql`'partition'`, sql`c.relispartition AND c.relkind IN ('r', 'p', 'f')`],
  [sql`'partitioned table'`, sql`c.relkind = 'p' AND NOT c.relispartition`],
  [sql`'foreign table'`, sql`c.relkind = 'f' AND NOT c.relispartition`],
  [sql`'table of a type'`, sql`c.relkind = 'r' AND c.reloftype <> 0`],
  [sql`'table access method'`, sql`c.relkind IN ('r', 'm') AND c.relam NOT IN (0, ${HEAP})`],
  [sql`'replica identity'`, sql`c.relkind = 'r' AND c.relreplident <> 'd'`],
  [sql`'options of a TOAST table'`, sql`c.relkind = 't' AND c.reloptions IS NOT NULL`],
  [sql`'storage of a materialized view'`, sql`c.relkind = 'm' AND (c.reloptions IS NOT NULL OR c.reltablespace <> 0)`],
  [sql`'storage of a key'`, sql`c.relkind = 'i' AND (c.reloptions IS NOT NULL OR c.reltablespace <> 0) AND ${OF_KEY}`],
  [sql`'unlogged sequence'`, sql`c.relkind = 'S' AND c.relpersistence = 'u' AND NOT ${OF_COLUMN}`],
];

/** A TOAST table goes by the name of its table. */
const MARKED: Part = ({
  within,
}) => sql`SELECT m.type, coalesce(t.relnamespace, c.relnamespace), coalesce(t.relname, c.relname)::text, NULL, NULL, 'pg_class'::regclass::oid, c.oid
FROM (SELECT * FROM pg_class c WHERE c.oid >= 16384 AND (${join(
  MARKS.map(([, when]) => when),
  " OR ",
)})${within(sql`c.oid`)} OFFSET 0) c
  LEFT JOIN pg_class t ON c.relkind = 't' AND t.reltoastrelid = c.oid
  CROSS JOIN LATERAL (VALUES ${join(MARKS.map(([type, when]) => sql`(${type}, ${when})`))}) m (type, holds)
WHERE m.holds`;

const RELATIONS: readonly Part[] = [
  ofRelation(
    sql`'inheritance'`,
    sql`pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid`,
    sql`c.relkind = 'r' AND NOT c.relispartition`,
  ),
  ofRelation(
    sql`'sequence beyond 2^53'`,
    sql`pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid`,
    sql`(greatest(abs(s.seqstart::numeric), abs(s.seqincrement::numeric), s.seqcache) > 9007199254740991
  OR (s.seqincrement > 0 AND abs(s.seqmin::numeric) > 9007199254740991) OR (s.seqincrement < 0 AND abs(s.seqmax::numeric) > 9007199254740991)
  OR s.seqmax BETWEEN 9007199254740992 AND 9223372036854775806 OR s.seqmin BETWEEN -9223372036854775807 AND -9007199254740992)`,
  ),
  ofRelation(
    sql`'trigger'`,
    sql`pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid`,
    sql`NOT t.tgisinternal AND t.tgparentid = 0`,
    sql`t.tgname::text`,
  ),
  ofRelation(
    sql`'disabled foreign key'`,
    sql`pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint JOIN pg_class c ON c.oid = k.conrelid`,
    sql`t.tgisinternal AND t.tgenabled <> 'O' AND k.contype = 'f'`,
    sql`k.conname::text`,
  ),
  ofRelation(
    sql`'rule'`,
    sql`pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class`,
    sql`r.rulename <> '_RETURN'`,
    sql`r.rulename::text`,
  ),
  ofRelation(sql`'default of a view'`, sql`pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid`, sql`c.relkind = 'v'`),
  ofRelation(sql`'clustering'`, sql`pg_index i JOIN pg_class c ON c.oid = i.indexrelid`, sql`i.indisclustered`),
  ofRelation(
    sql`'comment on a constraint'`,
    sql`pg_description d JOIN pg_constraint k ON k.oid = d.objoid JOIN pg_class c ON c.oid = k.conrelid`,
    sql`d.classoid = 'pg_constraint'::regclass`,
    sql`k.conname::text`,
  ),
];

const CONSTRAINTS: Part = (reading) => {
  const { version } = reading;
  const conditions = [
    sql`WHEN k.contype = 'x' THEN 'exclusion constraint'`,
    sql`WHEN NOT k.convalidated THEN 'constraint that is not validated'`,
    ...(version >= 150000 ? [sql`WHEN k.confdelsetcols IS NOT NULL THEN 'foreign key that sets some columns'`] : []),
    ...(version >= 180000
      ? [
          sql`WHEN k.conperiod THEN 'temporal key'`,
          sql`WHEN k.contype = 'n' AND k.connoinherit THEN 'not null that is not inherited'`,
        ]
      : []),
  ];
  const type = sql`CASE ${join(conditions, " ")} END`;
  const part = ofRelation(
    type,
    sql`pg_constraint k JOIN pg_class c ON c.oid = k.conrelid`,
    sql`k.conparentid = 0 AND ${type} IS NOT NULL`,
    sql`k.conname::text`,
  );
  return textOf(part, reading);
};

/** Columns of indexes have only targets for statistics, and parameters of operator classes. */
const COLUMNS: Part = (reading) => {
  const { version } = reading;
  const target = version >= 170000 ? sql`a.attstattarget IS NOT NULL` : sql`a.attstattarget >= 0`;
  const compression = version >= 140000 ? sql` OR a.attcompression <> ''` : sql``;
  // Few columns are left for the join with the relations, which the planner does not know.
  const columns = sql`(SELECT a.attrelid, a.attname, ${target} OR a.attoptions IS NOT NULL AS of_index
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
    AND (${target} OR a.attoptions IS NOT NULL OR a.attstorage <> t.typstorage${compression}) OFFSET 0) a`;
  const part = ofRelation(
    sql`'storage or statistics of a column'`,
    sql`${columns} JOIN pg_class c ON c.oid = a.attrelid`,
    sql`(c.relkind IN ('r', 'm') OR (c.relkind = 'i' AND a.of_index))`,
    sql`a.attname::text`,
  );
  return textOf(part, reading);
};

/** The one from a range to its multirange comes with the type. */
const CASTS: Part = sql`${inDatabase(sql`'cast'`, sql`pg_cast`, sql`format_type(o.castsource, NULL) || ' as ' || format_type(o.casttarget, NULL)`)}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = o.oid AND d.deptype = 'i')`;

const OTHERS: readonly Part[] = [
  ROUTINES,
  TYPES,
  inSchema(sql`'privilege on a type'`, sql`pg_type`, sql`typ`, sql`o.typtype = 'e' AND o.typacl IS NOT NULL`),
  inSchema(sql`'statistics'`, sql`pg_statistic_ext`, sql`stx`),
  inSchema(sql`'collation'`, sql`pg_collation`, sql`coll`),
  inSchema(sql`'conversion'`, sql`pg_conversion`, sql`con`),
  inSchema(
    sql`'operator'`,
    sql`pg_operator`,
    sql`opr`,
    sql`true`,
    sql`' (' || coalesce(format_type(nullif(o.oprleft, 0), NULL) || ', ', '') || format_type(o.oprright, NULL) || ')'`,
  ),
  inSchema(sql`'operator class'`, sql`pg_opclass`, sql`opc`),
  inSchema(sql`'operator family'`, sql`pg_opfamily`, sql`opf`),
  inSchema(sql`'text search configuration'`, sql`pg_ts_config`, sql`cfg`),
  inSchema(sql`'text search dictionary'`, sql`pg_ts_dict`, sql`dict`),
  inSchema(sql`'text search parser'`, sql`pg_ts_parser`, sql`prs`),
  inSchema(sql`'text search template'`, sql`pg_ts_template`, sql`tmpl`),
  inDatabase(sql`'access method'`, sql`pg_am`, sql`o.amname::text`),
  CASTS,
  inDatabase(sql`'transform'`, sql`pg_transform`, sql`format_type(o.trftype, NULL)`),
  inDatabase(sql`'event trigger'`, sql`pg_event_trigger`, sql`o.evtname::text`),
  inDatabase(sql`'foreign data wrapper'`, sql`pg_foreign_data_wrapper`, sql`o.fdwname::text`),
  inDatabase(sql`'foreign server'`, sql`pg_foreign_server`, sql`o.srvname::text`),
  inDatabase(sql`'language'`, sql`pg_language`, sql`o.lanname::text`),
  inDatabase(sql`'publication'`, sql`pg_publication`, sql`o.pubname::text`),
  inDatabase(sql`'tablespace'`, sql`pg_tablespace`, sql`o.spcname::text`),
  alone(sql`'subscription'`, sql`s.subname::text`, sql`FROM pg_subscription s WHERE s.subdbid = ${DATABASE}`),
  alone(sql`'user mapping'`, sql`m.usename || ' on ' || m.srvname`, sql`FROM pg_user_mappings m`),
  alone(
    sql`'privilege on a language'`,
    sql`l.lanname::text`,
    sql`FROM pg_language l WHERE l.lanacl IS NOT NULL AND l.oid < 16384`,
  ),
  alone(
    sql`'large object'`,
    sql`CASE WHEN count(*) > 1000 THEN 'more than 1000' ELSE count(*)::text END`,
    sql`FROM (SELECT FROM pg_largeobject_metadata LIMIT 1001) l HAVING count(*) > 0`,
  ),
  alone(
    sql`'security label'`,
    sql`l.provider || ' on ' || pg_describe_object(l.classoid, l.objoid, l.objsubid)`,
    sql`FROM (SELECT classoid, objoid, objsubid, provider FROM pg_seclabel UNION ALL SELECT classoid, objoid, 0, provider FROM pg_shseclabel) l`,
  ),
  // The value may be a secret.
  alone(
    sql`'database setting'`,
    sql`split_part(s.setting, '=', 1)`,
    sql`FROM pg_db_role_setting d, unnest(d.setconfig) AS s (setting) WHERE d.setrole = 0 AND d.setdatabase = ${DATABASE}`,
  ),
  alone(
    sql`'default privilege on large objects'`,
    sql`pg_get_userbyid(d.defaclrole)::text`,
    sql`FROM pg_default_acl d WHERE d.defaclobjtype = 'L'`,
  ),
];

function textOf(part: Part, reading: Reading): Sql {
  return typeof part === "function" ? part(reading) : part;
}

const PARAMETERS = alone(sql`'privilege on a parameter'`, sql`p.parname`, sql`FROM pg_parameter_acl p`);

const NOT_MODELLED = query((reading) => {
  const parts = [
    MARKED,
    ...RELATIONS,
    CONSTRAINTS,
    COLUMNS,
    ...OTHERS,
    ...(reading.version >= 150000 ? [PARAMETERS] : []),
  ];
  return join(
    parts.map((part) => textOf(part, reading)),
    "\nUNION ALL\n",
  );
}, 10);

export const notModelled = {
  reads: [NOT_MODELLED, EXTENSION_MEMBERS],
  find(snapshot: Snapshot): Inspection["notModelled"] {
    const members = new Set(snapshot.rows(EXTENSION_MEMBERS).map(([catalog, object]) => `${catalog} ${object}`));
    const found = new Map<string, Inspection["notModelled"][number]>();
    for (const [type, namespace, name, part, suffix, catalog, object] of snapshot.rows(NOT_MODELLED)) {
      if (members.has(`${catalog} ${object}`)) continue;
      const schema = namespace == null ? undefined : snapshot.schema(namespace);
      // A schema that is not taken is the server's own, or that of the ledger.
      if (namespace != null && schema === undefined) continue;
      const parts = [schema, name, part].filter((one) => one != null) as string[];
      const full = `${schema === undefined ? name : formatName(parts)}${suffix ?? ""}`;
      found.set(`${type} ${full}`, { type: type as string, name: full, ...(schema !== undefined && { schema }) });
    }
    return [...found.values()];
  },
} as const;
