/** What would make a connection that works safer or steadier. */
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { note } from "../../../core/diagnostic.ts";
import type { Step } from "../../../core/network/steps.ts";
import type { DataSource } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import type { Slots } from "./load.ts";
import type { Reached } from "./reach.ts";

/** From this share of the server's connections on a pooler serves clients better than pools of their own. */
const MANY = 0.5;

interface Known {
  readonly reached: Reached;
  readonly client: Client;
  readonly source: DataSource;
  readonly slots: Slots | undefined;
}

/** One step for each. */
export async function advice(known: Known): Promise<Step[]> {
  const all = [tls(known.reached), reserve(known.slots), pooling(known.slots), await timeouts(known)];
  return all
    .filter((one) => one !== undefined)
    .map(([result, detail]) => [
      "recommendation",
      async () => ({ result, diagnostic: note("CONNECTION_ADVICE", result, { detail }) }),
    ]);
}

type Advice = readonly [what: string, why: string] | undefined;

/** Told where encryption is in use and the server could be anybody. */
function tls({ at, shown }: Reached): Advice {
  const ssl = (at.config.ssl ?? {}) as TlsOptions;
  const checksName = ssl.rejectUnauthorized === true && ssl.checkServerIdentity === undefined;
  if (!shown || checksName) return undefined;
  const what = "Set `tls: { mode: verify-full }`";
  if (shown.distrust === undefined && shown.mismatch === undefined)
    return [what, "The certificate of the server would pass; without it anybody in between can pass for the server."];
  const ca = shown.distrust === undefined ? "" : ", with `tls.ca` naming the CA that signed its certificate";
  const name = shown.mismatch === undefined ? "" : ` and have a certificate made for ${at.host}`;
  return [`${what}${ca}${name}`, "As it is, anybody in between can pass for the server."];
}

function reserve(slots: Slots | undefined): Advice {
  if (!slots || slots.reserved >= 3) return undefined;
  return [
    "Keep connections free for operations: `superuser_reserved_connections` of 3 or more",
    `The server keeps ${slots.reserved}: when clients have taken the rest, nobody can log in to see why.`,
  ];
}

function pooling(slots: Slots | undefined): Advice {
  if (!slots || slots.wanted <= slots.room * MANY) return undefined;
  return [
    "Put a pooler in front of the server for its clients",
    `They may open ${slots.wanted} of its ${slots.room} connections, and each costs memory there whether it is used or not.`,
  ];
}

async function timeouts({ client, source }: Known): Promise<Advice> {
  if ((source.clients ?? []).length === 0) return undefined;
  const [rows] = await client.query(
    sql`SELECT name FROM pg_settings WHERE name IN ('idle_in_transaction_session_timeout', 'statement_timeout') AND reset_val = '0' ORDER BY 1`
      .text,
  );
  const names = (rows ?? []).map(([name]) => `\`${name}\``);
  if (names.length === 0) return undefined;
  return [
    `Set ${names.join(" and ")} for the roles of the declared clients`,
    "A client that forgets a transaction keeps its locks, and a query that nobody waits for any more goes on. `settings` of a Role sets them.",
  ];
}
