/** A database backed up from a real server, and put back beside it. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect } from "@jest/globals";
import { partName } from "../core/backups/manifest.ts";
import type { Manifest } from "../core/backups/model.ts";
import { type Backups, backupsOf, noBackups, type RunMore } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { unless } from "./support/skipping.ts";
import { type Warehouse, warehouse } from "./support/warehouse.ts";

const missing = noBackups();
const { it } = unless(missing, "backups by pg_dump");

const SETUP = `
CREATE ROLE owner_of_it; CREATE ROLE reader; GRANT reader TO owner_of_it;
CREATE SCHEMA sales AUTHORIZATION owner_of_it;
CREATE TABLE sales.fact (id bigint PRIMARY KEY, amount numeric, region text);
INSERT INTO sales.fact SELECT i, i * 1.5, repeat('x', i % 50) FROM generate_series(1, 20000) i;
ALTER TABLE sales.fact OWNER TO owner_of_it;
ALTER TABLE sales.fact ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON sales.fact TO reader USING (region = current_user);
GRANT SELECT (id, amount) ON sales.fact TO reader;
CREATE VIEW sales.v AS SELECT id FROM sales.fact;
REVOKE TEMPORARY ON DATABASE warehouse FROM PUBLIC; GRANT CREATE ON DATABASE warehouse TO reader WITH GRANT OPTION;
`;

let on: Warehouse;
let backups: Backups;

beforeAll(async () => {
  if (missing) return;
  on = await warehouse(SETUP);
  backups = backupsOf(on.url(), folder().path);
});

/** A run that counts rows. */
async function run({ schedule, ...more }: RunMore = {}): Promise<Manifest> {
  return (await backups.run({ schedule: { check: ["sales.*"], ...schedule }, ...more })).manifest;
}

const CONTENT = `SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY id)),
  (SELECT string_agg(relname || coalesce(relacl::text, '') || relrowsecurity, ',' ORDER BY relname) FROM pg_class
   WHERE relnamespace = 'sales'::regnamespace) FROM sales.fact t`;
const CONNECTS = `SELECT grantee::regrole, privilege_type, is_grantable FROM pg_database, aclexplode(datacl)
  WHERE datname = current_database() ORDER BY 1, 2`;

it.each<readonly [string, RunMore]>([
  ["custom, zstd", {}],
  ["plain, gzip", { schedule: { how: { format: "plain", compression: "gzip" } } }],
  ["directory", { schedule: { how: { format: "directory", jobs: 2 } } }],
])("%s: what comes back is what was there", async (_, more) => {
  const manifest = await run(more);
  expect(manifest.checks).toEqual([{ table: "sales.fact", rows: 20000, hash: expect.stringMatching(/^-?\d+$/) }]);
  const into = `copy_${manifest.id.slice(-4)}`;
  await backups.restore(manifest, into);
  for (const text of [CONTENT, CONNECTS])
    expect((await on.ask(into, text)).rows).toEqual((await on.ask("warehouse", text)).rows);
  await expect(backups.restore(manifest, into)).rejects.toThrow(`The database ${into} exists`);
});

it.each<RunMore>([{}, { schedule: { how: { format: "directory" } } }])(
  "a part of %j: its schema is made, and nobody sees more",
  async (more) => {
    await on.ask(
      "warehouse",
      `DROP SCHEMA IF EXISTS "Odd one" CASCADE; CREATE SCHEMA "Odd one"; CREATE TABLE "Odd one"."T" (i int PRIMARY KEY);
INSERT INTO "Odd one"."T" VALUES (1); CREATE TABLE sales.split (i int) PARTITION BY LIST (i)`,
    );
    try {
      const manifest = await run(more);
      const into = `part_${manifest.id.slice(-4)}`;
      await backups.restore(manifest, `${into}_s`, { only: { schemas: ["Odd one"] } });
      const kept = `SELECT count(*)::int AS n, (SELECT count(*)::int FROM pg_constraint WHERE contype = 'p' AND conrelid = '"Odd one"."T"'::regclass) AS keys FROM "Odd one"."T"`;
      expect((await on.ask(`${into}_s`, kept)).rows).toEqual([{ n: 1, keys: 1 }]);
      await backups.restore(manifest, `${into}_t`, { only: { tables: ["sales.fact"] } });
      const comes = `SELECT count(*)::int AS n, has_column_privilege('reader', 'sales.fact', 'id', 'SELECT') AS open,
        (SELECT relrowsecurity FROM pg_class WHERE oid = 'sales.fact'::regclass) AS guarded,
        (SELECT count(*)::int FROM pg_policy) AS policies, (SELECT count(*)::int FROM pg_index WHERE indrelid = 'sales.fact'::regclass) AS keys FROM sales.fact`;
      expect((await on.ask(`${into}_t`, comes)).rows).toEqual([
        { n: 20000, open: true, guarded: true, policies: 1, keys: 1 },
      ]);
      const wrong = [
        { tables: ["sales.none"] },
        { schemas: ["none"] },
        { tables: ["fact"] },
        { tables: ["sales.split"] },
      ];
      for (const only of wrong)
        await expect(backups.restore(manifest, `${into}_w`, { only })).rejects.toThrow(
          /holds no|needs `schema.name`|partitioned/,
        );
      expect((await on.ask("postgres", `SELECT FROM pg_database WHERE datname = '${into}_w'`)).rowCount).toBe(0);
    } finally {
      await on.ask("warehouse", `DROP SCHEMA "Odd one" CASCADE; DROP TABLE sales.split`);
    }
  },
);

