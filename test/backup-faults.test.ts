/** What the world does to a run or a restore: it fails by name, publishes nothing that is not whole, and leaves nothing behind. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { directoryStore } from "../core/backups/directory.ts";
import { freshness } from "../core/backups/freshness.ts";
import { MANIFEST, partName } from "../core/backups/manifest.ts";
import type { Manifest, Store } from "../core/backups/model.ts";
import { isMuch, prunable, prune } from "../core/backups/prune.ts";
import { setClock } from "../core/clock.ts";
import { failure } from "../core/doors/failure.ts";
import { askIn, type Backups, backupsOf, noBackups } from "./support/backups.ts";
import { freshDatabase, server } from "./support/server.ts";

const missing = noBackups();
if (missing) console.warn(`Skipped: ${missing}.`);
const suite = missing ? describe.skip : describe;
const DAY = 86_400_000;
const SCHEDULE = { name: "nightly", schedule: { cron: "0 3 * * *" } };

let url: string;
let database: string;
let folder = "";
let backups: Backups;
const mounts: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "datumline-faults-"));
  if (missing) return;
  url = await freshDatabase(15);
  database = new URL(url).pathname.slice(1);
  await ask(
    "CREATE TABLE t AS SELECT i, md5(i::text) AS m FROM generate_series(1, 60000) i; CREATE TABLE u AS SELECT 1 AS i",
  );
});
afterAll(() => {
  for (const mount of mounts) spawnSync("sh", ["-c", `umount -l ${mount}`]);
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => setClock());

/** A place of its own for each test. */
function place(): Backups {
  backups = backupsOf(url, mkdtempSync(join(folder, "kept-")));
  return backups;
}

const ask = (text: string): Promise<pg.QueryResult> => askIn(url, database, text);
const hasDatabase = async (name: string): Promise<boolean> =>
  (await ask(`SELECT FROM pg_database WHERE datname LIKE '%${name}%'`)).rowCount !== 0;

/** What a user reads of a failure: never a fault of Datumline. */
async function told(work: Promise<unknown>): Promise<{ code: string; summary: string; detail?: string | undefined }> {
  const problem = await work.then(
    () => new Error("it did not fail"),
    (one: unknown) => one,
  );
  const [first] = failure(problem).diagnostics;
  if (!first || first.code === "INTERNAL") throw problem;
  expect(first.detail).toBeTruthy();
  return first;
}

/** Holds a lock that pg_dump waits for, until it is let go. */
async function holding<T>(work: (letGo: () => Promise<unknown>) => Promise<T>): Promise<T> {
  const holder = new pg.Client(url);
  holder.on("error", () => undefined);
  await holder.connect();
  try {
    await holder.query("BEGIN; LOCK TABLE u");
    return await work(() => holder.query("ROLLBACK"));
  } finally {
    await holder.end();
  }
}

const WAITING = "application_name = 'datumline backup' AND wait_event_type = 'Lock'";

/** Tries something while a run is in the middle of its dump. */
function whileDumping<T>(run: () => Promise<T>, meanwhile: () => Promise<void>): Promise<T> {
  return holding(async (letGo) => {
    const running = run();
    running.catch(() => undefined);
    await waitFor(`SELECT FROM pg_stat_activity WHERE datname = '${database}' AND ${WAITING}`);
    await meanwhile();
    await letGo();
    return running;
  });
}

async function waitFor(text: string, isThere = true): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (((await ask(text)).rowCount !== 0) === isThere) return;
    await sleep(20);
  }
  throw new Error(`never: ${text}`);
}

/** A small file system; undefined where nobody may mount one. */
function small(options: string): string | undefined {
  const path = mkdtempSync(join(folder, "small-"));
  if (spawnSync("sh", ["-c", `mount -t tmpfs -o ${options} tmpfs ${path}`]).status !== 0) {
    console.warn("Skipped: nobody may mount a small file system here.");
    return undefined;
  }
  mounts.push(path);
  return path;
}

async function nothingIn(store: Store): Promise<void> {
  expect(await store.list("warehouse/")).toEqual([]);
}

