/**
 * One object, from a stream of unknown length: in one request where it is small, else in parts, each of which is sent again
 * by itself where the network or the server fails it. Nothing stands under the name before all of it does, and nothing that
 * stands there is written over. What is held at a time never exceeds `HELD`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { CompletedPart, S3ServiceException } from "@aws-sdk/client-s3";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import type { Bucket, Client } from "./s3-bucket.ts";

const MB = 1 << 20;
const HELD = 64 * MB;
/** Sizes of parts, and the number of the last that has it: later ones are larger, so that 10,000 hold more. */
const SIZES = [
  [1000, 16 * MB],
  [10_000, 32 * MB],
] as const;
const LIMIT = "290 GB";
const ACTION = "s3:PutObject";

/** Metadata that tells whether an object is of this very upload, where an answer was lost on the way. */
const MARK = "datumline-upload";

interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly mark: string;
}

type Fill = (into: Buffer) => Promise<number>;

/** Gives the number of bytes. */
export async function upload(
  bucket: Bucket,
  Key: string,
  content: Readable,
  progress: (bytes: number) => void = () => undefined,
): Promise<number> {
  const target = { Bucket: bucket.bucket, Key, mark: randomUUID() };
  const fill = filler(content, progress);
  const first = Buffer.allocUnsafeSlow(sizeOf(1, bucket));
  const length = await fill(first);
  if (length < first.length) await whole(bucket, target, first.subarray(0, length));
  else await inParts(bucket, target, first, fill);
  return fill.total();
}

function sizeOf(part: number, { shown }: Bucket): number {
  for (const [last, size] of SIZES) if (part <= last) return size;
  const detail =
    "Keep it in a directory, or say `how: { format: directory }`, which makes a file of each table, or compress more with `level`.";
  throw new Refusal([error("PLACE_FAILED", `${shown} takes files of ${LIMIT}, and the dump is larger`, { detail })]);
}

/** Fills buffers one after the other; a buffer that is not full is the last. */
function filler(content: Readable, progress: (bytes: number) => void) {
  const chunks = content[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let rest: Buffer = Buffer.alloc(0);
  let total = 0;
  const fill = async (into: Buffer): Promise<number> => {
    let at = 0;
    while (at < into.length) {
      if (rest.length === 0) {
        const { value } = await chunks.next();
        if (!value) break;
        rest = value;
      }
      const copied = rest.copy(into, at);
      rest = rest.subarray(copied);
      at += copied;
      total += copied;
      progress(total);
    }
    return at;
  };
  return Object.assign(fill, { total: () => total });
}

async function whole(bucket: Bucket, { mark, ...target }: Target, Body: Buffer): Promise<void> {
  const { sdk, sealed } = bucket;
  await once(bucket, { mark, ...target }, (client, condition) =>
    client.send(new sdk.PutObjectCommand({ ...target, ...sealed, ...condition, Metadata: { [MARK]: mark }, Body })),
  );
}

async function inParts(bucket: Bucket, target: Target, first: Buffer, fill: Fill): Promise<void> {
  const { sdk, sealed, ask } = bucket;
  const { Bucket, Key, mark } = target;
  const { UploadId } = await ask(ACTION, async (client) => {
    const checks = (await client.config.requestChecksumCalculation()) === "WHEN_SUPPORTED";
    const ChecksumAlgorithm = checks ? ("CRC32" as const) : undefined;
    return client.send(
      new sdk.CreateMultipartUploadCommand({ Bucket, Key, ...sealed, ChecksumAlgorithm, Metadata: { [MARK]: mark } }),
    );
  });
  const stop = new AbortController();
  const flights = new Flights(first.length, async (PartNumber, Body) => {
    const { ETag, ChecksumCRC32 } = await ask(ACTION, (client) =>
      client.send(new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }), {
        abortSignal: stop.signal,
      }),
    );
    return { PartNumber, ETag, ChecksumCRC32 };
  });
  try {
    let buffer = first;
    let length = first.length;
    for (let number = 1; length > 0; number += 1) {
      flights.start(number, buffer, length);
      if (length < buffer.length) break;
      buffer = await flights.buffer(sizeOf(number + 1, bucket));
      length = await fill(buffer);
    }
    const Parts = await flights.landed();
    await once(bucket, target, (client, condition) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, ...condition, MultipartUpload: { Parts } }),
      ),
    );
  } catch (problem) {
    stop.abort();
    await flights.settled();
    // Where this fails as well, it is a leftover, which is told and pruned.
    await ask("s3:AbortMultipartUpload", (client) =>
      client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    ).catch(() => undefined);
    throw problem;
  }
}

/** Parts on their way, in buffers that are used again. */
class Flights {
  readonly #send: (number: number, body: Buffer) => Promise<CompletedPart>;
  readonly #under = new Set<Promise<void>>();
  readonly #parts: CompletedPart[] = [];
  readonly #spare: Buffer[] = [];
  #held: number;

  constructor(held: number, send: (number: number, body: Buffer) => Promise<CompletedPart>) {
    this.#held = held;
    this.#send = send;
  }

  start(number: number, buffer: Buffer, length: number): void {
    const flight = this.#send(number, buffer.subarray(0, length)).then((part) => {
      this.#parts[number - 1] = part;
      this.#spare.push(buffer);
      this.#under.delete(flight);
    });
    // It is told to whoever waits for the next buffer, or for the last part.
    flight.catch(() => undefined);
    this.#under.add(flight);
  }

  /** A buffer to fill, once there is room for it. */
  async buffer(size: number): Promise<Buffer> {
    for (;;) {
      const spare = this.#spare.pop();
      if (spare?.length === size) return spare;
      if (spare) this.#held -= spare.length;
      else if (this.#held + size <= HELD) {
        this.#held += size;
        return Buffer.allocUnsafeSlow(size);
      } else await Promise.race(this.#under);
    }
  }

  async landed(): Promise<CompletedPart[]> {
    await Promise.all(this.#under);
    return this.#parts;
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#under);
  }
}

/**
 * Gives an object its name, where nothing has it. The answer to a first try may be lost, and the next one then meets what the
 * first has made.
 */
async function once(
  bucket: Bucket,
  { Bucket, Key, mark }: Target,
  request: (client: Client, condition: { readonly IfNoneMatch?: "*" }) => Promise<unknown>,
): Promise<void> {
  const there = (client: Client): Promise<string | undefined> =>
    client.send(new bucket.sdk.HeadObjectCommand({ Bucket, Key })).then(
      ({ Metadata }) => Metadata?.[MARK] ?? "",
      () => undefined,
    );
  await bucket.ask(ACTION, (client) =>
    request(client, { IfNoneMatch: "*" }).catch(async (problem: S3ServiceException) => {
      const { name, $metadata } = problem;
      const isRepeated = ($metadata?.attempts ?? 1) > 1 && ["PreconditionFailed", "NoSuchUpload"].includes(name);
      if (isRepeated && (await there(client)) === mark) return;
      if (name !== "NotImplemented" || (await there(client)) !== undefined) throw problem;
      await request(client, {});
    }),
  );
}
