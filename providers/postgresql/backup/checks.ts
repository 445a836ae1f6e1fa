/** Counts and hashes of rows, the same whatever order they lie in. A role that row policies hold is refused, not misled. */
import type { TableCheck } from "../../../core/backups/model.ts";
import { formatName } from "../../../core/names.ts";
import { matchesAny } from "../../../core/ownership.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { lit, qualified } from "../quote.ts";

const TABLES = sql`SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'
ORDER BY 1, 2`;

/** Tables and materialized views whose name is like one of the patterns. */
export async function checkTables(client: Client, patterns: readonly string[]): Promise<TableCheck[]> {
  if (patterns.length === 0) return [];
  const [rows = []] = await client.query(TABLES.text);
  const tables = (rows as [string, string][]).filter((parts) => matchesAny(patterns, formatName(parts)));
  if (tables.length === 0) return [];
  // Half of an MD5 of each row, added up: a sum does not care about order, and a row that is there twice counts twice.
  const counts = tables.map(
    ([schema, name]) => sql`SELECT ${lit(formatName([schema, name]))}, count(*)::text,
  coalesce(sum(('x' || substr(md5(t::text), 1, 16))::bit(64)::bigint::numeric), 0)::text FROM ${qualified(schema, name)} t`,
  );
  const [found = []] = await client.query(counts.map(({ text }) => text).join("\nUNION ALL "));
  return (found as [string, string, string][]).map(([table, count, hash]) => ({ table, rows: Number(count), hash }));
}
