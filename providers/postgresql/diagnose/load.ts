/** How fast the server answers, and how many connections it has to give. */
import { type Demanding, demands, room, together } from "../../../core/connections.ts";
import { error, warning } from "../../../core/diagnostic.ts";
import { boundsOf } from "../../../core/health/thresholds.ts";
import type { Outcome } from "../../../core/network/steps.ts";
import type { DataSource } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";

/** Milliseconds after which no further query is sent, once a few have been answered. */
const ENOUGH = 2000;
const FEW = 5;

export async function latency(client: Client, source: DataSource, queries: number): Promise<Outcome> {
  const times: number[] = [];
  const started = performance.now();
  while (times.length < queries && (times.length < FEW || performance.now() - started < ENOUGH)) {
    const before = performance.now();
    await client.query("SELECT 1");
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] as number;
  const [median, late, slowest] = [at(0.5), at(0.95), at(1)].map((time) => Math.round(time * 100) / 100) as [
    number,
    number,
    number,
  ];
  const fastest = Math.round((times[0] as number) * 100) / 100;
  const result = `median ${median} ms, from ${fastest} to ${slowest} ms in ${times.length} queries`;
  const facts = { queries: times.length, median, fastest, p95: late, slowest };
  const { warning: high = Number.POSITIVE_INFINITY, critical = Number.POSITIVE_INFINITY } =
    boundsOf("latency_seconds", source) ?? {};
  if (median < Math.min(high, critical) * 1000) return { result, facts };
  const summary = `A trivial query takes ${median} ms`;
  const detail =
    "Run closer to the server, look at the tunnel or pooler in between and at the load of the server; `health.latency` says from when on it counts.";
  const tell = median < critical * 1000 ? warning : error;
  return { result, facts, diagnostic: tell("SLOW_CONNECTION", summary, { detail }) };
}

export interface Slots {
  /** For clients, without what is kept free. */
  readonly room: number;
  /** Kept by the server for its administrators. */
  readonly reserved: number;
  /** What the declared clients and pools may open. */
  readonly wanted: number;
}

/** `learned` is told what there is. */
export async function connections(
  client: Client,
  demanding: Demanding,
  learned: (slots: Slots) => void,
): Promise<Outcome> {
  const { source } = demanding;
  const [rows] = await client.query(
    sql`SELECT current_setting('max_connections'),
  current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0),
  count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL)`
      .text,
  );
  const [maxConnections = 0, reserved = 0, used = 0] = (rows?.[0] ?? []).map(Number);
  const left = room(source, { maxConnections, reserved }) ?? 0;
  const all = demands(demanding).filter(({ replica }) => replica === undefined);
  const wanted = together(all);
  const free = Math.max(0, left - used);
  learned({ room: left, reserved, wanted });
  const asked = wanted > 0 ? `; declared clients and pools take up to ${wanted}` : "";
  const result = `${used} of ${maxConnections} in use, ${free} of ${left} for clients free${asked}`;
  const facts = { used, most: maxConnections, reserved, room: left, free, declared: wanted };
  const said = source.limits?.maxConnections ?? 0;
  if (said > maxConnections) {
    const summary = `\`limits.maxConnections\` says ${said}, and the server takes ${maxConnections}`;
    const detail = "Declare what it takes, or raise its `max_connections`, which needs a restart.";
    return { result, facts, diagnostic: warning("FEW_CONNECTIONS_LEFT", summary, { detail }) };
  }
  if (wanted > left) {
    const summary = `${source.name} may be asked for ${wanted} connections and has room for ${left}: ${wanted - left} too many`;
    const each = all.map(({ name, connections: own, made }) => `${name} ${own} (${made})`).join("; ");
    const detail = `They are ${each}. Make pools smaller, put a pooler in front of the clients, or raise \`max_connections\` by ${wanted - left}.`;
    return { result, facts, diagnostic: warning("POOLS_TOO_LARGE", summary, { detail }) };
  }
  if (free > 0) return { result, facts };
  const summary = "No connection is left but those that are kept free";
  const detail = "End connections that nobody uses (`pg_stat_activity`), make pools smaller, or put a pooler in front.";
  return { result, facts, diagnostic: warning("FEW_CONNECTIONS_LEFT", summary, { detail }) };
}
