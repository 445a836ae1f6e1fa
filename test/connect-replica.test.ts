/** Declared replicas are tried as well: real standbys of a real primary. */
import { beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import type { ConnectionStep } from "../core/engine.ts";
import { folder } from "./support/cli.ts";
import { type Cluster, startCluster, startStandby } from "./support/cluster.ts";

let primary: Cluster;
let fresh: Cluster;
let late: Cluster;
let other: Cluster;

beforeAll(async () => {
  primary = await startCluster();
  fresh = await startStandby(primary);
  late = await startStandby(primary);
  other = await startCluster();
  await run(primary, "CREATE TABLE written (at timestamptz)");
});

async function run(on: Cluster, statement: string): Promise<unknown> {
  const client = new pg.Client(on.url());
  await client.connect();
  try {
    return (await client.query<[unknown]>({ text: statement, rowMode: "array" })).rows[0]?.[0];
  } finally {
    await client.end();
  }
}

/** Until everything written so far is there. */
async function caughtUp(standby: Cluster): Promise<void> {
  const upTo = await run(primary, "SELECT pg_current_wal_lsn()");
  while ((await run(standby, `SELECT pg_last_wal_replay_lsn() >= '${upTo}'`)) !== true);
}

function replica(name: string, port: number, maxLag?: string): string {
  return `  - { name: ${name}, host: 127.0.0.1, port: ${port}${maxLag ? `, maxLag: ${maxLag}` : ""} }\n`;
}

async function connect(port: number, replicas: string): Promise<{ code: number; steps: ConnectionStep[] }> {
  const here = folder();
  const connection = `{ host: 127.0.0.1, port: ${port}, user: postgres, database: postgres, retry: { attempts: 1 } }`;
  here.write(
    "a.yaml",
    `kind: DataSource\nname: w\nengine: postgresql\nconnection: ${connection}\nreplicas:\n${replicas}`,
  );
  const { code, out } = await here.run("connect -f . --format json");
  return { code, steps: (JSON.parse(out) as { steps: ConnectionStep[] }).steps };
}

test("one that is up to date, one that is late, one that is none, one that is not there", async () => {
  const declared = [
    replica("fresh", fresh.port),
    replica("late", late.port, "1ms"),
    replica("promoted", other.port),
    replica("gone", 1),
  ];
  await caughtUp(late);
  await run(late, "SELECT pg_wal_replay_pause()");
  await run(primary, "INSERT INTO written VALUES (now())");
  await caughtUp(fresh);
  const { code, steps } = await connect(primary.port, declared.join(""));
  const told = steps.filter(({ step }) => step.startsWith("replica"));
  expect(told.map(({ step, ok, diagnostic }) => [step, ok, diagnostic?.severity, diagnostic?.code])).toEqual([
    ["replica fresh", true, undefined, undefined],
    ["replica late", true, "warning", "REPLICA_LATE"],
    ["replica promoted", true, "warning", "REPLICA_LATE"],
    ["replica gone", false, "error", "CONNECTION_REFUSED"],
  ]);
  expect(told[0]?.result).toBe(`127.0.0.1:${fresh.port}, standby, up to date`);
  expect(told[1]?.result).toMatch(/standby, [\d.]+ s behind/);
  expect(told[2]?.diagnostic?.summary).toContain("is no standby: it accepts writes");
  expect(code).toBe(1);
});

test("a standby as the data source itself", async () => {
  const { code, steps } = await connect(fresh.port, replica("fresh", fresh.port));
  expect(steps.find(({ step }) => step === "server")?.diagnostic?.code).toBe("READ_ONLY");
  expect(code).toBe(0);
});

test("a server that starts is tried again until it is there", async () => {
  await other.signal("SIGQUIT");
  const here = folder();
  const connection = `{ host: 127.0.0.1, port: ${other.port}, user: postgres, database: postgres, retry: { attempts: 12, delay: 100ms } }`;
  here.write(
    "a.yaml",
    `kind: DataSource\nname: w\nengine: postgresql\nconnection: ${connection}\n---\nkind: Schema\nname: s\n`,
  );
  const running = here.run("plan -f .");
  await new Promise((done) => setTimeout(done, 300));
  await other.start();
  const { code, err } = await running;
  expect([code, err]).toEqual([0, ""]);
});
