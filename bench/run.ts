/**
 * How fast, against pg_dump and psql of the same run: `npm run bench -- --tables 1000,10000 --rounds 3`. What is compared
 * takes turns within each round, so that a busy minute of the machine meets both; medians of the rounds are compared.
 * Only the ratios mean anything on another machine.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startPostgres } from "../scripts/embedded.ts";
import { measureAccessDiff, measureMatrix } from "./measure-access.ts";
import { measureBackup } from "./measure-backup.ts";
import { measureCli, measureStart } from "./measure-cli.ts";
import { measurePooler } from "./measure-pooler.ts";
import { measureServer } from "./measure-server.ts";
import { measureProvider } from "./measure-terraform.ts";
import { measureTerraformPlan } from "./measure-terraform-plan.ts";
import { type Figure, table } from "./report.ts";
import { clientTool } from "./tools.ts";

/** Debian's client tools are of this version, and both it and the server are to be had everywhere. */
const MAJOR = 15;

const { values } = parseArgs({
  options: {
    tables: { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    major: { type: "string", default: String(MAJOR) },
    /** Applies take a minute each at 10,000 tables. */
    "no-apply": { type: "boolean", default: false },
    /** Gigabytes of the database that is backed up and restored; it takes five times that of room, and a quarter of an hour. */
    backup: { type: "string", default: "0" },
    /** Nothing but that. */
    "only-backup": { type: "boolean", default: false },
  },
});
const sizes = values["only-backup"] ? [] : values.tables.split(",").map(Number);
const gigabytes = Number(values.backup);
const rounds = Number(values.rounds);
const major = Number(values.major);
const tools = { dump: clientTool("pg_dump", major), psql: clientTool("psql", major) };

const terraform = spawnSync("terraform", ["version"], { stdio: "ignore" }).status === 0;

const figures: Figure[] = values["only-backup"]
  ? []
  : [
      ...measureStart(rounds * 5),
      ...(await measureProvider(rounds * 5)),
      ...(await measurePooler()),
      ...(await measureMatrix(rounds, major)),
    ];
if (gigabytes > 0) figures.push(...(await measureBackup(gigabytes, rounds, major)));
for (const tables of sizes) {
  const scratch = mkdtempSync(join(tmpdir(), "datumline-bench-"));
  // Fifteen locks for each table that one transaction creates.
  const settings = {
    max_locks_per_transaction: String(Math.max(256, tables)),
    shared_buffers: "512MB",
    max_wal_size: "8GB",
  };
  const server = await startPostgres({ major, settings });
  try {
    const run = { tables, rounds, server, scratch, ...tools };
    figures.push(...(await measureServer(run, !values["no-apply"])), ...(await measureCli(run)));
    figures.push(...(await measureAccessDiff(run)));
    if (terraform) figures.push(...(await measureTerraformPlan(run)));
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

const machine = {
  processor: cpus()[0]?.model,
  cores: cpus().length,
  memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
  platform: `${process.platform}-${process.arch}`,
  /** Of the last minute, the benchmark included: above the cores, others worked as well. */
  load: loadavg()[0]?.toFixed(1),
  node: process.version,
  postgresql: major,
  pgDump: tools.dump?.version,
  psql: tools.psql?.version,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
};
console.log(`\n${table(figures)}\n\n${JSON.stringify(machine)}`);
for (const [name, tool] of [
  ["pg_dump", tools.dump],
  ["psql", tools.psql],
] as const) {
  if (!tool)
    console.log(
      `\nNOT COMPARED: there is no ${name} that can talk to PostgreSQL ${major}; name its folder in DATUMLINE_PG_BIN.`,
    );
}
if (!terraform) console.log("\nNOT MEASURED: there is no terraform on the PATH.");
const results = fileURLToPath(new URL("results/", import.meta.url));
mkdirSync(results, { recursive: true });
const date = new Date().toISOString();
const file = join(results, `${date.replaceAll(":", "-").slice(0, 19)}.json`);
writeFileSync(file, JSON.stringify({ date, machine, rounds, figures }, null, 2));
console.log(`\n${file}`);
