/**
 * Two equal fingerprints mean that no catalog row has changed in between: a count and a sum over row versions, so a
 * deleted row shows as well. Data, statistics and maintenance leave it as it is. Temporary tables change it, which costs
 * a full inspection and nothing else.
 */
import { join, Sql, sql } from "../../core/sql.ts";

/** Catalogs that hold what is inspected. pg_authid is for superusers only, so the roles' own columns stand for it. */
const CATALOGS = [
  "pg_class",
  "pg_attrdef",
  "pg_constraint",
  "pg_index",
  "pg_policy",
  "pg_rewrite",
  "pg_description",
  "pg_type",
  "pg_proc",
  "pg_trigger",
  "pg_namespace",
  "pg_inherits",
  "pg_sequence",
  "pg_default_acl",
  "pg_auth_members",
  "pg_db_role_setting",
  "pg_extension",
  "pg_enum",
  "pg_collation",
  "pg_statistic_ext",
  "pg_event_trigger",
  "pg_publication",
  "pg_publication_rel",
  "pg_partitioned_table",
  "pg_foreign_server",
  "pg_foreign_table",
  "pg_seclabel",
  "pg_shdescription",
  "pg_database",
  "pg_am",
  "pg_conversion",
  "pg_language",
  "pg_opclass",
  "pg_opfamily",
  "pg_transform",
  "pg_ts_parser",
  "pg_ts_template",
  "pg_range",
  "pg_operator",
  "pg_cast",
  "pg_ts_config",
  "pg_ts_dict",
  "pg_foreign_data_wrapper",
] as const;

function sum(catalog: string, where = ""): Sql {
  return new Sql(
    `(SELECT count(*) || ':' || coalesce(sum(hashtid(ctid)::bigint # xmin::text::bigint), 0) FROM ${catalog}${where})`,
  );
}

export const FINGERPRINT: Sql = sql`SELECT ${join(
  [
    ...CATALOGS.map((catalog) => sum(catalog)),
    sum("pg_attribute", " WHERE attnum > 0"),
    sql`(SELECT md5(string_agg(r::text, ',' ORDER BY r.oid)) FROM pg_roles r)`,
  ],
  " || ' ' ||\n  ",
)}`;
