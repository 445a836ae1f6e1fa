/**
 * An object read from its beginning to its end. A restore may leave a connection idle for as long as an index takes, and servers
 * close it then: what is left is asked for again, of the very same object.
 */
import type { Bucket } from "./s3-bucket.ts";
import { told } from "./s3-problems.ts";

const ACTION = "s3:GetObject";
/** Connections in a row that may give nothing. */
const FRUITLESS = 3;

/** Throws what `missing` makes where there is no such object, before anything is read. */
export async function read(bucket: Bucket, Key: string, missing: () => Error): Promise<AsyncIterable<Buffer>> {
  const { sdk, bucket: Bucket } = bucket;
  const first = await bucket.ask(ACTION, (client) =>
    client.send(new sdk.GetObjectCommand({ Bucket, Key })).catch((problem: Error) => {
      throw problem.name === "NoSuchKey" ? missing() : problem;
    }),
  );
  const { ContentLength = 0, ETag } = first;
  const from = async (at: number): Promise<unknown> => {
    const asked = new sdk.GetObjectCommand({ Bucket, Key, Range: `bytes=${at}-`, IfMatch: ETag });
    return (await bucket.ask(ACTION, (client) => client.send(asked))).Body;
  };
  return resumed(bucket, ContentLength, first.Body, from);
}

async function* resumed(
  bucket: Bucket,
  length: number,
  first: unknown,
  from: (at: number) => Promise<unknown>,
): AsyncGenerator<Buffer> {
  let chunks = chunksOf(first);
  let fruitless = 0;
  let at = 0;
  try {
    while (at < length) {
      let why: unknown = Object.assign(new Error("closed"), { code: "ECONNRESET" });
      const chunk = await chunks.next().then(
        ({ value }) => value,
        (problem: unknown) => {
          why = problem;
          return undefined;
        },
      );
      if (chunk) {
        at += chunk.length;
        fruitless = 0;
        yield chunk;
      } else {
        fruitless += 1;
        if (fruitless > FRUITLESS) throw told(why, ACTION, bucket);
        chunks = chunksOf(await from(at));
      }
    }
  } finally {
    await chunks.return?.();
  }
}

function chunksOf(body: unknown): AsyncIterator<Buffer, undefined> {
  return (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
}
