/** What talks to the server, in one process: apply, full inspection, fingerprint. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { type Figure, ratio } from "./report.ts";
import { benchFiles, writeJson } from "./schema.ts";
import { type Tool, timed, Worker } from "./tools.ts";

export interface Run {
  readonly tables: number;
  readonly rounds: number;
  readonly server: EmbeddedPostgres;
  /** Folder for everything that the run writes. */
  readonly scratch: string;
  readonly dump: Tool | undefined;
  readonly psql: Tool | undefined;
}

/** The database that holds the schema afterwards. */
export const DATABASE = "bench";
const OTHER = "bench_psql";

/** Applies count too much time at 10,000 tables to be done often. */
const APPLY_ROUNDS = 3;

export async function measureServer(run: Run, compareApply: boolean): Promise<Figure[]> {
  const { tables, rounds, server, scratch, dump, psql } = run;
  const worker = new Worker();
  const json = join(scratch, "declaration.json");
  const source = { name: "bench", engine: "postgresql", connection: {} };
  writeJson(json, source as never, benchFiles(tables));
  const url = server.url({ database: DATABASE });
  const applied: number[] = [];
  const scripted: number[] = [];
  const inspected: number[] = [];
  const fingerprinted: number[] = [];
  const dumped: number[] = [];
  const traffic: Record<string, number> = {};
  try {
    await recreate(server, DATABASE);
    const script = join(scratch, "script.sql");
    writeFileSync(script, (await worker.run("script", { url, json })).script as string);
    for (let round = 1; round <= (compareApply ? Math.min(rounds, APPLY_ROUNDS) : 1); round += 1) {
      if (compareApply && psql) {
        await recreate(server, OTHER);
        const to = server.url({ database: OTHER });
        scripted.push(timed(psql.path, ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", script, to]));
        console.log(`${tables} tables, round ${round}: psql -1 -f ${Math.round(scripted.at(-1) as number)} ms`);
      }
      await recreate(server, DATABASE);
      const { milliseconds, roundTrips, connections, statements } = await worker.run("apply", { url, json });
      applied.push(milliseconds as number);
      console.log(
        `${tables} tables, round ${round}: apply of ${statements} statements ${Math.round(milliseconds as number)} ms`,
      );
      Object.assign(traffic, { apply: roundTrips, applyConnections: connections });
    }
    await execute(url, "VACUUM ANALYZE");
    // The first is for the caches of the server and the compiler of node; it is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      const dumping = dump ? timed(dump.path, ["-s", "-f", "/dev/null", url]) : undefined;
      const inspection = await worker.run("inspect", { url });
      const fingerprint = await worker.run("fingerprint", { url });
      Object.assign(traffic, { inspect: inspection.roundTrips, inspectConnections: inspection.connections });
      if (round === 0) continue;
      if (dumping !== undefined) dumped.push(dumping);
      inspected.push(inspection.milliseconds as number);
      fingerprinted.push(fingerprint.milliseconds as number);
    }
  } finally {
    worker.close();
  }
  const noDump = "no pg_dump for this server";
  const count = (name: string, value: number | undefined, goal: number): Figure => ({
    name,
    tables,
    value,
    unit: "",
    goal,
  });
  return [
    ratio("full inspection, fresh connection ÷ pg_dump -s", tables, 0.2, inspected, dumped, noDump),
    ratio("live side of a no-op, connection included ÷ pg_dump -s", tables, 0.06, fingerprinted, dumped, noDump),
    ratio("fresh apply, verified, ledger written ÷ psql -1 -f", tables, 1, applied, scripted, "not compared with psql"),
    count("round trips of an inspection", traffic.inspect, 30),
    count("connections of an inspection", traffic.inspectConnections, 4),
    count("round trips of an apply", traffic.apply, 60 + Math.ceil((tables * 10) / 500)),
  ];
}

/** Roles belong to the server and not to a database, so that nobody can create them twice. */
async function recreate(server: EmbeddedPostgres, database: string): Promise<void> {
  const admin = server.url();
  for (const name of [DATABASE, OTHER]) await execute(admin, `DROP DATABASE IF EXISTS ${name}`);
  await execute(
    admin,
    "DO $$ DECLARE r text; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'team\\_%' LOOP EXECUTE format('DROP ROLE %I', r); END LOOP; END $$",
  );
  await execute(admin, `CREATE DATABASE ${database}`);
}

export async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
