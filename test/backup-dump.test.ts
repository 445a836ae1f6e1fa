/** A database backed up from a real server, and put back beside it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { directoryStore } from "../core/backups/directory.ts";
import { listBackups, partName } from "../core/backups/manifest.ts";
import type { Manifest } from "../core/backups/model.ts";
import { runBackup } from "../core/backups/run.ts";
import { restored } from "../core/backups/streams.ts";
import type { BackupSchedule } from "../core/specs.ts";
import { pgDump } from "../providers/postgresql/backup/pg-dump.ts";
import { freshServer } from "./support/server.ts";

const MAJOR = 15;
const version = `${spawnSync("pg_dump", ["--version"]).stdout}`;
const hasTools = Number(/\d+/.exec(version)?.[0]) >= MAJOR && spawnSync("zstd", ["--version"]).status === 0;
if (!hasTools) console.warn(`Skipped: backups need pg_dump ${MAJOR} and zstd, and found ${version || "none"}.`);
const it = hasTools ? test : test.skip;

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

let url: (database?: string) => string;
let kept = "";

beforeAll(async () => {
  if (!hasTools) return;
  const server = await freshServer({ major: MAJOR });
  url = (database = "postgres") => server.url({ database });
  kept = mkdtempSync(join(tmpdir(), "datumline-kept-"));
  await ask("postgres", "CREATE DATABASE warehouse");
  await ask("warehouse", SETUP);
});
afterAll(() => rmSync(kept, { recursive: true, force: true }));

async function ask(database: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client(url(database));
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

const SOURCE = { name: "warehouse", engine: "postgresql", connection: {} };
const secret = async (): Promise<string> => "";

async function run(schedule: Partial<BackupSchedule> = {}, key?: Buffer): Promise<Manifest> {
  const spec: BackupSchedule = {
    name: "nightly",
    schedule: { cron: "0 3 * * *" },
    to: [{ directory: kept }],
    check: ["sales.*"],
    ...schedule,
  };
  const context = {
    source: SOURCE,
    url: url("warehouse"),
    secret,
    declared: new Map(),
    signal: new AbortController().signal,
  };
  const stores = [directoryStore(kept)];
  const { manifest } = await runBackup({
    schedule: spec,
    tool: pgDump,
    context,
    stores,
    key,
    progress: () => undefined,
  });
  return manifest;
}

async function restore(
  manifest: Manifest,
  into: string,
  more: { key?: Buffer; globals?: boolean } = {},
): Promise<void> {
  const store = directoryStore(kept);
  await pgDump.restore(manifest, {
    source: SOURCE,
    url: url("postgres"),
    database: into,
    secret,
    open: async (part) =>
      restored(await store.get(partName(manifest, part.name)), part, {
        compression: manifest.compression,
        key: more.key,
      }),
    globals: more.globals ?? false,
    overwrite: false,
    signal: new AbortController().signal,
  });
}

const CONTENT = `SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY id)),
  (SELECT string_agg(relname || coalesce(relacl::text, '') || relrowsecurity, ',' ORDER BY relname) FROM pg_class
   WHERE relnamespace = 'sales'::regnamespace) FROM sales.fact t`;
const CONNECTS = `SELECT grantee::regrole, privilege_type, is_grantable FROM pg_database, aclexplode(datacl)
  WHERE datname = current_database() ORDER BY 1, 2`;

it.each([
  ["custom, zstd", {}],
  ["plain, gzip", { how: { format: "plain", compression: "gzip" } }],
  ["directory", { how: { format: "directory", jobs: 2 } }],
] as const)("%s: what comes back is what was there", async (_, schedule) => {
  const manifest = await run(schedule as Partial<BackupSchedule>);
  expect(manifest.checks).toEqual([{ table: "sales.fact", rows: 20000, hash: expect.stringMatching(/^-?\d+$/) }]);
  const into = `copy_${manifest.id.slice(-4)}`;
  await restore(manifest, into);
  for (const text of [CONTENT, CONNECTS])
    expect((await ask(into, text)).rows).toEqual((await ask("warehouse", text)).rows);
  await expect(restore(manifest, into)).rejects.toThrow(`The database ${into} exists`);
});

it("sealed: nothing of it is in clear, and only its key opens it", async () => {
  const key = Buffer.alloc(32, 7);
  const manifest = await run({ how: { compression: "none" } }, key);
  const folder = join(kept, "warehouse/nightly", manifest.id);
  for (const name of readdirSync(folder).filter((one) => one !== "manifest.json"))
    expect(readFileSync(join(folder, name)).includes("sales")).toBe(false);
  await restore(manifest, "unsealed", { key });
  expect((await ask("unsealed", "SELECT count(*)::int AS n FROM sales.fact")).rows).toEqual([{ n: 20000 }]);
  await expect(restore(manifest, "other_key", { key: Buffer.alloc(32, 8) })).rejects.toThrow("the key is another one");
  expect((await ask("postgres", "SELECT FROM pg_database WHERE datname = 'other_key'")).rowCount).toBe(0);
});

it("a role that is gone is told, and made where that is asked for", async () => {
  const manifest = await run();
  await ask("postgres", "ALTER ROLE owner_of_it RENAME TO somebody_else");
  await expect(restore(manifest, "without")).rejects.toThrow("The server lacks roles of the backup: owner_of_it");
  await restore(manifest, "without", { globals: true });
  const { rows } = await ask("without", "SELECT tableowner FROM pg_tables WHERE tablename = 'fact'");
  expect(rows).toEqual([{ tableowner: "owner_of_it" }]);
});

it("what a role says of itself comes back, and is nothing but a text", async () => {
  await ask(
    "warehouse",
    `CREATE ROLE "Plain; one"; GRANT SELECT ON sales.v TO "Plain; one";
    COMMENT ON ROLE "Plain; one" IS E'It''s said,\nCREATE ROLE planted SUPERUSER;\n\\\\ -- so';
    ALTER ROLE "Plain; one" SET application_name = E'x\nCREATE ROLE planted SUPERUSER;\n'`,
  );
  const SAID = `SELECT shobj_description(oid, 'pg_authid') AS said, rolconfig FROM pg_roles WHERE rolname = 'Plain; one'`;
  const before = (await ask("warehouse", SAID)).rows;
  const manifest = await run();
  await ask("warehouse", `DROP OWNED BY "Plain; one"; DROP ROLE "Plain; one"`);
  await restore(manifest, "said", { globals: true });
  expect((await ask("said", SAID)).rows).toEqual(before);
  expect((await ask("said", "SELECT FROM pg_roles WHERE rolname = 'planted'")).rowCount).toBe(0);
  await ask("said", `DROP OWNED BY "Plain; one"`);
  await ask("warehouse", `DROP ROLE "Plain; one"`);
});

it("rows that are left out are not counted", async () => {
  const { checks } = await run({ what: { except: ["sales.f*"] } });
  expect(checks).toEqual([]);
});

it("a part that was damaged or lost is no backup that can be restored", async () => {
  const manifest = await run();
  const file = join(kept, partName(manifest, manifest.parts[0]?.name as string));
  const content = readFileSync(file);
  content[Math.floor(content.length / 2)] = (content[Math.floor(content.length / 2)] as number) ^ 1;
  writeFileSync(file, content);
  await expect(restore(manifest, "damaged")).rejects.toThrow();
  expect((await ask("postgres", "SELECT FROM pg_database WHERE datname = 'damaged'")).rowCount).toBe(0);
  rmSync(file);
  const { backups } = await listBackups(directoryStore(kept), "warehouse", "nightly");
  expect(backups.find((one) => one.manifest.id === manifest.id)?.damaged).toEqual([manifest.parts[0]?.name]);
});

it("two runs of one schedule do not meet", async () => {
  const results = await Promise.allSettled([run(), run()]);
  const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
  expect(lost.map(({ message }) => message)).toEqual([expect.stringContaining("Another run of nightly")]);
});
