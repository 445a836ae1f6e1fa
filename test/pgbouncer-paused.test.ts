/** A pool that moves to another server while a transaction is open, and a run that is ended while it waits for that. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import type pg from "pg";
import { type Folder, folder } from "./support/cli.ts";
import { missing, type Pooler, startPooler } from "./support/pgbouncer.ts";
import { server } from "./support/server.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

const ENV = { CONSOLE_PASSWORD: "of the admin" };
const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

interface Moving {
  readonly pooler: Pooler;
  readonly at: Folder;
  readonly before: string;
  /** A client with an open transaction. */
  readonly client: pg.Client;
  paused(): Promise<unknown>;
  declare(database: string): void;
}

async function moving(): Promise<Moving> {
  const { host, port } = await server();
  const pooler = await startPooler({ userlist: ['"postgres" "none"'] });
  const at = folder(ENV);
  const declare = (database: string): void =>
    at.write(
      "pooler.yaml",
      `kind: DataSource
name: pooler
${pooler.source.replace("lockTimeout: 5", "lockTimeout: 60")}
---
kind: ConnectionPool
name: work
host: ${host}
port: ${port}
database: ${database}
mode: transaction
maxConnections: 5
`,
    );
  declare("postgres");
  expect((await at.run("apply -f . --yes")).code).toBe(0);
  const client = await pooler.client("work", "postgres", "none");
  await client.query("BEGIN");
  declare("template1");
  const paused = async (): Promise<unknown> =>
    (await pooler.say("SHOW DATABASES")).find(({ name }) => name === "work")?.paused;
  return { pooler, at, before: pooler.text(), client, paused, declare };
}

/** A run that waits for the transaction to end. */
async function waiting({ at, paused }: Moving): Promise<ChildProcess> {
  const words = ["--import", "tsx", MAIN, "apply", "-f", at.path, "--yes", "--allow", "all"];
  const child = spawn(process.execPath, words, { env: { ...process.env, ...ENV }, stdio: "ignore" });
  while (Number(await paused()) !== 1) {
    expect(child.exitCode).toBe(null);
    await sleep(20);
  }
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/** The open transaction goes on where it began. */
async function works({ client }: Moving): Promise<void> {
  const { rows } = await client.query("SELECT current_database() AS name");
  expect(rows).toEqual([{ name: "postgres" }]);
  await client.query("COMMIT; SELECT 1");
  await client.end();
}

suite("a run that waits for a pause", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s takes the pause back, and nothing is changed", async (signal) => {
    const on = await moving();
    await end(await waiting(on), signal);
    expect([Number(await on.paused()), on.pooler.text()]).toEqual([0, on.before]);
    expect(existsSync(`${on.pooler.config}.datumline-journal`)).toBe(false);
    await works(on);
    expect((await on.at.run("apply -f . --yes")).code).toBe(0);
  });

  test("killed, a plan tells of it, and the next apply ends the pause first", async () => {
    const on = await moving();
    await end(await waiting(on), "SIGKILL");
    expect(Number(await on.paused())).toBe(1);
    expect((await on.at.run("plan -f .")).out).toContain("RESUME work");
    on.declare("postgres");
    const { code, err } = await on.at.run("apply -f . --yes");
    expect([code, err, Number(await on.paused())]).toEqual([0, "", 0]);
    await works(on);
    expect(existsSync(`${on.pooler.config}.datumline-journal`)).toBe(false);
  });

  test("what another hand has paused stays paused, whatever is changed", async () => {
    const on = await moving();
    await on.client.query("ROLLBACK");
    await on.client.end();
    await on.pooler.say("PAUSE work");
    const { code, err } = await on.at.run("apply -f . --yes");
    expect([code, err, Number(await on.paused())]).toEqual([0, expect.stringContaining("POOL_PAUSED"), 1]);
    expect(on.pooler.text()).toContain("dbname=template1");
  });
});
