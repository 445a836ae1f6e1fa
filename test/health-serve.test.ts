/** Health served over HTTP while the servers that it looks at come and go. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type Folder, folder } from "./support/cli.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { query } from "./support/declaration.ts";
import { readExposition } from "./support/exposition.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Serving {
  readonly child: ChildProcess;
  readonly at: string;
  said(): string;
  /** Value of a sample of the data source `warehouse`. */
  sample(name: string): Promise<number | undefined>;
  /** Waits until a sample has a value. */
  until(name: string, value: number): Promise<void>;
}

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** The command as a process of its own, on a port that is free. */
async function serving(here: Folder, env: Readonly<Record<string, string>>, ...more: string[]): Promise<Serving> {
  const args = ["health", "-f", join(here.path, "a.yaml"), "--serve", "127.0.0.1:0", "--interval", "1s", ...more];
  const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "cli/main.ts"), ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, XDG_CACHE_HOME: join(here.path, ".cache"), ...env },
  });
  started.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  let at: string | undefined;
  for (let tried = 0; at === undefined; tried += 1) {
    if (tried > 300 || child.exitCode !== null) throw new Error(said);
    await sleep(100);
    at = /Serving (http:\/\/[^/]+)\//.exec(said)?.[1];
  }
  const sample = async (name: string): Promise<number | undefined> => {
    const response = await fetch(`${at}/metrics`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    return readExposition(await response.text())
      .get(name)
      ?.samples.get('data_source="warehouse"');
  };
  return {
    child,
    at,
    said: () => said,
    sample,
    async until(name, value) {
      for (let tried = 0; (await sample(name)) !== value; tried += 1) {
        if (tried > 200) throw new Error(`${name} is ${await sample(name)}: ${said}`);
        await sleep(100);
      }
    },
  };
}

function source(cluster: Cluster, more = ""): string {
  const connection = `{ host: 127.0.0.1, port: ${cluster.port}, user: postgres, database: postgres, connectTimeout: 2, password: { env: SECRET } }`;
  return `kind: DataSource\nname: warehouse\nengine: postgresql\nconnection: ${connection}\n${more}`;
}

const ENV = { SECRET: "never-to-be-shown" };

test("killed while it is served, restarted, hanging; one connection, and an end on SIGTERM", async () => {
  const cluster = await startCluster();
  const here = folder();
  here.write("a.yaml", source(cluster, "health: { size: { warning: 1MB } }\nowner: data platform\n"));
  const served = await serving(here, ENV);
  await served.until("datumline_up", 1);
  expect(await served.sample("datumline_status")).toBe(1);
  expect(await served.sample("datumline_score")).toBe(90);
  // Several measurements later it is still the same connection.
  const before = await served.sample("datumline_measured_timestamp_seconds");
  const backend = "SELECT pid, backend_start::text FROM pg_stat_activity WHERE application_name = 'datumline'";
  const first = await query(cluster.url(), backend);
  while ((await served.sample("datumline_measured_timestamp_seconds")) === before) await sleep(100);
  expect(first).toHaveLength(1);
  expect(await query(cluster.url(), backend)).toEqual(first);

  await cluster.signal("SIGQUIT");
  await served.until("datumline_up", 0);
  expect(await served.sample("datumline_status")).toBe(2);
  expect(await served.sample("datumline_score")).toBe(0);
  expect(await served.sample("datumline_database_size_bytes")).toBeUndefined();
  expect(await served.sample("datumline_failed_measurements_total")).toBeGreaterThan(0);
  expect(await (await fetch(`${served.at}/healthz`)).text()).toBe("ok, critical\n");
  await cluster.start();
  await served.until("datumline_up", 1);

  // Restarted between two measurements, nobody sees it gone.
  const failed = await served.sample("datumline_failed_measurements_total");
  const kept = await query(cluster.url(), backend);
  await query(
    cluster.url(),
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'datumline'",
  );
  for (let others = kept; JSON.stringify(others) === JSON.stringify(kept) || others.length === 0; ) {
    others = await query(cluster.url(), backend);
    await sleep(50);
  }
  await sleep(1500);
  expect(await served.sample("datumline_failed_measurements_total")).toBe(failed);

  await cluster.signal("SIGSTOP");
  const answers: number[] = [];
  for (let tried = 0; (await served.sample("datumline_up")) === 1 && tried < 200; tried += 1) {
    const asked = performance.now();
    await served.sample("datumline_up");
    answers.push(performance.now() - asked);
    await sleep(100);
  }
  expect(await served.sample("datumline_up")).toBe(0);
  expect(Math.max(...answers)).toBeLessThan(1000);

  // Hanging as it is, nobody waits for it.
  const asked = performance.now();
  served.child.kill("SIGTERM");
  const [code] = (await once(served.child, "exit")) as [number];
  expect(performance.now() - asked).toBeLessThan(4000);
  expect([code, served.said()]).toEqual([0, expect.stringMatching(/Stopped\.\n$/)]);
  expect(served.said()).toMatch(/^warehouse: warning$/m);
  expect(served.said()).toMatch(/^warehouse: warning, now critical$/m);
  expect(served.said()).toMatch(/error CONNECTION_\w+: .*\(DataSource warehouse\)/);
  expect(served.said()).not.toContain(ENV.SECRET);
  await cluster.signal("SIGCONT");
  for (let left = [{}]; left.length > 0; await sleep(50)) left = await query(cluster.url(), backend);
});

