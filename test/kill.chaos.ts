/**
 * Whoever is killed while applying leaves all of it or nothing, or, where statements stand outside a transaction, a part
 * that the next apply completes. The next apply is always the same command; nobody mends anything by hand.
 *
 * `npm run test:chaos -- --rounds 3`; moments are drawn, so a failure names the seed that draws them again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { benchFiles } from "../bench/schema.ts";
import type { Address } from "../core/address.ts";
import { catalogHash } from "../core/planner.ts";
import { type Estate, estate } from "./support/roundtrip.ts";
import { freshServer } from "./support/server.ts";

const ROUNDS = Number(process.env.DATUMLINE_CHAOS_ROUNDS ?? 10);
const SEED = Number(process.env.DATUMLINE_CHAOS_SEED ?? Date.now() % 2 ** 31);
const TABLES = 200;
const MINUTES = 60_000;

let folder: string;
let url: string;
let held: Estate;
let seed = SEED;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "datumline-chaos-"));
  // What was committed must outlive a crash of the server.
  const settings = { synchronous_commit: "on", max_locks_per_transaction: "512" };
  url = (await freshServer({ settings })).url();
  held = estate(url);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same every time for a seed. */
function drawn(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

type Documents = readonly { readonly kind: string; readonly [field: string]: unknown }[];

function written(documents: Documents): string {
  return documents.map((document) => stringify(document)).join("---\n");
}

/** Two states of an estate that differ in every table: each apply creates, alters, replaces, grants and drops. */
function states(): [string, string] {
  const first = benchFiles(TABLES).flatMap(({ documents }) => documents.map(({ kind, spec }) => ({ kind, ...spec })));
  const second = first
    .filter((document) => !JSON.stringify(document).includes("5_open"))
    .map((document): Documents[number] => {
      const { kind, columns, using } = document as { kind: string; columns?: object[]; using?: string };
      if (kind === "Table")
        return {
          ...document,
          comment: "changed",
          columns: [...(columns ?? []), { name: "extra", type: "int", default: 7 }],
        };
      if (kind === "Index") return { ...document, comment: "changed" };
      if (kind === "RowPolicy") return { ...document, using: `(${using}) OR region = 'EU'` };
      return document;
    });
  return [written(first), written(second)];
}

interface Applying {
  readonly process: ChildProcess;
  /** The last line that it printed. */
  last(): string;
  readonly gone: Promise<unknown>;
}

/** Starts an apply in a process of its own, and comes back when it begins to change things. */
async function applying(documents: string): Promise<Applying> {
  const file = join(folder, "documents.yaml");
  writeFileSync(file, documents);
  const script = fileURLToPath(new URL("support/applying.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, url, file], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const gone = once(child, "exit");
  let last = "";
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on("line", (line) => {
    last = line;
  });
  await Promise.race([once(lines, "line"), gone]);
  return { process: child, last: () => last, gone };
}

/** A server notices that its client is gone when it next talks to it. */
async function nobodyApplies(): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 20) {
    const [row] = await held.query("SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'datumline'");
    if (row?.n === "0") return;
    await sleep(20);
  }
  throw new Error("a session of the killed process is still there");
}

async function ledger(): Promise<{ address: Address; made: unknown }[]> {
  const [there] = await held.query("SELECT to_regclass('datumline.ledger') IS NOT NULL AS is");
  return there?.is
    ? ((await held.query("SELECT address, made FROM datumline.ledger ORDER BY 1")) as {
        address: Address;
        made: unknown;
      }[])
    : [];
}

/** The next apply converges; the ledger then holds what is there, as ours but for the schema that plain SQL made. */
async function converges(documents: string): Promise<void> {
  await held.apply(documents);
  const live = await held.inspect();
  const entries = await ledger();
  const others = ["Schema/side", "Table/side.t"];
  expect(entries.filter(({ address }) => !live.has(address))).toEqual([]);
  expect(entries.filter(({ address, made }) => made !== true && !others.includes(address))).toEqual([]);
  expect((await held.plan(documents)).bookkeeping).toEqual({ found: [], gone: [] });
}

describe(`killed at a random moment (DATUMLINE_CHAOS_SEED=${SEED})`, () => {
  test(
    `a transaction leaves all or nothing, ${ROUNDS} times`,
    async () => {
      const both = states();
      const hashes: (string | undefined)[] = [undefined, undefined];
      let before = catalogHash(await held.inspect());
      let took = 0;
      for (let round = 0; round <= ROUNDS; round += 1) {
        const documents = both[round % 2] as string;
        const child = await applying(documents);
        const started = performance.now();
        // The first is left alone, to learn how long it takes.
        if (round > 0) {
          await sleep(drawn() * took);
          child.process.kill("SIGKILL");
        }
        await child.gone;
        if (round === 0) took = performance.now() - started;
        await nobodyApplies();
        const found = catalogHash(await held.inspect());
        const empty = (await held.plan(documents)).steps.length === 0;
        expect(found === before || empty).toBe(true);
        await converges(documents);
        const after = catalogHash(await held.inspect());
        expect(hashes[round % 2] ?? after).toBe(after);
        hashes[round % 2] = after;
        before = after;
      }
    },
    ROUNDS * MINUTES,
  );

  test(
    `statements outside a transaction are completed, ${ROUNDS} times`,
    async () => {
      await held.query(
        "CREATE SCHEMA side; CREATE TABLE side.t (id bigint PRIMARY KEY, a text, b text); INSERT INTO side.t SELECT n, n::text, n::text FROM generate_series(1, 30000) n",
      );
      const objects = (round: number): string =>
        written([
          ...benchFiles(TABLES).flatMap(({ documents }) => documents.map(({ kind, spec }) => ({ kind, ...spec }))),
          { kind: "Schema", name: "side" },
          {
            kind: "Table",
            schema: "side",
            name: "t",
            columns: [
              { name: "id", type: "bigint" },
              { name: "a", type: "text" },
              { name: "b", type: "text" },
            ],
            primaryKey: ["id"],
          },
          {
            kind: "Enum",
            schema: "side",
            name: "level",
            values: Array.from({ length: 3 + round * 3 }, (_, value) => `v${value}`),
          },
          ...Array.from({ length: 4 }, (_, index) => ({
            kind: "Index",
            table: "side.t",
            name: `i_${round}_${index}`,
            columns: index % 2 === 0 ? ["a", "b"] : [{ expression: `lower(b || '${round}')` }],
            concurrently: true,
          })),
        ]);
      await converges(objects(0));
      let took = 0;
      for (let round = 1; round <= ROUNDS + 1; round += 1) {
        const child = await applying(objects(round));
        const started = performance.now();
        if (round > 1) {
          await sleep(drawn() * took);
          child.process.kill("SIGKILL");
        }
        await child.gone;
        if (round === 1) took = performance.now() - started;
        await nobodyApplies();
        await converges(objects(round));
        const [invalid] = await held.query("SELECT count(*) AS n FROM pg_index WHERE NOT indisvalid");
        expect(invalid?.n).toBe("0");
      }
    },
    ROUNDS * MINUTES,
  );

  test(
    `a server that crashes under an apply, ${Math.ceil(ROUNDS / 2)} times`,
    async () => {
      const both = states();
      const admin = url;
      for (let round = 0; round < Math.ceil(ROUNDS / 2); round += 1) {
        const documents = both[(round + 1) % 2] as string;
        const before = catalogHash(await estate(admin).inspect());
        const child = await applying(documents);
        await sleep(drawn() * 1500);
        await crash();
        await child.gone;
        // A server that dies is told as such, never as a stack trace or a hang.
        expect(child.last()).toMatch(/^(applied|failed: (CONNECTION|STATEMENT)_FAILED)$/);
        held = await reconnected();
        const found = catalogHash(await held.inspect());
        expect(found === before || (await held.plan(documents)).steps.length === 0).toBe(true);
        await converges(documents);
      }
    },
    ROUNDS * MINUTES,
  );
});

/** One backend that dies by SIGKILL makes the server end all others and recover from its log. */
async function crash(): Promise<void> {
  const rows = await held.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'datumline' LIMIT 1");
  const own = await held.query("SELECT pg_backend_pid() AS pid");
  process.kill(Number((rows[0] ?? own[0])?.pid), "SIGKILL");
}

async function reconnected(): Promise<Estate> {
  // The postmaster takes a moment to see that one of its own has died.
  while (await held.query("SELECT 1").catch(() => undefined)) await sleep(10);
  for (let waited = 0; ; waited += 50) {
    try {
      const fresh = estate(url);
      await fresh.query("SELECT 1");
      return fresh;
    } catch (problem) {
      if (waited > 30_000) throw problem;
      await sleep(50);
    }
  }
}