suite("a place", () => {
  test("that is full keeps nothing, and does not take the other with it", async () => {
    const path = small("size=300k");
    if (!path) return;
    const full = directoryStore(path);
    const alone = await told(place().run({ stores: [full] }));
    expect(alone).toMatchObject({ code: "PLACE_FAILED", summary: `${path}: no space is left (ENOSPC)` });
    await nothingIn(full);
    const { stored, failed, manifest } = await backups.run({ stores: [full, backups.store] });
    expect([stored, failed.map(({ store }) => store)]).toEqual([[backups.store], [full]]);
    await nothingIn(full);
    expect((await backups.verify(manifest)).problems).toEqual([]);
  });

  test("that is full when the manifest is written has no backup, and no parts of one", async () => {
    await place().run();
    // All but the manifest has room, and the folder itself needs some.
    const entries = readdirSync(backups.store.name, { recursive: true }).length;
    const path = small(`nr_inodes=${entries}`);
    if (!path) return;
    const full = directoryStore(path);
    const named: string[] = [];
    const seen: Store = { ...full, put: (name, content) => full.put(name, content).finally(() => named.push(name)) };
    const { summary } = await told(backups.run({ stores: [seen] }));
    expect([summary, named.at(-1)]).toEqual([
      expect.stringContaining("no space is left"),
      expect.stringContaining(MANIFEST),
    ]);
    await nothingIn(full);
  });

  test("that is no folder is named, and the others have it", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    const refusing = directoryStore(join(file, "below"));
    expect(await told(place().run({ stores: [refusing] }))).toMatchObject({
      code: "PLACE_FAILED",
      summary: expect.stringContaining("a part of the path is no folder"),
    });
    const { failed, manifest } = await backups.run({ stores: [refusing, backups.store] });
    expect(failed).toHaveLength(1);
    expect((await backups.verify(manifest)).problems).toEqual([]);
  });

  test("that loses what it has been given during the run has no backup", async () => {
    const { store } = place();
    const path = store.name;
    let parts = 0;
    const losing: Store = {
      ...store,
      async put(name, content) {
        const bytes = await store.put(name, content);
        parts += 1;
        if (parts === 2) rmSync(path, { recursive: true });
        return bytes;
      },
    };
    const { code, summary } = await told(backups.run({ stores: [losing] }));
    expect([code, summary]).toEqual([
      "BACKUP_DAMAGED",
      expect.stringContaining("has lost database.dump.zst, globals.sql.zst"),
    ]);
    await nothingIn(store);
  });

  test("that disappears while a part is written is named", async () => {
    const { store } = place();
    const progress = (): void => rmSync(store.name, { recursive: true, force: true });
    expect(await told(backups.run({ progress }))).toMatchObject({ code: "PLACE_FAILED" });
    await nothingIn(store);
  });

  test("inside the server's own folder is refused", async () => {
    const { directory } = await server(15);
    const inside = join(directory, "data", "backups");
    const { summary } = await told(place().run({ schedule: { to: [{ directory: inside }] } }));
    expect(summary).toContain("inside the server's own folder");
    expect(existsSync(inside)).toBe(false);
  });
});

suite("a clock", () => {
  const listed = async (): Promise<string[]> => (await backups.list()).backups.map(({ manifest }) => manifest.id);

  test("that went back leaves the newest the newest, and retention does not take it", async () => {
    const first = (await place().run()).manifest;
    setClock(() => new Date(Date.now() - DAY));
    const second = (await backups.run()).manifest;
    expect(await listed()).toEqual([first.id, second.id]);
    const gone = prunable(await backups.list(), { ...SCHEDULE, to: [], retention: { count: 1 } }, new Date());
    expect(gone.backups.map(({ manifest }) => manifest.id)).toEqual([first.id]);
  });

  test("that jumped ahead expires nothing by itself, and its backup is told from the newest", async () => {
    place();
    for (let days = 3; days > 0; days--) {
      setClock(() => new Date(Date.now() - days * DAY));
      await backups.run({ schedule: { what: { globals: false, declaration: false } } });
    }
    const before = await listed();
    setClock(() => new Date(Date.now() + 30 * DAY));
    const ahead = (await backups.run()).manifest;
    const listing = await backups.list();
    const gone = prunable(listing, { ...SCHEDULE, to: [], retention: { days: 7 } }, new Date(Date.now() + 30 * DAY));
    expect([gone.backups.length, isMuch(listing, gone)]).toEqual([3, true]);
    setClock();
    const good = listing.backups.map(({ manifest }) => manifest);
    const fresh = freshness({ ...SCHEDULE, to: [], rpo: "26h" }, good, new Date());
    expect(fresh).toMatchObject({ newest: { id: before.at(-1) }, ahead: ahead.id, withinRpo: true });
    const next = (await backups.run()).manifest;
    expect((await listed()).at(-1)).toBe(next.id);
  });
});

