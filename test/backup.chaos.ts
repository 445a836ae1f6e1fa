/**
 * Whoever is killed while backing up, pruning or restoring leaves no backup that is none, loses none that is good, and no
 * process, folder or database that the next one does not remove. What it had started ends by itself.
 *
 * `npm run test:chaos -- --rounds 50`; moments are drawn, so a failure names the seed that draws them again.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { MANIFEST, partName } from "../core/backups/manifest.ts";
import type { Manifest } from "../core/backups/model.ts";
import { prunable, prune } from "../core/backups/prune.ts";
import { rendered, signed } from "../core/backups/signature.ts";
import { askIn, type Backups, backupsOf, NIGHTLY, noBackups, pruneAll } from "./support/backups.ts";
import { unless } from "./support/skipping.ts";
import { warehouse } from "./support/warehouse.ts";

const missing = noBackups();
const { suite } = unless(missing, "backups that are killed");
const ROUNDS = Number(process.env.DATUMLINE_CHAOS_ROUNDS ?? 10);
const SEED = Number(process.env.DATUMLINE_CHAOS_SEED ?? Date.now() % 2 ** 31);
const MINUTES = 60_000;
const ROWS = 150_000;
const SCRIPT = fileURLToPath(new URL("support/backing-up.ts", import.meta.url));

let folder: string;
let url: string;
let kept: string;
let temporary: string;
let backups: Backups;
let seed = SEED;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "datumline-chaos-"));
  [kept, temporary] = [join(folder, "kept"), join(folder, "temporary")];
  mkdirSync(temporary);
  if (missing) return;
  const on = await warehouse(
    `CREATE TABLE t AS SELECT i, md5(i::text) AS m FROM generate_series(1, ${ROWS}) i; ALTER TABLE t ADD PRIMARY KEY (i); CREATE INDEX ON t (m)`,
  );
  url = on.url();
  backups = backupsOf(url, kept);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same every time for a seed. */
