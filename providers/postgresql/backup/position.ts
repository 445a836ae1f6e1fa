/**
 * A snapshot, and the position in the log that belongs to it: a server recovered up to that position, and no further, holds
 * what the snapshot shows.
 *
 * Nobody is locked out for it; it is seen that the two belong together. A commit writes its record into the log, then becomes
 * visible, then gives up its locks. So a table is in the snapshot as it is at the position where, after the position was read,
 * nobody held a lock that writing to it takes, and nothing became visible between a snapshot before that and the one that is
 * kept. A table that somebody writes to all the while is named instead.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { number } from "../quote.ts";
import { allTables, type CheckedTable, hold, likeAny, UNPOPULATED, unlike } from "./checks.ts";

export interface Position {
  /** As in `0/90000D8`. */
  readonly lsn: string;
  /** Timeline that it is on, as names of segments of the log begin. */
  readonly timeline: string;
  /** Tables that are in the snapshot as they are at the position. */
  readonly tables: readonly string[];
  /** Those of which that cannot be said, each with the reason. */
  readonly left: readonly { readonly table: string; readonly why: string }[];
}

/** Locks under which no row of a table is changed. */
const HARMLESS = sql`'AccessShareLock', 'RowShareLock', 'ShareLock', 'ShareUpdateExclusiveLock'`;

/**
 * One round trip, and as little as can be in it: the less time it takes, the less happens meanwhile. What is locked is neither
 * emptied nor dropped while it is read.
 */
function look(tables: readonly CheckedTable[]): Sql {
  const locked = tables.filter(({ isMaterialized }) => !isMaterialized);
  return sql`BEGIN; SELECT txid_current_snapshot()::text; SELECT pg_current_wal_insert_lsn()::text;
SELECT relation::text FROM pg_locks WHERE mode NOT IN (${HARMLESS}) AND locktype = 'relation' AND granted;
COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
${locked.length > 0 ? hold(locked) : sql`SET LOCAL lock_timeout = 0`};
SELECT txid_current_snapshot()::text, substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)`;
}

/** Milliseconds for which a moment is waited for at which nobody writes; and between two looks. */
const PATIENCE = 3_000;
const PAUSE = 10;

/** Leaves the session in a transaction with the snapshot. */
export async function atPosition(client: Client, patterns: readonly string[]): Promise<Position> {
  await client.query(sql`SET row_security = off; SET lock_timeout = ${number(PATIENCE)}`.text);
  const until = performance.now() + PATIENCE;
  const everStill = new Set<string>();
  for (;;) {
    const all = await allTables(client);
    const tables = likeAny(all, patterns);
    try {
      const [, before = [], at = [], locked = [], , , , kept = []] = await client.query(look(tables).text);
      // Where something became visible meanwhile, nothing is certain of any table.
      const isStill = before[0]?.[0] === kept[0]?.[0];
      // Those of other databases may have the same number: a table is left out too often rather than too seldom.
      const locks = new Set(locked.map(([oid]) => oid));
      const isQuiet = ({ oid }: CheckedTable): boolean => isStill && !locks.has(oid);
      const logged = tables.filter(({ isUnlogged, isPopulated }) => !isUnlogged && isPopulated);
      const still = namesOf(logged.filter(isQuiet));
      const written = namesOf(logged.filter((table) => !isQuiet(table)));
      for (const name of still) everStill.add(name);
      // What is still now and then is waited for longer than a table that never is, and a moment that is still longest.
      const patience = PATIENCE * (isStill ? Number(written.some((name) => everStill.has(name))) : 2);
      if (written.length === 0 || performance.now() > until + patience) {
        const [lsn = ""] = at[0] as string[];
        const [, timeline = ""] = kept[0] as string[];
        const left = [
          ...namesOf(tables.filter(({ isUnlogged }) => isUnlogged)).map((table) => ({
            table,
            why: "it is unlogged, so its rows are in no copy",
          })),
          ...namesOf(tables.filter(({ isPopulated }) => !isPopulated)).map((table) => ({ table, why: UNPOPULATED })),
          ...unlike(all, patterns).map((table) => ({ table, why: "no table is like it" })),
          ...written.map((table) => ({ table, why: "it was being written to all the while" })),
        ];
        return { lsn, timeline, tables: still, left };
      }
    } catch (problem) {
      // Somebody dropped one, or locks it.
      if (performance.now() > until) throw problem;
    }
    await client.query("ROLLBACK");
    await sleep(PAUSE);
  }
}

function namesOf(tables: readonly CheckedTable[]): string[] {
  return tables.map(({ name }) => name);
}

/** A position as a number of bytes since the log began. */
export function bytesAt(lsn: string): bigint {
  const [high = "0", low = "0"] = lsn.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
