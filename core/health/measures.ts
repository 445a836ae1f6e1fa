/**
 * All that is measured, once: an engine fills what it can, and reports, metrics, alerts and dashboards are made of it. A
 * name is that of the metric without `datumline_`, in base units. https://prometheus.io/docs/practices/naming/
 */
import type { DataSource } from "../specs.ts";

/** `moment`: seconds since 1970, of which the age is what matters; `flag`: 1 where it is so. */
export type Unit = "seconds" | "bytes" | "ratio" | "count" | "flag" | "moment";

/** From when on it is not healthy, in the unit of the measure; of a moment, in seconds since. */
export interface Bounds {
  readonly warning?: number;
  readonly critical?: number;
}

export type Threshold = keyof NonNullable<DataSource["health"]>;

export interface Measure {
  /** As people read it. */
  readonly title: string;
  readonly unit: Unit;
  readonly help: string;
  /** It only grows until somebody sets its statistics back. */
  readonly counter?: true;
  /** Names of its labels. */
  readonly labels?: readonly string[];
  /** Field of `health` that sets its bounds. */
  readonly threshold?: Threshold;
  /** Where none are declared. */
  readonly bounds?: Bounds;
  /** Less is worse. @default more is */
  readonly worse?: "less";
  /** What an alert is called, where the title does not say what is wrong. */
  readonly alert?: string;
  /** For graphs, and for who wants to know more. */
  readonly detail?: true;
}

const MINUTE = 60;
const HOUR = 3600;

const measures = <N extends string>(all: Readonly<Record<N, Measure>>): Readonly<Record<N, Measure>> => all;

