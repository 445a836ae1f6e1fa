/** Columns of a table. https://www.postgresql.org/docs/current/sql-altertable.html */
import type { NormaliseContext, Statement } from "../../core/engine.ts";
import type { Table } from "../../core/specs.ts";
import { expr, join, type Sql, sql } from "../../core/sql.ts";
import { arrayItems } from "./common.ts";
import { identitySql, unusual } from "./identity.ts";
import { userText } from "./lexer.ts";
import { id, lit, named, qualified } from "./quote.ts";
import { query, type Row, type Snapshot } from "./snapshot.ts";
import { canonicalType } from "./types.ts";

export type Column = Table["columns"][number];

/** relation, columns, expressions: the server need not open a relation for a default, which names no column */
export const DEFAULTS = query(
  ({ within }) => sql`SELECT d.adrelid, array_agg(d.adnum),
  array_agg(CASE WHEN strpos(d.adbin::text, '{VAR ') = 0 THEN pg_get_expr(d.adbin, 0) ELSE pg_get_expr(d.adbin, d.adrelid) END)
FROM pg_attrdef d WHERE d.oid >= 16384${within(sql`d.adrelid`)}
GROUP BY d.adrelid`,
  15,
);

/**
 * relation, column, options of the sequence of an identity column, type of the column: only those that do not count from
 * 1 by 1 upwards
 */
export const IDENTITIES = query(
  sql`SELECT d.refobjid, d.refobjsubid, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, s.seqtypid::regtype::text
FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
  AND ((s.seqstart, s.seqincrement, s.seqmin, s.seqcache, s.seqcycle) <> (1, 1, 1, 1, false)
    OR s.seqmax <> CASE s.seqtypid WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647 ELSE 9223372036854775807 END)`,
  4,
);

/** By relation; identities by relation and column. */
export interface ColumnDetails {
  readonly defaults: ReadonlyMap<string, { readonly numbers: readonly string[]; readonly texts: readonly string[] }>;
  readonly identities: ReadonlyMap<string, Row>;
}

export function readDetails(snapshot: Snapshot): ColumnDetails {
  const defaults = snapshot
    .rows(DEFAULTS)
    .map(
      ([relation, numbers = null, texts = null]) =>
        [relation as string, { numbers: arrayItems(numbers), texts: arrayItems(texts) }] as const,
    );
  return {
    defaults: new Map(defaults),
    identities: new Map(snapshot.rows(IDENTITIES).map((row) => [`${row[0]}.${row[1]}`, row])),
  };
}

/** Columns outnumber everything else, so each is made at once in the form that is compared. */
export function readColumns(relation: string, { defaults, identities }: ColumnDetails, snapshot: Snapshot): Column[] {
  const texts = defaults.get(relation);
  const comments = snapshot.comments("pg_class", relation);
  return snapshot.columns(relation).map(({ number, name, type, notNull, identity, generated, collation }) => {
    const column: { -readonly [K in keyof Column]: Column[K] } = { name, type };
    if (notNull) column.notNull = true;
    const text = texts?.texts[texts.numbers.indexOf(number)];
    if (text !== undefined && generated === "-") column.default = text;
    if (identity !== "-") {
      column.identity = identity === "a" ? "always" : "by default";
      const sequence = sequenceOptions(identities.get(`${relation}.${number}`));
      if (sequence) column.sequence = sequence;
    }
    if (text !== undefined && generated !== "-") column.generated = text;
    if (generated === "v") column.virtual = true;
    if (collation !== undefined) column.collation = collation;
    const comment = comments?.get(number);
    if (comment !== undefined) column.comment = comment;
    return column;
  });
}

/** How an identity column counts, as the server holds it. */
function sequenceOptions(row: Row | undefined): Column["sequence"] {
  if (!row) return undefined;
  const [, , start, increment, minValue, maxValue, cache, cycle, type] = row as readonly string[];
  return unusual(
    {
      start: Number(start),
      increment: Number(increment),
      minValue: Number(minValue),
      maxValue: Number(maxValue),
      cache: Number(cache),
      cycle: cycle === "t",
    },
    type as string,
  );
}

/** Types in the server's spelling; what a key implies, or the server does by itself, is not said. */
export function normaliseColumns(table: Table, context: NormaliseContext): readonly Column[] {
  const key = new Set((table.primaryKey as { columns?: readonly string[] } | undefined)?.columns ?? []);
  return table.columns.map(({ sequence, default: value, ...column }) => {
    const type = canonicalType(column.type, table.schema, context);
    const implied = (key.has(column.name) || column.identity !== undefined) && !column.notNull;
    const counting = sequence && unusual(sequence, type);
    return {
      ...column,
      type,
      ...(implied && { notNull: true }),
      ...(value !== undefined && !/^\s*null\s*$/i.test(`${value}`) && { default: value }),
      ...(counting && { sequence: counting }),
      ...(column.collation && { collation: collation(column.collation) }),
    };
  });
}

/** `C` is `pg_catalog."C"`. */
export function collation(name: string): string {
  const text = name.includes(".") ? named(name).text : `pg_catalog.${id(name.replaceAll('"', "")).text}`;
  return text;
}

export function columnSql(column: Column): Sql {
  const parts: Sql[] = [id(column.name), expr(column.type)];
  if (column.collation) parts.push(sql`COLLATE ${expr(column.collation)}`);
  if (column.generated)
    parts.push(sql`GENERATED ALWAYS AS (${userText(column.generated)}) ${column.virtual ? sql`VIRTUAL` : sql`STORED`}`);
  if (column.identity) parts.push(identitySql(column));
  if (column.default !== undefined) parts.push(sql`DEFAULT ${userText(`${column.default}`)}`);
  if (column.notNull) parts.push(sql`NOT NULL`);
  return join(parts, " ");
}

export function columnComment(table: Table, column: Column): Statement {
  return {
    sql: sql`COMMENT ON COLUMN ${qualified(table.schema, table.name)}.${id(column.name)} IS ${column.comment === undefined ? sql`NULL` : lit(column.comment)}`,
  };
}
