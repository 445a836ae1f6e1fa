/** Three states told apart: what runs a backup is installed, the newest is new, a restore was proved. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { freshness, isFresh } from "../core/backups/freshness.ts";
import type { Manifest } from "../core/backups/model.ts";
import { setClock } from "../core/clock.ts";
import { nextAfter, type Schedule, type Times, timesOf } from "../core/schedule.ts";
import type { BackupSchedule } from "../core/specs.ts";
import { folder } from "./support/cli.ts";

const HOUR = 3_600_000;
const at = (text: string) => new Date(text);
const backup = (startedAt: Date) => ({ id: startedAt.toISOString(), startedAt: startedAt.toISOString() }) as Manifest;
const scheduled = (schedule: Schedule, rpo?: string) =>
  ({ name: "nightly", schedule, ...(rpo && { rpo }) }) as BackupSchedule;

/** All runs from one moment to another, as a scheduler makes them. */
function runsOf(schedule: Schedule, from: Date, to: Date): Date[] {
  const times = timesOf(schedule) as Times;
  const runs: Date[] = [];
  for (let next = nextAfter(times, from); next && next < to; next = nextAfter(times, next)) runs.push(next);
  return runs;
}

describe("a run that is missed is noticed, and no other", () => {
  /** Each with days in which it comes twice at least. */
  const SCHEDULES: readonly (readonly [Schedule, number])[] = [
    [{ cron: "30 2 * * *", timeZone: "Europe/Berlin" }, 3],
    [{ cron: "0 3 * * 1-5", timeZone: "America/New_York" }, 6],
    [{ every: "6h", from: "22:00", to: "06:00", timeZone: "Europe/Berlin" }, 2],
    [{ every: "1h", from: "08:00", to: "18:00", timeZone: "Australia/Lord_Howe" }, 2],
    [{ every: "15min" }, 0.2],
    [{ every: "7d", timeZone: "Asia/Kolkata" }, 15],
    [{ cron: "0 0 1 * *" }, 63],
  ];
  // Both changes of the clock in Europe and in America lie in between.
  const YEAR = [Date.parse("2026-02-01T00:00:00Z"), Date.parse("2026-11-30T00:00:00Z")] as const;

  test.each(SCHEDULES)("%j", (schedule, days) => {
    fc.assert(
      fc.property(fc.integer({ min: YEAR[0], max: YEAR[1] }), fc.integer({ min: 0, max: 600 }), (moment, late) => {
        const now = new Date(moment);
        const runs = runsOf(schedule, new Date(moment - days * 24 * HOUR), now);
        // Each run begins a little late, as schedulers do.
        const backups = runs.map((run) => backup(new Date(run.getTime() + late * 1000)));
        expect(freshness(scheduled(schedule), backups, now).missed).toBeUndefined();
        const last = runs.at(-1) as Date;
        // The last one has left nothing: told once it had its time.
        const without = freshness(scheduled(schedule), backups.slice(0, -1), now);
        const isDue = now.getTime() - last.getTime() > HOUR;
        if (isDue) expect(without.missed).toBe(last.toISOString());
      }),
      { numRuns: 25 },
    );
  });
});

describe("a schedule that is younger than its first run", () => {
  const schedule = scheduled({ cron: "30 3 * * *" }, "26h");
  const since = at("2026-11-20T12:00:00Z");

  test.each([
    ["2026-11-20T13:00:00Z", true],
    ["2026-11-21T03:29:00Z", true],
    // It runs, and has its time for that.
    ["2026-11-21T04:00:00Z", true],
    ["2026-11-21T04:31:00Z", false],
  ])("at %s", (now, isWell) => {
    const fresh = freshness(schedule, [], at(now), since);
    expect(isFresh(fresh)).toBe(isWell);
    expect(isWell ? fresh.awaits : fresh.missed).toBe("2026-11-21T03:30:00.000Z");
  });

  test("nobody knows since when: it has no backup, and has missed none", () => {
    const fresh = freshness(schedule, [], at("2026-11-20T13:00:00Z"));
    expect([isFresh(fresh), fresh.missed]).toEqual([false, undefined]);
  });

  test("a schedule that was made closer does not make old backups late at once", () => {
    const old = [backup(at("2026-11-20T03:30:00Z"))];
    const hourly = scheduled({ every: "1h" });
    expect(freshness(hourly, old, at("2026-11-20T12:30:00Z"), since).missed).toBeUndefined();
    expect(freshness(hourly, old, at("2026-11-20T15:30:00Z"), since).missed).toBe("2026-11-20T14:00:00.000Z");
  });
});

