/** A drill compares what the backup was said to hold, all of that, and nothing more. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeAll, expect, test } from "@jest/globals";
import type { Copy, Manifest } from "../core/backups/model.ts";
import type { Kept } from "../core/doors/backups.ts";
import { compareProperties } from "../core/doors/drill-compare.ts";
import { noBackups } from "./support/backups.ts";
import { unless } from "./support/skipping.ts";
import { type Scheduled, scheduled, type Warehouse, warehouse } from "./support/warehouse.ts";

const missing = noBackups();
const { suite } = unless(missing, "drills");

const SETUP = `
CREATE ROLE keeper; CREATE ROLE reader LOGIN; CREATE ROLE stranger; GRANT stranger TO reader;
ALTER DATABASE warehouse OWNER TO keeper; ALTER DATABASE warehouse SET work_mem = '7MB';
ALTER ROLE reader IN DATABASE warehouse SET statement_timeout = '50s'; GRANT TEMPORARY ON DATABASE warehouse TO reader;
CREATE TABLE orders (id int PRIMARY KEY, region text); INSERT INTO orders VALUES (1, 'EU'); GRANT SELECT ON orders TO reader;
CREATE SCHEMA other; CREATE TABLE other.t AS SELECT 1 AS i; ALTER TABLE other.t OWNER TO keeper; GRANT USAGE ON SCHEMA other TO reader;
`;
const KEYS = { KEY: "a".repeat(64), OTHER: "b".repeat(64) };

let on: Warehouse;

beforeAll(async () => {
  if (!missing) on = await warehouse(SETUP);
});

function estate(schedule: string, more = "", database = "warehouse"): Scheduled {
  const here = scheduled(
    {
      DB: on.url(database),
      SERVER: on.url("postgres"),
      ...KEYS,
      LOGIN: on.url(database).replace("postgres@", "reader@"),
    },
    `kind: BackupSchedule
name: nightly
schedule: { cron: "0 3 * * *" }
to: [{ directory: kept }]
${schedule}
---
{ kind: RestoreDrill, name: weekly, of: nightly }
---
{ kind: RestoreDrill, name: beside, of: nightly, into: { url: { env: SERVER } } }
${more}`,
  );
  const text = readFileSync(join(here.path, "w.yaml"), "utf8");
  writeFileSync(join(here.path, "w.yaml"), text.replace("schemas: [public] }", "schemas: [public, other] }"));
  return here;
}

async function drilled(here: Scheduled, name = "weekly"): Promise<{ code: number; out: string; err: string }> {
  const ran = await here.backup("run");
  expect([ran.code, ran.err]).toEqual([0, ""]);
  return here.backup(`drill ${name}`);
}

const held = { code: 0, out: expect.stringContaining("✓ it can be restored"), err: "" };

suite("a drill holds", () => {
  test.each([
    ["of everything", "check: ['*']"],
    ["of some schemas", "what: { schemas: [other] }\ncheck: ['*']"],
    ["without roles", "what: { globals: false }\ncheck: ['*']"],
    ["of a folder, with gzip", "how: { format: directory, compression: gzip }\ncheck: ['*']"],
    ["of a folder, not compressed", "how: { format: directory, compression: none }"],
  ])("%s", async (_, schedule) => {
    expect(await drilled(estate(schedule))).toMatchObject(held);
  });

  test("of some of what was counted", async () => {
    const here = estate(
      "check: ['*']",
      "---\n{ kind: RestoreDrill, name: some, of: nightly, tables: [public.orders] }",
    );
    expect(await drilled(here, "some")).toMatchObject({ ...held, out: expect.stringContaining("1 table counted") });
  });

  test("of a materialized view that is older than its tables", async () => {
    await on.ask("postgres", "CREATE DATABASE stale");
    await on.ask("stale", "CREATE TABLE t AS SELECT 1 AS i");
    await on.ask("stale", "CREATE MATERIALIZED VIEW v AS SELECT i FROM t");
    await on.ask("stale", "INSERT INTO t VALUES (2)");
    expect(await drilled(estate("check: ['*']", "", "stale"))).toMatchObject(held);
  });

  test("of tables in a tablespace that its server lacks", async () => {
    await on.ask("postgres", "ALTER SYSTEM SET allow_in_place_tablespaces = on");
    await on.ask("postgres", "SELECT pg_reload_conf()");
    await on.ask("postgres", "SELECT pg_sleep(0.2)");
    await on.ask("postgres", "CREATE TABLESPACE fast LOCATION ''");
    await on.ask("postgres", "CREATE DATABASE placed");
    await on.ask("placed", "CREATE TABLE t (i int PRIMARY KEY) TABLESPACE fast");
    expect(await drilled(estate("check: ['*']", "", "placed"))).toMatchObject(held);
    expect(await drilled(estate("check: ['*']", "", "placed"), "beside")).toMatchObject(held);
  });

  test("of a database that subscribes, on a server that stays, and leaves nothing there", async () => {
    await on.ask("postgres", "CREATE DATABASE subscribed");
    const subscribes = "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false)";
    await on.ask("subscribed", subscribes);
    // What a killed drill left there is no reason to stop.
    await on.ask("postgres", "CREATE DATABASE datumline_drill_beside");
    await on.ask("datumline_drill_beside", subscribes);
    expect(await drilled(estate("", "", "subscribed"), "beside")).toMatchObject(held);
    const left = await on.ask("postgres", "SELECT datname FROM pg_database WHERE datname LIKE '%drill%'");
    expect(left.rows).toEqual([]);
  });

  test("where a proof logs in at the original", async () => {
    const proof = `---
{ kind: Role, name: reader, login: true, memberOf: [stranger] }
---
{ kind: AccessTest, name: reader reads, as: reader, on: public.orders, url: { env: LOGIN }, expect: { count: { min: 1 } } }
---
{ kind: QualityCheck, name: orders have a region, on: public.orders, notNull: region }`;
    const here = estate("", `${proof}\n---\n{ kind: Role, name: stranger }\n`);
    const result = await drilled(here);
    expect(result).toMatchObject(held);
    expect(result.out).toMatch(/proofs +[2-9] held, 0 did not/);
  });
});

suite("a drill does not hold", () => {
  test("where the database itself is another; what it sets is not shown", async () => {
    const properties = { owner: "keeper", settings: [{ role: null, setting: "app.key=secret" }], connectionLimit: -1 };
    const open = async () => Readable.from([JSON.stringify(properties)]);
    const copied = { ...properties, settings: [], connectionLimit: 7, later: 1 };
    const kept = { tool: { properties: async () => copied } } as unknown as Kept;
    const manifest = { parts: [{ name: "properties.json", holds: "properties" }] } as unknown as Manifest;
    expect(await compareProperties(manifest, open, { url: "" } as Copy, kept)).toEqual([
      "the database differs in the copy: settings",
      "the database differs in the copy: connectionLimit",
    ]);
  });

  test("with another key, or where any part is not what was written", async () => {
    const here = estate("encryption: { key: { env: KEY } }");
    expect(await drilled(here)).toMatchObject(held);
    const folder = join(here.path, "kept/warehouse/nightly");
    const [id] = readdirSync(folder) as [string];
    for (const name of readdirSync(join(folder, id)).filter((one) => one !== "manifest.json")) {
      const file = join(folder, id, name);
      const content = readFileSync(file);
      const changed = Buffer.from(content);
      changed[changed.length - 20] = (changed.at(-20) as number) ^ 1;
      writeFileSync(file, changed);
      const { code, out, err } = await here.backup("drill weekly");
      expect([name, code]).toEqual([name, 2]);
      expect(out + err).toContain(name);
      writeFileSync(file, content);
    }
    const text = readFileSync(join(here.path, "w.yaml"), "utf8");
    writeFileSync(join(here.path, "w.yaml"), text.replace("env: KEY", "env: OTHER"));
    const other = await here.backup("drill weekly");
    expect([other.code, other.err]).toEqual([2, expect.stringContaining("was sealed with another key")]);
    expect((await here.backup("verify")).out).toContain("not opened, for it was sealed with another key");
  });
});
