/** Sets in the repository of pgBackRest that no manifest names, because the run that made them was killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { directoryStore } from "../core/backups/directory.ts";
import type { Found } from "../core/backups/manifest.ts";
import type { BackupTool, Store } from "../core/backups/model.ts";
import { madeBy, withoutBackups } from "../core/backups/prune.ts";
import { runBackup } from "../core/backups/run.ts";
import { setClock } from "../core/clock.ts";
import { pgBackRestOf } from "../providers/postgresql/backup/pgbackrest-program.ts";
import { stanzaInfo } from "../providers/postgresql/backup/pgbackrest-repository.ts";
import { archived, suite } from "./support/pgbackrest.ts";
import type { Scheduled } from "./support/warehouse.ts";

const on = archived();
const { url, schedule, estate } = on;

suite("what runs that did not end left in the repository", () => {
  const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
  const DAYS = 24 * 60 * 60 * 1000;
  let here: Scheduled;
  let first = "";
  let left = "";

  const byHand = (command: string, ...words: string[]) => pgBackRestOf(schedule("rest.conf")).run(command, words);
  const labels = async () => (await stanzaInfo(pgBackRestOf(schedule("rest.conf")))).backup.map(({ label }) => label);

  /** Runs and is killed once its set is there, while a table that it would count is held. */
  async function killed(): Promise<string> {
    const before = await labels();
    const holder = new pg.Client(url());
    await holder.connect();
    await holder.query("BEGIN; LOCK TABLE orders");
    const words = ["--import", "tsx", MAIN, "backup", "run", "weekly", "-f", join(here.path, "w.yaml")];
    const env = { ...process.env, NODE_OPTIONS: "", DB: url() };
    const child = spawn(process.execPath, words, { stdio: "ignore", env });
    const gone = once(child, "close");
    let made: string | undefined;
    for (let tries = 0; made === undefined && tries < 300; tries++) {
      await pause(50);
      made = (await labels()).find((label) => !before.includes(label));
    }
    child.kill("SIGKILL");
    await gone;
    await holder.end();
    return made as string;
  }

  /** Days later, when nobody can be at it any more. */
  async function prune(file = "w.yaml") {
    setClock(() => new Date(Date.now() + 4 * DAYS));
    try {
      return await here.run(`backup prune weekly --yes -f ${file}`);
    } finally {
      setClock();
    }
  }

  beforeAll(async () => {
    here = estate();
    expect((await here.backup("run weekly")).code).toBe(0);
    first = (await labels()).at(-1) as string;
    left = await killed();
  });

  test("is listed, and stays while the run may still be at it", async () => {
    const { out } = await here.backup("list weekly");
    expect(out).toMatch(new RegExp(`kept: 1 backup\\n.*\\n {4}1 file of runs that did not end, and ${left} in the`));
    const { schedules } = JSON.parse((await here.backup("list weekly --format json")).out);
    expect(schedules[0].places[0].leftovers).toEqual([expect.stringMatching(/^warehouse\/weekly\/.*\/begun$/), left]);
    expect((await here.backup("prune weekly --yes")).out).toContain("nothing to remove");
    expect(await labels()).toContain(left);
  });

  test("stays while something builds upon it, whoever made that, and while a place does not answer", async () => {
    await byHand("backup", "--type=incr", "--no-expire-auto");
    const all = await labels();
    const dependent = all.at(-1) as string;
    expect(dependent).toMatch(new RegExp(`^${left}_`));
    expect(await prune()).toMatchObject({ code: 0, out: expect.stringContaining("nothing to remove") });
    expect(await labels()).toEqual(all);
    await byHand("expire", `--set=${dependent}`);
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    here.write("two.yaml", text.replaceAll("{ directory: kept }", "{ directory: kept }, { directory: w.yaml }"));
    expect(await prune("two.yaml")).toMatchObject({ code: 1, out: expect.stringContaining("nothing to remove") });
    expect((await here.run("backup list weekly -f two.yaml")).out).not.toContain("in the repository");
    expect(await labels()).toContain(left);
  });

  test("goes with prune, and nothing else goes: not what others made, nor what a place knows nothing of", async () => {
    await byHand("backup", "--type=full", "--no-expire-auto");
    const all = await labels();
    expect(await prune()).toMatchObject({ code: 0, out: expect.stringMatching(new RegExp(`/begun, ${left}\\n`)) });
    expect(await labels()).toEqual(all.filter((label) => label !== left));
    expect((await here.backup("list weekly")).out).not.toContain("did not end");
  });

  test("goes with the next run, which can be restored", async () => {
    const next = await killed();
    const others = (await labels()).filter((label) => label !== next);
    const run = await here.backup("run weekly");
    expect([run.code, run.err]).toEqual([0, expect.stringContaining(`${next} removed from the repository`)]);
    // The one before goes by its retention.
    const [own] = JSON.parse((await here.backup("list weekly --format json")).out).schedules[0].places[0].backups;
    expect((await labels()).filter((label) => label !== own.label)).toEqual(others.filter((one) => one !== first));
    expect(await here.backup(`restore weekly --into-directory ${join(on.base, "again")} --yes`)).toMatchObject({
      code: 0,
    });
  });

  test("is not known of a pgBackRest that cannot mark what it makes", async () => {
    writeFileSync(
      join(on.base, "pgbackrest"),
      `#!/bin/sh
case "$*" in version*) echo pgBackRest 2.40; exit;; *--annotation*) exit 31;; esac
PATH=\${PATH#*:} exec pgbackrest "$@"
`,
      { mode: 0o755 },
    );
    const { PATH } = process.env;
    process.env.PATH = `${on.base}:${PATH}`;
    try {
      expect(await here.backup("run daily")).toMatchObject({ code: 0 });
    } finally {
      process.env.PATH = PATH;
    }
    const [id = ""] = readdirSync(join(here.path, "kept/warehouse/daily"));
    expect(readdirSync(join(here.path, "kept/warehouse/daily", id))).not.toContain("begun");
  });

  test("is known by what a run leaves in a place before, unless another place has its manifest", async () => {
    const facts = { identity: "x", database: "x", serverVersion: "15", tools: {}, format: "full" };
    let made = 0;
    const tool = {
      async take(_, { begin }) {
        expect(await begin()).toMatch(/^warehouse\/x\/\d/);
        made += 1;
        return { facts, parts: (async function* () {})(), checks: async () => [], close: async () => undefined };
      },
    } as Partial<BackupTool> as BackupTool;
    const source = { name: "warehouse", engine: "postgresql", connection: {} };
    const { signal } = new AbortController();
    const context = { source, declared: new Map(), secret: async () => "", signal };
    const run = (...stores: Store[]) =>
      runBackup({ schedule: schedule("rest.conf"), tool, context, stores, progress: () => undefined });
    const place = (refused = "none"): Store => {
      const store = directoryStore(mkdtempSync(join(here.path, "place-")));
      const put: Store["put"] = (name, ...rest) =>
        name.endsWith(refused) ? Promise.reject(new Error("refused")) : store.put(name, ...rest);
      return { ...store, put };
    };
    const names = async (store: Store) => (await store.list("warehouse/")).map(({ name }) => name.split("/")[3]);
    const [good, last, never] = [place(), place("manifest.json"), place("begun")];
    await expect(run(never)).rejects.toThrow("refused");
    expect(made).toBe(0);
    await expect(run(last)).rejects.toThrow("refused");
    expect([made, await names(last)]).toEqual([1, ["begun"]]);
    const other = place("manifest.json");
    expect((await run(good, other)).failed).toHaveLength(1);
    expect([await names(good), await names(other)]).toEqual([["begun", "manifest.json"], []]);
  });

  test("is what no place has a manifest of, readable or not", () => {
    const file = (id: string, name = "begun"): string => `warehouse/weekly/${id}/${name}`;
    const place = { backups: [], unreadable: [], leftovers: ["a", "b", "c", "d"].map((id) => file(id)) };
    const found = (id: string, label: string) => ({ manifest: { id, label } }) as Found;
    const other = {
      backups: [found("a", "A"), found("z", "D")],
      unreadable: [file("b", "manifest.json")],
      leftovers: [],
    };
    const marked = ["a", "b", "c", "d", "e"].map((id) => ({ id, label: id.toUpperCase() }));
    const made = madeBy(place, [place, other], marked);
    expect(made).toEqual([{ id: "c", label: "C" }]);
    // Backups that stay may build upon it.
    expect(withoutBackups({ ...place, made })).toEqual({
      backups: [],
      leftovers: ["a", "b", "d"].map((id) => file(id)),
    });
  });
});
