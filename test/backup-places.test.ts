/** Several places: each holds what the schedule says, and one that does not keeps nobody from what the others have. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { noBackups } from "./support/backups.ts";
import { unless } from "./support/skipping.ts";
import { small } from "./support/small-place.ts";
import { ID, type Scheduled, scheduled, type Warehouse, warehouse } from "./support/warehouse.ts";

const missing = noBackups();
const { suite, it } = unless(missing, "several places of a backup");

let on: Warehouse;

beforeAll(async () => {
  if (missing) return;
  on = await warehouse("CREATE TABLE t AS SELECT i, md5(i::text) AS m FROM generate_series(1, 3000) i");
});

function estate(): Scheduled {
  return scheduled(
    { DB: on.url() },
    `kind: BackupSchedule
name: nightly
schedule: { cron: "30 3 * * *" }
to: [{ directory: a }, { directory: b }]
rpo: 26h
check: [public.*]
---
{ kind: RestoreDrill, name: weekly, of: nightly, into: { url: { env: DB } } }
`,
  );
}

/** Runs once, and flips a byte of the dump in one place: its size tells nothing. */
async function spoilt(here: Scheduled, place: string, how = flip): Promise<string> {
  const id = ID.exec((await here.backup("run")).out)?.[0] as string;
  how(join(here.path, place, "warehouse/nightly", id, "database.dump.zst"));
  return id;
}

function flip(file: string): void {
  const content = readFileSync(file);
  content[200] = (content[200] as number) ^ 1;
  writeFileSync(file, content);
}

