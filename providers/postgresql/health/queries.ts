/**
 * What a measurement reads: all of it in one round trip. Every role may read it, but of other roles' sessions nothing more
 * than that they are there. https://www.postgresql.org/docs/current/monitoring-stats.html
 */
import { type Sql, sql } from "../../../core/sql.ts";
import { lit } from "../quote.ts";

/** Aurora has a log of its own, and refuses the functions that tell of PostgreSQL's. */
const HAS_LOG = sql`to_regproc('pg_catalog.aurora_version') IS NULL`;

/** One row: what the rest is understood by. `proofs` is where the ledger keeps them. */
export function facts(proofs: Sql): Sql {
  return sql`SELECT pg_is_in_recovery(), pg_has_role('pg_read_all_stats', 'USAGE'), current_setting('max_connections'),
  current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0),
  CASE WHEN NOT pg_is_in_recovery() AND ${HAS_LOG} THEN pg_current_wal_lsn() END,
  (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pg_stat_statements'),
  has_table_privilege(to_regclass(${lit(proofs.text)}), 'SELECT')`;
}

/** `name, value, note` of the connected database, and of the server where it is the server's. */
export const NUMBERS = sql`SELECT 'database_size_bytes', pg_database_size(current_database())::text, NULL
UNION ALL
SELECT 'blocked_sessions', count(DISTINCT l.pid)::text, NULL
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE NOT l.granted AND a.datname = current_database()
UNION ALL
SELECT 'wraparound_ratio', (used / 2147483648.0)::text, 'most in ' || datname
FROM (SELECT datname, greatest(age(datfrozenxid), mxid_age(datminmxid)) AS used FROM pg_database ORDER BY 2 DESC LIMIT 1) d
UNION ALL
SELECT v.name, v.value::text, NULL
FROM pg_stat_database d, LATERAL (VALUES
  ('deadlocks_total', d.deadlocks), ('committed_transactions_total', d.xact_commit),
  ('rolled_back_transactions_total', d.xact_rollback), ('checksum_failures_total', d.checksum_failures),
  ('lost_sessions_total', (to_jsonb(d) ->> 'sessions_abandoned')::bigint + (to_jsonb(d) ->> 'sessions_fatal')::bigint
    + (to_jsonb(d) ->> 'sessions_killed')::bigint)) v (name, value)
WHERE d.datname = current_database() AND v.value IS NOT NULL`;

/** `hits, reads, day on which both were set back`. */
export const CACHE = sql`SELECT blks_hit, blks_read, stats_reset::date FROM pg_stat_database WHERE datname = current_database()`;

/** `role, database, connections`; what sort of session it is only some may see. */
export const CONNECTIONS = sql`SELECT coalesce(usename, '?'), coalesce(datname, '?'), count(*)
FROM pg_stat_activity
WHERE backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL)
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`;

/** `seconds, whose` of the oldest transaction, prepared ones included; nothing of what it runs. */
export const TRANSACTION = sql`SELECT extract(epoch FROM clock_timestamp() - began), whose
FROM (
  SELECT xact_start, format('%s, process %s, %s', usename, pid, state) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname = current_database()
  UNION ALL
  SELECT prepared, format('%s, prepared', owner) FROM pg_prepared_xacts WHERE database = current_database()
) t (began, whose)
WHERE began IS NOT NULL ORDER BY began LIMIT 1`;

/** `replica, seconds, written, replayed` of what reads from this server, the latter as bytes since ever. */
export const SENDERS = sql`SELECT concat_ws(' ', nullif(application_name, ''), host(client_addr)), max(extract(epoch FROM replay_lag)),
  max(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, '0/0')),
  min(pg_wal_lsn_diff(replay_lsn, '0/0'))
FROM pg_stat_replication WHERE (state IS NULL OR state IN ('streaming', 'catchup')) AND ${HAS_LOG}
GROUP BY 1 ORDER BY 1`;

/**
 * `seconds, is it a standby`. One that has replayed all that the primary had written (`upTo`, or what it has received itself)
 * is not behind, however long ago that was.
 */
export function standby(upTo: string | undefined): Sql {
  const all =
    upTo === undefined
      ? sql`pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver)`
      : sql`pg_last_wal_replay_lsn() >= ${lit(upTo)}::pg_lsn`;
  return sql`SELECT CASE WHEN NOT pg_is_in_recovery() OR NOT ${HAS_LOG} THEN NULL WHEN ${all} THEN 0 ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END,
  pg_is_in_recovery()`;
}
