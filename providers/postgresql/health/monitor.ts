/**
 * Measures a server in a few round trips over one connection, and one to each declared replica. What the connected role may
 * not see is told as missing: a number that leaves out other roles' sessions would pass for health.
 */
import type { ConnectOptions, HealthEngine, Monitor } from "../../../core/engine.ts";
import type { Measurement } from "../../../core/health/model.ts";
import type { DataSource } from "../../../core/specs.ts";
import { type Client, endpoint, open } from "../client.ts";
import { lastProof, proofsTable } from "../proof-record.ts";
import { hasty, latency, limitOf } from "./probe.ts";
import { CACHE, CONNECTIONS, facts, NUMBERS, SENDERS, standby, TRANSACTION } from "./queries.ts";
import { readTogether, unreadable } from "./reading.ts";
import { type Replica, replica } from "./replicas.ts";
import { cacheOf, connectionsOf, mayNotSee, noProof, numberOf, proofsOf, standbyOf, transactionOf } from "./rows.ts";
import { Senders } from "./senders.ts";
import { statements } from "./statements.ts";

export const health: HealthEngine = {
  measures: [
    "up",
    "latency_seconds",
    "latency_spread_seconds",
    "connections_used_ratio",
    "connections_limit",
    "connections",
    "cache_hit_ratio",
    "replica_up",
    "replication_lag_seconds",
    "database_size_bytes",
    "longest_transaction_seconds",
    "blocked_sessions",
    "wraparound_ratio",
    "deadlocks_total",
    "checksum_failures_total",
    "lost_sessions_total",
    "rolled_back_transactions_total",
    "committed_transactions_total",
    "statement_mean_seconds",
    "statement_seconds_total",
    "statement_calls_total",
    "last_backup_timestamp_seconds",
    "backup_on_time",
    "backup_runner_installed",
    "last_restore_timestamp_seconds",
    "restore_proved",
    "last_proof_timestamp_seconds",
    "last_proof_held",
  ],
  open: openMonitor,
};

async function openMonitor(source: DataSource, options: ConnectOptions): Promise<Monitor> {
  const limit = limitOf(source);
  const at = await endpoint(source, options);
  const client = await open(hasty(at, limit));
  const [rows] = await client.query("SELECT current_setting('server_version'), current_user, current_database()");
  const [version = "", user = "", database = ""] = (rows?.[0] ?? []) as readonly string[];
  const replicas = (source.replicas ?? []).map(({ name, host, port = at.port }) =>
    // Connecting to it and asking it must both end before the measurement does.
    replica(name, limit / 4, () => open(hasty(at, limit / 4, { host, port }))),
  );
  const tracked = new Senders();
  return {
    target: {
      engine: "postgresql",
      location: `${at.host}:${at.port}/${at.database}`,
      version: version.split(" ")[0] as string,
      user,
      database,
    },
    measure: () =>
      measure({ client, source, limit, user, replicas, tracked }).catch((problem: unknown) => {
        throw unreadable(problem, limit);
      }),
    async close() {
      await Promise.all([client.end(), ...replicas.map((one) => one.close())]);
    },
  };
}

interface Measuring {
  readonly client: Client;
  readonly source: DataSource;
  readonly limit: number;
  readonly user: string;
  readonly replicas: readonly Replica[];
  readonly tracked: Senders;
}

async function measure({ client, source, limit, user, replicas, tracked }: Measuring): Promise<readonly Measurement[]> {
  const ledger = source.ledger === "none" ? undefined : (source.ledger?.schema ?? "datumline");
  const time = await latency(() => client.query("SELECT 1"));
  const [known = [], numbers = [], cache = [], connections = [], transaction = [], senders = [], own = []] =
    await readTogether(client, limit, [
      facts(proofsTable(ledger ?? "")),
      NUMBERS,
      CACHE,
      CONNECTIONS,
      TRANSACTION,
      SENDERS,
      standby(undefined),
    ]);
  const [isStandby, seesAll, most, reserved, written, extension, readsProofs] = known[0] ?? [];
  const unseen = seesAll === "t" ? undefined : { missing: mayNotSee(user) };
  const [slow, ...declared] = await Promise.all([
    unseen ? [{ name: "statement_mean_seconds", ...unseen } as const] : statements(client, limit, extension ?? null),
    ...replicas.map((one) => one.measure(written ?? undefined)),
  ]);
  return [
    ...time,
    ...numbers.map(numberOf),
    cacheOf(cache[0]),
    ...connectionsOf(connections, Number(most), Number(reserved), source.limits),
    unseen ? { name: "longest_transaction_seconds", ...unseen } : transactionOf(transaction[0]),
    ...(isStandby === "t" ? [standbyOf(own[0])] : []),
    ...(replicas.length > 0 ? declared.flat() : tracked.measure(senders, unseen)),
    ...slow,
    ...(ledger !== undefined && readsProofs === "t"
      ? proofsOf((await readTogether(client, limit, [lastProof(ledger, source.name)]))[0] ?? [])
      : [noProof(ledger === undefined ? undefined : readsProofs)]),
    { name: "last_backup_timestamp_seconds", missing: "No BackupSchedule of it is declared." },
  ];
}
