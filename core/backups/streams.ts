/** From what a tool writes to what is stored, and back: compressed, sealed, counted, hashed. Nothing is ever held whole. */
import { createHash } from "node:crypto";
import { type Duplex, PassThrough, type Readable, Transform } from "node:stream";
import { createGunzip, createGzip } from "node:zlib";
import { Refusal } from "../errors.ts";
import { damaged } from "./faults.ts";
import type { Manifest, Part } from "./model.ts";
import { AHEAD, through } from "./programs.ts";
import { seal, unseal } from "./seal.ts";
import { tidier } from "./tidy.ts";

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
  return counted(chained(compressed(content, compression, level), [key && seal(key)]));
}

/** As it was before it was stored; what does not open is told with the name of the part. */
export function restored(content: Readable, part: Part, { compression, key }: Form): Readable {
  const sealedKey = part.name.endsWith(SEALED) ? key : undefined;
  const isCompressed = part.name.replace(SEALED, "").endsWith(SUFFIXES[compression]);
  const opened = chained(content, [hashCheck(part), sealedKey && unseal(sealedKey)]);
  return chained(isCompressed ? decompressed(opened, compression) : opened, [new PassThrough()], (problem) =>
    spoilt(part, problem),
  );
}

/** A program that is missing, or a place that does not answer, says nothing of the part. */
function spoilt({ name }: Part, problem: Error): Error {
  const [first] = problem instanceof Refusal ? problem.diagnostics : [];
  return first && first.code !== "TOOL_FAILED" ? problem : damaged(name, `cannot be read: ${problem.message}`);
}

function chained(
  first: Readable,
  steps: readonly (Duplex | undefined)[],
  told = (problem: Error): Error => problem,
): Readable {
  let last = first;
  for (const step of steps) {
    if (!step) continue;
    const before = last;
    before.on("error", (problem) => step.destroy(told(problem)));
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
  const tidy = tidier();
  const meter = new Transform({
    ...AHEAD,
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      tidy(chunk.length);
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
function hashCheck({ name, bytes, sha256 }: Part): Transform {
  const hash = createHash("sha256");
  const tidy = tidier();
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      length += chunk.length;
      tidy(chunk.length);
      done(null, chunk);
    },
    flush(done) {
      if (length !== bytes) done(damaged(name, `has ${length} bytes; ${bytes} were written`));
      else if (hash.digest("hex") !== sha256) done(damaged(name, "is not what was written: its checksum differs"));
      else done();
    },
  });
}

function compressed(content: Readable, compression: Compression, level: number | undefined): Readable {
  if (compression === "zstd") return through("zstd", ["-q", "-c", `-${level ?? 3}`, "-T0"], content);
  return compression === "gzip" ? chained(content, [createGzip(level === undefined ? {} : { level })]) : content;
}

function decompressed(content: Readable, compression: Compression): Readable {
  if (compression === "zstd") return through("zstd", ["-q", "-d", "-c"], content);
  return compression === "gzip" ? chained(content, [createGunzip()]) : content;
}
