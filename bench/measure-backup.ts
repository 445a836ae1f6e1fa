/**
 * A backup and a restore as whole processes, against pg_dump, zstd and pg_restore alone on the same server; they take turns.
 * What is compared with writes its file without waiting for the disk.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../scripts/embedded.ts";
import { execute } from "./measure-server.ts";
import { type Figure, median, ratio } from "./report.ts";
import { clientTool, MAIN, timed } from "./tools.ts";

/** Nine tenths of the throughput of the tools. */
const SLOWER = 1 / 0.9;
const PEAK_MB = 150;
const DATABASE = "bench_backup";
const COPY = "bench_restored";
/** Of a row with its overhead; the columns compress as those of a shop do. */
const ROW = 200;
const TABLES = 4;

const FILL = `SELECT i AS id, md5(i::text) AS token, 'customer ' || (i % 100000) AS customer,
 repeat(chr(97 + (i % 26)::int), 20) || md5((i / 7)::text) AS note, (i % 9973) / 7.0 AS amount,
 timestamptz '2026-01-01' + i * interval '1 second' AS at FROM generate_series(1, $rows) i`;

export async function measureBackup(gigabytes: number, rounds: number, major: number): Promise<Figure[]> {
  const dump = clientTool("pg_dump", major);
  if (!dump) return [ratio("backup ÷ pg_dump | zstd", 0, SLOWER, [], undefined, "no pg_dump for this server")];
  const scratch = mkdtempSync(join(tmpdir(), "datumline-bench-backup-"));
  const settings = { shared_buffers: "512MB", max_wal_size: "8GB" };
  const server = await startPostgres({ major, settings });
  try {
    const admin = server.url();
    const url = (database: string): string => server.url({ database });
    await execute(admin, `CREATE DATABASE ${DATABASE}`);
    const rows = Math.round((gigabytes * 2 ** 30) / ROW / TABLES);
    for (let table = 1; table <= TABLES; table += 1)
      await execute(url(DATABASE), `CREATE TABLE sales_${table} AS ${FILL.replace("$rows", `${rows}`)}`);
    await execute(url(DATABASE), "VACUUM ANALYZE");
    declare(scratch);
    const env = { DATABASE_URL: url(DATABASE), BACKUP_KEY: "5a".repeat(32) };
    const file = join(scratch, "alone.zst");
    const shell = (line: string): number => timed("bash", ["-o", "pipefail", "-c", line]);
    const times: Record<"dumped" | "kept" | "sealed" | "filled" | "restored" | "unsealed", number[]> = {
      dumped: [],
      kept: [],
      sealed: [],
      filled: [],
      restored: [],
      unsealed: [],
    };
    let peak = 0;
    const ours = async (words: readonly string[]): Promise<number> => {
      const run = await watched(["backup", ...words, "-f", join(scratch, "bench.yaml")], env);
      peak = Math.max(peak, run.peak);
      return run.milliseconds;
    };
    const fresh = async (): Promise<void> => {
      await execute(admin, `DROP DATABASE IF EXISTS ${COPY}`);
      await execute(admin, "CHECKPOINT");
    };
    // All of it has just been written and read: no round is needed for the caches.
    for (let round = 1; round <= rounds; round += 1) {
      const took = {
        dumped: shell(`${dump.path} -Fc -Z0 '${url(DATABASE)}' | zstd -q -3 -T0 -f -o ${file}`),
        kept: await ours(["run", "plain"]),
        sealed: await ours(["run", "sealed"]),
        filled: 0,
        restored: 0,
        unsealed: 0,
      };
      await fresh();
      await execute(admin, `CREATE DATABASE ${COPY}`);
      took.filled = shell(`zstd -q -d -c ${file} | ${dump.path.replace("pg_dump", "pg_restore")} -d '${url(COPY)}'`);
      await fresh();
      took.restored = await ours(["restore", "plain", "--into", COPY, "--yes"]);
      await fresh();
      took.unsealed = await ours(["restore", "sealed", "--into", COPY, "--yes"]);
      await fresh();
      console.log(
        `${gigabytes} GB, round ${round}: ${JSON.stringify(took, (_, value) => (typeof value === "number" ? Math.round(value) : value))}`,
      );
      for (const [name, each] of Object.entries(times)) each.push(took[name as keyof typeof times]);
    }
    const missing = "not compared";
    return [
      ratio("backup ÷ pg_dump | zstd", 0, SLOWER, times.kept, times.dumped, missing),
      apart("backup, encrypted ÷ pg_dump | zstd", times.sealed, times.dumped),
      ratio("restore ÷ zstd | pg_restore", 0, SLOWER, times.restored, times.filled, missing),
      apart("restore, encrypted ÷ zstd | pg_restore", times.unsealed, times.filled),
      {
        name: "peak memory of a backup and a restore, without the tools",
        tables: 0,
        value: peak,
        unit: "MB",
        goal: PEAK_MB,
      },
    ];
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Without a goal: the tools encrypt nothing. */
function apart(name: string, ours: readonly number[], theirs: readonly number[]): Figure {
  return { name, tables: 0, value: median(ours) / median(theirs), unit: "×", of: { ours, theirs } };
}

function declare(scratch: string): void {
  const schedule = (name: string, more: string): string => `---
kind: BackupSchedule
name: ${name}
schedule: { every: 6h }
to: [{ directory: ${join(scratch, name)} }]
retention: { count: 1 }
${more}`;
  const source = "kind: DataSource\nname: bench\nengine: postgresql\nconnection: { url: { env: DATABASE_URL } }\n";
  const documents = [source, schedule("plain", ""), schedule("sealed", "encryption: { key: { env: BACKUP_KEY } }\n")];
  mkdirSync(scratch, { recursive: true });
  writeFileSync(join(scratch, "bench.yaml"), documents.join(""));
}

/** The built command line, with the highest memory of its own process in MB. */
async function watched(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly milliseconds: number; readonly peak: number }> {
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said += text;
  });
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, highWater(child.pid));
  }, 50);
  const code = await new Promise((done) => child.on("close", done));
  clearInterval(look);
  if (code !== 0) throw new Error(`datumline ${words.join(" ")} failed: ${said}`);
  return { milliseconds: performance.now() - start, peak };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function highWater(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    // It has just ended, or the system is not Linux.
    return 0;
  }
}
