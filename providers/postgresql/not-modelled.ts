/**
 * Everything in the database that no kind describes, and what modelled objects have beyond their fields: told in every
 * plan, so that nobody takes it for managed. One read, whatever the number of objects.
 * https://www.postgresql.org/docs/current/catalogs.html
 */
import type { Inspection } from "../../core/engine.ts";
import { join, type Sql, sql } from "../../core/sql.ts";
import { EXTENSION_MEMBERS } from "./reads.ts";
import { query, type Reading, type Snapshot } from "./snapshot.ts";

/** A SELECT of type, schema or null, name, and the catalog and object that tell whether an extension brought it. */
type Part = Sql | ((reading: Reading) => Sql);

const OURS = sql`n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** Objects that lie in a schema; the columns of a catalog start with letters of its own. */
function inSchema(
  type: Sql,
  catalog: Sql,
  prefix: Sql,
  where = sql`true`,
  name = sql`quote_ident(n.nspname) || '.' || quote_ident(o.${prefix}name)`,
): Part {
  return sql`SELECT ${type}, n.oid, ${name}, '${catalog}'::regclass::oid, o.oid
FROM ${catalog} o JOIN pg_namespace n ON n.oid = o.${prefix}namespace WHERE ${OURS} AND ${where}`;
}

/** Objects that lie in no schema; what every new database has is passed over. */
function inDatabase(type: Sql, catalog: Sql, name: Sql): Part {
  return sql`SELECT ${type}, NULL, ${name}, '${catalog}'::regclass::oid, o.oid FROM ${catalog} o WHERE o.oid >= 16384`;
}

/** What a relation is or has, under the name of the relation and of its part. */
function ofRelation(type: Sql, from: Sql, where: Sql, part?: Sql): Part {
  const suffix = part ? sql` || '.' || quote_ident(${part})` : sql``;
  return ({
    within,
  }) => sql`SELECT ${type}, n.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname)${suffix}, 'pg_class'::regclass::oid, c.oid
FROM ${from} JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS} AND ${where}${within(sql`c.oid`)}`;
}

/** The functions that come with a range type are part of it. */
const ROUTINES = inSchema(
  sql`CASE o.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function' ELSE 'function' END`,
  sql`pg_proc`,
  sql`pro`,
  sql`o.prosrc !~ '^(multi)?range_constructor[0-9]$'`,
  sql`o.oid::regprocedure::text`,
);

const TYPES = inSchema(
  sql`CASE o.typtype WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type' WHEN 'c' THEN 'composite type' ELSE 'base type' END`,
  sql`pg_type`,
  sql`typ`,
  sql`(o.typtype IN ('d', 'r') OR (o.typtype IN ('b', 'p') AND o.typcategory <> 'A')
  OR (o.typtype = 'c' AND EXISTS (SELECT FROM pg_class r WHERE r.oid = o.typrelid AND r.relkind = 'c')))`,
);

