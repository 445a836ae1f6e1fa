/**
 * A bucket of S3, or of a server that speaks the same, that keeps backups. What was begun and never ended stands in lists under
 * the name of its object and of the upload; removed, it is aborted.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { Readable } from "node:stream";
import type { ListMultipartUploadsCommandOutput } from "@aws-sdk/client-s3";
import { MissingPart, type Store, type StoredFile } from "../../core/backups/model.ts";
import type { Secrets } from "../../core/secret.ts";
import { askedOf, type Bucket, openBucket, type Place } from "./s3-bucket.ts";
import { toldEach } from "./s3-problems.ts";
import { read } from "./s3-read.ts";
import { upload } from "./s3-upload.ts";

export type { Place };

/** As many as one request removes. */
const BATCH = 1000;
const UPLOAD = "?uploadId=";

export function s3Store(place: Place, secret: Secrets["resolve"]): Store {
  const asked = askedOf(place);
  let opened: Promise<Bucket> | undefined;
  const bucket = (): Promise<Bucket> => {
    opened ??= openBucket(place, asked, secret);
    return opened;
  };
  return {
    name: asked.shown,
    put: async (name, content, progress) => upload(await bucket(), asked.prefix + name, content, progress),
    async get(name) {
      return Readable.from(await read(await bucket(), asked.prefix + name, () => new MissingPart(name, asked.shown)), {
        objectMode: false,
      });
    },
    async list(prefix) {
      const at = await bucket();
      return [...(await objectsBelow(at, prefix)), ...(await uploadsBelow(at, prefix))].sort((a, b) =>
        a.name < b.name ? -1 : 1,
      );
    },
    async remove(names) {
      const at = await bucket();
      await removeObjects(
        at,
        names.filter((name) => !name.includes(UPLOAD)),
      );
      for (const name of names) if (name.includes(UPLOAD)) await abort(at, name);
    },
    free: async () => undefined,
    async close() {
      const at = await opened?.catch(() => undefined);
      at?.client.destroy();
    },
  };
}

async function objectsBelow(at: Bucket, prefix: string): Promise<StoredFile[]> {
  const { sdk, bucket: Bucket, prefix: own } = at;
  const found: StoredFile[] = [];
  let next: string | undefined;
  do {
    const page = await at.ask("s3:ListBucket", (client) =>
      client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: own + prefix, ContinuationToken: next })),
    );
    for (const { Key = "", Size = 0 } of page.Contents ?? []) found.push({ name: Key.slice(own.length), bytes: Size });
    next = page.NextContinuationToken;
  } while (next !== undefined);
  return found;
}

async function uploadsBelow(at: Bucket, prefix: string): Promise<StoredFile[]> {
  const { sdk, bucket: Bucket, prefix: own } = at;
  const found: StoredFile[] = [];
  let next: Pick<ListMultipartUploadsCommandOutput, "IsTruncated" | "NextKeyMarker" | "NextUploadIdMarker"> | undefined;
  do {
    const markers = { KeyMarker: next?.NextKeyMarker, UploadIdMarker: next?.NextUploadIdMarker };
    const page: ListMultipartUploadsCommandOutput = await at.ask("s3:ListBucketMultipartUploads", (client) =>
      client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: own + prefix, ...markers })),
    );
    for (const { Key = "", UploadId } of page.Uploads ?? [])
      found.push({ name: `${Key.slice(own.length)}${UPLOAD}${UploadId}`, bytes: 0, isUnfinished: true });
    next = page;
  } while (next.IsTruncated);
  return found;
}

async function removeObjects(at: Bucket, names: readonly string[]): Promise<void> {
  const { sdk, bucket: Bucket, prefix } = at;
  const errors: { readonly Key?: string | undefined; readonly Code?: string | undefined }[] = [];
  for (let start = 0; start < names.length; start += BATCH) {
    const Objects = names.slice(start, start + BATCH).map((name) => ({ Key: prefix + name }));
    const answer = await at.ask("s3:DeleteObject", (client) =>
      client.send(new sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } })),
    );
    errors.push(...(answer.Errors ?? []));
  }
  if (errors.length > 0) throw toldEach(errors, "s3:DeleteObject", at);
}

async function abort(at: Bucket, name: string): Promise<void> {
  const { sdk, bucket: Bucket, prefix } = at;
  const [key = "", UploadId] = name.split(UPLOAD);
  await at.ask("s3:AbortMultipartUpload", (client) =>
    client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key: prefix + key, UploadId })).catch((problem) => {
      // Somebody else, or a rule of the bucket, was faster.
      if ((problem as Error).name !== "NoSuchUpload") throw problem;
    }),
  );
}