suite("two folders", () => {
  test("one that lost its backups is a fault, although the other has them", async () => {
    const here = estate();
    await here.backup("run");
    const well = await here.backup("list");
    expect([well.code, well.err]).toEqual([0, ""]);
    rmSync(join(here.path, "b"), { recursive: true });
    const { code, out, err } = await here.backup("list");
    expect([code, err]).toEqual([2, expect.stringMatching(/BACKUP_OVERDUE.* in .*\/b: there is no good backup/)]);
    expect(err).toContain("Other places have 1 good one");
    expect((await here.backup("verify")).out).toMatch(/^✓ \S+\/a .*\n· \S+\/b nightly: no backup\n$/);
    expect(out).toMatch(/✓ \S+\/a: 1 backup\n.*\n {2}✗ \S+\/b: 0 backups, and not 1 good one of other places\n/);
    const { schedules } = JSON.parse((await here.backup("list --format json")).out);
    expect(schedules[0].places[1].lacks).toHaveLength(1);
    const health = await here.run("health -f w.yaml --format prometheus");
    expect(health.out).toMatch(/backup_on_time\{[^}]*schedule="nightly"[^}]*\} 0\n/);
    await here.backup("run nightly");
    expect((await here.backup("list")).code).toBe(0);
  });

  test.each([
    ["a byte flipped", flip],
    ["a part is gone", rmSync],
  ])("%s in the first: restore takes the other copy, and says so", async (_, how) => {
    const here = estate();
    const id = await spoilt(here, "a", how);
    const { code, out, err } = await here.backup("restore nightly --into other_copy --yes");
    expect([code, err]).toEqual([0, expect.stringMatching(/BACKUP_DAMAGED.*database\.dump\.zst/)]);
    expect(out).toContain(`${id} of ${join(here.path, "b")} is restored`);
    const { rows } = await on.ask("other_copy", "SELECT count(*)::int AS n FROM t");
    expect(rows).toEqual([{ n: 3000 }]);
    await on.ask("postgres", "DROP DATABASE other_copy");
    const drilled = JSON.parse((await here.backup("drill --format json")).out).drills[0];
    // It was restored and compared, and did not hold: one of the copies is spoilt.
    expect(drilled).toMatchObject({ backup: id, place: join(here.path, "b"), tables: { differences: [] } });
    expect(drilled.problems).toEqual([expect.stringContaining("database.dump.zst")]);
  });

  test("a runner that was installed since is no reason for an empty place", async () => {
    const here = estate();
    mkdirSync(join(here.path, "units"));
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    here.write(
      "w.yaml",
      `{ kind: DataSource, name: host, engine: files, connection: { path: ${here.path}/units } }\n---\n${text
        .replaceAll(/^(kind: BackupSchedule|{ kind: RestoreDrill,)/gm, (kind) =>
          kind.startsWith("{") ? `${kind} dataSource: warehouse,` : `${kind}\ndataSource: warehouse`,
        )
        .replace("rpo:", "runner: { on: host, as: cron, declaration: /w }\nrpo:")}`,
    );
    expect((await here.run("apply -f w.yaml --yes")).code).toBe(0);
    // It is still to come.
    expect((await here.backup("list")).code).toBe(0);
    await here.backup("run");
    rmSync(join(here.path, "b"), { recursive: true });
    const { code, err } = await here.backup("list");
    expect([code, err]).toEqual([2, expect.stringMatching(/BACKUP_OVERDUE.* in .*\/b: there is no good backup/)]);
  });

  test("a manifest that was spoilt is told where the other copy is taken", async () => {
    const here = estate();
    const id = await spoilt(here, "a", (file) => flip(join(dirname(file), "manifest.json")));
    const { code, out, err } = await here.backup("restore nightly --into of_other --yes");
    expect([code, out]).toEqual([0, expect.stringContaining(`${id} of ${join(here.path, "b")} is restored`)]);
    expect(err).toMatch(/BACKUP_DAMAGED: .*manifest\.json in \S+\/a is not what was written/);
    const asked = await here.backup("restore nightly --into of_other");
    expect([asked.code, asked.err]).toEqual([3, expect.stringContaining("Nothing was restored: there is no terminal")]);
    await on.ask("postgres", "DROP DATABASE of_other");
  });

  test("spoilt in both it is told of both, and nothing is left", async () => {
    const here = estate();
    flip(join(here.path, "b/warehouse/nightly", await spoilt(here, "a"), "database.dump.zst"));
    const { code, err } = await here.backup("restore nightly --into none --yes");
    const told = [...err.matchAll(/BACKUP_DAMAGED.* in \S+\/([ab]): /g)].map(([, place]) => place);
    expect([code, told]).toEqual([1, ["a", "b"]]);
    expect((await on.ask("postgres", "SELECT datname FROM pg_database WHERE datname ~ 'none'")).rows).toEqual([]);
  });

  test("one can be chosen, by its number, path or name", async () => {
    const here = estate();
    await spoilt(here, "a");
    for (const place of ["1", "a", `${join(here.path, "a")}/`]) {
      const verified = await here.backup(`verify --place ${place}`);
      expect([verified.code, verified.out]).toEqual([2, expect.stringMatching(/^✗ \S+\/a nightly [^\n]*\n$/)]);
    }
    expect((await here.backup("verify --place 2")).code).toBe(0);
    const first = await here.backup("restore nightly --into chosen --place a --yes");
    expect([first.code, first.err]).toEqual([1, expect.stringContaining("BACKUP_DAMAGED")]);
    expect((await here.backup("restore nightly --into chosen --place b --yes")).code).toBe(0);
    await on.ask("postgres", "DROP DATABASE chosen");
    expect((await here.backup("drill --place 2")).code).toBe(0);
    const evidence = readdirSync(join(here.path, "evidence"));
    const none = await here.backup("drill --place 3");
    expect([none.code, none.err]).toEqual([1, expect.stringMatching(/nightly is not kept in 3\n.*1 \(\S+\/a\), 2 \(/)]);
    // A slip of whoever asked is no drill that did not hold.
    expect(readdirSync(join(here.path, "evidence"))).toEqual(evidence);
    const pruned = await here.backup("prune --place 2 --yes");
    expect([pruned.code, pruned.err]).toEqual([1, expect.stringContaining("`backup prune` takes no `--place`")]);
  });

  test("too small for a first backup it is refused, and too small perhaps it is told", async () => {
    const tiny = small("size=100k");
    const narrow = small("size=1m");
    if (!tiny || !narrow) return;
    const here = estate();
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    here.write("w.yaml", text.replace("{ directory: a }, { directory: b }", `{ directory: ${tiny} }`));
    const refused = await here.backup("run");
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/error NO_SPACE: .*its first backup cannot fit/),
    ]);
    expect(readdirSync(tiny)).toEqual([]);
    here.write(
      "w.yaml",
      text.replace("directory: a", `directory: ${tiny}`).replace("directory: b", `directory: ${narrow}`),
    );
    const told = await here.backup("run");
    expect([told.code, told.err]).toEqual([
      1,
      expect.stringMatching(/warning NO_SPACE: .*its first backup may not fit/),
    ]);
    expect(told.out).toContain(` to ${narrow}\n`);
    expect(readdirSync(tiny)).toEqual([]);
  });
});

it("drift of a data source that has schedules alone has nothing to compare", async () => {
  const here = estate();
  const before = await here.run("drift -f w.yaml");
  expect([before.code, before.err]).toEqual([0, ""]);
  expect((await here.run("apply -f w.yaml --yes")).code).toBe(0);
  expect((await here.run("drift -f w.yaml")).code).toBe(0);
});
