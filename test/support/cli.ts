/** The command line without a process: what a run prints, and how it ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll } from "@jest/globals";
import type { Sink } from "../../cli/io.ts";
import { run } from "../../cli/program.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Both streams are terminals. */
  readonly terminal?: boolean;
}

export interface Folder {
  readonly path: string;
  write(file: string, text: string): void;
  run(line: string | readonly string[], options?: CliOptions): Promise<Ran>;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder to declare things in and run commands from; gone after the test file. */
export function folder(env: Readonly<Record<string, string>> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), "datumline-cli-"));
  folders.push(path);
  return {
    path,
    write(file, text) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), text);
    },
    run: (line, options = {}) =>
      runCli(typeof line === "string" ? line.split(" ") : line, path, { ...options, env: { ...env, ...options.env } }),
  };
}

async function runCli(args: readonly string[], cwd: string, options: CliOptions): Promise<Ran> {
  const texts = { out: "", err: "" };
  const sink = (name: keyof typeof texts): Sink => ({
    isTerminal: options.terminal ?? false,
    write: (text) => {
      texts[name] += text;
    },
  });
  const stdin = new PassThrough();
  stdin.end(options.stdin ?? "");
  const code = await run(args, {
    stdout: sink("out"),
    stderr: sink("err"),
    stdin: Object.assign(stdin, { isTTY: options.terminal ?? false }),
    env: { PATH: process.env.PATH, XDG_CACHE_HOME: join(cwd, ".cache"), ...options.env },
    cwd,
    interrupted: new Promise(() => undefined),
  });
  return { code, ...texts };
}
