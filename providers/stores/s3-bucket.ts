/**
 * The way to a bucket. Who asks and where it is are said as everywhere with AWS (environment, profile, role of the instance),
 * unless the place says it.
 * https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/client/s3/
 */
import { optionalPackage } from "../../core/optional.ts";
import type { Secrets } from "../../core/secret.ts";
import type { BackupSchedule } from "../../core/specs.ts";
import { type Asked, told } from "./s3-problems.ts";

export type Sdk = typeof import("@aws-sdk/client-s3");
export type Client = InstanceType<Sdk["S3Client"]>;

/** What a schedule says of a bucket. */
export type Place = Extract<NonNullable<BackupSchedule["to"]>[number], { readonly s3: unknown }>["s3"];

/** How often a request is tried that the network or a busy server failed, a minute in all; AWS_MAX_ATTEMPTS says otherwise. */
const ATTEMPTS = 9;
/** Milliseconds without a byte after which a connection counts as lost. */
const SILENCE = 60_000;
const CONNECTING = 10_000;

export interface Bucket extends Asked {
  readonly sdk: Sdk;
  readonly client: Client;
  /** How objects are encrypted by the server. */
  readonly sealed: { readonly ServerSideEncryption?: "AES256" | "aws:kms"; readonly SSEKMSKeyId?: string };
  /** Asks for what policies call `action`; throws what went wrong as the user is to read it. */
  ask<T>(action: string, request: (client: Client) => Promise<T>): Promise<T>;
}

/** Which bucket a place means; nothing is asked yet. */
export function askedOf({ bucket, prefix = "", endpoint }: Place): Asked {
  const path = prefix.replace(/^\/+|\/+$/g, "");
  const below = path === "" ? "" : `${path}/`;
  return { bucket, prefix: below, shown: `s3://${bucket}${path && `/${path}`}`, endpoint };
}

/** Makes the client; nothing is sent before the first request. */
export async function openBucket(place: Place, asked: Asked, secret: Secrets["resolve"]): Promise<Bucket> {
  const sdk = await optionalPackage<Sdk>("@aws-sdk/client-s3", "The client of S3", process.cwd());
  const { region, endpoint, pathStyle, encryption, kmsKey, accessKey, secretKey } = place;
  const credentials =
    accessKey && secretKey
      ? { accessKeyId: await secret(accessKey), secretAccessKey: await secret(secretKey) }
      : undefined;
  const client = new sdk.S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    ...(process.env.AWS_MAX_ATTEMPTS === undefined && { maxAttempts: ATTEMPTS }),
    forcePathStyle: pathStyle ?? false,
    // What is read is compared with the checksum of the manifest.
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECTING, socketTimeout: SILENCE },
  });
  const sealedBy = encryption ?? (kmsKey === undefined ? undefined : "aws:kms");
  return {
    ...asked,
    sdk,
    client,
    sealed: {
      ...(sealedBy && { ServerSideEncryption: sealedBy }),
      ...(kmsKey !== undefined && { SSEKMSKeyId: kmsKey }),
    },
    ask: (action, request) =>
      request(client).catch((problem: unknown) => {
        throw told(problem, action, asked);
      }),
  };
}