export const MEASURES = measures({
  up: {
    title: "reachable",
    unit: "flag",
    help: "Whether the data source could be measured.",
    bounds: { critical: 0 },
    worse: "less",
    alert: "Unreachable",
  },
  latency_seconds: {
    title: "latency",
    unit: "seconds",
    help: "Median time of a trivial query.",
    threshold: "latency",
    bounds: { warning: 0.1, critical: 1 },
  },
  latency_spread_seconds: {
    title: "latency spread",
    unit: "seconds",
    help: "Time between the fastest and the slowest of the trivial queries.",
    detail: true,
  },
  connections_used_ratio: {
    title: "connections in use",
    unit: "ratio",
    help: "Share of the connections for clients that are in use.",
    threshold: "connections",
    bounds: { warning: 0.8, critical: 0.95 },
  },
  connections_limit: {
    title: "connections for clients",
    unit: "count",
    help: "Connections that the server takes, without those kept free for superusers.",
    detail: true,
  },
  connections: {
    title: "connections",
    unit: "count",
    help: "Connections by role and database.",
    labels: ["role", "database"],
    detail: true,
  },
  cache_hit_ratio: {
    title: "cache hit ratio",
    unit: "ratio",
    help: "Share of block reads that memory answered since the statistics were last reset.",
    threshold: "cacheHitRatio",
    bounds: { warning: 0.9, critical: 0.8 },
    worse: "less",
  },
  replica_up: {
    title: "replica reachable",
    unit: "flag",
    help: "Whether a declared replica answers as a standby.",
    labels: ["replica"],
    bounds: { warning: 0 },
    worse: "less",
    alert: "ReplicaUnreachable",
  },
  replication_lag_seconds: {
    title: "replication lag",
    unit: "seconds",
    help: "How far a replica is behind.",
    labels: ["replica"],
    threshold: "replicationLag",
    bounds: { warning: 30, critical: 5 * MINUTE },
  },
  database_size_bytes: { title: "size", unit: "bytes", help: "Size of the database on disk.", threshold: "size" },
  longest_transaction_seconds: {
    title: "longest transaction",
    unit: "seconds",
    help: "Age of the oldest transaction that is open in the database.",
    threshold: "longestTransaction",
    bounds: { warning: 15 * MINUTE, critical: HOUR },
  },
  blocked_sessions: { title: "blocked sessions", unit: "count", help: "Sessions that wait for a lock." },
  wraparound_ratio: {
    title: "transaction IDs used",
    unit: "ratio",
    help: "Share of the transaction IDs that are used up since the oldest was frozen; at 1 the server stops.",
    bounds: { warning: 0.3, critical: 0.6 },
  },
  deadlocks_total: { title: "deadlocks", unit: "count", help: "Deadlocks so far.", counter: true },
  checksum_failures_total: {
    title: "checksum failures",
    unit: "count",
    help: "Blocks whose checksum was wrong so far.",
    counter: true,
    bounds: { critical: 1 },
  },
  lost_sessions_total: {
    title: "lost sessions",
    unit: "count",
    help: "Sessions that ended by an error, a kill or a lost client so far.",
    counter: true,
  },
  rolled_back_transactions_total: {
    title: "transactions rolled back",
    unit: "count",
    help: "Transactions that were rolled back so far.",
    counter: true,
    detail: true,
  },
  committed_transactions_total: {
    title: "transactions committed",
    unit: "count",
    help: "Transactions that were committed so far.",
    counter: true,
    detail: true,
  },
  statement_mean_seconds: {
    title: "slow statement",
    unit: "seconds",
    help: "Mean time of one of the slowest statements, by its identifier on the server.",
    labels: ["statement"],
  },
  statement_seconds_total: {
    title: "time of a statement",
    unit: "seconds",
    help: "Time that one of the slowest statements took so far.",
    labels: ["statement"],
    counter: true,
    detail: true,
  },
  statement_calls_total: {
    title: "calls of a statement",
    unit: "count",
    help: "How often one of the slowest statements ran so far.",
    labels: ["statement"],
    counter: true,
    detail: true,
  },
  pool_max_wait_seconds: {
    title: "wait for a pool",
    unit: "seconds",
    help: "How long the client that waits longest has waited for a connection of the pool.",
    labels: ["database", "user"],
    threshold: "poolWait",
    bounds: { warning: 1, critical: 10 },
  },
  pool_clients_used_ratio: {
    title: "clients of the pooler",
    unit: "ratio",
    help: "Share of the client connections that the pooler takes which are in use.",
    threshold: "connections",
    bounds: { warning: 0.8, critical: 0.95 },
  },
  pool_clients_waiting: {
    title: "clients that wait",
    unit: "count",
    help: "Clients that wait for a connection of the pool.",
    labels: ["database", "user"],
  },
  pool_clients_active: {
    title: "clients that are served",
    unit: "count",
    help: "Clients that have a connection of the pool, or need none now.",
    labels: ["database", "user"],
    detail: true,
  },
  pool_servers_active: {
    title: "server connections in use",
    unit: "count",
    help: "Server connections of the pool that serve a client.",
    labels: ["database", "user"],
    detail: true,
  },
  pool_servers_idle: {
    title: "server connections that are free",
    unit: "count",
    help: "Server connections of the pool that could serve a client at once.",
    labels: ["database", "user"],
    detail: true,
  },
  pool_servers_limit: {
    title: "server connections at most",
    unit: "count",
    help: "Server connections that each pool of the database may open.",
    labels: ["database"],
    detail: true,
  },
  pool_transactions_total: {
    title: "pooled transactions",
    unit: "count",
    help: "Transactions that went through the pools of the database so far.",
    labels: ["database"],
    counter: true,
    detail: true,
  },
  pool_queries_total: {
    title: "pooled queries",
    unit: "count",
    help: "Queries that went through the pools of the database so far.",
    labels: ["database"],
    counter: true,
    detail: true,
  },
  pool_wait_seconds_total: {
    title: "time waited for pools",
    unit: "seconds",
    help: "Time that clients have waited for the pools of the database so far.",
    labels: ["database"],
    counter: true,
    detail: true,
  },
  last_backup_timestamp_seconds: {
    title: "last backup",
    unit: "moment",
    help: "When the newest good backup was made.",
    threshold: "backupAge",
  },
  backup_on_time: {
    title: "backup on time",
    unit: "flag",
    help: "Whether the newest good backup of a schedule is as young as its rpo, in every place of it, and no run was missed.",
    labels: ["schedule"],
    bounds: { critical: 0 },
    worse: "less",
    alert: "BackupOverdue",
  },
  backup_runner_installed: {
    title: "runner installed",
    unit: "flag",
    help: "Whether the files of what runs a backup or a drill are there as declared.",
    labels: ["runs"],
    bounds: { warning: 0 },
    worse: "less",
    alert: "BackupRunnerDiffers",
  },
  last_restore_timestamp_seconds: {
    title: "last restore",
    unit: "moment",
    help: "When a drill last restored a backup, whether or not it held.",
    labels: ["drill"],
    threshold: "restoreAge",
  },
  restore_proved: {
    title: "restore proved",
    unit: "flag",
    help: "Whether the last restore of a drill held, was tried when it was due, and is as young as manage.requireDrill asks.",
    labels: ["drill"],
    bounds: { critical: 0 },
    worse: "less",
    alert: "RestoreNotProved",
  },
  last_proof_timestamp_seconds: {
    title: "last proof",
    unit: "moment",
    help: "When all that is declared was last tried by `datumline test`.",
    threshold: "proofAge",
  },
  last_proof_held: {
    title: "last proof held",
    unit: "flag",
    help: "Whether everything held when it was last tried.",
    bounds: { critical: 0 },
    worse: "less",
    alert: "ProofRefuted",
  },
});

export type MeasureName = keyof typeof MEASURES;

export const MEASURE_NAMES = Object.keys(MEASURES) as readonly MeasureName[];