test("what is served: the same JSON as of the command, and nothing but reading", async () => {
  const cluster = await startCluster();
  const here = folder();
  here.write("a.yaml", `${source(cluster)}---\n${source(cluster).replace("warehouse", "archive")}monitored: false\n`);
  const served = await serving(here, ENV);
  await served.until("datumline_up", 1);
  const json = await (await fetch(`${served.at}/health.json?pretty`)).json();
  expect(json).toMatchObject({ version: 1, status: "healthy" });
  const { out } = await here.run("health -f a.yaml --format json", { env: ENV });
  const shape = ({
    dataSources,
  }: {
    dataSources: { dataSource: string; status: string; measures?: { name: string }[] }[];
  }) => dataSources.map(({ dataSource, status, measures }) => [dataSource, status, measures?.map(({ name }) => name)]);
  expect(shape(json as never)).toEqual(shape(JSON.parse(out)));
  expect((await fetch(`${served.at}/nowhere`)).status).toBe(404);
  expect((await fetch(`${served.at}/__proto__`)).status).toBe(404);
  expect((await fetch(`${served.at}/metrics`, { method: "POST" })).status).toBe(405);
  expect((await fetch(`${served.at}/metrics`, { method: "HEAD" })).status).toBe(200);
  // A client that says nothing keeps it from nothing.
  const { port } = new URL(served.at);
  const silent = connect({ host: "127.0.0.1", port: Number(port) });
  silent.on("error", () => undefined);
  await once(silent, "connect");
  const half = request(`${served.at}/metrics`, { method: "POST" });
  half.on("error", () => undefined);
  half.write("x");
  served.child.kill("SIGINT");
  const [code] = (await once(served.child, "exit")) as [number];
  expect(code).toBe(0);
  silent.destroy();
  half.destroy();
});

describe("what it does not take", () => {
  test.each([
    ["--serve somewhere", "--serve does not take this value"],
    ["--serve 127.0.0.1:99999", "--serve does not take this value"],
    ["--serve 192.0.2.1:9187", "Cannot listen on 192.0.2.1:9187: it is no address of this machine"],
    ["--serve 127.0.0.1:0 --interval 10ms", "--interval is at least 1s"],
    ["--interval soon", "--interval takes a time"],
    ["--format sql", "`health` has no format sql"],
  ])("%s", async (options, says) => {
    const here = folder({ URL: "postgresql://postgres@127.0.0.1:1/x" });
    here.write("a.yaml", "kind: DataSource\nname: warehouse\nengine: postgresql\nconnection: { url: { env: URL } }\n");
    const { code, err } = await here.run(`health -f a.yaml ${options}`);
    expect([code, err]).toEqual([1, expect.stringContaining(says)]);
  });

  test("a port that is taken", async () => {
    const here = folder(ENV);
    here.write("a.yaml", source(await startCluster()));
    const served = await serving(here, ENV);
    const { code, err } = await here.run(`health -f a.yaml --serve ${new URL(served.at).host}`);
    expect([code, err]).toEqual([1, expect.stringContaining("somebody else listens there")]);
  });
});