const RELATIONS: readonly Part[] = [
  ofRelation(
    sql`CASE WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'p' THEN 'partitioned table' ELSE 'foreign table' END`,
    sql`pg_class c`,
    sql`c.relkind IN ('r', 'p', 'f') AND (c.relispartition OR c.relkind <> 'r')`,
  ),
  ofRelation(
    sql`'inheritance'`,
    sql`pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid`,
    sql`c.relkind = 'r' AND NOT c.relispartition`,
  ),
  ofRelation(sql`'table of a type'`, sql`pg_class c`, sql`c.relkind = 'r' AND c.reloftype <> 0`),
  ofRelation(
    sql`'table access method'`,
    sql`pg_class c JOIN pg_am m ON m.oid = c.relam`,
    sql`c.relkind IN ('r', 'm') AND m.amname <> 'heap'`,
  ),
  ofRelation(sql`'replica identity'`, sql`pg_class c`, sql`c.relkind = 'r' AND c.relreplident <> 'd'`),
  ofRelation(
    sql`'options of a TOAST table'`,
    sql`pg_class t JOIN pg_class c ON c.reltoastrelid = t.oid`,
    sql`t.relkind = 't' AND t.reloptions IS NOT NULL`,
  ),
  ofRelation(
    sql`'storage of a materialized view'`,
    sql`pg_class c`,
    sql`c.relkind = 'm' AND (c.reloptions IS NOT NULL OR c.reltablespace <> 0)`,
  ),
  ofRelation(
    sql`'unlogged sequence'`,
    sql`pg_class c`,
    sql`c.relkind = 'S' AND c.relpersistence = 'u'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))`,
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
    sql`t.tgname`,
  ),
  ofRelation(
    sql`'disabled foreign key'`,
    sql`pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint JOIN pg_class c ON c.oid = k.conrelid`,
    sql`t.tgisinternal AND t.tgenabled <> 'O' AND k.contype = 'f'`,
    sql`k.conname`,
  ),
  ofRelation(
    sql`'rule'`,
    sql`pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class`,
    sql`r.rulename <> '_RETURN'`,
    sql`r.rulename`,
  ),
  ofRelation(sql`'default of a view'`, sql`pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid`, sql`c.relkind = 'v'`),
  ofRelation(sql`'clustering'`, sql`pg_index i JOIN pg_class c ON c.oid = i.indexrelid`, sql`i.indisclustered`),
  ofRelation(
    sql`'storage of a key'`,
    sql`pg_constraint k JOIN pg_class c ON c.oid = k.conindid`,
    sql`k.contype IN ('p', 'u') AND k.conparentid = 0 AND (c.reloptions IS NOT NULL OR c.reltablespace <> 0)`,
  ),
  ofRelation(
    sql`'comment on a constraint'`,
    sql`pg_description d JOIN pg_constraint k ON k.oid = d.objoid JOIN pg_class c ON c.oid = k.conrelid`,
    sql`d.classoid = 'pg_constraint'::regclass`,
    sql`k.conname`,
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
    sql`k.conname`,
  );
  return textOf(part, reading);
};

/** Columns of indexes have only targets for statistics, and parameters of operator classes. */
const COLUMNS: Part = (reading) => {
  const { version } = reading;
  const target = version >= 170000 ? sql`a.attstattarget IS NOT NULL` : sql`a.attstattarget >= 0`;
  const compression = version >= 140000 ? sql` OR a.attcompression <> ''` : sql``;
  const from = sql`pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid`;
  const where = sql`a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'm', 'i')
  AND (${target} OR a.attoptions IS NOT NULL OR (c.relkind <> 'i' AND (a.attstorage <> t.typstorage${compression})))`;
  return textOf(ofRelation(sql`'storage or statistics of a column'`, from, where, sql`a.attname`), reading);
};

