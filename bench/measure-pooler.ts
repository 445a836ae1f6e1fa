/**
 * 1,000 clients on 50 connections of the server, while the sizes of the pools are changed again and again: throughput and
 * the slowest of a hundred queries before, meanwhile and after. A query that fails, or a client that is disconnected, is a
 * failure of the benchmark.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { type EmbeddedPostgres, startPostgres } from "../scripts/embedded.ts";
import { missing, type Pooler, startPgBouncer } from "../scripts/pgbouncer.ts";
import type { Figure } from "./report.ts";

const CLIENTS = 1000;
const SERVERS = 50;
/** Milliseconds that a client thinks between two queries. */
const THINKS = 1000;
const PHASE = 6000;
/** At how many clients a second connects. */
const ARRIVING = 50;
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** Milliseconds of each query, by phase. */
type Phase = "before" | "meanwhile" | "after";

export async function measurePooler(): Promise<Figure[]> {
  const why = missing();
  if (why !== undefined)
    return [{ name: "1,000 clients on 50 connections", tables: 0, value: undefined, unit: "ms", note: why }];
  const server = await startPostgres({ settings: { max_connections: "70" } });
  const pooler = await startPgBouncer({
    settings: [`max_client_conn = ${CLIENTS + 10}`],
    userlist: ['"portal" "of the portal"', '"scanner" "of the scanner"'],
  });
  const folder = mkdtempSync(join(tmpdir(), "datumline-bench-pooler-"));
  try {
    return await measured(server, pooler, folder);
  } finally {
    await pooler.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(server: EmbeddedPostgres, pooler: Pooler, folder: string): Promise<Figure[]> {
  const sizes = [30, 45, 20, 50, 35, 50];
  await apply(server, pooler, folder, SERVERS);
  const clients: pg.Client[] = [];
  while (clients.length < CLIENTS) {
    const arriving = Array.from({ length: ARRIVING }, (_, at) => at % 2 === 0);
    clients.push(
      ...(await Promise.all(
        arriving.map((even) =>
          pooler.client("work", even ? "portal" : "scanner", even ? "of the portal" : "of the scanner"),
        ),
      )),
    );
  }
  const times: Record<Phase, number[]> = { before: [], meanwhile: [], after: [] };
  const failures: unknown[] = [];
  let phase: Phase = "before";
  let most = 0;
  let ends = false;
  const working = clients.map(async (client, at) => {
    client.on("end", () => ends || failures.push("disconnected"));
    await sleep((at * THINKS) / CLIENTS);
    while (!ends) {
      const started = performance.now();
      const during = phase;
      await client.query("SELECT 1").catch((problem) => failures.push(problem));
      times[during].push(performance.now() - started);
      await sleep(THINKS);
    }
  });
  const counting = count(
    pooler,
    () => ends,
    (servers) => {
      most = Math.max(most, servers);
    },
  );
  await sleep(PHASE);
  phase = "meanwhile";
  const began = performance.now();
  for (const size of sizes) await apply(server, pooler, folder, size);
  const lasted = performance.now() - began;
  phase = "after";
  await sleep(PHASE);
  ends = true;
  await Promise.all([...working, counting]);
  await Promise.all(clients.map((client) => client.end()));
  if (failures.length > 0) throw new Error(`${failures.length} queries or clients failed: ${String(failures[0])}`);
  if (most > SERVERS) throw new Error(`${most} connections to the server, and ${SERVERS} were allowed`);
  const seconds: Record<Phase, number> = { before: PHASE / 1000, meanwhile: lasted / 1000, after: PHASE / 1000 };
  return [
    ...(["before", "meanwhile", "after"] as const).flatMap((name): Figure[] => {
      const sorted = times[name].sort((a, b) => a - b);
      const words = name === "meanwhile" ? `while sizes change ${sizes.length} times` : name;
      const perSecond = Math.round(sorted.length / seconds[name]);
      return [
        {
          name: `1,000 clients on ${most} connections, ${words}: queries a second`,
          tables: 0,
          value: perSecond,
          unit: "",
        },
        {
          name: `the same: slowest of a hundred`,
          tables: 0,
          value: sorted[Math.floor(sorted.length * 0.99)],
          unit: "ms",
        },
      ];
    }),
    { name: "change of a pool's size, whole process", tables: 0, value: lasted / sizes.length / 1000, unit: "s" },
  ];
}

/** Connections to the server, again and again. */
async function count(pooler: Pooler, ends: () => boolean, tell: (servers: number) => void): Promise<void> {
  while (!ends()) {
    tell((await pooler.say("SHOW SERVERS")).length);
    await sleep(200);
  }
}

/** In a process of its own, as somebody would at the console. */
async function apply(server: EmbeddedPostgres, pooler: Pooler, folder: string, size: number): Promise<void> {
  const pool = { kind: "ConnectionPool", name: "work", host: server.host, port: server.port, database: "postgres" };
  const documents = [
    {
      kind: "DataSource",
      name: "pooler",
      engine: "pgbouncer",
      connection: { host: "127.0.0.1", port: pooler.port, user: "admin", password: { env: "CONSOLE_PASSWORD" } },
      pgbouncer: { config: pooler.config },
    },
    { ...pool, mode: "transaction", size, maxConnections: SERVERS, user: "postgres" },
  ];
  writeFileSync(join(folder, "pooler.json"), JSON.stringify(documents));
  const child = spawn(process.execPath, [MAIN, "apply", "-f", folder, "--yes", "--no-cache"], {
    env: { ...process.env, CONSOLE_PASSWORD: "of the admin" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const [code] = (await once(child, "exit")) as [number];
  if (code !== 0) throw new Error(`The pool could not be given ${size} connections: ${said}`);
}
