/** Each declared replica is tried as a client would: reached, logged in to, and asked how far behind it is. */
import { warning } from "../../../core/diagnostic.ts";
import { boundsOf } from "../../../core/health/thresholds.ts";
import type { Outcome, Step } from "../../../core/network/steps.ts";
import type { DataSource } from "../../../core/specs.ts";
import { type Client, type Endpoint, open } from "../client.ts";
import { standby } from "../health/queries.ts";

/** All at once; `primary` says how far it has written, which is what they are compared with. */
export function replicaSteps(source: DataSource, at: Endpoint, primary: Client): Step[] {
  const written = primary
    .query("SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END")
    .then(([rows]) => rows?.[0]?.[0] ?? undefined);
  return (source.replicas ?? []).map(({ name, host, port = at.port }) => {
    const there = { ...at, host, port, config: { ...at.config, host, port } };
    const asked = written.then((upTo) => ask(source, name, there, upTo));
    // Whoever takes the step is told.
    asked.catch(() => undefined);
    return [`replica ${name}`, () => asked];
  });
}

async function ask(source: DataSource, name: string, at: Endpoint, upTo: string | undefined): Promise<Outcome> {
  const client = await open(at);
  try {
    const [rows] = await client.query(standby(upTo).text);
    const [seconds, isStandby] = rows?.[0] ?? [];
    const where = `${at.host}:${at.port}`;
    if (isStandby !== "t") {
      const summary = `The replica ${name} at ${where} is no standby: it accepts writes`;
      const detail = "It was promoted, or it is another server. Make it a standby again, or take it out of `replicas`.";
      return { result: `${where} is no standby`, diagnostic: warning("REPLICA_LATE", summary, { detail }) };
    }
    if (seconds === null || seconds === undefined) {
      const summary = `The replica ${name} at ${where} has replayed nothing yet`;
      const detail = "Look into its log: it may not reach its primary.";
      return { result: `${where}, lag unknown`, diagnostic: warning("REPLICA_LATE", summary, { detail }) };
    }
    const lag = Number(seconds);
    const { warning: most = 30 } = boundsOf("replication_lag_seconds", source, { replica: name }) ?? {};
    const result = lag === 0 ? `${where}, standby, up to date` : `${where}, standby, ${lag.toFixed(1)} s behind`;
    const facts = { lagSeconds: lag };
    if (lag < most) return { result, facts };
    const summary = `The replica ${name} is ${Math.round(lag)} s behind`;
    const detail =
      "Look at the load of both, at long queries on the replica and at `pg_stat_replication` on the primary.";
    return { result, facts, diagnostic: warning("REPLICA_LATE", summary, { detail }) };
  } finally {
    await client.end();
  }
}