suite("the database", () => {
  test("is dumped and counted as it was, whatever is dropped or emptied during the run", async () => {
    await ask("CREATE TABLE dropped AS SELECT i FROM generate_series(1, 500) i; CREATE TABLE emptied AS SELECT 1 AS i");
    const { store } = place();
    let go: () => void = () => undefined;
    const gate = new Promise<void>((open) => {
      go = open;
    });
    // What nobody reads, pg_dump cannot write: it stands in the middle of its dump, with all its locks.
    const slow: Store = { ...store, put: (name, content) => gate.then(() => store.put(name, content)) };
    const check = ["public.dropped", "public.emptied", "public.made"];
    const running = backups.run({ stores: [slow], schedule: { check, how: { compression: "none" } } });
    running.catch(() => undefined);
    let later: Promise<unknown> = Promise.resolve();
    try {
      for (const table of ["dropped", "emptied"])
        await waitFor(`SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
          WHERE application_name = 'datumline backup' AND relation = '${table}'::regclass AND granted`);
      later = Promise.all([ask("DROP TABLE dropped"), ask("TRUNCATE emptied")]);
      await ask("CREATE TABLE made AS SELECT 1 AS i");
    } finally {
      go();
    }
    const { manifest } = await running;
    await later;
    expect(manifest.checks).toMatchObject([
      { table: "public.dropped", rows: 500 },
      { table: "public.emptied", rows: 1 },
    ]);
    await backups.restore(manifest, "as_it_was");
    const counted =
      "SELECT (SELECT count(*)::int FROM dropped) AS dropped, (SELECT count(*)::int FROM emptied) AS emptied";
    expect((await askIn(url, "as_it_was", counted)).rows).toEqual([{ dropped: 500, emptied: 1 }]);
    await ask("DROP DATABASE as_it_was");
    await ask("DROP TABLE emptied, made");
  });

  test("whose tables somebody holds makes the run give up in time", async () => {
    await holding(async () => {
      for (const check of [[], ["public.*"]]) {
        const { detail } = await told(place().run({ lockTimeout: 1, schedule: { check } }));
        expect(detail).toContain("Somebody else holds a lock");
        await nothingIn(backups.store);
      }
    });
  });

  test.each([
    ["pg_dump's session", "datumline backup", "TOOL_FAILED"],
    ["the session that holds the snapshot", "datumline", "CONNECTION_FAILED"],
  ])("that ends %s makes the run fail by name", async (_, application, code) => {
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND application_name = '${application}'`;
    const run = whileDumping(
      () => place().run({ lockTimeout: 5 }),
      async () => void (await ask(end)),
    );
    expect((await told(run)).code).toBe(code);
    await nothingIn(backups.store);
    // Nobody holds the turn any more.
    expect((await backups.run()).failed).toEqual([]);
  });

  test("of a server that is newer than pg_dump is named before anything is done", async () => {
    const newer = backupsOf(await freshDatabase(18), place().store.name);
    const pgDump = Number(/\d+/.exec(`${spawnSync("pg_dump", ["--version"]).stdout}`)?.[0]);
    if (pgDump >= 18) return console.warn("Skipped: no server here is newer than pg_dump.");
    expect(await told(newer.run())).toMatchObject({
      code: "TOOL_MISSING",
      summary: expect.stringContaining("pg_dump 18 or newer"),
    });
    return nothingIn(newer.store);
  });
});

suite("two at the same time", () => {
  test("run: the second is refused by name, the first is good, and what it has so far is not pruned", async () => {
    const { manifest } = await whileDumping(
      () => place().run(),
      async () => {
        expect(await told(backups.run())).toMatchObject({ code: "BUSY" });
        await prune(
          prunable(await backups.list(), { ...SCHEDULE, to: [], retention: { count: 1 } }, new Date()),
          backups.store,
        );
      },
    );
    expect((await backups.verify(manifest)).problems).toEqual([]);
  });

  test("restore while it is pruned: the part is named, and nothing stays", async () => {
    const { manifest } = await place().run();
    const opening = (part: string): void => {
      if (part.startsWith("database"))
        rmSync(join(backups.store.name, partName(manifest, MANIFEST), ".."), { recursive: true });
    };
    expect(await told(backups.restore(manifest, "pruned_away", { opening }))).toMatchObject({
      code: "BACKUP_DAMAGED",
      summary: expect.stringContaining("database.dump.zst"),
    });
    expect(await hasDatabase("pruned_away")).toBe(false);
  });

  test("restore into one name: the second is refused, and what a killed one left is told and removed", async () => {
    const { manifest } = await place().run();
    let inner: Promise<unknown> = Promise.resolve();
    const opening = (): void => {
      inner = told(backups.restore(manifest, "same_name"));
    };
    await backups.restore(manifest, "same_name", { opening });
    expect(await inner).toMatchObject({ code: "BUSY" });
    await ask("CREATE DATABASE datumline_restoring_left_behind");
    const lines: string[] = [];
    await backups.restore(manifest, "same_name", { overwrite: true, tell: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringContaining("datumline_restoring_left_behind was removed")]);
    expect(await hasDatabase("datumline_re")).toBe(false);
    await ask("DROP DATABASE same_name");
  });
});

suite("a restore", () => {
  test("onto an older server, or without a role, is refused before anything is made", async () => {
    const role = `gone_${database}`;
    await ask(`CREATE ROLE ${role}; GRANT SELECT ON u TO ${role}`);
    const { manifest } = await place().run();
    await ask(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    const made: string[] = [];
    const opening = (part: string): void => void made.push(part);
    expect(await told(backups.restore(manifest, "refused", { opening }))).toMatchObject({ code: "ROLE_MISSING" });
    expect(made).toEqual(["catalog.json.zst"]);
    const newer: Manifest = { ...manifest, serverVersion: "99.1" };
    expect(await told(backups.restore(newer, "refused", { opening }))).toMatchObject({ code: "RESTORE_REFUSED" });
    expect(await hasDatabase("refused")).toBe(false);
    await backups.restore(manifest, "with_roles", { globals: true });
    expect((await ask(`SELECT FROM pg_roles WHERE rolname = '${role}'`)).rowCount).toBe(1);
    await ask(`DROP DATABASE with_roles`);
    await ask(`DROP ROLE ${role}`);
  });

  test("leaves a role that differs as it is, and says so", async () => {
    const role = `differs_${database}`;
    await ask(`CREATE ROLE ${role} LOGIN; GRANT SELECT ON u TO ${role}`);
    const { manifest } = await place().run();
    await ask(`ALTER ROLE ${role} NOLOGIN`);
    const lines: string[] = [];
    await backups.restore(manifest, "with_other_role", { globals: true, tell: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringContaining(`The role ${role} is not as it was`)]);
    expect((await ask(`SELECT rolcanlogin FROM pg_roles WHERE rolname = '${role}'`)).rows).toEqual([
      { rolcanlogin: false },
    ]);
    await ask("DROP DATABASE with_other_role");
    await ask(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  test("over a database that is used takes its place only when it is whole", async () => {
    const { manifest } = await place().run();
    await ask("CREATE DATABASE used");
    await askIn(url, "used", "CREATE TABLE precious AS SELECT 1 AS i");
    const file = join(backups.store.name, partName(manifest, "database.dump.zst"));
    const content = readFileSync(file);
    writeFileSync(file, content.subarray(0, -100));
    await told(backups.restore(manifest, "used", { overwrite: true }));
    expect((await askIn(url, "used", "SELECT i FROM precious")).rows).toEqual([{ i: 1 }]);
    writeFileSync(file, content);
    const user = new pg.Client(url.replace(database, "used"));
    user.on("error", () => undefined);
    await user.connect();
    await backups.restore(manifest, "used", { overwrite: true });
    expect((await askIn(url, "used", "SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: 60000 }]);
    await ask("DROP DATABASE used");
  });
});

suite("what a killed run leaves", () => {
  test("is told, and goes with the next run; of another machine's run it goes after days", async () => {
    const { store } = place();
    const id = "2026-11-01T00-00-00Z-abcd";
    const left = join(store.name, "warehouse/nightly", id);
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, ".partial-1-2"), "half");
    writeFileSync(join(left, "globals.sql.zst"), "whole");
    // Killed between its last file and its folder.
    mkdirSync(join(store.name, "warehouse/nightly/2026-11-01T00-00-01Z-abcd"));
    expect((await backups.list()).leftovers).toHaveLength(3);
    const { manifest } = await backups.run();
    const listing = await backups.list();
    expect(prunable(listing, { ...SCHEDULE, to: [] }, new Date("2026-11-02")).leftovers).toEqual([]);
    await prune(prunable(listing, { ...SCHEDULE, to: [] }, new Date("2026-11-02"), manifest.id), store);
    expect(readdirSync(join(store.name, "warehouse/nightly"))).toEqual([manifest.id]);
    expect((await backups.verify(manifest)).problems).toEqual([]);
  });
});
