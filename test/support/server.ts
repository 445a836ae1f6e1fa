import { afterAll } from "@jest/globals";
import pg from "pg";
import { type EmbeddedOptions, type EmbeddedPostgres, startPostgres } from "../../scripts/embedded.ts";

declare global {
  /** Servers by major version, shared by the test files of one jest worker; see environment.js. */
  var datumlineServers: Map<number, Promise<EmbeddedPostgres>>;
}

const started: EmbeddedPostgres[] = [];
const created: { server: EmbeddedPostgres; database: string }[] = [];

/** Major versions that a suite is run on: the newest, unless it says otherwise or `npm run test:matrix` asks for others. */
export function majors(...usual: readonly number[]): readonly number[] {
  const asked = process.env.DATUMLINE_TEST_MAJORS;
  if (asked !== undefined) return asked.split(",").map(Number);
  return usual.length > 0 ? usual : [18];
}

/**
 * The worker's server of a major version, started when first asked for. Its roles are everybody's: tests that make roles
 * under fixed names want `freshServer`. It is never stopped by a test; it ends with the worker.
 */
export function server(major = 18): Promise<EmbeddedPostgres> {
  const known = globalThis.datumlineServers.get(major);
  if (known) return known;
  const starting = startPostgres({ major });
  globalThis.datumlineServers.set(major, starting);
  return starting;
}

/** URL of a new, empty database on the worker's server; dropped after the test file. `name` becomes part of its name. */
export async function freshDatabase(major = 18, name = "test"): Promise<string> {
  const host = await server(major);
  const database = `${name}_${process.hrtime.bigint().toString(36)}`;
  // Since 15 the default writes every block to the WAL, which takes four times as long.
  const strategy = major >= 15 ? "STRATEGY file_copy" : "";
  await execute(host, `CREATE DATABASE ${pg.escapeIdentifier(database)} ${strategy}`);
  created.push({ server: host, database });
  return host.url({ database });
}

/** A server for this test file alone; stopped after it. */
export async function freshServer(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  const fresh = await startPostgres(options);
  started.push(fresh);
  return fresh;
}

afterAll(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
  for (const { server: host, database } of created.splice(0)) {
    await execute(host, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`);
  }
});

async function execute(host: EmbeddedPostgres, sql: string): Promise<void> {
  const client = new pg.Client(host.url());
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
