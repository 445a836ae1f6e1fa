/** What every measurement over this protocol does alike. */
import type { Measurement } from "../../../core/health/model.ts";
import type { DataSource } from "../../../core/specs.ts";
import type { Endpoint } from "../client.ts";

/** Trivial queries of one measurement. */
const PINGS = 5;
/** Seconds, where the data source says nothing. */
const LIMIT = 10;

/** Milliseconds for connecting, and again for every round trip. */
export function limitOf({ connection }: DataSource): number {
  return (connection.connectTimeout ?? LIMIT) * 1000;
}

/** A connection that is tried once, because it is measured again soon, and on which nothing takes longer than that. */
export function hasty(
  at: Endpoint,
  limit: number,
  place: { readonly host: string; readonly port: number } = at,
): Endpoint {
  const { host, port } = place;
  return {
    ...at,
    host,
    port,
    retry: { attempts: 1, delay: 0 },
    config: { ...at.config, host, port, connectionTimeoutMillis: limit, query_timeout: limit },
  };
}

/** How long a trivial query takes. */
export async function latency(query: () => Promise<unknown>): Promise<Measurement[]> {
  const seconds: number[] = [];
  for (let count = 0; count < PINGS; count += 1) {
    const started = performance.now();
    await query();
    seconds.push((performance.now() - started) / 1000);
  }
  seconds.sort((a, b) => a - b);
  const [fastest = 0, slowest = 0] = [seconds[0], seconds.at(-1)];
  return [
    { name: "latency_seconds", value: seconds[PINGS >> 1] ?? slowest, note: `median of ${PINGS}` },
    { name: "latency_spread_seconds", value: slowest - fastest },
  ];
}
