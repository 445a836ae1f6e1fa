/** Programs that the benchmark compares with or starts: pg_dump, psql, node. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Tool {
  readonly path: string;
  /** `15.18` */
  readonly version: string;
}

/**
 * A client program of PostgreSQL that can talk to a server of the major version: from DATUMLINE_PG_BIN, from the PATH,
 * from where Debian keeps them. pg_dump refuses servers newer than itself.
 */
export function clientTool(name: "pg_dump" | "psql", major: number): Tool | undefined {
  const folders = [
    process.env.DATUMLINE_PG_BIN ?? "",
    ...(process.env.PATH ?? "").split(delimiter),
    `/usr/lib/postgresql/${major}/bin`,
  ];
  for (const folder of folders) {
    const path = join(folder, name);
    if (folder === "" || !existsSync(path)) continue;
    const version = / (\d+(?:\.\d+)?)/.exec(execFileSync(path, ["--version"], { encoding: "utf8" }))?.[1] ?? "0";
    if (name === "psql" || Number.parseInt(version, 10) >= major) return { path, version };
  }
  return undefined;
}

/** How long a program takes from start to end, in milliseconds. */
export function timed(path: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const start = performance.now();
  const { status, stderr, error } = spawnSync(path, args, {
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const milliseconds = performance.now() - start;
  if (status !== 0) throw new Error(`${path} ${args.join(" ")} failed: ${error?.message ?? stderr}`);
  return milliseconds;
}

/** The built command line. */
export const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
/** Writes the peak memory of a process to a file when it ends. */
const HOOK = `import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(process.env.BENCH_PEAK, String(process.resourceUsage().maxRSS)));`;

export interface CliRun {
  readonly milliseconds: number;
  readonly status: number;
  readonly stdout: string;
}

/** The built command line as a whole process. */
export function datumline(args: readonly string[], env: NodeJS.ProcessEnv): CliRun {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  const milliseconds = performance.now() - start;
  if (status === null || status === 1) throw new Error(`datumline ${args.join(" ")} failed: ${stderr}${stdout}`);
  return { milliseconds, status, stdout };
}

/** The same, for its peak memory in MB; apart from the timed runs, since the hook costs time. */
export function peakOf(args: readonly string[], env: NodeJS.ProcessEnv, scratch: string): number {
  const file = join(scratch, "peak");
  const hooked = `--import=data:text/javascript,${encodeURIComponent(HOOK)}`;
  datumline(args, { ...env, BENCH_PEAK: file, NODE_OPTIONS: hooked });
  return Number(readFileSync(file, "utf8")) / 1024;
}

/** A process of worker.js that takes one task after the other. */
export class Worker {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    const script = fileURLToPath(new URL("worker.js", import.meta.url));
    this.#process = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  async run(task: string, options: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> {
    this.#process.stdin?.write(`${JSON.stringify({ task, ...options })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error("the worker ended");
    const answer = JSON.parse(value) as Readonly<Record<string, unknown>>;
    if (answer.failed) throw new Error(String(answer.failed));
    return answer;
  }

  close(): void {
    this.#process.stdin?.end();
  }
}