const OTHERS: readonly Part[] = [
  ROUTINES,
  TYPES,
  inSchema(sql`'privilege on a type'`, sql`pg_type`, sql`typ`, sql`o.typtype = 'e' AND o.typacl IS NOT NULL`),
  inSchema(sql`'statistics'`, sql`pg_statistic_ext`, sql`stx`),
  inSchema(sql`'collation'`, sql`pg_collation`, sql`coll`),
  inSchema(sql`'conversion'`, sql`pg_conversion`, sql`con`),
  inSchema(sql`'operator'`, sql`pg_operator`, sql`opr`, sql`true`, sql`o.oid::regoperator::text`),
  inSchema(sql`'operator class'`, sql`pg_opclass`, sql`opc`),
  inSchema(sql`'operator family'`, sql`pg_opfamily`, sql`opf`),
  inSchema(sql`'text search configuration'`, sql`pg_ts_config`, sql`cfg`),
  inSchema(sql`'text search dictionary'`, sql`pg_ts_dict`, sql`dict`),
  inSchema(sql`'text search parser'`, sql`pg_ts_parser`, sql`prs`),
  inSchema(sql`'text search template'`, sql`pg_ts_template`, sql`tmpl`),
  inDatabase(sql`'access method'`, sql`pg_am`, sql`quote_ident(o.amname)`),
  inDatabase(
    sql`'cast'`,
    sql`pg_cast`,
    sql`format_type(o.castsource, NULL) || ' as ' || format_type(o.casttarget, NULL)`,
  ),
  inDatabase(sql`'transform'`, sql`pg_transform`, sql`format_type(o.trftype, NULL)`),
  inDatabase(sql`'event trigger'`, sql`pg_event_trigger`, sql`quote_ident(o.evtname)`),
  inDatabase(sql`'foreign data wrapper'`, sql`pg_foreign_data_wrapper`, sql`quote_ident(o.fdwname)`),
  inDatabase(sql`'foreign server'`, sql`pg_foreign_server`, sql`quote_ident(o.srvname)`),
  inDatabase(sql`'language'`, sql`pg_language`, sql`quote_ident(o.lanname)`),
  inDatabase(sql`'publication'`, sql`pg_publication`, sql`quote_ident(o.pubname)`),
  inDatabase(sql`'tablespace'`, sql`pg_tablespace`, sql`quote_ident(o.spcname)`),
  sql`SELECT 'subscription', NULL, quote_ident(s.subname), NULL, NULL
FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())`,
  sql`SELECT 'user mapping', NULL, quote_ident(m.usename) || ' on ' || quote_ident(m.srvname), NULL, NULL FROM pg_user_mappings m`,
  sql`SELECT 'privilege on a language', NULL, quote_ident(l.lanname), NULL, NULL FROM pg_language l WHERE l.lanacl IS NOT NULL AND l.oid < 16384`,
  sql`SELECT 'large object', NULL, CASE WHEN count(*) > 1000 THEN 'more than 1000' ELSE count(*)::text END, NULL, NULL
FROM (SELECT FROM pg_largeobject_metadata LIMIT 1001) l HAVING count(*) > 0`,
  sql`SELECT 'security label', NULL, l.provider || ' on ' || l.objtype || ' ' || l.objname, NULL, NULL FROM pg_seclabels l`,
  // The value may be a secret.
  sql`SELECT 'database setting', NULL, split_part(s.setting, '=', 1), NULL, NULL
FROM pg_db_role_setting d, unnest(d.setconfig) AS s (setting)
WHERE d.setrole = 0 AND d.setdatabase = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())`,
  ({ version }) => {
    const parameters = sql`SELECT 'privilege on a parameter', NULL, p.parname, NULL, NULL FROM pg_parameter_acl p`;
    const objects = sql`SELECT 'default privilege on large objects', NULL, pg_get_userbyid(d.defaclrole)::text, NULL, NULL FROM pg_default_acl d WHERE d.defaclobjtype = 'L'`;
    return version >= 150000 ? sql`${objects}\nUNION ALL\n${parameters}` : objects;
  },
];

function textOf(part: Part, reading: Reading): Sql {
  return typeof part === "function" ? part(reading) : part;
}

/** type, schema, name, catalog, object */
const NOT_MODELLED = query(
  (reading) =>
    join(
      [...RELATIONS, CONSTRAINTS, COLUMNS, ...OTHERS].map((part) => textOf(part, reading)),
      "\nUNION ALL\n",
    ),
  12,
);

export const notModelled = {
  reads: [NOT_MODELLED, EXTENSION_MEMBERS],
  find(snapshot: Snapshot): Inspection["notModelled"] {
    const members = new Set(snapshot.rows(EXTENSION_MEMBERS).map(([catalog, object]) => `${catalog} ${object}`));
    const found = new Map<string, Inspection["notModelled"][number]>();
    for (const [type, namespace, name, catalog, object] of snapshot.rows(NOT_MODELLED)) {
      if (members.has(`${catalog} ${object}`)) continue;
      const schema = namespace == null ? undefined : snapshot.schema(namespace);
      // A schema that is not taken is the server's own, or that of the ledger.
      if (namespace != null && schema === undefined) continue;
      found.set(`${type} ${name}`, {
        type: type as string,
        name: name as string,
        ...(schema !== undefined && { schema }),
      });
    }
    return [...found.values()];
  },
} as const;
