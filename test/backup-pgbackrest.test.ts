/** A whole server backed up by pgBackRest, its log archived by the server, and what is restored of both. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { directoryStore } from "../core/backups/directory.ts";
import type { Found } from "../core/backups/manifest.ts";
import type { BackupTool, Store } from "../core/backups/model.ts";
import { madeBy, withoutBackups } from "../core/backups/prune.ts";
import { runBackup } from "../core/backups/run.ts";
import { setClock } from "../core/clock.ts";
import { pgBackRestOf } from "../providers/postgresql/backup/pgbackrest-program.ts";
import { stanzaInfo } from "../providers/postgresql/backup/pgbackrest-repository.ts";
import { SERVER_USER } from "../providers/postgresql/scratch/binaries.ts";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { askIn, MAJOR } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { freshServer } from "./support/server.ts";
import { unless } from "./support/skipping.ts";
import { type Scheduled, scheduled } from "./support/warehouse.ts";

const hasTools = spawnSync("pgbackrest", ["version"]).status === 0 && spawnSync("zstd", ["--version"]).status === 0;
const missing = hasTools ? undefined : "pgbackrest and zstd are needed";
const { suite } = unless(missing, "backups by pgBackRest");

let base = "";
let server: EmbeddedPostgres;

beforeAll(async () => {
  if (missing) return;
  // Short, for the paths of sockets, and where the server's user can enter.
  base = mkdtempSync("/tmp/dl-rest-");
  chmodSync(base, 0o755);
  if (SERVER_USER) chownSync(base, SERVER_USER.uid, SERVER_USER.gid);
  server = await freshServer({ major: MAJOR, settings: archiving("rest.conf") });
  writeConfig("rest.conf", server);
  await pgBackRestOf(schedule("rest.conf")).run("stanza-create");
  await ask("CREATE DATABASE warehouse", "postgres");
  await ask(
    "CREATE ROLE reader; CREATE TABLE orders (id bigint PRIMARY KEY, amount numeric); GRANT SELECT ON orders TO reader; INSERT INTO orders SELECT i, i * 1.5 FROM generate_series(1, 10000) i; CREATE TABLE busy (i int); CREATE TABLE held (i int)",
  );
});
afterAll(() => rmSync(base || "/tmp/dl-rest-none", { recursive: true, force: true }));

function archiving(config: string): Record<string, string> {
  return {
    archive_mode: "on",
    archive_command: `pgbackrest --config=${join(base, config)} --stanza=main archive-push "%p"`,
  };
}

interface Listening {
  readonly directory: string;
  readonly port: number;
  readonly socketDirectory: string;
}

function writeConfig(name: string, { directory, port, socketDirectory }: Listening, timeout = 10): void {
  writeFileSync(
    join(base, name),
    `[global]
repo1-path=${base}/repo
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=not-a-secret
log-path=${base}/log
lock-path=${base}/lock
spool-path=${base}/spool
compress-type=zst
compress-level=1
repo1-bundle=y
start-fast=y
archive-timeout=${timeout}
[main]
pg1-path=${directory}/data
pg1-port=${port}
pg1-socket-path=${socketDirectory}
pg1-user=postgres
`,
  );
}

const schedule = (config: string) => ({
  name: "x",
  schedule: { cron: "0 3 * * *" },
  how: { tool: "pgbackrest" as const, stanza: "main", config: join(base, config) },
});

const url = (): string => server.url({ database: "warehouse" });
const ask = (text: string, database = "warehouse"): Promise<pg.QueryResult> => askIn(server.url(), database, text);

function estate({ how, more = "", db = url() }: { how?: string; more?: string; db?: string } = {}): Scheduled {
  const usual = `how: { tool: pgbackrest, stanza: main, config: ${join(base, "rest.conf")}, type:`;
  return scheduled(
    { DB: db, KEY: "ab".repeat(32) },
    `kind: BackupSchedule
name: weekly
schedule: { cron: "30 3 * * 0" }
${how ?? `${usual} full }`}
to: [{ directory: kept }]
retention: { count: 1 }
check: [public.*]
${more}
---
kind: BackupSchedule
name: daily
schedule: { cron: "30 3 * * *" }
${usual} incremental }
to: [{ directory: kept }]
retention: { count: 2 }
check: [public.*]
---
{ kind: RestoreDrill, name: tried, of: daily }
`,
  );
}

/** Starts what was restored with the very command that was told. */
async function started<T>(out: string, work: (at: string) => Promise<T>): Promise<T> {
  const command = /^ {2}(.+)$/m.exec(out)?.[1] as string;
  const port = Number(/port (\d+)/.exec(out)?.[1]);
  const words = command.split(" ");
  const env = { ...process.env, PGHOST: base };
  const [path = "", ...rest] = [...words.slice(0, -1), "-o", `-k ${base}`, "start"];
  execFileSync(path, rest, { env, cwd: "/" });
  try {
    return await work(`postgresql://postgres@localhost:${port}?host=${base}`);
  } finally {
    execFileSync(path, [...rest.slice(0, -3), "-m", "immediate", "stop"], { env, cwd: "/" });
  }
}

