/** Programs side by side: what one writes goes straight to the next where nobody else wants it, and none of it through here. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { error } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";
import { toolFailed } from "./faults.ts";

/** How far each step of a pipe may be ahead of the next, so that none waits for every turn of another. */
export const AHEAD = { highWaterMark: 1 << 20 } as const;

/** A program that runs; `ended` fails with what it complained of. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

/** What a program writes, once somebody reads it or leads it into another program; where it fails, so does the stream. */
export class Output extends PassThrough {
  #start: ((stdout: "pipe" | Writable) => Running) | undefined;

  constructor(start: (stdout: "pipe" | Writable) => Running) {
    super(AHEAD);
    this.#start = start;
  }

  override _read(size: number): void {
    if (this.#start) {
      const { child, ended } = this.#begin("pipe");
      child.stdout?.pipe(this, { end: false });
      ended.then(
        () => this.end(),
        (problem: Error) => this.destroy(problem),
      );
    }
    super._read(size);
  }

  /** Leads all of it into another program; nothing is left to be read. */
  async into(stdin: Writable): Promise<void> {
    const { ended } = this.#begin(stdin);
    // The other program sees the end of it only once nobody can write any more.
    stdin.destroy();
    await ended;
  }

  #begin(stdout: "pipe" | Writable): Running {
    if (!this.#start) throw new Error("internal: the output of a program is wanted twice");
    const running = this.#start(stdout);
    this.#start = undefined;
    this.once("close", () => running.child.exitCode === null && running.child.kill());
    return running;
  }
}

/** What a program makes of a content; its failure, and that of the content, is the stream's. */
export function through(command: string, words: readonly string[], content: Readable): Readable {
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
  const made = new PassThrough(AHEAD);
  child.stdout.pipe(made, { end: false });
  const ended = endOf(child, command);
  Promise.all([fed(child, content, ended), ended]).then(
    () => made.end(),
    (problem: Error) => made.destroy(problem),
  );
  // Whoever reads it hears of it; when nobody does any more, nobody needs to.
  made.on("error", () => undefined);
  made.on("close", () => {
    if (child.exitCode === null) child.kill();
    content.destroy();
  });
  return made;
}

async function endOf(child: ChildProcess, command: string): Promise<void> {
  let complaint = "";
  child.stderr?.on("data", (text: Buffer) => {
    complaint = `${complaint}${text}`.slice(-2000);
  });
  const [code, signal] = (await once(child, "close").catch(() => {
    const detail = `Install ${command}, or choose another \`compression\` of \`how\`.`;
    throw new Refusal([error("TOOL_MISSING", `${command} is not installed`, { detail })]);
  })) as [number | null, string | null];
  if (code !== 0) throw toolFailed(command, signal ? `was ended by ${signal}` : `failed (${code})`, complaint.trim());
}

/** A program that ends early breaks the pipe to it: what it says itself of that comes first. */
async function fed(child: ChildProcess, content: Readable, ended: Promise<void>): Promise<void> {
  const stdin = child.stdin as Writable;
  const isProgram = content instanceof Output;
  try {
    await (isProgram ? content.into(stdin) : pipeline(content, stdin));
  } catch (problem) {
    const { code } = problem as NodeJS.ErrnoException;
    const isBroken = code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE";
    // A program before it has closed the pipe with its end, so this one ends by itself.
    if (isProgram || isBroken || child.signalCode !== null || (child.exitCode ?? 0) !== 0) await ended;
    child.kill();
    throw problem;
  }
}
