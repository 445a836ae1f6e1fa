/** From what a tool writes to what is stored, and back: compressed, sealed, counted, hashed. Nothing is ever held whole. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { Duplex, PassThrough, type Readable, Transform } from "node:stream";
import { createGunzip, createGzip } from "node:zlib";
import type { Manifest, Part } from "./model.ts";
import { seal, unseal } from "./seal.ts";

export type Compression = Manifest["compression"];

export const SUFFIXES: Readonly<Record<Compression, string>> = { zstd: ".zst", gzip: ".gz", none: "" };
export const SEALED = ".sealed";

/** A stream and what is known of it once it has been read to its end. */
export interface Counted {
  readonly content: Readable;
  readonly sum: () => { readonly bytes: number; readonly sha256: string };
}

export interface Form {
  readonly compression: Compression;
  readonly level?: number | undefined;
  readonly key?: Buffer | undefined;
}

/** As it is stored. A failure anywhere in between is the failure of the content. */
export function stored(content: Readable, { compression, level, key }: Form): Counted {
  const steps = [compressor(compression, level), key && seal(key)];
  return counted(chained(content, steps));
}

/** As it was before it was stored; `sealed` says whether it is encrypted. */
export function restored(content: Readable, part: Part, { compression, key }: Form): Readable {
  const checked = hashChecked(content, part);
  const sealedKey = part.name.endsWith(SEALED) ? key : undefined;
  const compressed = part.name.replace(SEALED, "").endsWith(SUFFIXES[compression]);
  return chained(checked, [sealedKey && unseal(sealedKey), compressed ? decompressor(compression) : undefined]);
}

function chained(first: Readable, steps: readonly (Duplex | undefined)[]): Readable {
  let last = first;
  for (const step of steps) {
    if (!step) continue;
    const before = last;
    before.on("error", (problem) => step.destroy(problem));
    // Whoever reads it hears of it; when nobody does any more, nobody needs to.
    step.on("error", () => undefined);
    step.on("close", () => before.destroyed || before.destroy());
    last = before.pipe(step);
  }
  return last;
}

function counted(content: Readable): Counted {
  const hash = createHash("sha256");
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  let sha256: string | undefined;
  const sum = () => {
    sha256 ??= hash.digest("hex");
    return { bytes, sha256 };
  };
  return { content: chained(content, [meter]), sum };
}

/** Fails at its end where the content is not what the manifest says. */
function hashChecked(content: Readable, { name, bytes, sha256 }: Part): Readable {
  const hash = createHash("sha256");
  let length = 0;
  const check = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      length += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      if (length !== bytes) done(new Error(`${name} has ${length} bytes; ${bytes} were written`));
      else if (hash.digest("hex") !== sha256) done(new Error(`${name} is not what was written: its checksum differs`));
      else done();
    },
  });
  return chained(content, [check]);
}

function compressor(compression: Compression, level: number | undefined): Duplex | undefined {
  if (compression === "gzip") return createGzip(level === undefined ? {} : { level });
  return compression === "zstd" ? through("zstd", ["-q", "-c", `-${level ?? 3}`, "-T0"]) : undefined;
}

function decompressor(compression: Compression): Duplex | undefined {
  if (compression === "gzip") return createGunzip();
  return compression === "zstd" ? through("zstd", ["-q", "-d", "-c"]) : undefined;
}

/** A program as a step of a pipe; its failure is the stream's. */
export function through(command: string, words: readonly string[]): Duplex {
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (text: Buffer) => {
    complaint = `${complaint}${text}`.slice(-2000);
  });
  const output = new PassThrough();
  child.stdout.pipe(output, { end: false });
  const step = Duplex.from({ writable: child.stdin, readable: output });
  child.on("error", (problem) => step.destroy(problem));
  // A program that ends early closes its input; what it says of it comes with its exit.
  child.stdin.on("error", () => undefined);
  void once(child, "close").then(
    ([code, signal]) => {
      if (code === 0) output.end();
      else
        step.destroy(
          new Error(`${command} ${signal ? `was ended by ${signal}` : `failed (${code})`}: ${complaint.trim()}`),
        );
    },
    () => undefined,
  );
  step.on("close", () => child.exitCode === null && child.kill());
  return step;
}
