/** How data sources are that are gone, hang, lag, or do not come to answering. */
import { describe, expect, test } from "@jest/globals";
import type { DataSource } from "../core/specs.ts";
import { health } from "../providers/postgresql/health/monitor.ts";
import { folder } from "./support/cli.ts";
import { startCluster, startStandby } from "./support/cluster.ts";
import { query } from "./support/declaration.ts";
import { readExposition } from "./support/exposition.ts";
import { connected, here, look, SOURCE } from "./support/health.ts";
import { freshDatabase } from "./support/server.ts";

test("all data sources side by side: one that is gone is critical, one that is not monitored is listed", async () => {
  const at = here(
    await freshDatabase(),
    "",
    `---\n${SOURCE.replace("warehouse", "gone").replace("{ env: URL }", "{ env: GONE }")}---\n${SOURCE.replace("warehouse", "archive")}monitored: false\n---\n${SOURCE.replace("warehouse", "unset").replace("{ env: URL }", "{ env: UNSET }")}`,
  );
  const env = { GONE: "postgresql://somebody:quite-secret@127.0.0.1:1/nowhere" };
  const { code, out, err } = await at.run("health -f a.yaml", { env });
  expect(code).toBe(2);
  expect(out).toMatch(/^warehouse {2}healthy, score 100/m);
  expect(out).toMatch(/^gone {2}critical, score 0/m);
  expect(out).toMatch(/^archive {2}not looked at: It says `monitored: false`\.$/m);
  expect(out).toMatch(/^2 critical, 1 healthy, 1 not looked at\.$/m);
  expect(err).toMatch(/error CONNECTION_REFUSED: .*\(DataSource gone\)/);
  expect(err).toMatch(/error SECRET_UNRESOLVED: .*UNSET/);
  expect(out + err).not.toContain("quite-secret");
  const onTerminal = await at.run("health -f a.yaml", { env, terminal: true });
  expect(onTerminal.err).toMatch(/Measuring █+░* ?\d\/3/);
  const { out: markdown } = await at.run("health -f a.yaml --format markdown", { env });
  expect(markdown).toContain("| ✗ | reachable | no |");
  const { out: exposed } = await at.run("health -f a.yaml --format prometheus", { env });
  const families = readExposition(exposed);
  expect(Object.fromEntries(families.get("datumline_up")?.samples ?? [])).toEqual({
    'data_source="warehouse"': 1,
    'data_source="gone"': 0,
    'data_source="unset"': 0,
  });
  expect(families.get("datumline_info")?.samples.size).toBe(3);
  expect(families.get("datumline_deadlocks_total")).toMatchObject({ type: "counter" });
});

test("a server that hangs is critical after the time that connecting may take", async () => {
  const cluster = await startCluster();
  const at = folder({ URL: cluster.url() });
  at.write("a.yaml", SOURCE.replace("{ env: URL }", "{ env: URL }, connectTimeout: 1"));
  expect((await look(at)).status).toBe("healthy");
  await cluster.signal("SIGSTOP");
  const started = performance.now();
  const hung = await look(at);
  expect(performance.now() - started).toBeLessThan(4000);
  expect([hung.code, hung.status, hung.score]).toEqual([2, "critical", 0]);
  await cluster.signal("SIGCONT");
});

test("a server that does not come to answering is told so, and is well again when it does", async () => {
  const url = await freshDatabase();
  const at = folder({ URL: url });
  at.write("a.yaml", SOURCE.replace("{ env: URL }", "{ env: URL }, connectTimeout: 1"));
  const holder = await connected(url, "BEGIN", "LOCK pg_extension IN ACCESS EXCLUSIVE MODE");
  const held = await look(at);
  await holder.end();
  expect([held.code, held.status]).toEqual([2, "critical"]);
  expect(held.err).toMatch(/error CONNECTION_FAILED: The server did not tell how it is within 1 s/);
  expect((await look(at)).status).toBe("healthy");
});

describe("replicas", () => {
  test("that stream, lag, are gone, or were promoted", async () => {
    const primary = await startCluster();
    const standby = await startStandby(primary);
    const replica = `{ name: reader, host: 127.0.0.1, port: ${standby.port}, maxLag: 1s }`;
    const declared = here(
      primary.url(),
      "{ replicationLag: { warning: 1h, critical: 2h } }",
      `replicas: [${replica}]\n`,
    );
    const undeclared = here(primary.url());

    await query(primary.url(), "CREATE TABLE w AS SELECT 1");
    const streaming = await look(declared);
    expect([streaming.status, streaming.err]).toEqual(["healthy", ""]);
    expect(streaming.measure("replica_up")).toMatchObject({ value: 1, labels: { replica: "reader" } });
    expect(streaming.measure("replication_lag_seconds")).toMatchObject({ value: 0, status: "healthy" });
    expect((await look(undeclared)).measure("replication_lag_seconds")?.labels?.replica).toBe("standby 127.0.0.1");
    expect((await look(here(standby.url()))).measure("replication_lag_seconds")).toMatchObject({ status: "healthy" });

    const source: DataSource = { name: "primary", engine: "postgresql", connection: { url: { env: "URL" } } };
    const kept = await health.open(source, { secret: async () => primary.url(), readOnly: true });
    const seen = async (): Promise<number> => {
      const lag = (await kept.measure()).find(({ name }) => name === "replication_lag_seconds");
      return lag && "value" in lag ? lag.value : Number.NaN;
    };
    expect(await seen()).toBe(0);
    await query(standby.url(), "SELECT pg_wal_replay_pause()");
    await query(primary.url(), "CREATE TABLE x AS SELECT 1; SELECT pg_sleep(1.2)");
    const paused = await look(declared);
    expect(paused.measure("replication_lag_seconds")).toMatchObject({
      status: "warning",
      labels: { replica: "reader" },
    });
    // The server alone goes on telling the lag of the moment when the replay stopped.
    const first = await seen();
    await new Promise((done) => setTimeout(done, 2000));
    expect((await seen()) - first).toBeGreaterThan(0.5);
    await query(standby.url(), "SELECT pg_wal_replay_resume()");
    while ((await seen()) !== 0) await new Promise((done) => setTimeout(done, 50));
    await kept.close();

    await query(standby.url(), "SELECT pg_promote()");
    const promoted = await look(declared);
    expect(promoted.measure("replica_up")).toMatchObject({
      value: 0,
      status: "warning",
      note: expect.stringContaining("no standby"),
    });
    await standby.signal("SIGQUIT");
    const gone = await look(declared);
    expect([gone.status, gone.score, gone.measure("replica_up")?.value]).toEqual(["warning", 80, 0]);
    expect(gone.measure("replication_lag_seconds")).toMatchObject({ status: "warning", missing: expect.anything() });
  });
});