it("a plain dump is restored as a whole, into a database of any name", async () => {
  const manifest = await run({ schedule: { how: { format: "plain" } } });
  await expect(backups.restore(manifest, "x", { only: { schemas: ["sales"] } })).rejects.toThrow("restored as a whole");
  await backups.restore(await run(), "a='b");
  expect((await on.ask("a='b", "SELECT FROM sales.fact LIMIT 1")).rowCount).toBe(1);
});

it("sealed: nothing of it is in clear, and only its key opens it", async () => {
  const key = Buffer.alloc(32, 7);
  const manifest = await run({ schedule: { how: { compression: "none" } }, key });
  const folder = join(backups.store.name, "warehouse/nightly", manifest.id);
  for (const name of readdirSync(folder).filter((one) => one !== "manifest.json"))
    expect(readFileSync(join(folder, name)).includes("sales")).toBe(false);
  await backups.restore(manifest, "unsealed", { key });
  expect((await on.ask("unsealed", "SELECT count(*)::int AS n FROM sales.fact")).rows).toEqual([{ n: 20000 }]);
  await expect(backups.restore(manifest, "other_key", { key: Buffer.alloc(32, 8) })).rejects.toThrow(
    "the key is another one",
  );
  expect((await on.ask("postgres", "SELECT FROM pg_database WHERE datname = 'other_key'")).rowCount).toBe(0);
});

it("a role that is gone is told, and made where that is asked for", async () => {
  const manifest = await run();
  await on.ask("postgres", "ALTER ROLE owner_of_it RENAME TO somebody_else");
  await expect(backups.restore(manifest, "without")).rejects.toThrow(
    "The server lacks roles of the backup: owner_of_it",
  );
  await backups.restore(manifest, "without", { globals: true });
  const { rows } = await on.ask("without", "SELECT tableowner FROM pg_tables WHERE tablename = 'fact'");
  expect(rows).toEqual([{ tableowner: "owner_of_it" }]);
});

it("what a role says of itself comes back, and is nothing but a text", async () => {
  await on.ask(
    "warehouse",
    `CREATE ROLE "Plain; one"; GRANT SELECT ON sales.v TO "Plain; one";
    COMMENT ON ROLE "Plain; one" IS E'It''s said,\nCREATE ROLE planted SUPERUSER;\n\\\\ -- so';
    ALTER ROLE "Plain; one" SET application_name = E'x\nCREATE ROLE planted SUPERUSER;\n'`,
  );
  const SAID = `SELECT shobj_description(oid, 'pg_authid') AS said, rolconfig FROM pg_roles WHERE rolname = 'Plain; one'`;
  const before = (await on.ask("warehouse", SAID)).rows;
  const manifest = await run();
  await on.ask("warehouse", `DROP OWNED BY "Plain; one"; DROP ROLE "Plain; one"`);
  await backups.restore(manifest, "said", { globals: true });
  expect((await on.ask("said", SAID)).rows).toEqual(before);
  expect((await on.ask("said", "SELECT FROM pg_roles WHERE rolname = 'planted'")).rowCount).toBe(0);
  await on.ask("said", `DROP OWNED BY "Plain; one"`);
  await on.ask("warehouse", `DROP ROLE "Plain; one"`);
});

it("rows that are left out are not counted", async () => {
  const { checks } = await run({ schedule: { what: { except: ["sales.f*"] } } });
  expect(checks).toEqual([]);
});

it("a part that was damaged or lost is no backup that can be restored", async () => {
  const manifest = await run();
  const file = join(backups.store.name, partName(manifest, manifest.parts[0]?.name as string));
  const content = readFileSync(file);
  content[Math.floor(content.length / 2)] = (content[Math.floor(content.length / 2)] as number) ^ 1;
  writeFileSync(file, content);
  await expect(backups.restore(manifest, "damaged")).rejects.toThrow();
  expect((await on.ask("postgres", "SELECT FROM pg_database WHERE datname = 'damaged'")).rowCount).toBe(0);
  rmSync(file);
  expect((await backups.found(manifest)).damaged).toEqual([manifest.parts[0]?.name]);
});

it("two runs of one schedule do not meet", async () => {
  const results = await Promise.allSettled([run(), run()]);
  const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
  expect(lost.map(({ message }) => message)).toEqual([expect.stringContaining("Another run of nightly")]);
});
