/** Counts and hashes of rows, the same whatever order they lie in. A role that row policies hold is refused, not misled. */
import type { TableCheck } from "../../../core/backups/model.ts";
import { formatName } from "../../../core/names.ts";
import { matchesAny } from "../../../core/ownership.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { lit, named } from "../quote.ts";

const TABLES = sql`SELECT n.nspname, c.relname, c.relpersistence, c.relkind, c.oid::text, c.relispopulated,
 (SELECT i.inhparent::text FROM pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'
ORDER BY 1, 2`;

export interface CheckedTable {
  readonly name: string;
  readonly schema: string;
  /** Tables that it is a partition of, the nearest first: what is said of one of them is said of it. */
  readonly partitionOf: readonly string[];
  /** It has no rows itself, its partitions have them. */
  readonly isPartitioned: boolean;
  /** Its rows are not in the log, and so in no copy that is made of it. */
  readonly isUnlogged: boolean;
  /** A materialized view. */
  readonly isMaterialized: boolean;
  /** Not of a materialized view that was made without rows: whoever reads it is refused. */
  readonly isPopulated: boolean;
  readonly oid: string;
}

type TableRow = [string, string, string, string, string, string, string | null];

/** All tables and materialized views. */
export async function allTables(client: Client): Promise<CheckedTable[]> {
  const [found = []] = await client.query(TABLES.text);
  const rows = found as TableRow[];
  const known = new Map(rows.map((row) => [row[4], row]));
  const above = (parent: string | null): string[] => {
    const row = parent === null ? undefined : known.get(parent);
    return row ? [formatName([row[0], row[1]]), ...above(row[6])] : [];
  };
  return rows.map(([schema, table, persistence, kind, oid, isPopulated, parent]) => ({
    name: formatName([schema, table]),
    schema,
    partitionOf: above(parent),
    isPartitioned: kind === "p",
    isUnlogged: persistence === "u",
    isMaterialized: kind === "m",
    isPopulated: isPopulated === "t",
    oid,
  }));
}

/** Is its name like one of the patterns, or that of a table that it is a partition of? */
export function isLike(patterns: readonly string[] | undefined, { name, partitionOf }: CheckedTable): boolean {
  return [name, ...partitionOf].some((one) => matchesAny(patterns, one));
}

/** What has rows and is like one of the patterns: tables, partitions and materialized views. */
export function likeAny(tables: readonly CheckedTable[], patterns: readonly string[] | undefined): CheckedTable[] {
  return tables.filter((table) => !table.isPartitioned && isLike(patterns, table));
}

export async function tablesLike(client: Client, patterns: readonly string[]): Promise<CheckedTable[]> {
  return patterns.length === 0 ? [] : likeAny(await allTables(client), patterns);
}

/** Patterns that no table is like. */
export function unlike(tables: readonly CheckedTable[], patterns: readonly string[]): readonly string[] {
  return patterns.filter((pattern) => !tables.some(({ name }) => matchesAny([pattern], name)));
}

export const UNPOPULATED = "it is a materialized view that was never filled";

/** Holds them for a transaction: they are read by everybody and written to, and neither emptied nor dropped. */
export function hold(tables: readonly CheckedTable[]): Sql {
  return sql`LOCK TABLE ${join(tables.map(({ name }) => named(name)))} IN ACCESS SHARE MODE`;
}

/** Counts and hashes the tables of these names. */
export async function countTables(client: Client, tables: readonly string[]): Promise<TableCheck[]> {
  if (tables.length === 0) return [];
  // Half of an MD5 of each row, added up: a sum does not care about order, and a row that is there twice counts twice.
  const counts = tables.map(
    (name) => sql`SELECT ${lit(name)}, count(*)::text,
  coalesce(sum(('x' || substr(md5(t::text), 1, 16))::bit(64)::bigint::numeric), 0)::text FROM ${named(name)} t`,
  );
  const [found = []] = await client.query(join(counts, "\nUNION ALL ").text);
  return (found as [string, string, string][]).map(([table, count, hash]) => ({ table, rows: Number(count), hash }));
}
