/** What the world does to a server while it is backed up or restored: it fails by name, and nothing is left behind. */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { MANIFEST, partName } from "../core/backups/manifest.ts";
import type { Manifest, Store } from "../core/backups/model.ts";
import { pgDump } from "../providers/postgresql/backup/pg-dump.ts";
import { type Exposed, exposed, nothingIn, told } from "./support/backup-faults.ts";
import { askIn, type Backups, backupsOf, holding, noBackups, pruneAll } from "./support/backups.ts";
import { freshDatabase } from "./support/server.ts";
import { skipped, unless } from "./support/skipping.ts";

const missing = noBackups();
const { suite } = unless(missing, "servers that fail while they are backed up");

let on: Exposed;
let backups: Backups;

beforeAll(async () => {
  if (!missing) on = await exposed();
});

function place(): Backups {
  backups = on.place();
  return backups;
}

const ask = (text: string): Promise<pg.QueryResult> => on.ask(text);
const hasDatabase = async (name: string): Promise<boolean> =>
  (await ask(`SELECT FROM pg_database WHERE datname LIKE '%${name}%'`)).rowCount !== 0;

const WAITING = "application_name = 'datumline backup' AND wait_event_type = 'Lock'";

/** Tries something while a run is in the middle of its dump. */
function whileDumping<T>(run: () => Promise<T>, meanwhile: () => Promise<void>): Promise<T> {
  return holding(on.url, "u", async (letGo) => {
    const running = run();
    running.catch(() => undefined);
    await waitFor(`SELECT FROM pg_stat_activity WHERE datname = '${on.database}' AND ${WAITING}`);
    await meanwhile();
    await letGo();
    return running;
  });
}

async function waitFor(text: string): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if ((await ask(text)).rowCount !== 0) return;
    await sleep(20);
  }
  throw new Error(`never: ${text}`);
}

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
    expect((await askIn(on.url, "as_it_was", counted)).rows).toEqual([{ dropped: 500, emptied: 1 }]);
    await ask("DROP DATABASE as_it_was");
    await ask("DROP TABLE emptied, made");
  });

  test("whose tables somebody holds makes the run give up in time", async () => {
    await holding(on.url, "u", async () => {
      for (const check of [[], ["public.*"]]) {
        const { detail } = await told(place().run({ lockTimeout: 1, schedule: { check } }));
        expect(detail).toContain("Somebody else holds a lock");
        await nothingIn(backups.store);
      }
    });
  });

  test("that ends who is slow lets a backup take its time", async () => {
    const settings = ["idle_in_transaction_session_timeout", "idle_session_timeout"];
    for (const name of settings) await ask(`ALTER DATABASE ${on.database} SET ${name} = '300ms'`);
    try {
      const holder = `${on.url}?options=${encodeURIComponent("-c idle_in_transaction_session_timeout=0")}`;
      const run = await holding(holder, "u", async (letGo) => {
        const running = place().run({ schedule: { check: ["public.t"] } });
        await Promise.race([running, sleep(3000)]);
        await letGo();
        return running;
      });
      expect(run.failed).toEqual([]);
    } finally {
      for (const name of settings) await ask(`ALTER DATABASE ${on.database} RESET ${name}`);
    }
    await ask("CREATE DATABASE hasty");
    await askIn(on.url, "hasty", "CREATE TABLE t AS SELECT i FROM generate_series(1, 200000) i");
    await ask("ALTER DATABASE hasty SET statement_timeout = '50ms'");
    const counted = await pgDump.count(on.url.replace(on.database, "hasty"), ["public.t"]);
    expect(counted).toMatchObject([{ table: "public.t", rows: 200000 }]);
  });

  test.each([
    ["pg_dump's session", "datumline backup", "TOOL_FAILED"],
    ["the session that holds the snapshot", "datumline", "CONNECTION_FAILED"],
  ])("that ends %s makes the run fail by name", async (_, application, code) => {
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${on.database}' AND application_name = '${application}'`;
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
    if (pgDump >= 18) return skipped("a server newer than pg_dump", "there is none here");
    expect(await told(newer.run())).toMatchObject({
      code: "TOOL_MISSING",
      summary: expect.stringContaining("pg_dump 18 or newer"),
    });
    await nothingIn(newer.store);
    await ask("CREATE ROLE of_the_older");
    const { manifest } = await backups.run();
    await ask("DROP ROLE of_the_older");
    expect(await told(newer.restore(manifest, "of_an_older", { globals: true }))).toMatchObject({
      code: "TOOL_MISSING",
    });
    const { rowCount } = await askIn(
      await freshDatabase(18),
      "postgres",
      "SELECT FROM pg_roles WHERE rolname = 'of_the_older'",
    );
    return expect(rowCount).toBe(0);
  });
});

suite("two at the same time", () => {
  test("run: the second is refused by name, the first is good, and what it has so far is not pruned", async () => {
    const { manifest } = await whileDumping(
      () => place().run(),
      async () => {
        expect(await told(backups.run())).toMatchObject({ code: "BUSY" });
        await pruneAll(backups);
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
    const role = `gone_${on.database}`;
    await ask(`CREATE ROLE ${role}; GRANT SELECT ON u TO ${role}`);
    const { manifest } = await place().run();
    await ask(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    const made: string[] = [];
    const opening = (part: string): void => void made.push(part);
    expect(await told(backups.restore(manifest, "refused", { opening }))).toMatchObject({ code: "ROLE_MISSING" });
    expect(made).toEqual(["properties.json.zst", "catalog.json.zst"]);
    const newer: Manifest = { ...manifest, serverVersion: "99.1" };
    expect(await told(backups.restore(newer, "refused", { opening }))).toMatchObject({ code: "RESTORE_REFUSED" });
    expect(await hasDatabase("refused")).toBe(false);
    await backups.restore(manifest, "with_roles", { globals: true });
    expect((await ask(`SELECT FROM pg_roles WHERE rolname = '${role}'`)).rowCount).toBe(1);
    await ask(`DROP DATABASE with_roles`);
    await ask(`DROP ROLE ${role}`);
  });

  test("leaves a role that differs as it is, and says so", async () => {
    const role = `differs_${on.database}`;
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
    await askIn(on.url, "used", "CREATE TABLE precious AS SELECT 1 AS i");
    const file = join(backups.store.name, partName(manifest, "database.dump.zst"));
    const content = readFileSync(file);
    writeFileSync(file, content.subarray(0, -100));
    await told(backups.restore(manifest, "used", { overwrite: true }));
    expect((await askIn(on.url, "used", "SELECT i FROM precious")).rows).toEqual([{ i: 1 }]);
    writeFileSync(file, content);
    const user = new pg.Client(on.url.replace(on.database, "used"));
    user.on("error", () => undefined);
    await user.connect();
    await backups.restore(manifest, "used", { overwrite: true });
    expect((await askIn(on.url, "used", "SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: 60000 }]);
    await ask("DROP DATABASE used");
  });
});
