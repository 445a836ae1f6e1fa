/** The built command line as whole processes, on YAML documents: what a user waits for. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Plan } from "../core/plan.ts";
import { DATABASE, execute, type Run } from "./measure-server.ts";
import { type Figure, median, seconds } from "./report.ts";
import { ALTERED, type BenchFile, benchFiles, REDECLARED, writeYaml } from "./schema.ts";
import { datumline, peakOf, timed } from "./tools.ts";

/** Seconds of a no-op plan and of a small change, and MB, at most. */
const GOALS: Readonly<Record<number, { readonly noOp: number; readonly change: number; readonly peak?: number }>> = {
  1000: { noOp: 0.5, change: 0.8 },
  10000: { noOp: 2, change: 3.5, peak: 600 },
};

/** `datumline version` against a node that does nothing. */
export function measureStart(rounds: number): Figure[] {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const empty = timed(process.execPath, ["-e", "0"]);
    const { milliseconds } = datumline(["version"], {});
    if (round === 0) continue;
    theirs.push(empty);
    ours.push(milliseconds);
  }
  const of = { ours: [median(ours)], theirs: [median(theirs)] };
  return [
    { name: "datumline version ÷ node -e 0", tables: 0, value: median(ours) / median(theirs), unit: "×", goal: 2, of },
  ];
}

export async function measureCli({ tables, rounds, server, scratch }: Run): Promise<Figure[]> {
  const goals = GOALS[tables];
  const folder = join(scratch, "documents");
  const url = server.url({ database: DATABASE });
  const env = { DATABASE_URL: url, XDG_CACHE_HOME: join(scratch, "cache") };
  const source = { name: "bench", engine: "postgresql", connection: { url: { env: "DATABASE_URL" } } };
  const files = benchFiles(tables);
  writeYaml(folder, source as never, files);
  const plan = ["plan", "-f", folder];
  const first = datumline(plan, env).milliseconds;
  const peaks = [peakOf(plan, env, scratch)];
  const noOp: number[] = [];
  const changed: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    datumline(plan, env);
    noOp.push(datumline(plan, env).milliseconds);
    redeclare(folder, benchFiles(tables, `reworded in round ${round}`));
    await execute(
      url,
      `ALTER TABLE ${ALTERED.schema}.${ALTERED.table} ALTER COLUMN ${ALTERED.column} SET DEFAULT 'round ${round}'`,
    );
    changed.push(datumline(plan, env).milliseconds);
    // The same again, for what it says and for its memory.
    expectBoth(datumline([...plan, "--format", "json"], env).stdout);
    if (round === 1) peaks.push(peakOf(plan, env, scratch));
    redeclare(folder, files);
    await execute(url, `ALTER TABLE ${ALTERED.schema}.${ALTERED.table} ALTER COLUMN ${ALTERED.column} DROP DEFAULT`);
  }
  return [
    seconds("no-op plan, unchanged files", tables, goals?.noOp, noOp),
    seconds("plan of one changed declaration and one table altered by another hand", tables, goals?.change, changed),
    { name: "first plan, nothing cached", tables, value: first / 1000, unit: "s" },
    {
      name: "peak memory of a plan",
      tables,
      value: Math.max(...peaks),
      unit: "MB",
      ...(goals?.peak && { goal: goals.peak }),
    },
  ];
}

function redeclare(folder: string, files: readonly BenchFile[]): void {
  const file = files.find(({ path }) => path.includes(REDECLARED.table)) as BenchFile;
  writeFileSync(
    join(folder, file.path),
    file.documents.map(({ kind, spec }) => stringify({ kind, ...spec })).join("---\n"),
  );
}

/** A plan that is fast and wrong counts for nothing. */
function expectBoth(stdout: string): void {
  const printed = JSON.parse(stdout) as Plan | readonly Plan[];
  const found = [printed].flat().flatMap(({ steps }) => steps.map(({ action, address }) => `${action} ${address}`));
  const expected = [REDECLARED, ALTERED].map(({ schema, table }) => `alter Table/${schema}.${table}`);
  if (found.sort().join() !== expected.sort().join())
    throw new Error(`The plan holds ${found.join(", ")}, not ${expected.join(", ")}`);
}
