/**
 * Conditions of row policies. What does not depend on the row stands in a subquery of its own, which the server runs once
 * for a query and not once for a row. A setting that was set in an earlier transaction reads as the empty text, so that
 * counts as not set; and what is not set equals nothing. Functions and operators are named with their schema: of those
 * that lie in the schema of the table, where others may create as well, a better match would be taken.
 * https://www.postgresql.org/docs/current/ddl-rowsecurity.html
 */
import type { RowAccess } from "../../core/specs.ts";
import { EMPTY, expr, type Sql, sql } from "../../core/sql.ts";
import { id, lit, named } from "./quote.ts";
import { isBuiltIn } from "./types.ts";

type Mapping = Omit<NonNullable<RowAccess["mapping"]>, "column">;
type Hierarchy = Omit<NonNullable<RowAccess["hierarchy"]>, "column">;

/** `tenant OPERATOR(pg_catalog.=) (SELECT nullif(pg_catalog.current_setting('app.tenant', true), '')::bigint)` */
export function settingRule(column: string, setting: string, type: string | undefined): Sql {
  const cast = type === undefined || isText(type) ? EMPTY : sql`::${expr(type)}`;
  return sql`${id(column)} ${equals(type)} (SELECT nullif(pg_catalog.current_setting(${lit(setting)}, true), '')${cast})`;
}

export function userRule(column: string): Sql {
  return sql`${id(column)} ${EQUALS} (SELECT current_user::text)`;
}

export function mappingRule(column: string, { table, user, key }: Mapping, type: string | undefined): Sql {
  return sql`${id(column)} ${equals(type)} ANY (SELECT m.${id(key)} FROM ${named(table)} m WHERE m.${id(user)} ${EQUALS} current_user::text)`;
}

/** UNION and not UNION ALL: a circle in the tree ends it. */
export function hierarchyRule(
  column: string,
  { table, child, parent, user }: Hierarchy,
  type: string | undefined,
): Sql {
  return sql`${id(column)} ${equals(type)} ANY (
  WITH RECURSIVE below (node) AS (
    SELECT t.${id(child)} FROM ${named(table)} t WHERE t.${id(user)} ${EQUALS} current_user::text
    UNION
    SELECT t.${id(child)} FROM ${named(table)} t JOIN below ON t.${id(parent)} ${equals(type)} below.node
  )
  SELECT node FROM below)`;
}

const EQUALS = sql`OPERATOR(pg_catalog.=)`;

/** A type of an extension brings an operator of its own, which lies wherever the extension does. */
function equals(type: string | undefined): Sql {
  return type === undefined || isBuiltIn(type) ? EQUALS : sql`=`;
}

/** Types that a text is compared with as it is. */
function isText(type: string): boolean {
  return /^(pg_catalog\.)?(text|varchar|character varying)\s*(\(\s*\d+\s*\))?$/i.test(type.trim());
}
