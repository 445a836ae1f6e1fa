/** What a dump holds, put into a database that is empty: all of it, or a part. */
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Manifest, Part, RestoreContext } from "../../../core/backups/model.ts";
import { SEALED, SUFFIXES } from "../../../core/backups/streams.ts";
import { ownedFolder, spawnOwned } from "../../../core/owned.ts";
import type { Endpoint } from "../client.ts";
import { isPart, listOf } from "./selection.ts";
import { ended, libpqEnvironment, type Program, program } from "./tools.ts";

export interface Filling {
  readonly manifest: Manifest;
  readonly context: RestoreContext;
  readonly filler: Program;
  /** Everything lies in the tablespace of the database: the server lacks those of the original. */
  readonly noTablespaces: boolean;
}

/** What fills a database of a server of that version; asked for before anything is done. */
export function fillerOf({ format }: Manifest, major: number): Promise<Program> {
  return program(format === "plain" ? "psql" : "pg_restore", major);
}

export async function fill(filling: Filling, at: Endpoint): Promise<void> {
  const { manifest, context } = filling;
  const { path } = filling.filler;
  const { env, remove } = libpqEnvironment(at);
  const parts = manifest.parts.filter(({ holds }) => holds === "database");
  const scratch = ownedFolder("restore");
  try {
    if (manifest.format === "plain") {
      const content = await context.open(parts[0] as Part);
      await fed(path, PLAIN, content, env, context.signal);
      return;
    }
    const folder = manifest.format === "directory" ? join(scratch.path, "dump") : undefined;
    if (folder !== undefined) await fetched(parts, manifest, context, folder);
    const archive = new Archive(path, env, context.signal, folder ?? (() => context.open(parts[0] as Part)));
    const words = [connectingTo(at.database), "--exit-on-error", "--no-password"];
    if (filling.noTablespaces) words.push("--no-tablespaces");
    if (folder !== undefined) words.push("--jobs=2");
    if (isPart(context.only)) {
      const list = join(scratch.path, "list");
      const chosen = await listOf(context.only, manifest.id, (more) => archive.list(more), context.tell ?? silent);
      writeFileSync(list, chosen, { mode: 0o600 });
      words.push(`--use-list=${list}`);
    }
    await archive.restore(words);
  } finally {
    scratch.remove();
    remove();
  }
}

const silent = (): void => undefined;

const PLAIN = [
  "--no-psqlrc",
  "--quiet",
  "--single-transaction",
  "--set=ON_ERROR_STOP=1",
  "--output=/dev/null",
  "--file=-",
] as const;

/** A folder, or a stream that is opened anew each time. */
class Archive {
  readonly #path: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;
  readonly #dump: string | (() => Promise<Readable>);

  constructor(path: string, env: NodeJS.ProcessEnv, signal: AbortSignal, dump: string | (() => Promise<Readable>)) {
    this.#path = path;
    this.#env = env;
    this.#signal = signal;
    this.#dump = dump;
  }

  async restore(words: readonly string[]): Promise<void> {
    await this.#run(words);
  }

  /** What there is, as it prints it. */
  list(words: readonly string[]): Promise<string> {
    return this.#run(["--list", ...words], true);
  }

  async #run(words: readonly string[], isRead = false): Promise<string> {
    if (typeof this.#dump !== "string")
      return fed(this.#path, words, await this.#dump(), this.#env, this.#signal, isRead);
    const child = spawnOwned(this.#path, [...words, this.#dump], {
      env: this.#env,
      stdio: ["ignore", isRead ? "pipe" : "ignore", "pipe"],
      signal: this.#signal,
    });
    const [said] = await Promise.all([child.stdout ? text(child.stdout) : "", ended(child, this.#path)]);
    return said;
  }
}

/** Files of a folder under the names that pg_dump gave them, but for what their compression added. */
async function fetched(
  parts: readonly Part[],
  { compression }: Manifest,
  { open }: RestoreContext,
  folder: string,
): Promise<void> {
  mkdirSync(folder);
  for (const part of parts) {
    const name = basename(basename(part.name, SEALED), SUFFIXES[compression]);
    await pipeline(await open(part), createWriteStream(join(folder, name)));
  }
}

/** A name with `=` in it would be taken for a list of parameters. */
function connectingTo(database: string): string {
  return `--dbname=dbname='${database.replaceAll(/['\\]/g, "\\$&")}'`;
}

/** Gives a program its input; throws what the program or the input complained of, the input first. */
async function fed(
  path: string,
  words: readonly string[],
  content: Readable,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  isRead = false,
): Promise<string> {
  const child = spawnOwned(path, words, { env, stdio: ["pipe", isRead ? "pipe" : "ignore", "pipe"], signal });
  const stdin = child.stdin as Writable;
  const done = ended(child, path);
  const [input, end, said] = await Promise.allSettled([
    pipeline(content, stdin).catch((problem: NodeJS.ErrnoException) => {
      // It closed its input, having all that it wants or for a reason that its exit tells.
      if (problem.code === "EPIPE" || problem.code === "ERR_STREAM_PREMATURE_CLOSE") return;
      child.kill();
      throw problem;
    }),
    done,
    child.stdout ? text(child.stdout) : "",
  ]);
  if (input.status === "rejected") throw input.reason;
  if (end.status === "rejected") throw end.reason;
  if (said.status === "rejected") throw said.reason;
  return said.value;
}
