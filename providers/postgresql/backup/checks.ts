/** Counts and hashes of rows, the same whatever order they lie in. A role that row policies hold is refused, not misled. */
import type { TableCheck } from "../../../core/backups/model.ts";
import { formatName, nameParts } from "../../../core/names.ts";
import { matchesAny } from "../../../core/ownership.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { lit, named } from "../quote.ts";

const TABLES = sql`SELECT n.nspname, c.relname, c.relpersistence, c.relkind, c.oid::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'
ORDER BY 1, 2`;

export interface CheckedTable {
  readonly name: string;
  /** Its rows are not in the log, and so in no copy that is made of it. */
  readonly isUnlogged: boolean;
  /** A materialized view. */
  readonly isMaterialized: boolean;
  readonly oid: string;
}

/** Tables and materialized views whose name is like one of the patterns. */
export async function tablesLike(client: Client, patterns: readonly string[]): Promise<CheckedTable[]> {
  if (patterns.length === 0) return [];
  const [rows = []] = await client.query(TABLES.text);
  const all = (rows as [string, string, string, string, string][]).map(([schema, table, persistence, kind, oid]) => ({
    name: formatName([schema, table]),
    isUnlogged: persistence === "u",
    isMaterialized: kind === "m",
    oid,
  }));
  return all.filter(({ name }) => matchesAny(patterns, name));
}

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

/** Counts and hashes all that are like one of the patterns, but for those whose rows are not backed up. */
export async function checkTables(
  client: Client,
  patterns: readonly string[],
  { schemas, except }: NonNullable<BackupSchedule["what"]> = {},
): Promise<TableCheck[]> {
  const tables = (await tablesLike(client, patterns)).map(({ name }) => name);
  const isKept = (name: string): boolean =>
    !matchesAny(except, name) && (schemas?.includes(nameParts(name)[0] as string) ?? true);
  return countTables(client, tables.filter(isKept));
}
