/**
 * Measures again and again, and answers with what was measured last: a server that hangs never keeps anybody waiting. Who
 * can reach the address can read it, so it is this machine's own unless another is given.
 */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { error } from "../core/diagnostic.ts";
import type { Watched } from "../core/doors/health.ts";
import { Refusal } from "../core/errors.ts";
import {
  type Health,
  type HealthReport,
  healthJson,
  isReport,
  type NotLookedAt,
  worstOf,
} from "../core/health/report.ts";
import { quantity } from "../core/quantity.ts";
import type { Context } from "./context.ts";
import { metrics } from "./metrics.ts";

const INTERVAL = "30s";
const SHORTEST = 1;

/** Until the run is interrupted, which is how it is meant to end. */
export async function serve(
  context: Context,
  watches: readonly (Watched | NotLookedAt)[],
  address: string,
): Promise<number> {
  const { options, output, io } = context;
  const interval = quantity(options.interval ?? INTERVAL);
  if (interval < SHORTEST) throw usage(`--interval is at least ${SHORTEST}s`, "It reads 30s, 5min or 2h.");
  // Without the library nothing could be answered: better said now than to whoever asks.
  await metrics([]);
  const latest: (Health | undefined)[] = watches.map((one) => ("look" in one ? undefined : one));
  const server = await listening(context, address, () => latest.filter((one) => one !== undefined));
  const { address: host, port } = server.address() as AddressInfo;
  const shown = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  output.say(`Serving http://${shown}/metrics, /health.json and /healthz, measured every ${interval} s.`);
  if (!/^(127\.|::1$)/.test(host)) output.say("Whoever can reach this address can read it.");
  const stop = new AbortController();
  const keepLooking = async (one: Watched, at: number): Promise<void> => {
    while (!stop.signal.aborted) {
      const started = performance.now();
      const report = await one.look();
      if (stop.signal.aborted) return;
      tellChange(context, latest[at], report);
      latest[at] = report;
      const rest = interval * 1000 - (performance.now() - started);
      await sleep(Math.max(0, rest), undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const looked = watches.flatMap((one, at) => ("look" in one ? [{ one, at }] : []));
  for (const { one, at } of looked) void keepLooking(one, at);
  await io.interrupted;
  stop.abort();
  server.close();
  server.closeAllConnections();
  await Promise.all(looked.map(({ one }) => one.close()));
  output.say("Stopped.");
  return 0;
}

/** A line when a data source becomes another than it was, with the reason where it cannot be reached. */
function tellChange(
  { output }: Context,
  before: Health | undefined,
  { source, status, diagnostics }: HealthReport,
): void {
  const was = before && isReport(before) ? before.status : undefined;
  if (was === status) return;
  output.say(`${source.name}: ${was === undefined ? status : `${was}, now ${status}`}`);
  output.diagnostics(diagnostics);
}

async function listening({ secrets }: Context, address: string, current: () => readonly Health[]): Promise<Server> {
  const { host, port } = parsed(address);
  const server = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    const known = Object.hasOwn(PAGES, path) ? PAGES[path] : undefined;
    if (request.method !== "GET" && request.method !== "HEAD") send(response, 405, TEXT, "Only GET.\n");
    else if (!known) send(response, 404, TEXT, `There are ${Object.keys(PAGES).join(", ")}.\n`);
    else
      known(current()).then(
        ({ text, contentType }) => send(response, 200, contentType, secrets.redact(text)),
        (problem: Error) => send(response, 500, TEXT, secrets.redact(`${problem.message}\n`)),
      );
  });
  server.requestTimeout = REQUEST_TIMEOUT;
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (problem) {
    const { code = "", message } = problem as NodeJS.ErrnoException;
    throw usage(
      `Cannot listen on ${address}: ${WHY[code] ?? message}`,
      "Give another address: `--serve 127.0.0.1:9187`.",
    );
  }
  return server;
}

const REQUEST_TIMEOUT = 10_000;
const TEXT = "text/plain; charset=utf-8";
const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: "somebody else listens there",
  EADDRNOTAVAIL: "it is no address of this machine",
  EACCES: "permission denied",
  ENOTFOUND: "it does not resolve",
};

interface Page {
  readonly text: string;
  readonly contentType: string;
}

const PAGES: Readonly<Record<string, (all: readonly Health[]) => Promise<Page>>> = {
  "/metrics": metrics,
  "/health.json": async (all) => ({ text: healthJson(all), contentType: "application/json; charset=utf-8" }),
  // Whether this process is well, not what it looks at: restarting it would mend nothing there.
  "/healthz": async (all) => ({ text: `ok, ${worstOf(all)}\n`, contentType: TEXT }),
};

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" }).end(text);
}

/** `127.0.0.1:9187`, `[::1]:9187`, `:9187` or `9187`: this machine's own address unless one is named. */
function parsed(address: string): { readonly host: string; readonly port: number } {
  const [, v6, name, port] = /^(?:\[(.+)\]:|([^:]*):)?(\d+)$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw usage("--serve does not take this value", "It reads HOST:PORT, such as 127.0.0.1:9187 or 0.0.0.0:9187.");
  return { host: v6 || name || "127.0.0.1", port: Number(port) };
}

function usage(summary: string, detail: string): Refusal {
  return new Refusal([error("USAGE", summary, { detail })]);
}
