/** How a data source is, once, on real servers: thresholds that are really crossed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { newId } from "../core/backups/manifest.ts";
import type { Manifest } from "../core/backups/model.ts";
import { health } from "../providers/postgresql/health/monitor.ts";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { folder } from "./support/cli.ts";
import { query } from "./support/declaration.ts";
import { connected, here, look, SOURCE } from "./support/health.ts";
import { freshDatabase, freshServer, majors } from "./support/server.ts";

let host: EmbeddedPostgres;
let url: string;
beforeAll(async () => {
  host = await freshServer({
    settings: { shared_preload_libraries: "pg_stat_statements", max_connections: "20", autovacuum: "off" },
  });
  url = host.url();
  await query(url, "CREATE ROLE app LOGIN; CREATE ROLE watcher LOGIN PASSWORD 'watching'; CREATE TABLE t (i int)");
});

test("nothing declared: what is sensible anywhere is healthy", async () => {
  const seen = await look(here(url));
  expect([seen.code, seen.status, seen.score, seen.err]).toEqual([0, "healthy", 100, ""]);
  expect(seen.measure("up")).toMatchObject({ value: 1, status: "healthy" });
  expect(seen.measure("latency_seconds")).toMatchObject({ unit: "seconds", status: "healthy" });
  expect(seen.measure("latency_seconds")?.value).toBeGreaterThan(0);
  expect(seen.measure("connections_limit")?.value).toBe(17);
  expect(seen.measure("database_size_bytes")?.status).toBeUndefined();
  expect(seen.measure("last_backup_timestamp_seconds")?.missing).toBeTruthy();
  expect(seen.measure("last_proof_timestamp_seconds")?.missing).toMatch(/datumline test/);
  expect(seen.measures("replication_lag_seconds")).toEqual([]);
});

test.each(majors())("PostgreSQL %d: everything is measured that there is something of", async (major) => {
  const seen = await look(here(await freshDatabase(major)));
  expect([seen.status, seen.err]).toEqual(["healthy", ""]);
  const told = new Set(health.measures.filter((name) => seen.measure(name)?.value !== undefined));
  const nothing = /^(cache|repl|last_|lost_|statement_|checksum|backup_|restore_)/;
  expect(health.measures.filter((name) => !told.has(name) && !nothing.test(name))).toEqual([]);
});

test("a transaction that stays open is told by whose it is, not by what it runs", async () => {
  const holder = await connected(host.url({ user: "app" }), "BEGIN", "SELECT 'a secret of theirs'");
  try {
    await holder.query("SELECT pg_sleep(1.1)");
    const at = here(url, "{ longestTransaction: { warning: 1s, critical: 1h } }");
    const seen = await look(at);
    expect([seen.code, seen.status, seen.score]).toEqual([2, "warning", 90]);
    const { value, status, note } = seen.measure("longest_transaction_seconds") ?? {};
    expect([value, status, note]).toEqual([
      expect.any(Number),
      "warning",
      expect.stringMatching(/^app, process \d+, idle in/),
    ]);
    expect(value).toBeGreaterThanOrEqual(1);
    expect(seen.out).not.toContain("secret of theirs");
    const text = await at.run("health -f a.yaml");
    expect(text.out).toMatch(/! longest transaction +1\.\d+ s +warning from 1 s; app, process/);
  } finally {
    await holder.end();
  }
  expect((await look(here(url, "{ longestTransaction: { critical: 1s } }"))).status).toBe("healthy");
});

test("connections are counted against what clients may take, by role and database", async () => {
  const held = await Promise.all(Array.from({ length: 12 }, () => connected(host.url({ user: "app" }))));
  try {
    const seen = await look(here(url, "{ connections: { warning: 50%, critical: 90% } }"));
    expect(seen.measure("connections_used_ratio")).toMatchObject({ status: "warning", note: "13 of 17" });
    expect(seen.measures("connections")).toContainEqual(
      expect.objectContaining({ value: 12, labels: { role: "app", database: "postgres" } }),
    );
    const declared = await look(
      here(url, "{ connections: { critical: 90% } }", "limits: { maxConnections: 16, reserved: 2 }\n"),
    );
    expect(declared.measure("connections_used_ratio")).toMatchObject({ status: "critical", note: "13 of 14" });
    expect([declared.code, declared.score]).toEqual([2, 60]);
    for (let free = 5; free > 0; free -= 1) held.push(await connected(host.url({ user: "app" })));
    const full = await look(here(host.url({ user: "app" })));
    expect([full.code, full.status, full.score]).toEqual([2, "critical", 0]);
    expect(full.measures("up")).toEqual([expect.objectContaining({ value: 0, status: "critical" })]);
    expect(full.err).toMatch(/a\.yaml:1:1: error \w+: .*DataSource warehouse/s);
  } finally {
    await Promise.all(held.map((client) => client.end()));
  }
});

test("a size is declared in any of its units, and the others are named", async () => {
  const { code, err } = await here("postgres://localhost/x", "{ size: { warning: 5PB } }").run("check -f .");
  expect([code, err]).toEqual([1, expect.stringContaining("such as `50GB`")]);
  expect(err).toContain("kB, MB, GB or TB");
  const small = await here("postgres://localhost/x", "{ size: { warning: 512kB } }").run("check -f .");
  expect([small.code, small.err]).toEqual([0, ""]);
});

test("size, deadlocks and sessions that wait", async () => {
  const [first, second] = await Promise.all([connected(url, "BEGIN", "LOCK TABLE t"), connected(host.url(), "BEGIN")]);
  const waiting = second.query("LOCK TABLE t").catch(() => undefined);
  try {
    for (let blocked = 0; blocked !== 1; ) blocked = (await look(here(url))).measure("blocked_sessions")?.value ?? 0;
    const seen = await look(here(url, "{ size: { warning: 1MB, critical: 1TB } }"));
    expect(seen.measure("database_size_bytes")).toMatchObject({ status: "warning", unit: "bytes" });
    expect(seen.measure("deadlocks_total")?.value).toBe(0);
  } finally {
    await first.end();
    await waiting;
    await second.end();
  }
});

test("the share of reads from memory counts once there were enough of them", async () => {
  await query(url, "CREATE DATABASE reads");
  const reads = host.url({ database: "reads" });
  const health = "{ cacheHitRatio: { warning: 100%, critical: 10% } }";
  const before = await look(here(reads, health));
  expect([before.measure("cache_hit_ratio")?.missing, before.status]).toEqual([
    expect.stringContaining("so far"),
    "healthy",
  ]);
  await query(
    reads,
    "CREATE TABLE r AS SELECT i FROM generate_series(1, 300000) i; SELECT count(*) FROM r; SELECT sum(i) FROM r; SELECT count(*) FROM r a JOIN r b USING (i)",
  );
  for (let waited = 0; waited < 50; waited += 1) {
    const seen = await look(here(reads, health));
    if (seen.measure("cache_hit_ratio")?.value !== undefined) {
      expect(seen.measure("cache_hit_ratio")).toMatchObject({ unit: "ratio", status: "warning" });
      return;
    }
  }
  throw new Error("the ratio was never told");
});

describe("statements", () => {
  test("how to get them is said where they are not recorded", async () => {
    const plain = await freshServer();
    expect((await look(here(plain.url()))).measure("statement_mean_seconds")?.missing).toMatch(
      /shared_preload_libraries.*CREATE EXTENSION pg_stat_statements/,
    );
    // In the catalog, and not in the server.
    await query(plain.url(), "CREATE EXTENSION pg_stat_statements");
    const seen = await look(here(plain.url()));
    expect([seen.code, seen.measure("statement_mean_seconds")?.missing]).toEqual([
      0,
      expect.stringContaining("restart"),
    ]);
  });

  test("the slowest come first, without any value in them", async () => {
    await query(
      url,
      'CREATE SCHEMA "odd Name"; CREATE EXTENSION pg_stat_statements SCHEMA "odd Name"; SELECT "odd Name".pg_stat_statements_reset()',
    );
    const values = [
      "hush-in-a-query",
      "hush-in-a-password",
      "hush-in-a-comment",
      "hush-in-dollars",
      "4929123412341234",
    ];
    await query(
      url,
      `SELECT pg_sleep(0.3), '${values[0]}' /* ${values[2]} */;
       ALTER ROLE app PASSWORD '${values[1]}';
       DO $$ BEGIN PERFORM '${values[3]}', ${values[4]}; END $$`,
    );
    const at = here(url);
    const seen = await look(at);
    const [slowest] = seen.measures("statement_mean_seconds");
    expect(slowest?.value).toBeGreaterThan(0.3);
    expect(slowest?.note).toMatch(/^1 call since \d{4}-\d\d-\d\d: select pg_sleep \(\?\), \?/);
    const told = [
      seen.out,
      (await at.run("health -f a.yaml --verbose")).out,
      (await at.run("health -f a.yaml --format prometheus")).out,
    ].join();
    expect(values.filter((value) => told.includes(value))).toEqual([]);
    expect(told).toContain("alter role app password ?");
  });
});

test("what the connected role may not see is told as missing, and as a warning where a threshold is declared", async () => {
  const watcher = host.url({ user: "watcher" });
  const health = "{ longestTransaction: { warning: 1h } }";
  const blind = await look(here(watcher, health));
  expect([blind.code, blind.status]).toEqual([2, "warning"]);
  expect(blind.measure("longest_transaction_seconds")).toMatchObject({
    status: "warning",
    missing: expect.stringContaining("GRANT pg_monitor TO watcher"),
  });
  expect(blind.measure("connections_used_ratio")?.note).toBe("1 of 17");
  await query(url, "GRANT pg_monitor TO watcher");
  const seeing = await look(here(watcher, health));
  expect([seeing.code, seeing.measure("longest_transaction_seconds")?.status]).toEqual([0, "healthy"]);
  expect(seeing.measures("statement_mean_seconds").length).toBeGreaterThan(0);
});

test("the last proof is known from the ledger, and only one of everything counts", async () => {
  await query(url, "CREATE DATABASE proved");
  const check = (name: string, where: string): string =>
    `---\n{ kind: QualityCheck, name: ${name}, on: s.p, violations: "SELECT 1 ${where}" }\n`;
  const at = folder({ URL: host.url({ database: "proved" }) });
  const estate = `${SOURCE}health: { proofAge: { warning: 7d } }\n---\n{ kind: Schema, name: s }\n---\n{ kind: Table, schema: s, name: p, columns: [{ name: i, type: int }] }\n`;
  at.write("a.yaml", `${estate}${check("holds", "WHERE false")}`);
  expect((await look(at)).measure("last_proof_timestamp_seconds")).toMatchObject({ status: "warning" });
  expect((await at.run("apply -f a.yaml --yes")).code).toBe(0);
  expect((await at.run("test -f a.yaml --only nothing*")).code).toBe(1);
  expect((await at.run("test -f a.yaml --only QualityCheck/holds")).code).toBe(0);
  expect((await look(at)).measure("last_proof_timestamp_seconds")?.value).toBeUndefined();
  expect((await at.run("test -f a.yaml")).code).toBe(0);
  const held = await look(at);
  expect([held.code, held.status]).toEqual([0, "healthy"]);
  expect(held.measure("last_proof_held")).toMatchObject({ value: 1, note: "1 held, 0 did not" });
  expect(Date.now() / 1000 - (held.measure("last_proof_timestamp_seconds")?.value ?? 0)).toBeLessThan(60);
  // The record is no object of anybody's.
  expect((await at.run("plan -f a.yaml --detailed-exitcode")).code).toBe(0);
  at.write("a.yaml", `${estate}${check("holds", "WHERE false")}${check("fails", "")}`);
  expect((await at.run("test -f a.yaml")).code).toBe(2);
  const refuted = await look(at);
  expect([refuted.code, refuted.status, refuted.measure("last_proof_held")?.value]).toEqual([2, "critical", 0]);
});

test("the last good backup is known from the places of the schedules", async () => {
  const at = here(
    url,
    "{ backupAge: { warning: 26h, critical: 3d } }",
    "---\nkind: BackupSchedule\nname: nightly\nschedule: { cron: '30 3 * * *' }\nto: [{ directory: kept }, { directory: elsewhere }]\nretention: { count: 2 }\n",
  );
  const never = await look(at);
  expect([never.code, never.status]).toEqual([2, "critical"]);
  expect((await at.run("health -f a.yaml")).out).toMatch(
    /✗ last backup +never +critical from 3 d; there is no good backup/,
  );
  const kept = async (place: string, hours: number, parts: Manifest["parts"] = []): Promise<string> => {
    const startedAt = new Date(Date.now() - hours * 3_600_000);
    const id = newId(startedAt);
    const manifest = {
      version: 1,
      id,
      dataSource: "warehouse",
      schedule: "nightly",
      startedAt: startedAt.toISOString(),
      parts,
    };
    at.write(`${place}/warehouse/nightly/${id}/manifest.json`, JSON.stringify(manifest));
    return id;
  };
  await kept("kept", 30);
  expect((await look(at)).measure("last_backup_timestamp_seconds")).toMatchObject({ status: "warning" });
  const good = await kept("elsewhere", 1.5);
  await kept("kept", 1, [{ name: "database.dump", holds: "database", bytes: 3, sha256: "" }]);
  const behind = (await look(at)).measure("backup_on_time");
  expect(behind).toMatchObject({ status: "critical", note: `not in ${join(at.path, "kept")}` });
  await kept("kept", 1.8);
  const fresh = await look(at);
  expect([fresh.code, fresh.status]).toEqual([0, "healthy"]);
  expect(fresh.measure("last_backup_timestamp_seconds")?.note).toBe(`nightly, ${good}`);
  writeFileSync(join(at.path, "broken"), "");
  at.write(
    "a.yaml",
    readFileSync(join(at.path, "a.yaml"), "utf8").replace("directory: kept", "directory: broken/of/it"),
  );
  const unread = await look(at);
  expect([unread.measure("up")?.value, unread.status]).toEqual([1, "warning"]);
  expect(unread.measure("last_backup_timestamp_seconds")?.missing).toContain("ENOTDIR");
});

test.each([
  ["{ connections: { warning: 90%, critical: 80% } }", "`health.connections` is critical at 80%, which must be more"],
  [
    "{ cacheHitRatio: { warning: 90%, critical: 95% } }",
    "`health.cacheHitRatio` is critical at 95%, which must be less",
  ],
  ["{ latency: { warning: 90% } }", "health.latency.warning"],
  ["{ latencies: { warning: 1s } }", "Did you mean"],
])("thresholds that cannot be: %s", async (health, says) => {
  const { code, err } = await here(url, health).run("check -f a.yaml");
  expect([code, err]).toEqual([1, expect.stringContaining(says)]);
});

test("a threshold that the engine has nothing for is a warning that says so", async () => {
  const seen = await look(here(url, "{ poolWait: { critical: 10s } }"));
  expect([seen.status, seen.measure("pool_max_wait_seconds")?.missing]).toEqual([
    "warning",
    expect.stringContaining("postgresql has nothing"),
  ]);
});
