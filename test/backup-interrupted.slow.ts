/** Who is interrupted ends within seconds, says so, and leaves nothing: no part, no database, no program. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect } from "@jest/globals";
import { askIn, holding, MAJOR, noBackups } from "./support/backups.ts";
import { freshDatabase } from "./support/server.ts";
import { unless } from "./support/skipping.ts";
import { type Scheduled, scheduled } from "./support/warehouse.ts";

const missing = noBackups();
const { it } = unless(missing, "backups that are interrupted");
const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

let url: string;
let here: Scheduled;

beforeAll(async () => {
  if (missing) return;
  url = await freshDatabase(MAJOR);
  // To dump it takes moments; to restore it takes long, for every row is looked at slowly.
  await askIn(
    url,
    new URL(url).pathname.slice(1),
    `CREATE FUNCTION slowly(int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE TABLE t (i int CHECK (slowly(i))); CREATE TABLE u (i int);
INSERT INTO t SELECT i FROM generate_series(1, 3000) i;
CREATE OR REPLACE FUNCTION slowly(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN true; END'`,
  );
  here = scheduled(
    { DB: url },
    `kind: BackupSchedule
name: nightly
schedule: { cron: "30 3 * * *" }
to: [{ directory: kept }]
---
{ kind: RestoreDrill, name: weekly, of: nightly }
---
{ kind: RestoreDrill, name: beside, of: nightly, into: { url: { env: DB } } }
`,
  );
  expect(await here.backup("run")).toMatchObject({ code: 0 });
  mkdirSync(join(here.path, "temporary"));
});

interface Interrupted {
  readonly code: number | null;
  readonly said: string;
  readonly milliseconds: number;
}

/** Interrupts a command once the server shows that it is in the middle of its work. */
async function interrupted(
  line: string,
  signal: NodeJS.Signals,
  until: (pid: number) => Promise<boolean>,
): Promise<Interrupted> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", MAIN, ...line.split(" "), "-f", join(here.path, "w.yaml")],
    {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
      env: { ...process.env, NODE_OPTIONS: "", DB: url, TMPDIR: join(here.path, "temporary") },
    },
  );
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said += text;
  });
  const ended = once(child, "close");
  for (let waited = 0; !(await until(child.pid as number)); waited += 50) {
    if (waited > 20_000 || child.exitCode !== null) {
      child.kill("SIGKILL");
      throw new Error(`it never got there: ${said}`);
    }
    await sleep(50);
  }
  const begun = below(child.pid as number);
  const started = performance.now();
  child.kill(signal);
  const [code] = (await ended) as [number | null];
  const milliseconds = performance.now() - started;
  await nothingRuns(begun);
  return { code, said, milliseconds };
}

interface Running {
  readonly pid: number;
  readonly words: string;
}

/** What a process has started, and what that has. */
function below(pid: number): Running[] {
  const lines = `${spawnSync("ps", ["-eo", "pid=,ppid=,stat=,args="]).stdout}`.trim().split("\n");
  const all = lines.map((line) => {
    const [own, parent, stat, ...words] = line.trim().split(/\s+/);
    return { pid: Number(own), parent: Number(parent), isDead: stat?.startsWith("Z"), words: words.join(" ") };
  });
  const of = (parent: number): Running[] =>
    all.filter((one) => one.parent === parent && !one.isDead).flatMap((one) => [one, ...of(one.pid)]);
  return of(pid);
}

async function nothingRuns(begun: readonly Running[]): Promise<void> {
  const isAlive = ({ pid, words }: Running): boolean =>
    below(1)
      .concat(below(process.pid))
      .some((one) => one.pid === pid && one.words === words);
  const folders = (): string[] =>
    readdirSync(join(here.path, "temporary")).filter((name) => name.startsWith("datumline-"));
  for (let waited = 0; begun.some(isAlive) || folders().length > 0; waited += 50) {
    if (waited > 5000)
      throw new Error(`still there: ${[...begun.filter(isAlive).map(({ words }) => words), ...folders()].join("\n")}`);
    await sleep(50);
  }
}

const hasRows = (text: string) => async (): Promise<boolean> => (await askIn(url, "postgres", text)).rowCount !== 0;
const isWaiting = hasRows(
  "SELECT FROM pg_stat_activity WHERE application_name = 'datumline backup' AND wait_event_type = 'Lock'",
);
const isFilling = (name: string) =>
  hasRows(`SELECT FROM pg_stat_activity WHERE datname = '${name}' AND wait_event = 'PgSleep'`);

function expectEnded({ code, said, milliseconds }: Interrupted): void {
  expect([code, said]).toEqual([130, expect.stringMatching(/^error INTERRUPTED|INTERRUPTED/)]);
  expect(said).not.toContain("INTERNAL");
  expect(milliseconds).toBeLessThan(5000);
}

it("a run keeps nothing of what it had begun", async () => {
  await holding(url, "u", async () => expectEnded(await interrupted("backup run", "SIGTERM", isWaiting)));
  expect(readdirSync(join(here.path, "kept/warehouse/nightly"))).toHaveLength(1);
});

it("a restore drops what it had filled", async () => {
  expectEnded(
    await interrupted(
      "backup restore nightly --into interrupted --yes",
      "SIGINT",
      isFilling("datumline_restoring_interrupted"),
    ),
  );
  expect(await hasRows("SELECT FROM pg_database WHERE datname LIKE '%interrupted'")()).toBe(false);
});

it("a drill beside other databases drops its copy, and keeps no evidence", async () => {
  expectEnded(
    await interrupted("backup drill beside", "SIGTERM", isFilling("datumline_restoring_datumline_drill_beside")),
  );
  expect(await hasRows("SELECT FROM pg_database WHERE datname LIKE '%drill%'")()).toBe(false);
  expect(existsSync(join(here.path, "evidence"))).toBe(false);
});

it("a drill on a server of its own ends that server", async () => {
  const isThere = async (pid: number): Promise<boolean> => below(pid).some(({ words }) => /postgres -D/.test(words));
  expectEnded(await interrupted("backup drill weekly", "SIGINT", isThere));
});
