/** A whole server backed up by pgBackRest, its log archived by the server, and what is restored of both. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import pg from "pg";
import { pgBackRestOf } from "../providers/postgresql/backup/pgbackrest-program.ts";
import { askIn, MAJOR } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { archived, suite } from "./support/pgbackrest.ts";
import { freshServer } from "./support/server.ts";
import type { Scheduled } from "./support/warehouse.ts";

const on = archived();
const { url, ask, writeConfig, schedule, estate } = on;

/** Starts what was restored with the very command that was told. */
async function started<T>(out: string, work: (at: string) => Promise<T>): Promise<T> {
  const command = /^ {2}(.+)$/m.exec(out)?.[1] as string;
  const port = Number(/port (\d+)/.exec(out)?.[1]);
  const words = command.split(" ");
  const env = { ...process.env, PGHOST: on.base };
  const [path = "", ...rest] = [...words.slice(0, -1), "-o", `-k ${on.base}`, "start"];
  execFileSync(path, rest, { env, cwd: "/" });
  try {
    return await work(`postgresql://postgres@localhost:${port}?host=${on.base}`);
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
    const into = join(on.base, "then");
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
    const { code, err } = await here.backup(`restore daily --into-directory ${join(on.base, "no")} ${words} --yes`);
    expect([code, err]).toEqual([1, expect.stringMatching(new RegExp(says))]);
    expect(existsSync(join(on.base, "no"))).toBe(false);
  });

  test("a moment after all that was archived, while the server does not answer", async () => {
    const alone = folder({ DB: "postgresql://nobody@127.0.0.1:1/none" });
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    alone.write("w.yaml", text.replaceAll("directory: kept", `directory: ${here.path}/kept`));
    const words = `--into-directory ${join(on.base, "no")} --at ${new Date().toISOString()}`;
    const { code, err } = await alone.run(`backup restore daily ${words} --yes -f w.yaml`);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/did not archive.*\n.* error TARGET_UNREACHABLE: The log is archived until/),
    ]);
    expect(existsSync(join(on.base, "no"))).toBe(false);
  });

  test("a drill cannot put a whole server into another", async () => {
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    here.write("into.yaml", text.replace("of: daily", "of: daily, into: { url: { env: DB } }"));
    const { code, err } = await here.run("backup drill -f into.yaml");
    expect([code, err]).toEqual([2, expect.stringContaining("NOT_SUPPORTED: daily is made by pgBackRest")]);
  });

  test("what is damaged, missing or gone is named by verify, and by list where it is gone", async () => {
    const sets = join(on.base, "repo/backup/main");
    const [label = ""] = readdirSync(sets).filter((name) => name.endsWith("I"));
    const file = execFileSync("find", [join(sets, label), "-name", "*.zst", "-size", "+0"], { encoding: "utf8" }).split(
      "\n",
    )[0] as string;
    copyFileSync(file, join(on.base, "saved"));
    const content = readFileSync(file);
    content[content.length >> 1] = (content[content.length >> 1] as number) ^ 1;
    writeFileSync(file, content);
    const damaged = await here.backup("verify daily");
    expect([damaged.code, damaged.out]).toEqual([2, expect.stringMatching(new RegExp(`✗ .*invalid \\w+ ${label}/`))]);
    copyFileSync(join(on.base, "saved"), file);
    const id = JSON.parse((await here.backup("list daily --format json")).out).schedules[0].places[0].backups[1];
    const archive = join(on.base, "repo/archive/main/15-1", id.repository.log.first.slice(0, 16));
    const segment = readdirSync(archive).find((name) => name.startsWith(`${id.repository.log.last}-`)) as string;
    execFileSync("mv", [join(archive, segment), join(on.base, "saved")]);
    const gap = await here.backup(`verify daily ${id.id}`);
    expect([gap.code, gap.out]).toEqual([
      2,
      expect.stringContaining(`${id.repository.log.last} of the log is missing`),
    ]);
    execFileSync("mv", [join(on.base, "saved"), join(archive, segment)]);
    expect((await here.backup("verify daily")).code).toBe(0);
  });

  test("prune leaves what something builds upon, whichever schedule took it", async () => {
    const labels = (): string[] =>
      readdirSync(join(on.base, "repo/backup/main"))
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
    const archive = readdirSync(join(on.base, "repo/archive/main/15-1/0000000100000000"));
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
    writeFileSync(join(on.base, "plain.conf"), `[global]\nrepo1-path=${on.base}/plain\nlog-level-file=off\n`);
    const how = `how: { tool: pgbackrest, stanza: other, config: ${join(on.base, "plain.conf")} }`;
    const { code, err } = await estate({ how, more: "encryption: { key: { env: KEY } }" }).backup("run weekly");
    expect([code, err]).toEqual([1, expect.stringMatching(/STANZA_MISSING.*no stanza other.*\n.*stanza-create/)]);
    expect(err).toContain("NOT_ENCRYPTED");
  });

  test("a log that does not arrive", async () => {
    writeConfig("late.conf", on.server, 1);
    await ask("ALTER SYSTEM SET archive_command = 'false # pgbackrest'");
    await ask("SELECT pg_reload_conf()");
    const how = `how: { tool: pgbackrest, stanza: main, config: ${join(on.base, "late.conf")} }`;
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
      how: `how: { tool: pgbackrest, stanza: main, config: ${join(on.base, "other.conf")} }`,
    });
    const { code, err } = await here.backup("run weekly");
    expect([code, err]).toEqual([1, expect.stringMatching(/STANZA_MISSING.*is of another server/)]);
    expect(err).toContain("`archive_mode` is off");
    expect(existsSync(join(here.path, "kept/warehouse"))).toBe(false);
  });
});

function isCopy(name: string): boolean {
  return existsSync(join("/tmp", name, "data", "recovery.signal"));
}
