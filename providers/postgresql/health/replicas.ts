/** How far a declared replica is behind: it is asked itself, over a connection of its own. */
import { Refusal } from "../../../core/errors.ts";
import type { Measurement } from "../../../core/health/model.ts";
import { type Kept, kept } from "../../../core/kept.ts";
import type { Client } from "../client.ts";
import { standby } from "./queries.ts";
import { numeric, readTogether } from "./reading.ts";

const NAME = "replication_lag_seconds";
const NOTHING = {
  missing: "It does not tell how far it has replayed, or has replayed nothing so far.",
  yet: true,
} as const;
/** Times that one that is behind is asked, and milliseconds between them: what was written a moment ago is on its way. */
const TRIES = 3;
const PAUSE = 100;

/** A declared replica that is asked again and again. */
export interface Replica {
  /** `upTo`: how far the primary had written. */
  measure(upTo: string | undefined): Promise<Measurement[]>;
  close(): Promise<void>;
}

interface Connection {
  readonly client: Client;
  close(): Promise<void>;
}

/** `limit` in milliseconds: less than a measurement may take, so that a replica that is gone does not pass for its primary. */
export function replica(name: string, limit: number, open: () => Promise<Client>): Replica {
  const connection: Kept<Connection> = kept(name, limit, async () => {
    const client = await open();
    return { client, close: () => client.end() };
  });
  const labels = { replica: name };
  return {
    async measure(upTo) {
      try {
        const { lag, isStandby } = await connection.use(({ client }) => lagOf(client, limit, upTo));
        const note = isStandby ? undefined : "it answers, and is no standby: it accepts writes";
        const up: Measurement = { name: "replica_up", value: isStandby ? 1 : 0, labels, ...(note && { note }) };
        if (!isStandby) return [up];
        return [up, lag === undefined ? { name: NAME, labels, ...NOTHING } : { name: NAME, value: lag, labels }];
      } catch (problem) {
        const note = problem instanceof Refusal ? problem.message : `it does not answer: ${(problem as Error).message}`;
        return [{ name: "replica_up", value: 0, labels, note }];
      }
    },
    close: () => connection.close(),
  };
}

async function lagOf(
  client: Client,
  limit: number,
  upTo: string | undefined,
): Promise<{ readonly lag: number | undefined; readonly isStandby: boolean }> {
  for (let tried = 1; ; tried += 1) {
    const [rows] = await readTogether(client, limit, [standby(upTo)]);
    const [seconds, isStandby] = rows?.[0] ?? [];
    const lag = numeric(seconds);
    if (lag === 0 || tried === TRIES || isStandby !== "t") return { lag, isStandby: isStandby === "t" };
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}
