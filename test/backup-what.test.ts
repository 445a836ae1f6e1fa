/** What a schedule says is backed up, no less and no more: names to the letter, and none that name nothing. */
import { beforeAll, expect, test } from "@jest/globals";
import type { RunResult } from "../core/backups/run.ts";
import type { BackupSchedule } from "../core/specs.ts";
import { told } from "./support/backup-faults.ts";
import { type Backups, backupsOf, noBackups } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { unless } from "./support/skipping.ts";
import { type Warehouse, warehouse } from "./support/warehouse.ts";

const missing = noBackups();
const { suite } = unless(missing, "what a schedule backs up");

const SETUP = `
CREATE ROLE keeper; CREATE ROLE stranger;
CREATE TABLE log (i int); INSERT INTO log VALUES (1); CREATE TABLE "Log" (i int); INSERT INTO "Log" VALUES (1), (2);
CREATE TABLE "a.b" (i int); INSERT INTO "a.b" VALUES (1);
ALTER TABLE log OWNER TO keeper;
CREATE TABLE split (i int) PARTITION BY LIST (i); CREATE TABLE split_1 PARTITION OF split FOR VALUES IN (1);
CREATE TABLE split_2 PARTITION OF split FOR VALUES IN (2, 3) PARTITION BY LIST (i);
CREATE TABLE split_3 PARTITION OF split_2 FOR VALUES IN (3); INSERT INTO split VALUES (1), (3), (3);
CREATE MATERIALIZED VIEW never AS SELECT 1 AS i WITH NO DATA;
CREATE SCHEMA other; CREATE TABLE other.t (i int); INSERT INTO other.t VALUES (1);
`;

let on: Warehouse;
let backups: Backups;

beforeAll(async () => {
  if (missing) return;
  on = await warehouse(SETUP);
  backups = backupsOf(on.url(), folder().path);
});

const run = (schedule: Partial<BackupSchedule>): Promise<RunResult> => backups.run({ schedule });

async function rows(database: string, ...tables: readonly string[]): Promise<number[]> {
  const each = tables.map((table) => `(SELECT count(*)::int FROM ${table})`);
  return (await on.ask(database, `SELECT ARRAY[${each.join(", ")}] AS n`)).rows[0].n;
}

suite("tables", () => {
  test("whose rows are left out are those of that name, and no others", async () => {
    const { manifest } = await run({
      what: { except: ["public.Log", 'public."a.b"', "public.split_2"] },
      check: ["*"],
    });
    await backups.restore(manifest, "excepted");
    expect(await rows("excepted", "log", '"Log"', '"a.b"', "split_1", "split_3")).toEqual([1, 0, 0, 1, 0]);
    expect(manifest.checks.map(({ table, rows: n }) => [table, n])).toEqual([
      ["other.t", 1],
      ["public.log", 1],
      ["public.split_1", 1],
    ]);
  });

  test("that are partitioned are counted by their partitions; what cannot be counted is told", async () => {
    const { manifest, notes } = await run({ check: ["public.split", "public.never", "public.lgo"] });
    expect(manifest.checks.map(({ table, rows: n }) => [table, n])).toEqual([
      ["public.split_1", 1],
      ["public.split_3", 2],
    ]);
    expect(notes.map(({ code, summary }) => [code, summary])).toEqual([
      ["NOT_COUNTED", expect.stringContaining("public.lgo")],
      [
        "NOT_COUNTED",
        expect.stringContaining("public.never was not counted: it is a materialized view, which a restore fills anew"),
      ],
    ]);
  });

  test.each<readonly [BackupSchedule["what"], string]>([
    [{ except: ["public.LOG"] }, "public.LOG"],
    [{ except: ["sales.*"] }, "sales.*"],
    [{ schemas: ["public", "Other"] }, "the schema Other"],
  ])("and schemas that are not there are named before anything is kept: %j", async (what = {}, name) => {
    const before = (await backups.list()).backups.length;
    const fault = await told(run({ what }));
    expect([fault.code, fault.summary]).toEqual(["UNKNOWN_REFERENCE", expect.stringContaining(name)]);
    const { backups: all, leftovers } = await backups.list();
    expect([all.length, leftovers]).toEqual([before, []]);
  });
});

suite("some schemas", () => {
  test.each(["custom", "plain", "directory"] as const)(
    "%s: the one that every database has comes back",
    async (format) => {
      const { manifest } = await run({ what: { schemas: ["public"] }, how: { format } });
      const into = `only_public_${format}`;
      await backups.restore(manifest, into);
      expect(await rows(into, "log", '"Log"')).toEqual([1, 2]);
      expect((await on.ask(into, "SELECT to_regclass('other.t') AS t")).rows).toEqual([{ t: null }]);
    },
  );
});

suite("without roles", () => {
  test("none is recorded that nothing belongs to; those that are needed are made without a login", async () => {
    const { manifest } = await run({ what: { globals: false } });
    const parts = manifest.parts.map(({ holds }) => holds);
    expect(parts).not.toContain("globals");
    const elsewhere = await warehouse("SELECT");
    const there = backupsOf(elsewhere.url(), backups.store.name);
    const refused = await told(there.restore(manifest, "copy"));
    expect(refused).toMatchObject({ code: "ROLE_MISSING", detail: expect.stringContaining("nobody can log in") });
    expect(refused.summary).toContain("keeper");
    expect(refused.summary).not.toContain("stranger");
    const lines: string[] = [];
    await there.restore(manifest, "copy", { globals: true, tell: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringContaining("nobody can log in, without memberships: keeper.")]);
    const roles = "SELECT rolcanlogin FROM pg_roles WHERE rolname IN ('keeper', 'stranger')";
    expect((await elsewhere.ask("postgres", roles)).rows).toEqual([{ rolcanlogin: false }]);
  });
});
