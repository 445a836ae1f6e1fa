/** From the rows of a measurement to what they measure. */
import type { MeasureName } from "../../../core/health/measures.ts";
import type { Measured, Measurement } from "../../../core/health/model.ts";
import type { DataSource } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import { id } from "../quote.ts";
import type { Row } from "../snapshot.ts";

/** From so many block reads on, the share of hits says something. */
const ENOUGH_READS = 10_000;

/** Why a role without pg_read_all_stats cannot measure it. */
export function mayNotSee(user: string): string {
  return `${user} may not see the sessions of other roles: ${sql`GRANT pg_monitor TO ${id(user)}`.text}.`;
}

export function numberOf([name, value, note]: Row): Measured {
  return { name: name as MeasureName, value: Number(value), ...(note && { note }) };
}

export function cacheOf([hits, reads, since]: Row = []): Measurement {
  const [hit, all] = [Number(hits), Number(hits) + Number(reads)];
  const name = "cache_hit_ratio";
  if (all < ENOUGH_READS)
    return {
      name,
      missing: `Only ${all} of the ${ENOUGH_READS} block reads that it takes have been made so far.`,
      yet: true,
    };
  return { name, value: hit / all, ...(since && { note: `since ${since}` }) };
}

export function connectionsOf(
  rows: readonly Row[],
  most: number,
  reserved: number,
  declared: DataSource["limits"] = {},
): Measurement[] {
  const used = rows.reduce((sum, [, , count]) => sum + Number(count), 0);
  const limit = Math.max(1, (declared.maxConnections ?? most) - (declared.reserved ?? reserved));
  return [
    { name: "connections_used_ratio", value: used / limit, note: `${used} of ${limit}` },
    { name: "connections_limit", value: limit },
    ...rows.map(([role, database, count]): Measurement => {
      return { name: "connections", value: Number(count), labels: { role: `${role}`, database: `${database}` } };
    }),
  ];
}

export function transactionOf([seconds, whose]: Row = []): Measurement {
  return {
    name: "longest_transaction_seconds",
    value: Math.max(0, Number(seconds ?? 0)),
    ...(whose && { note: whose }),
  };
}

/** The connected server is a standby itself. */
export function standbyOf([seconds]: Row = []): Measurement {
  const name = "replication_lag_seconds";
  if (seconds === null || seconds === undefined)
    return { name, missing: "It does not tell how far it has replayed, or has replayed nothing so far.", yet: true };
  return { name, value: Math.max(0, Number(seconds)) };
}

export function proofsOf([row]: readonly Row[]): Measurement[] {
  if (!row) return [noProof("t")];
  const [moment, held, failed] = row;
  return [
    { name: "last_proof_timestamp_seconds", value: Number(moment) },
    { name: "last_proof_held", value: failed === "0" ? 1 : 0, note: `${held} held, ${failed} did not` },
  ];
}

/** `readable`: null where there is no such table; undefined where no ledger is kept. */
export function noProof(readable: string | null | undefined): Measurement {
  const missing =
    readable === undefined
      ? "No ledger is kept, so nothing tells of proofs."
      : readable === "f"
        ? "The connected role may not read the ledger, which knows."
        : "`datumline test` has recorded none so far.";
  return { name: "last_proof_timestamp_seconds", missing };
}
