/** Backups as a user runs them. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { setClock } from "../core/clock.ts";
import { noBackups } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { unless } from "./support/skipping.ts";
import { ID, type Scheduled, scheduled, type Warehouse, warehouse } from "./support/warehouse.ts";

const missing = noBackups();
const { suite, it } = unless(missing, "backups as a user runs them");

let on: Warehouse;

beforeAll(async () => {
  if (missing) return;
  on = await warehouse("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
});

function estate(more = "", database = "warehouse"): Scheduled {
  return scheduled(
    { DB: on.url(database), KEY: "ab".repeat(32) },
    `kind: BackupSchedule
name: nightly
schedule: { cron: "30 3 * * *" }
to: [{ directory: kept }]
retention: { count: 2 }
rpo: 26h
check: [public.*]
${more}`,
  );
}

suite("on a real server", () => {
  test("run, list, verify, restore, prune", async () => {
    const here = estate();
    const overdue = await here.backup("list");
    expect([overdue.code, overdue.err]).toEqual([2, expect.stringContaining("there is no good backup")]);
    const first = await here.backup("run nightly");
    expect([first.code, first.err]).toEqual([0, ""]);
    expect(first.out).toMatch(/^warehouse: nightly .* in [\d.]+ s \(.*\/s\) to .*kept\n$/);
    expect((await here.backup("list")).code).toBe(0);
    expect((await here.backup("verify")).out).toMatch(/^✓ .* as written\n$/);
    const restored = await here.backup("restore nightly --into copy_1 --yes");
    expect([restored.code, restored.err]).toEqual([0, ""]);
    expect((await on.ask("copy_1", "SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: 1000 }]);
    for (let count = 0; count < 3; count++) await here.backup("run");
    const { schedules } = JSON.parse((await here.backup("list --format json")).out);
    expect(schedules[0].places[0].backups).toHaveLength(2);
    expect((await here.backup("prune --yes")).out).toContain("nothing to remove");
  });

  test("a place that does not answer is told by verify and prune, and the others are looked at", async () => {
    const here = estate();
    await here.backup("run");
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    here.write("w.yaml", text.replace("[{ directory: kept }]", "[{ directory: w.yaml/inside }, { directory: kept }]"));
    const verified = await here.backup("verify");
    expect([verified.code, verified.err]).toEqual([1, expect.stringContaining("PLACE_FAILED")]);
    expect(verified.out).toMatch(/✓ .*kept nightly .* as written\n$/);
    const pruned = await here.backup("prune --yes");
    expect([pruned.code, pruned.err]).toEqual([1, expect.stringContaining("PLACE_FAILED")]);
    expect(pruned.out).toContain("kept nightly: nothing to remove");
  });

  test("an existing database is dropped only where that is said twice", async () => {
    const here = estate();
    await here.backup("run");
    await on.ask("postgres", "CREATE DATABASE precious");
    const refused = await here.backup("restore nightly --into precious --yes");
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("The database precious exists")]);
    const once = await here.backup("restore nightly --into precious --overwrite --yes");
    expect([once.code, once.err]).toEqual([1, expect.stringContaining("--confirm precious")]);
    expect((await here.backup("restore nightly --into precious --overwrite --confirm precious --yes")).code).toBe(0);
    expect((await on.ask("precious", "SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: 1000 }]);
  });

  test("sealed with a key; with another one it is told, and nothing is made", async () => {
    const here = estate("encryption: { key: { env: KEY } }");
    await here.backup("run");
    expect((await here.backup("verify")).out).toMatch(/^✓ .* as written\n$/);
    const other = await here.run("backup restore nightly --into sealed -f w.yaml --yes", {
      env: { KEY: "cd".repeat(32) },
    });
    expect([other.code, other.err]).toEqual([1, expect.stringContaining("sealed with another key")]);
    expect((await here.run("backup verify -f w.yaml", { env: { KEY: "cd".repeat(32) } })).out).toContain("not opened");
    const bad = await here.run("backup run -f w.yaml", { env: { KEY: "short" } });
    expect([bad.code, bad.err]).toEqual([1, expect.stringContaining("is no key")]);
    expect(bad.err).not.toContain("short");
  });

  test("a damaged one is named by verify, and passed over by restore", async () => {
    const here = estate();
    await here.backup("run");
    const id = ID.exec((await here.backup("run")).out)?.[0] as string;
    const file = join(here.path, "kept/warehouse/nightly", id, "database.dump.zst");
    const content = readFileSync(file);
    content[100] = (content[100] as number) ^ 1;
    writeFileSync(file, content);
    const verified = await here.backup("verify");
    expect([verified.code, verified.out]).toEqual([
      2,
      expect.stringContaining(`✗ ${join(here.path, "kept")} nightly ${id}: `),
    ]);
    rmSync(file);
    expect((await here.backup("list")).out).toContain("DAMAGED: database.dump.zst");
    const restored = await here.backup("restore nightly --into passed_over --yes");
    expect([restored.code, restored.out]).toEqual([0, expect.not.stringContaining(id)]);
  });

  test("a missed run is noticed", async () => {
    const here = estate();
    await here.backup("run");
    setClock(() => new Date(Date.now() + 3 * 86_400_000));
    try {
      const { code, err } = await here.backup("list");
      expect([code, err]).toEqual([2, expect.stringMatching(/BACKUP_OVERDUE.*no run since the one due on/)]);
    } finally {
      setClock();
    }
  });
});

describe("bad input", () => {
  test.each([
    ['schedule: { cron: "0 0 31 2 *" }', "never comes"],
    ["schedule: { every: 7h }", "6h does"],
    ["retention: { count: 0, days: 0 }", "would keep nothing"],
    ["how: { tool: pgbackrest }", "needs `stanza`"],
    ["how: { tool: pgbackrest, stanza: main, format: plain }", "are of pg_dump"],
    ["how: { tool: pgbackrest, stanza: main, jobs: 1 }", "are of pg_dump"],
    ["how: { jobs: 3 }", "needs? `format: directory`"],
  ])("%s", async (line, words) => {
    const here = folder();
    const field = line.split(":")[0] as string;
    const fields = { schedule: 'schedule: { cron: "0 3 * * *" }', to: "to: [{ directory: kept }]", [field]: line };
    const source = "kind: DataSource\nname: w\nengine: postgresql\nconnection: { host: h }\n---\n";
    here.write("w.yaml", `${source}kind: BackupSchedule\nname: nightly\n${Object.values(fields).join("\n")}\n`);
    const { code, err } = await here.run("check -f w.yaml");
    expect([code, err]).toEqual([1, expect.stringMatching(new RegExp(words))]);
  });
});

const DRILLED = `---
kind: RestoreDrill
name: weekly
of: nightly
---
{ kind: Role, name: reader }
---
kind: Table
schema: public
name: orders
columns: [{ name: id, type: bigint }, { name: region, type: text }]
primaryKey: [id]
rowSecurity: forced
---
{ kind: RowPolicy, table: public.orders, name: own, to: [reader], using: region = current_user }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: public.orders } }
---
{ kind: QualityCheck, name: orders have a region, on: public.orders, notNull: region }
`;

suite("a drill", () => {
  test("restores, compares, proves, and keeps the evidence", async () => {
    const here = estate(`rto: 5min\n${DRILLED}`);
    const files = "-f w.yaml";
    expect(await here.run(`apply ${files} --yes`)).toMatchObject({ code: 0 });
    await on.ask("warehouse", "INSERT INTO orders SELECT i, 'EU' FROM generate_series(1, 50) i");
    expect((await here.run(`backup run ${files}`)).code).toBe(0);
    const held = await here.run(`backup drill ${files}`);
    expect([held.code, held.err]).toEqual([0, ""]);
    expect(held.out).toContain("✓ it can be restored");
    const [json = ""] = /\S+\.json/.exec(held.out) ?? [];
    const evidence = JSON.parse(readFileSync(json.replace(",", ""), "utf8"));
    expect(evidence).toMatchObject({ drill: "weekly", problems: [], objects: { differences: [] } });
    expect(evidence.tables.compared).toContainEqual(expect.objectContaining({ table: "public.orders", rows: 50 }));
    expect(evidence.proofs.held).toBeGreaterThan(2);
    // What the backup does not have is seen.
    await on.ask("warehouse", "UPDATE orders SET region = NULL WHERE id = 1; DROP POLICY own ON orders");
    await here.run(`backup run ${files}`);
    const failed = await here.run(`backup drill ${files}`);
    expect([failed.code, failed.out]).toEqual([2, expect.stringContaining("✗ QualityCheck/orders have a region")]);
  });

  test("that comes to no end did not hold, whatever one before did; one of the future proves nothing", async () => {
    const here = estate(DRILLED, "broken");
    await on.ask("postgres", "CREATE DATABASE broken");
    expect(await here.run("apply -f w.yaml --yes")).toMatchObject({ code: 0 });
    await here.backup("run");
    const held = await here.backup("drill");
    expect(held).toMatchObject({ code: 0 });
    const [file = ""] = /\S+(?=\.json)/.exec(held.out) ?? [];
    const evidence = readFileSync(`${file}.json`, "utf8");
    writeFileSync(`${file}.json`, evidence.replace(/"endedAt": "[^"]+"/, '"endedAt": "2099-01-01T00:00:00Z"'));
    expect((await here.backup("list")).out).toContain("restore (weekly): none is proved yet");
    writeFileSync(`${file}.json`, evidence);
    expect((await here.backup("list")).out).toContain("✓ restore (weekly): held");
    const folder = join(here.path, "kept/warehouse/nightly");
    const dump = join(folder, readdirSync(folder)[0] as string, "database.dump.zst");
    const content = readFileSync(dump);
    content[content.length - 1] = (content.at(-1) as number) ^ 1;
    writeFileSync(dump, content);
    const broken = await here.backup("drill");
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining("BACKUP_DAMAGED")]);
    expect(broken.out).toMatch(/✗ it does not hold\n {2}tried .*\n.*✗ .*\n {2}evidence {9}\S+\.json/);
    const list = await here.backup("list");
    expect([list.code, list.out]).toEqual([
      2,
      expect.stringMatching(/✗ restore \(weekly\): did not hold .*ago\n.*the last/),
    ]);
  });
});

it("a plan that deletes data asks for a restore that was proved", async () => {
  await on.ask("postgres", "CREATE DATABASE dropping");
  const here = estate(DRILLED.replace("name: weekly", "name: weekly\nevidence: proofs"), "dropping");
  const drops = async (): Promise<{ code: number; err: string }> => {
    here.write("w.yaml", dropping);
    const planned = await here.run("plan -f w.yaml");
    const applied = await here.run("apply -f w.yaml --yes --allow all");
    // A plan tells what apply would refuse, in the same words.
    expect([planned.code, planned.err]).toEqual([applied.code, applied.code === 0 ? "" : applied.err]);
    return applied;
  };
  const text = readFileSync(join(here.path, "w.yaml"), "utf8").replaceAll("orders", "items");
  const declared = text.replace("external:", "manage: { requireDrill: { within: 7d, evidence: proofs } }\nexternal:");
  const dropping = declared.slice(0, declared.indexOf("---\n{ kind: Role"));
  here.write("w.yaml", declared);
  expect(await here.run("apply -f w.yaml --yes")).toMatchObject({ code: 0 });
  expect(await drops()).toMatchObject({ code: 3, err: expect.stringContaining("DRILL_REQUIRED") });
  here.write("w.yaml", declared);
  await here.run("backup run -f w.yaml");
  await on.ask("dropping", "INSERT INTO items VALUES (1, 'EU')");
  await here.run("backup run -f w.yaml");
  expect(await here.run("backup drill -f w.yaml")).toMatchObject({ code: 0 });
  setClock(() => new Date(Date.now() + 8 * 86_400_000));
  expect(await drops()).toMatchObject({ code: 3, err: expect.stringContaining("the last drill that held was on") });
  setClock();
  // What held before says nothing of today's backup.
  const evidence = readdirSync(join(here.path, "proofs")).find((file) => file.endsWith(".json")) as string;
  const held = JSON.parse(readFileSync(join(here.path, "proofs", evidence), "utf8"));
  const newer = { ...held, endedAt: new Date().toISOString(), problems: ["orders is not in the copy"] };
  here.write("proofs/newer.json", JSON.stringify(newer));
  expect(await drops()).toMatchObject({ code: 3, err: expect.stringMatching(/the last drill, on .*, did not hold/) });
  rmSync(join(here.path, "proofs/newer.json"));
  expect(await drops()).toMatchObject({ code: 0 });
});
