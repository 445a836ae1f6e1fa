import { nameParts } from "../../core/names.ts";
import { join, Sql } from "../../core/sql.ts";

/** A quoted identifier. https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS */
export function id(name: string): Sql {
  return new Sql(identifier(name));
}

function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A name as the server writes it: quoted only where it must be. */
export function quoteIdent(name: string): string {
  return name === "public" ? name : identifier(name);
}

/** A qualified name: `sales.customer_dim`. */
export function qualified(...parts: readonly string[]): Sql {
  return new Sql(parts.map(identifier).join("."));
}

/** A reference as it stands in a spec. */
export function named(reference: string): Sql {
  return qualified(...nameParts(reference));
}

export function ids(names: readonly string[]): Sql {
  return join(names.map(id));
}

/** A role in a statement; `public` stands for all roles and is no identifier. */
export function role(name: string): Sql {
  return name === "public" ? new Sql("PUBLIC") : id(name);
}

/** A string literal, whatever `standard_conforming_strings` says. */
export function lit(text: string): Sql {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return new Sql(text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted);
}

export function number(value: number): Sql {
  if (!Number.isInteger(value)) throw new Error(`internal: not a whole number: ${value}`);
  return new Sql(String(value));
}

/** Words that cannot stand for a column or a table without quotes. https://www.postgresql.org/docs/current/sql-keywords-appendix.html */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char
  character check coalesce collate collation column concurrently constraint create cross current_catalog current_date
  current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do
  else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike
  in initially inner inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists
  json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like
  limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset
  on only or order out outer overlaps overlay placing position precision primary public real references returning right row
  select session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp to
  trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes
  xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
);
