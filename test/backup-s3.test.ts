/** Backups in a bucket: on moto, which keeps what S3 keeps, through a network that fails where a test wants it. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, beforeAll, expect, test } from "@jest/globals";
import { MissingPart, type Store } from "../core/backups/model.ts";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import type { SecretReference } from "../core/sql.ts";
import { type Place, s3Store } from "../providers/stores/s3.ts";
import { BUCKET, bucket, type Fate, fault, type Seen, type Stretch } from "./support/s3.ts";
import { noMoto } from "./support/secret-managers.ts";
import { unless } from "./support/skipping.ts";

const MB = 1 << 20;

let net: Stretch;
let client: S3Client;
const opened: Store[] = [];

const { suite } = unless(noMoto, "a bucket of S3");

beforeAll(async () => {
  if (noMoto) return;
  ({ client, net } = await bucket(3));
});
afterEach(async () => {
  if (!net) return;
  net.fate = undefined;
  net.seen.splice(0);
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

let count = 0;
/** A prefix of its own for each. */
function store(more: Partial<Place> = {}, secret = async (_: SecretReference) => ""): Store {
  count += 1;
  const made = s3Store({ bucket: BUCKET, prefix: `p${count}`, endpoint: net.url, pathStyle: true, ...more }, secret);
  opened.push(made);
  return made;
}

/** A fate for the requests that are meant, so many times. */
function strike(fate: Fate, isMeant: (request: Seen) => boolean, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  net.fate = (request) => (isMeant(request) && left-- > 0 ? fate : undefined);
}

const part = (number: number) => (request: Seen) => request.query.get("partNumber") === `${number}`;
const uploads = async () => (await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? [];
const asked = (isMeant: (request: Seen) => boolean) => net.seen.filter(isMeant).length;

/** In pieces, as a pipe gives them. */
function stream(content: Buffer): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
    })(),
    { objectMode: false },
  );
}

async function told(work: Promise<unknown>): Promise<Diagnostic> {
  const problem = await work.catch((caught: unknown) => caught);
  if (!(problem instanceof Refusal)) throw problem;
  const [diagnostic] = problem.diagnostics as [Diagnostic];
  expect(diagnostic).toMatchObject({ code: "PLACE_FAILED" });
  expect(diagnostic.detail ?? "").not.toBe("");
  expect(JSON.stringify(diagnostic)).not.toContain("canary");
  return diagnostic;
}