let isDone = false;

/** Short transactions all the while on one table, and a long one on another. */
async function busy(): Promise<void> {
  const long = new pg.Client(url());
  await long.connect();
  await long.query("BEGIN; INSERT INTO held VALUES (1)");
  const writers = [0, 1].map(async () => {
    const client = new pg.Client(url());
    await client.connect();
    while (!isDone) {
      await client.query("INSERT INTO busy VALUES (1)");
      await pause(5);
    }
    await client.end();
  });
  await Promise.all(writers);
  await long.query("COMMIT");
  await long.end();
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
const COUNT = "SELECT count(*)::int AS n FROM orders";

suite("on a real server", () => {
  let here: Scheduled;
  let before = "";

  test("a run takes a full one first, and says so; the next builds upon it", async () => {
    here = estate();
    const first = await here.backup("run daily");
    expect([first.code, first.err]).toEqual([0, expect.stringContaining("TAKEN_AS_FULL")]);
    await ask("INSERT INTO orders SELECT i, 1 FROM generate_series(10001, 10010) i");
    const [second] = await Promise.all([
      here.backup("run daily").finally(() => {
        isDone = true;
      }),
      busy(),
    ]);
    expect([second.code, second.err]).toEqual([
      0,
      expect.stringMatching(/^\S+ warning NOT_COUNTED: public.held was not counted.*\n.*\n$/),
    ]);
    const { schedules } = JSON.parse((await here.backup("list daily --format json")).out);
    const [full, incremental] = schedules[0].places[0].backups;
    expect(full).toMatchObject({
      format: "full",
      damaged: [],
      checks: [{ rows: 0 }, { rows: 0 }, { table: "public.orders", rows: 10000 }],
    });
    expect(incremental).toMatchObject({ format: "incremental", checks: [{ table: "public.busy" }, { rows: 10010 }] });
    expect(incremental.repository.needs).toEqual([full.label]);
    expect((await here.backup("verify daily")).out).toMatch(/^(✓ .* as written\n){2}$/);
  });

  test("a drill recovers the very rows that were counted, whatever came after", async () => {
    await ask("UPDATE orders SET amount = 0 WHERE id <= 100");
    const held = await here.backup("drill tried");
    expect([held.code, held.err]).toEqual([0, ""]);
    expect(held.out).toMatch(/2 tables counted and hashed, 0 different/);
    expect(readdirSync("/tmp").filter((name) => name.startsWith("datumline-pg-") && isCopy(name))).toEqual([]);
  });

  test("rows that were deleted are back as of the moment before", async () => {
    await pause(1100);
    before = new Date().toISOString();
    await pause(50);
    await ask("DELETE FROM orders");
    const into = join(base, "then");
    const restored = await here.backup(`restore daily --into-directory ${into} --at ${before} --port 54799 --yes`);
    expect([restored.code, restored.err]).toEqual([0, ""]);
    expect(statSync(into).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(into, "postgresql.auto.conf"), "utf8")).toContain("archive_mode = 'off'");
    const { rows } = await started(restored.out, async (at) => {
      const there = (text: string): Promise<pg.QueryResult> => askIn(at, "warehouse", text);
      for (let tries = 0; (await there("SELECT pg_is_in_recovery() AS r")).rows[0].r && tries < 100; tries++)
        await pause(50);
      return there(COUNT);
    });
    expect(rows).toEqual([{ n: 10010 }]);
    const again = await here.backup(`restore daily --into-directory ${into} --yes`);
    expect([again.code, again.err]).toEqual([3, expect.stringContaining("is not empty")]);
  });

  test.each([
    ["--at 2020-01-01T00:00:00Z", "TARGET_UNREACHABLE.*No backup had ended"],
    ["--at 2999-01-01T00:00:00Z", "TARGET_UNREACHABLE.*yet to come"],
    ["--at 2026-01-01T00:00:00", "takes a moment with its time zone"],
    ["--table public.orders", "restores whole servers: leave out `--table`"],
    ["--into copy", "leave out `--into`"],
  ])("restore %s", async (words, says) => {
    const { code, err } = await here.backup(`restore daily --into-directory ${join(base, "no")} ${words} --yes`);
    expect([code, err]).toEqual([1, expect.stringMatching(new RegExp(says))]);
    expect(existsSync(join(base, "no"))).toBe(false);
  });

  test("a moment after all that was archived, while the server does not answer", async () => {
    const alone = folder({ DB: "postgresql://nobody@127.0.0.1:1/none" });
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    alone.write("w.yaml", text.replaceAll("directory: kept", `directory: ${here.path}/kept`));
    const words = `--into-directory ${join(base, "no")} --at ${new Date().toISOString()}`;
    const { code, err } = await alone.run(`backup restore daily ${words} --yes -f w.yaml`);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/did not archive.*\n.* error TARGET_UNREACHABLE: The log is archived until/),
    ]);
    expect(existsSync(join(base, "no"))).toBe(false);
  });

  test("a drill cannot put a whole server into another", async () => {
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    here.write("into.yaml", text.replace("of: daily", "of: daily, into: { url: { env: DB } }"));
    const { code, err } = await here.run("backup drill -f into.yaml");
    expect([code, err]).toEqual([2, expect.stringContaining("NOT_SUPPORTED: daily is made by pgBackRest")]);
  });

  test("what is damaged, missing or gone is named by verify, and by list where it is gone", async () => {
    const sets = join(base, "repo/backup/main");
    const [label = ""] = readdirSync(sets).filter((name) => name.endsWith("I"));
    const file = execFileSync("find", [join(sets, label), "-name", "*.zst", "-size", "+0"], { encoding: "utf8" }).split(
      "\n",
    )[0] as string;
    copyFileSync(file, join(base, "saved"));
    const content = readFileSync(file);
    content[content.length >> 1] = (content[content.length >> 1] as number) ^ 1;
    writeFileSync(file, content);
    const damaged = await here.backup("verify daily");
    expect([damaged.code, damaged.out]).toEqual([2, expect.stringMatching(new RegExp(`✗ .*invalid \\w+ ${label}/`))]);
    copyFileSync(join(base, "saved"), file);
    const id = JSON.parse((await here.backup("list daily --format json")).out).schedules[0].places[0].backups[1];
    const archive = join(base, "repo/archive/main/15-1", id.repository.log.first.slice(0, 16));
    const segment = readdirSync(archive).find((name) => name.startsWith(`${id.repository.log.last}-`)) as string;
    execFileSync("mv", [join(archive, segment), join(base, "saved")]);
    const gap = await here.backup(`verify daily ${id.id}`);
    expect([gap.code, gap.out]).toEqual([
      2,
      expect.stringContaining(`${id.repository.log.last} of the log is missing`),
    ]);
    execFileSync("mv", [join(base, "saved"), join(archive, segment)]);
    expect((await here.backup("verify daily")).code).toBe(0);
  });

  test("prune leaves what something builds upon, whichever schedule took it", async () => {
    const labels = (): string[] =>
      readdirSync(join(base, "repo/backup/main"))
        .filter((name) => /^\d/.test(name))
        .sort();
    expect((await here.backup("run weekly")).code).toBe(0);
    // Of two at once one has its turn.
    const both = await Promise.all([here.backup("run daily"), here.backup("run daily")]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(both.map(({ err }) => err).join("")).toContain("BUSY: Another run of daily");
    expect((await here.backup("run weekly")).code).toBe(0);
    // Retention would let go the first of each, and both have something that builds upon them.
    expect(labels()).toHaveLength(5);
    const all = labels();
    here.write("w.yaml", readFileSync(join(here.path, "w.yaml"), "utf8").replace("count: 2", "count: 1"));
    const pruned = await here.backup("prune daily --yes");
    expect([pruned.code, pruned.err]).toEqual([0, ""]);
    expect(labels()).toEqual(all.slice(2));
    expect((await here.backup("verify")).out).toMatch(/^(✓ .* as written\n){3}$/);
    // The log from before the oldest that is left went with it.
    const { schedules } = JSON.parse((await here.backup("list weekly --format json")).out);
    const { first } = schedules[0].places[0].backups[0].repository.log;
    const archive = readdirSync(join(base, "repo/archive/main/15-1/0000000100000000"));
    expect(archive.filter((name) => name < first)).toEqual([]);
  });

  test("a set that is gone is no good backup, and prune takes its manifest", async () => {
    const { schedules } = JSON.parse((await here.backup("list daily --format json")).out);
    const [oldest] = schedules[0].places[0].backups;
    await pgBackRestOf(schedule("rest.conf")).run("expire", [`--set=${oldest.label}`]);
    const listed = await here.backup("list daily");
    expect(listed.out).toContain(`DAMAGED: ${oldest.label} is not in the repository`);
    expect(listed.out).not.toMatch(new RegExp(`good.*${oldest.id}`));
  });
});

