/** How a pooler is, from its console. https://www.pgbouncer.org/usage.html#show-commands */
import type { ConnectOptions, HealthEngine, Monitor } from "../../core/engine.ts";
import type { Measurement } from "../../core/health/model.ts";
import type { DataSource } from "../../core/specs.ts";
import { hasty, latency, limitOf } from "../postgresql/health/probe.ts";
import { Console, consoleOf, type Row } from "./console.ts";

export const health: HealthEngine = {
  measures: [
    "up",
    "latency_seconds",
    "latency_spread_seconds",
    "pool_max_wait_seconds",
    "pool_clients_used_ratio",
    "pool_clients_waiting",
    "pool_clients_active",
    "pool_servers_active",
    "pool_servers_idle",
    "pool_servers_limit",
    "pool_transactions_total",
    "pool_queries_total",
    "pool_wait_seconds_total",
  ],
  open,
};

async function open(source: DataSource, options: ConnectOptions): Promise<Monitor> {
  const at = hasty(await consoleOf(source, options), limitOf(source));
  const console = await Console.open(at);
  const { version } = await console.version();
  return {
    target: { engine: "pgbouncer", location: `${at.host}:${at.port}/pgbouncer`, version, user: at.user },
    measure: () => measure(console),
    close: () => console.end(),
  };
}

/** The console answers one command at a time. */
async function measure(console: Console): Promise<readonly Measurement[]> {
  return [
    ...(await latency(() => console.say("SHOW VERSION"))),
    ...pools((await console.say("SHOW POOLS")).filter(isPool)),
    ...(await console.say("SHOW STATS_TOTALS")).filter(isPool).flatMap(ofDatabase),
    ...(await console.say("SHOW DATABASES")).filter(isPool).map(limitOfPool),
    clients(await console.say("SHOW LISTS"), await console.say("SHOW CONFIG")),
  ];
}

/** The console itself is a database of the pooler. */
function isPool(row: Row): boolean {
  return (row.get("database") ?? row.get("name")) !== "pgbouncer";
}

function number(row: Row | undefined, column: string): number {
  return Number(row?.get(column) ?? 0);
}

/** A pool is there from its first client on. */
function pools(rows: readonly Row[]): Measurement[] {
  if (rows.length > 0) return rows.flatMap(ofPool);
  return [{ name: "pool_max_wait_seconds", missing: "No client has come so far.", yet: true }];
}

function ofPool(row: Row): Measurement[] {
  const labels = { database: row.get("database") ?? "", user: row.get("user") ?? "" };
  return [
    { name: "pool_max_wait_seconds", value: number(row, "maxwait") + number(row, "maxwait_us") / 1e6, labels },
    { name: "pool_clients_waiting", value: number(row, "cl_waiting"), labels },
    { name: "pool_clients_active", value: number(row, "cl_active"), labels },
    { name: "pool_servers_active", value: number(row, "sv_active"), labels },
    { name: "pool_servers_idle", value: number(row, "sv_idle") + number(row, "sv_used"), labels },
  ];
}

function ofDatabase(row: Row): Measurement[] {
  const labels = { database: row.get("database") ?? "" };
  return [
    { name: "pool_transactions_total", value: number(row, "xact_count"), labels },
    { name: "pool_queries_total", value: number(row, "query_count"), labels },
    { name: "pool_wait_seconds_total", value: number(row, "wait_time") / 1e6, labels },
  ];
}

function limitOfPool(row: Row): Measurement {
  return { name: "pool_servers_limit", value: number(row, "pool_size"), labels: { database: row.get("name") ?? "" } };
}

function clients(lists: readonly Row[], config: readonly Row[]): Measurement {
  const used = number(
    lists.find((row) => row.get("list") === "used_clients"),
    "items",
  );
  const most = number(
    config.find((row) => row.get("key") === "max_client_conn"),
    "value",
  );
  return { name: "pool_clients_used_ratio", value: used / Math.max(1, most), note: `${used} of ${most}` };
}
