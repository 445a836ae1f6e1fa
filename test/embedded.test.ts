import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import pg from "pg";
import { type EmbeddedPostgres, startPostgres } from "../scripts/embedded.ts";
import { isAlive } from "./support/processes.ts";
import { freshDatabase, freshServer, majors, server } from "./support/server.ts";

const HOLDER = fileURLToPath(new URL("support/holds-a-server.ts", import.meta.url));

async function ask(config: string | pg.ClientConfig, sql: string): Promise<unknown> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: "array" });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

function postmaster(directory: string): number {
  return Number.parseInt(readFileSync(join(directory, "data", "postmaster.pid"), "utf8"), 10);
}

async function isGone(directory: string, pid: number): Promise<boolean> {
  for (let waited = 0; waited < 5_000; waited += 20) {
    if (!isAlive(pid) && !existsSync(directory)) return true;
    await sleep(20);
  }
  return false;
}

describe.each(majors(18, 15))("PostgreSQL %i", (major) => {
  test("speaks the version asked for, in UTF-8, and leaves nothing behind", async () => {
    const started = await startPostgres({ major });
    expect(await ask(started.url(), "SHOW server_version")).toBe(started.version);
    expect(Number.parseInt(started.version, 10)).toBe(major);
    expect(await ask(started.url(), "SHOW server_encoding")).toBe("UTF8");

    const pid = postmaster(started.directory);
    await started.stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(started.directory)).toBe(false);
    await started.stop();
  });
});

test("listens on a socket, knows who asks, and takes settings", async () => {
  const started = await freshServer({
    auth: "scram-sha-256",
    superuser: "admin",
    password: "o'pen/sesame",
    settings: { "datumline.note": "it's set" },
    hba: ["host all nobody 127.0.0.1/32 reject"],
  });
  expect(await ask(started.url(), "SHOW datumline.note")).toBe("it's set");
  const socket = { host: started.socketDirectory, port: started.port, user: "admin", database: "postgres" };
  expect(await ask({ ...socket, password: "o'pen/sesame" }, "SELECT current_user")).toBe("admin");
  await expect(ask(started.url({ password: "wrong" }), "SELECT 1")).rejects.toThrow(/password authentication failed/);
  await expect(ask(started.url({ user: "nobody", password: "x" }), "SELECT 1")).rejects.toThrow(/rejects connection/);
});

test("says what the server said when it cannot start", async () => {
  await expect(startPostgres({ settings: { max_connections: "none" } })).rejects.toThrow(/max_connections/);
});

test("says how to get a major version that is not there", async () => {
  await expect(startPostgres({ major: 9 })).rejects.toThrow(/PostgreSQL 9 .* not installed/);
});

describe("goes when the process that started it goes", () => {
  test.each(["SIGINT", "SIGTERM", "SIGKILL", "throw"])("%s", async (end) => {
    const holder = spawn(process.execPath, ["--import", "tsx", HOLDER, end], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(holder.stdout, "data")) as [Buffer];
    const directory = line.toString().trim();
    const pid = postmaster(directory);
    expect(isAlive(pid)).toBe(true);

    const exit = once(holder, "exit");
    if (end !== "throw") holder.kill(end as NodeJS.Signals);
    await exit;
    expect(await isGone(directory, pid)).toBe(true);
  });
});

test("tests of one worker share a server, not a database", async () => {
  const shared: EmbeddedPostgres = await server();
  expect(await server()).toBe(shared);
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase(18, "named")]);
  expect(await ask(one, "CREATE TABLE mine (id int)")).toBeUndefined();
  expect(await ask(other, "SELECT to_regclass('mine')")).toBeNull();
  expect(new URL(other).pathname).toMatch(/^\/named_/);
});
