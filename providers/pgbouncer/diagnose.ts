/** The console tested step by step: reached, which version, how busy, and whether its files can be changed from here. */
import { error, warning } from "../../core/diagnostic.ts";
import type { ConnectionStep, ConnectOptions } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import type { DataSource } from "../../core/specs.ts";
import { Console, consoleOf } from "./console.ts";
import { filesOf } from "./place.ts";

type Outcome = Pick<ConnectionStep, "result" | "diagnostic">;

export async function* diagnose(source: DataSource, options: ConnectOptions): AsyncIterable<ConnectionStep> {
  let opened: Console | undefined;
  const steps: readonly (readonly [string, () => Promise<Outcome>])[] = [
    [
      "console",
      async () => {
        const at = await consoleOf(source, options);
        opened = await Console.open(at);
        return { result: `${at.user}@${at.host}:${at.port}` };
      },
    ],
    ["version", async () => ({ result: `PgBouncer ${(await (opened as Console).version()).version}` })],
    ["clients", () => clients(opened as Console)],
    ["files", () => files(source, opened as Console)],
  ];
  try {
    for (const [step, work] of steps) {
      const started = performance.now();
      const outcome = await work().catch(failed);
      const milliseconds = Math.round((performance.now() - started) * 10) / 10;
      const ok = outcome.diagnostic?.severity !== "error";
      yield { step, ok, milliseconds, ...outcome };
      if (!ok) return;
    }
  } finally {
    await opened?.end();
  }
}

function failed(problem: unknown): Outcome {
  const [known] = problem instanceof Refusal ? problem.diagnostics : [];
  const diagnostic = known ?? error("CONNECTION_FAILED", (problem as Error).message);
  return { result: diagnostic.summary, diagnostic };
}

async function clients(console: Console): Promise<Outcome> {
  const pools = await console.say("SHOW POOLS");
  const sum = (column: string): number => pools.reduce((total, row) => total + Number(row.get(column) ?? 0), 0);
  const { config } = await console.inForce();
  const most = config.get("max_client_conn")?.value;
  const [active, waiting] = [sum("cl_active"), sum("cl_waiting")];
  const result = `${active + waiting} of ${most}, ${waiting} waiting; ${sum("sv_active") + sum("sv_idle")} server connections`;
  if (waiting === 0) return { result };
  const detail = "Raise `size` or `reserve` of the pool, as far as the server has room, or shorten the transactions.";
  return { result, diagnostic: warning("POOL_WAITS", `${waiting} clients wait for a server connection`, { detail }) };
}

async function files(source: DataSource, console: Console): Promise<Outcome> {
  const found = filesOf(source, await console.inForce());
  found.read();
  const why = found.unwritable();
  if (why === undefined) return { result: `${found.config} may be written` };
  const detail = "Plans work; to apply, run as a user who may write the file and its folder.";
  const summary = `The files of the pooler cannot be written: ${why}`;
  return { result: `${found.config} may be read only`, diagnostic: warning("NOT_WRITTEN", summary, { detail }) };
}
