/** The ways to a secret that need nothing but this machine, and what every way is given. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { StoredSecret } from "./sql.ts";

/** Why a secret cannot be had, and what to do; never with anything of the secret in it. */
export class Unresolved extends Error {
  readonly next: string;

  constructor(summary: string, next: string) {
    super(summary);
    this.name = "Unresolved";
    this.next = next;
  }
}

/** What a way may use. */
export interface SecretContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** Ends what takes too long. */
  readonly signal: AbortSignal;
}

/** Fetches a secret from where one kind of store keeps it; throws `Unresolved` where it cannot. */
export type SecretStore = (of: Exclude<StoredSecret, string>, context: SecretContext) => Promise<string>;

/** An environment variable. */
export function secretOfEnv(name: string, { env }: SecretContext): string {
  const given = env[name];
  if (given) return given;
  const what = given === undefined ? "is not set" : "is empty";
  throw new Unresolved(`The environment variable ${name} ${what}`, `Set ${name} to the secret and run again.`);
}

/** A file; `next` says what to do where it cannot be read. */
export async function secretOfFile(
  path: string,
  { cwd }: SecretContext,
  next = "Check the path, which is relative to the document, and its permissions.",
): Promise<string> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, path), "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "permission denied" : `the system says ${code}`;
    throw new Unresolved(`The secret in the file ${path} cannot be read: ${reason}`, next);
  }
  const value = withoutLineBreak(text);
  if (value === "") throw new Unresolved(`The file ${path} holds no secret: it is empty`, "Write the secret into it.");
  return value;
}

/** More is no secret, and may never end. */
const MOST_PRINTED = 1 << 20;

/** What a command prints. No shell, and nothing of what the command said: its words may hold the secret. */
export async function secretOfExec(
  [program, ...args]: readonly [string, ...string[]],
  context: SecretContext,
): Promise<string> {
  const name = basename(program);
  const { output, how } = await printedBy(program, args, context);
  if (how !== undefined)
    throw new Unresolved(
      `The command ${name}, which should print a secret, ${how}`,
      "Run it by hand to see why; what it printed is not shown here, because it may hold the secret.",
    );
  const value = withoutLineBreak(output);
  if (value !== "") return value;
  throw new Unresolved(
    `The command ${name} printed no secret`,
    "It must print the secret and nothing else to its standard output.",
  );
}

/** What it printed, and how it failed where it did. It has a group of its own, so that what it started ends with it. */
function printedBy(
  program: string,
  args: readonly string[],
  { env, cwd, signal }: SecretContext,
): Promise<{ readonly output: string; readonly how?: string }> {
  return new Promise((done) => {
    const parts: Buffer[] = [];
    let problem: string | undefined;
    const child = spawn(program, args, {
      env: env as NodeJS.ProcessEnv,
      cwd,
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const end = (how: string): void => {
      problem ??= how;
      killGroup(child.pid);
    };
    const late = (): void => end("did not answer in time");
    const left = (): void => killGroup(child.pid);
    signal.addEventListener("abort", late);
    process.once("exit", left);
    const over = (how: string | undefined): void => {
      signal.removeEventListener("abort", late);
      process.removeListener("exit", left);
      done({ output: Buffer.concat(parts).toString("utf8"), ...(how !== undefined && { how }) });
    };
    let length = 0;
    child.stdout.on("data", (data: Buffer) => {
      length += data.length;
      if (length > MOST_PRINTED) end("printed more than a secret");
      else parts.push(data);
    });
    child.once("error", ({ code }: NodeJS.ErrnoException) => over(`could not be run (${code})`));
    child.once("close", (code, by) => {
      const ended = code === null ? `could not be run (${by})` : `ended with exit code ${code}`;
      over(problem ?? (code === 0 ? undefined : ended));
    });
  });
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** One field of a secret that is a JSON object, such as those that a secret manager makes for a database. */
export function fieldOf(text: string, key: string, shown: string): string {
  const fields = asObject(text);
  if (!fields)
    throw new Unresolved(
      `${shown} is no JSON object, so it has no field ${key}`,
      "Leave `key` out to take all of it, or keep it as a JSON object.",
    );
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number" || typeof value === "boolean") return `${value}`;
  const what = value === undefined ? "has no field" : "holds no text in its field";
  throw new Unresolved(`${shown} ${what} ${key}`, `Its fields are ${Object.keys(fields).join(", ") || "none"}.`);
}

function asObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
