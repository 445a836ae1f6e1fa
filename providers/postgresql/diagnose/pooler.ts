/**
 * Does a pooler stand in between? When a session begins, a server announces the process that serves it; a pooler announces a
 * number of its own, because the process changes. Two sessions that are served by one process tell that it hands the server
 * on after each transaction.
 */
import { error, warning } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import type { Outcome } from "../../../core/network/steps.ts";
import { type Client, connected, type Endpoint } from "../client.ts";

/** How often the two sessions take turns: a pooler may have several servers at hand. */
const TURNS = 4;

export async function pooler(client: Client, at: Endpoint): Promise<Outcome> {
  const other = await connected({ ...at, retry: { attempts: 1, delay: 0 } }, "").catch((problem: unknown) => {
    if (problem instanceof Refusal && problem.diagnostics[0]?.code === "TOO_MANY_CONNECTIONS") return undefined;
    throw problem;
  });
  if (!other) return { result: "not looked for: the server has no second connection to give" };
  try {
    const own = async (): Promise<string> => {
      const { rows } = await other.query<[string]>({ text: "SELECT pg_backend_pid()", rowMode: "array" });
      return `${rows[0]?.[0]}`;
    };
    const { processID: announced } = other as unknown as { readonly processID: number | null };
    if ((await own()) === `${announced}`) return { result: "none: the session is served by the process it began with" };
    const shared = await takeTurns(async () => `${(await client.query("SELECT pg_backend_pid()"))[0]?.[0]?.[0]}`, own);
    const facts = { pooler: true, mode: shared ? "transaction" : "unknown" };
    if (shared) {
      const result = "one that hands the server on after each transaction";
      const detail =
        "Settings, locks and prepared statements of a session end up with others. Connect Datumline to the server itself, and declare the pooler as a data source of its own.";
      const summary = "A pooler in transaction mode stands between here and the server";
      return { result, facts, diagnostic: error("POOLER", summary, { detail }) };
    }
    const detail =
      "In session mode Datumline works through it, in transaction mode it does not. Connect to the server itself where you can.";
    const result = "one that seems to keep the server for a session";
    return { result, facts, diagnostic: warning("POOLER", "A pooler stands between here and the server", { detail }) };
  } finally {
    await other.end().catch(() => undefined);
  }
}

async function takeTurns(one: () => Promise<string>, other: () => Promise<string>): Promise<boolean> {
  const seen = new Set<string>();
  for (let turn = 0; turn < TURNS; turn += 1) seen.add(await one());
  for (let turn = 0; turn < TURNS; turn += 1) if (seen.has(await other())) return true;
  return false;
}