suite("a file", () => {
  const large = randomBytes(48 * MB + 77);

  test.each([0, 1, MB, 16 * MB - 1, 16 * MB, 16 * MB + 1])("of %d bytes comes back", async (size) => {
    const [at, content] = [store(), large.subarray(0, size)];
    expect(await at.put("a/b", stream(content))).toBe(size);
    expect(await at.list("a/")).toEqual([{ name: "a/b", bytes: size }]);
    expect((await buffer(await at.get("a/b"))).equals(content)).toBe(true);
    await at.remove(["a/b"]);
    expect(await at.list("")).toEqual([]);
    await expect(at.get("a/b")).rejects.toThrow(MissingPart);
  });

  test("goes in parts, with checksums and encryption, and is there only when all of it is", async () => {
    const at = store({ encryption: "aws:kms", kmsKey: "alias/backups" });
    const seen: number[] = [];
    let meanwhile: ReturnType<Store["list"]> | undefined;
    net.fate = (request) => {
      if (part(4)(request)) meanwhile = at.list("");
      return undefined;
    };
    expect(await at.put("d.dump", stream(large), (bytes) => seen.push(bytes))).toBe(large.length);
    expect(seen.at(-1)).toBe(large.length);
    expect((await meanwhile)?.map(({ isUnfinished }) => isUnfinished)).toEqual([true]);
    expect((await at.list("")).map(({ bytes }) => bytes)).toEqual([large.length]);
    expect((await buffer(await at.get("d.dump"))).equals(large)).toBe(true);
    const parts = net.seen.filter(({ query }) => query.has("partNumber"));
    expect(parts.map(({ query }) => query.get("partNumber")).sort()).toEqual(["1", "2", "3", "4"]);
    expect(parts.every(({ headers }) => "x-amz-checksum-crc32" in headers)).toBe(true);
    const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: `p${count}/d.dump` }));
    expect(head).toMatchObject({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: "alias/backups" });
  });

  test.each<readonly [string, Fate, number]>([
    ["a connection that is cut", "cut", 2],
    ["an answer that is lost", "unheard", 1],
    ["a busy server", fault(503, "SlowDown"), 2],
    ["a server at fault", fault(500, "InternalError"), 2],
  ])("%s: the part is sent again, and no other", async (_, fate, times) => {
    const at = store();
    strike(fate, part(2), times);
    await at.put("d", stream(large));
    expect([1, 2, 3, 4].map((number) => asked(part(number)))).toEqual([1, times + 1, 1, 1]);
    net.fate = undefined;
    expect((await buffer(await at.get("d"))).equals(large)).toBe(true);
    expect(await uploads()).toEqual([]);
  });

  test.each<readonly [string, Fate, (request: Seen) => boolean]>([
    ["a part", fault(500, "InternalError"), part(3)],
    ["the end", fault(500, "InternalError"), ({ method, query }) => method === "POST" && query.has("uploadId")],
  ])("%s that fails for good: nothing is listed, and the upload is aborted", async (_, fate, isMeant) => {
    const at = store();
    strike(fate, isMeant);
    expect((await told(at.put("d", stream(large)))).summary).toMatch(/answered 3 times that it cannot now/);
    expect(await at.list("")).toEqual([]);
    expect(await uploads()).toEqual([]);
  });

  test("a content that fails is no file", async () => {
    const at = store();
    const failing = Readable.from(
      (async function* () {
        yield large.subarray(0, 20 * MB);
        throw new Error("pg_dump failed");
      })(),
    );
    await expect(at.put("d", failing)).rejects.toThrow("pg_dump failed");
    expect(await at.list("")).toEqual([]);
    expect(await uploads()).toEqual([]);
  });

  test("is never written over, and knows itself where an answer was lost", async () => {
    const at = store();
    const isFinal = ({ method, query }: Seen) => (method === "PUT" || method === "POST") && !query.has("partNumber");
    for (const content of [large.subarray(0, 100), large]) {
      const name = `of ${content.length}`;
      strike("unheard", (request) => isFinal(request) && !request.query.has("uploads"), 1);
      await at.put(name, stream(content));
      net.fate = undefined;
      expect((await told(at.put(name, stream(randomBytes(content.length))))).summary).toMatch(
        /has an object of that name/,
      );
      expect((await buffer(await at.get(name))).equals(content)).toBe(true);
    }
    expect(await uploads()).toEqual([]);
  });

  test("is read on where the connection broke", async () => {
    const at = store();
    await at.put("d", stream(large));
    let tries = 0;
    net.fate = ({ method }) => (method === "GET" && tries++ < 3 ? { bytes: 10 * MB } : undefined);
    expect((await buffer(await at.get("d"))).equals(large)).toBe(true);
    expect(net.seen.map(({ headers }) => headers.range).filter(Boolean)).toHaveLength(3);
  });

  test("holds no more than it may, whatever the size", async () => {
    const at = store();
    const chunk = randomBytes(MB);
    const endless = Readable.from(
      (function* () {
        for (let megabyte = 0; megabyte < 200; megabyte += 1) yield chunk;
      })(),
    );
    const held = () => process.memoryUsage().arrayBuffers;
    const start = held();
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, held() - start);
    }, 5);
    await at.put("endless", endless);
    clearInterval(watch);
    // What the test's own network holds comes on top.
    expect(peak).toBeLessThan(128 * MB);
  }, 30_000);
});