describe("list and health", () => {
  afterEach(() => setClock());

  function estate(more = "") {
    const here = folder();
    const root = join(here.path, "units");
    mkdirSync(root);
    here.write(
      "w.yaml",
      `kind: DataSource
name: w
engine: postgresql
connection: { host: 127.0.0.1, port: 1, database: w }
${more}---
{ kind: DataSource, name: host, engine: files, connection: { path: ${root} } }
---
kind: BackupSchedule
dataSource: w
name: nightly
schedule: { cron: "30 3 * * *" }
to: [{ directory: kept }]
rpo: 26h
rto: 1min
runner: { on: host, as: systemd, declaration: /etc/w, environment: { B: "2", A: "1" } }
---
kind: RestoreDrill
dataSource: w
name: weekly
of: nightly
schedule: { cron: "0 6 * * 0" }
runner: { on: host, as: cron, declaration: /etc/w }
`,
    );
    const list = async () => {
      const ran = await here.run("backup list -f w.yaml --format json");
      if (ran.out === "") throw new Error(ran.err);

      return { code: ran.code, ...JSON.parse(ran.out).schedules[0], err: ran.err };
    };
    const apply = () => here.run("apply -f w.yaml --data-source host --yes");
    const keep = (startedAt: Date) => {
      const id = `${startedAt.toISOString().slice(0, 19).replaceAll(":", "-")}Z-abcd`;
      const manifest = { version: 1, id, dataSource: "w", schedule: "nightly", parts: [], startedAt };
      here.write(`kept/w/nightly/${id}/manifest.json`, JSON.stringify(manifest));
    };
    const prove = (endedAt: Date, problems: readonly string[] = []) =>
      here.write(
        `evidence/${endedAt.getTime()}.json`,
        JSON.stringify({
          version: 1,
          drill: "weekly",
          dataSource: "w",
          backup: "b",
          startedAt: endedAt,
          endedAt,
          restoreSeconds: 12,
          problems,
        }),
      );
    const text = async () => (await here.run("backup list -f w.yaml")).out;
    return { ...here, root, list, apply, keep, prove, text };
  }

  test("each state by itself", async () => {
    const here = estate();
    const none = await here.list();
    expect(none).toMatchObject({
      code: 2,
      installed: { state: "missing" },
      drills: [{ installed: { state: "missing" } }],
    });
    expect(none.err).toMatch(/RUNNER_DIFFERS[\s\S]*BACKUP_OVERDUE[\s\S]*take the first with/);
    expect((await here.apply()).code).toBe(0);
    // Installed now, and nothing was due since.
    const young = await here.list();
    expect(young).toMatchObject({ code: 0, err: "", installed: { state: "as declared" }, fresh: { withinRpo: false } });
    expect(young.fresh.awaits).toMatch(/T03:30:00.000Z$/);
    const file = join(here.root, "datumline-backup-w-nightly.service");
    writeFileSync(file, "changed\n");
    expect(await here.list()).toMatchObject({
      code: 2,
      installed: { state: "differs", files: ["datumline-backup-w-nightly.service"] },
    });
    await here.run("apply -f w.yaml --data-source host --yes --allow all");
    const now = new Date();
    here.keep(now);
    here.prove(now);
    expect(await here.list()).toMatchObject({ code: 0, err: "", drills: [{ faults: [], newest: { backup: "b" } }] });
    expect(await here.text()).toMatch(
      /w nightly\n {2}✓ runner \(systemd on host\): installed as declared\n {2}✓ newest good backup: .* old, at most 26h wanted\n {2}✓ restore \(weekly\): held .* ago, b in 12 s, at most 1min wanted\n {2}✓ runner of weekly \(cron on host\): installed as declared\n/,
    );
    here.prove(new Date(now.getTime() + 1000), ["a.b has 3 rows in the copy, 4 were backed up"]);
    const failed = await here.list();
    expect([failed.code, failed.err]).toEqual([2, expect.stringMatching(/RESTORE_NOT_PROVED.*3 rows/)]);
  });

  test("a restore that was due is missed", async () => {
    const here = estate();
    await here.apply();
    for (const name of ["datumline-drill-w-weekly"]) utimesSync(join(here.root, name), 1, 1);
    setClock(() => new Date(Date.now() + 8 * 24 * HOUR));
    here.keep(new Date(Date.now() + 8 * 24 * HOUR));
    expect((await here.list()).err).toMatch(/no restore was tried since the one due on .*T06:00:00.000Z/);
  });

  test("requireDrill makes one that is too old, or none, a fault", async () => {
    const here = estate("manage: { requireDrill: { within: 7d } }\n");
    await here.apply();
    here.keep(new Date());
    expect((await here.list()).err).toContain("asks for a restore that held within 7d, and there is none");
    here.prove(new Date(Date.now() - 8 * 24 * HOUR));
    expect((await here.list()).err).toMatch(/asks for a restore that held within 7d, and the last was on/);
    here.prove(new Date());
    expect((await here.list()).code).toBe(0);
  });

  test("what is somewhere else cannot be seen, which is no fault", async () => {
    const here = estate();
    await here.apply();
    here.keep(new Date());
    rmSync(here.root, { recursive: true });
    const { code, installed } = await here.list();
    expect([code, installed]).toEqual([0, expect.objectContaining({ state: "cannot be seen" })]);
    expect(await here.text()).toContain("cannot be seen from here: There is no folder");
  });

  test("health measures the same", async () => {
    const here = estate();
    await here.apply();
    here.keep(new Date());
    here.prove(new Date(), ["no"]);
    writeFileSync(join(here.root, "datumline-drill-w-weekly"), "changed\n");
    const ran = await here.run("health -f w.yaml --data-source w --format json");
    const measures = JSON.parse(ran.out).dataSources[0].measures as { name: string; labels?: object; value?: number }[];
    const told = measures.flatMap(({ name, labels, value }) =>
      /backup|restore/.test(name) ? [[name, Object.values(labels ?? {}).join(), Math.min(1, value ?? -1)]] : [],
    );
    expect(told).toEqual([
      ["last_backup_timestamp_seconds", "", 1],
      ["backup_on_time", "nightly", 1],
      ["backup_runner_installed", "nightly", 1],
      ["backup_runner_installed", "weekly", 0],
      ["last_restore_timestamp_seconds", "weekly", 1],
      ["restore_proved", "weekly", 0],
    ]);
    const { out } = await here.run("render alerts -f w.yaml");
    for (const alert of ["BackupOverdue", "BackupRunnerDiffers", "RestoreNotProved"])
      expect(out).toContain(`alert: Datumline${alert}`);
    expect((await here.run("health -f w.yaml --data-source w --format prometheus")).out).toContain(
      'datumline_restore_proved{data_source="w",drill="weekly"} 0',
    );
  });
});