suite("what stands in the way is told before anything is done", () => {
  test("a stanza that is not there, in a repository that nobody sealed", async () => {
    writeFileSync(join(base, "plain.conf"), `[global]\nrepo1-path=${base}/plain\nlog-level-file=off\n`);
    const how = `how: { tool: pgbackrest, stanza: other, config: ${join(base, "plain.conf")} }`;
    const { code, err } = await estate({ how, more: "encryption: { key: { env: KEY } }" }).backup("run weekly");
    expect([code, err]).toEqual([1, expect.stringMatching(/STANZA_MISSING.*no stanza other.*\n.*stanza-create/)]);
    expect(err).toContain("NOT_ENCRYPTED");
  });

  test("a log that does not arrive", async () => {
    writeConfig("late.conf", server, 1);
    await ask("ALTER SYSTEM SET archive_command = 'false # pgbackrest'");
    await ask("SELECT pg_reload_conf()");
    const how = `how: { tool: pgbackrest, stanza: main, config: ${join(base, "late.conf")} }`;
    const { code, err } = await estate({ how }).backup("run weekly");
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("NOT_ARCHIVED: What the server of main logs does not arrive"),
    ]);
  });

  test("a server that archives nothing, and whose stanza is of another one", async () => {
    const other = await freshServer({ major: MAJOR });
    writeConfig("other.conf", other);
    const here = estate({
      db: other.url({ database: "postgres" }),
      how: `how: { tool: pgbackrest, stanza: main, config: ${join(base, "other.conf")} }`,
    });
    const { code, err } = await here.backup("run weekly");
    expect([code, err]).toEqual([1, expect.stringMatching(/STANZA_MISSING.*is of another server/)]);
    expect(err).toContain("`archive_mode` is off");
    expect(existsSync(join(here.path, "kept/warehouse"))).toBe(false);
  });
});

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
    await ask("ALTER SYSTEM RESET archive_command");
    await ask("SELECT pg_reload_conf()");
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
    expect(await here.backup(`restore weekly --into-directory ${join(base, "again")} --yes`)).toMatchObject({
      code: 0,
    });
  });

  test("is not known of a pgBackRest that cannot mark what it makes", async () => {
    writeFileSync(
      join(base, "pgbackrest"),
      `#!/bin/sh
case "$*" in version*) echo pgBackRest 2.40; exit;; *--annotation*) exit 31;; esac
PATH=\${PATH#*:} exec pgbackrest "$@"
`,
      { mode: 0o755 },
    );
    const { PATH } = process.env;
    process.env.PATH = `${base}:${PATH}`;
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

function isCopy(name: string): boolean {
  return existsSync(join("/tmp", name, "data", "recovery.signal"));
}