function drawn(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

/** Starts a command in a process group of its own, and comes back when it begins. */
async function begun(command: string): Promise<{ readonly child: ChildProcess; readonly gone: Promise<unknown> }> {
  const child = spawn(process.execPath, ["--import", "tsx", SCRIPT, command, url, kept], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
    env: { ...process.env, NODE_OPTIONS: "", TMPDIR: temporary },
  });
  const gone = once(child, "exit");
  await Promise.race([once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line"), gone]);
  return { child, gone };
}

/** What it was in the middle of goes by itself: programs, sessions, folders. */
async function nothingStays(group: number): Promise<void> {
  let left = "";
  for (let waited = 0; waited < 20_000; waited += 50) {
    const running = `${spawnSync("ps", ["-eo", "pgid=,stat=,args="]).stdout}`
      .split("\n")
      .filter((line) => Number(line.trim().split(" ")[0]) === group && !/^\s*\d+\s+Z/.test(line));
    const { rows } = await askIn(
      url,
      "postgres",
      "SELECT application_name, datname, query FROM pg_stat_activity WHERE application_name LIKE 'datumline%'",
    );
    // The loader of TypeScript keeps its cache there as well.
    const folders = readdirSync(temporary).filter((name) => name.startsWith("datumline-"));
    left = JSON.stringify([running, rows, folders]);
    if (running.length + rows.length + folders.length === 0) return;
    await sleep(50);
  }
  throw new Error(`still there: ${left}`);
}

/** Kills a command at a moment that is drawn; the first is left alone, to learn how long it takes. */
async function killed(command: string, prepare: () => Promise<void>, check: () => Promise<void>): Promise<void> {
  let took = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    await prepare();
    const { child, gone } = await begun(command);
    const started = performance.now();
    if (round > 0) {
      await sleep(drawn() * took);
      child.kill("SIGKILL");
    }
    await gone;
    if (round === 0) took = performance.now() - started;
    await nothingStays(child.pid as number);
    await check();
  }
}

async function listed(): Promise<Manifest[]> {
  const { backups: found, unreadable } = await backups.list();
  expect(unreadable).toEqual([]);
  for (const { manifest } of found) expect((await backups.verify(manifest)).problems).toEqual([]);
  return found.map(({ manifest }) => manifest);
}

async function restores(manifest: Manifest): Promise<void> {
  await backups.restore(manifest, "checked", { overwrite: true });
  expect((await askIn(url, "checked", "SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: ROWS }]);
}

const databases = async (): Promise<string[]> =>
  (await askIn(url, "postgres", "SELECT datname FROM pg_database ORDER BY 1")).rows.map(({ datname }) => datname);

suite(`killed at a random moment (DATUMLINE_CHAOS_SEED=${SEED})`, () => {
  test.each(["run", "run a folder"])(
    `%s: what is listed can be restored, what was there stays, ${ROUNDS} times`,
    async (command) => {
      let before: Manifest[] = [];
      const check = async (): Promise<void> => {
        const after = await listed();
        expect(after.map(({ id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)));
        for (const manifest of after.slice(before.length)) await restores(manifest);
        // The next run converges: nothing of the killed one is left.
        const { manifest } = await backups.run({ schedule: { what: { globals: false } } });
        const listing = await backups.list();
        const gone = prunable(listing, { ...NIGHTLY, retention: { count: 3 } }, new Date(), manifest.id);
        await prune(gone, backups.store);
        const { leftovers, backups: found } = await backups.list();
        const folders = readdirSync(join(kept, "warehouse/nightly"));
        expect([leftovers, folders]).toEqual([[], found.map((one) => one.manifest.id)]);
      };
      await killed(
        command,
        async () => {
          before = await listed();
        },
        check,
      );
      for (const manifest of await listed()) await restores(manifest);
    },
    (ROUNDS + 1) * MINUTES,
  );

  test(
    `prune: what is listed is whole, the newest stays, and the next one ends it, ${ROUNDS} times`,
    async () => {
      await pruneAll(backups);
      const first = (await listed()).at(-1) ?? (await backups.run()).manifest;
      const prepare = async (): Promise<void> => {
        for (let count = 1; count <= 60; count += 1)
          copyOf(first, `2026-01-01T00-00-${`${count % 60}`.padStart(2, "0")}Z-${`${1000 + count}`}`);
      };
      const check = async (): Promise<void> => {
        const { backups: found } = await backups.list();
        expect(found.filter(({ damaged }) => damaged.length > 0)).toEqual([]);
        expect(found.at(-1)?.manifest.id).toBe(first.id);
        for (const { manifest } of found.slice(0, 3)) expect((await backups.verify(manifest)).problems).toEqual([]);
        await pruneAll(backups);
        expect(readdirSync(join(kept, "warehouse/nightly"))).toEqual([first.id]);
      };
      await killed("prune", prepare, check);
      await restores(first);
    },
    (ROUNDS + 1) * MINUTES,
  );

  test(
    `restore: the database is there whole or not at all, and the next one clears up, ${ROUNDS} times`,
    async () => {
      const before = [...(await databases()).filter((name) => name !== "checked"), "checked"].sort();
      const { manifest } = await backups.run();
      await restores(manifest);
      const check = async (): Promise<void> => {
        const others = (await databases()).filter((name) => !before.includes(name));
        for (const name of others) expect(["copy", "datumline_restoring_copy"]).toContain(name);
        if (others.includes("copy"))
          expect((await askIn(url, "copy", "SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: ROWS }]);
        await askIn(url, "postgres", "DROP DATABASE IF EXISTS copy");
        await restores(manifest);
        expect(await databases()).toEqual(before);
      };
      await killed("restore", async () => undefined, check);
    },
    (ROUNDS + 1) * MINUTES,
  );
});

/** Another backup of the same content. */
function copyOf(of: Manifest, id: string): void {
  const { checksum, ...body } = of;
  const copy = signed({ ...body, id }, undefined);
  cpSync(join(kept, partName(of, "")), join(kept, partName(copy, "")), { recursive: true });
  writeFileSync(join(kept, partName(copy, MANIFEST)), rendered(copy));
}