suite("many", () => {
  test("more than a page are listed, and removed; what cannot be is told by name", async () => {
    const at = store();
    const names = Array.from({ length: 203 }, (_, number) => `n/${String(number).padStart(5, "0")}`);
    for (let from = 0; from < names.length; from += 50)
      await Promise.all(
        names
          .slice(from, from + 50)
          .map((name) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `p${count}/${name}`, Body: "x" }))),
      );
    strike({ query: "max-keys=50" }, ({ query }) => query.has("list-type"));
    expect((await at.list("n/")).map(({ name }) => name)).toEqual(names);
    expect(asked(({ query }) => query.has("list-type"))).toBe(5);
    const isRemoval = ({ query }: Seen) => query.has("delete");
    await at.remove([...names, ...names.flatMap((name) => [1, 2, 3, 4].map((number) => `${name}.${number}`))]);
    expect(asked(isRemoval)).toBe(2);
    expect(await at.list("n/")).toEqual([]);
    const errors = ["AccessDenied", "InternalError"].map(
      (code) => `<Error><Key>${code}.x</Key><Code>${code}</Code></Error>`,
    );
    net.fate = () => ({ status: 200, body: `<DeleteResult>${errors.join("")}</DeleteResult>` });
    const problem = await at.remove(["AccessDenied.x", "InternalError.x", "y"]).catch((caught: unknown) => caught);
    expect((problem as Refusal).diagnostics.map(({ summary }) => summary)).toEqual([
      expect.stringMatching(/denies s3:DeleteObject: AccessDenied\.x$/),
      expect.stringMatching(/\(InternalError.*: InternalError\.x$/),
    ]);
  }, 60_000);

  test("uploads that a killed run left are listed, and aborted by their name", async () => {
    const at = store();
    await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: `p${count}/w/n/id/d` }));
    await at.put("w/n/id/d", stream(Buffer.from("whole")));
    const [whole, unfinished] = await at.list("w/n/");
    expect(whole).toEqual({ name: "w/n/id/d", bytes: 5 });
    expect(unfinished).toMatchObject({ isUnfinished: true, name: expect.stringMatching(/^w\/n\/id\/d\?uploadId=/) });
    await at.remove([unfinished?.name as string]);
    expect(await at.list("")).toEqual([whole]);
  });
});

suite("what goes wrong is told with what to do", () => {
  test.each<readonly [string, Fate, RegExp, RegExp]>([
    [
      "another region",
      fault(301, "PermanentRedirect", { "x-amz-bucket-region": "eu-west-1" }),
      /another region/,
      /region: eu-west-1/,
    ],
    ["no right", fault(403, "AccessDenied"), /denies s3:ListBucket/, /Allow s3:ListBucket\w* on arn:aws:s3:::kept\./],
    ["unknown key", fault(403, "InvalidAccessKeyId"), /does not know who asks/, /get-caller-identity/],
    ["wrong secret", fault(403, "SignatureDoesNotMatch"), /secret key for wrong/, /AWS_SECRET_ACCESS_KEY/],
    ["expired", fault(400, "ExpiredToken"), /expired/, /aws sso login/],
    ["wrong clock", fault(403, "RequestTimeTooSkewed"), /clock/, /timedatectl/],
    ["busy", fault(503, "SlowDown"), /answered 3 times/, /Run again later/],
    ["quota", fault(507, "QuotaExceeded"), /no room/, /quota/],
    ["not known to the server", fault(501, "NotImplemented"), /NotImplemented/, /later|manual/],
  ])("%s", async (_, fate, summary, detail) => {
    const at = store();
    net.fate = () => fate;
    const problem = await told(at.list(""));
    expect([problem.summary, problem.detail]).toEqual([expect.stringMatching(summary), expect.stringMatching(detail)]);
  });

  test("no bucket, an archived object", async () => {
    expect((await told(store({ bucket: "nowhere" }).list(""))).summary).toMatch(
      /^s3:\/\/nowhere\/p\d+ does not exist$/,
    );
    net.fate = () => fault(403, "InvalidObjectState");
    expect((await told(store().get("a"))).summary).toMatch(/moved the object to an archive/);
  });

  test("the keys of the place are used, and appear nowhere else", async () => {
    const secret = async ({ env }: SecretReference) => `${env}-canary`;
    const at = store({ accessKey: { env: "ID" }, secretKey: { env: "KEY" } }, secret);
    await at.list("");
    expect(net.seen[0]?.headers.authorization).toContain("Credential=ID-canary/");
    net.fate = () => fault(403, "AccessDenied");
    await told(at.list(""));
    const refusing = store({ accessKey: { env: "ID" }, secretKey: { env: "KEY" } }, async () => {
      throw new Refusal([error("PLACE_FAILED", "no such secret", { detail: "x" })]);
    });
    expect((await told(refusing.list(""))).summary).toBe("no such secret");
  });
});
