/** A bucket on a real server (moto), behind a stretch of network that does what a test wants. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll } from "@jest/globals";
import { awsEnvironment } from "./aws.ts";
import { moto } from "./secret-managers.ts";

export const BUCKET = "kept";
/** A secret key that nobody is to see. */
export const CANARY = "canary-5b1d";

/** What becomes of a request: cut before it arrives, answered with an error or in part only, or made another. */
export type Fate =
  | "cut"
  /** It arrives and is carried out, and nobody hears of it. */
  | "unheard"
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly bytes: number }
  /** Something else is asked of the server. */
  | { readonly query: string };

/** An error as S3 writes it, with a message that nobody is to see. */
export function fault(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Fate {
  return { status, headers, body: `<Error><Code>${code}</Code><Message>canary</Message></Error>` };
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
}

export interface Stretch {
  readonly url: string;
  /** Every request, in order. */
  readonly seen: Seen[];
  /** Decides; without it all pass. */
  fate: ((request: Seen) => Fate | undefined) | undefined;
}

const running: Server[] = [];
afterAll(() => {
  for (const one of running.splice(0)) {
    one.closeAllConnections();
    one.close();
  }
});

export async function stretch(to: string): Promise<Stretch> {
  const seen: Seen[] = [];
  const server = createServer((incoming, outgoing) => {
    const { pathname, searchParams } = new URL(incoming.url ?? "/", to);
    const { method = "", headers } = incoming;
    const one = { method, path: decodeURIComponent(pathname), query: searchParams, headers };
    seen.push(one);
    meet(made.fate?.(one), to, incoming, outgoing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  running.push(server);
  const made: Stretch = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fate: undefined,
  };
  return made;
}

function meet(fate: Fate | undefined, to: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const cut = (): void => void outgoing.destroy();
  if (fate === "cut") {
    incoming.once("data", cut);
    incoming.once("end", cut);
  } else if (fate && typeof fate === "object" && "status" in fate) {
    incoming.resume();
    incoming.once("end", () => {
      outgoing.writeHead(fate.status, { "content-type": "application/xml", ...fate.headers });
      outgoing.end(`<?xml version="1.0"?>${fate.body}`);
    });
  } else {
    const { method, url, headers } = incoming;
    const more = fate && typeof fate === "object" && "query" in fate ? `&${fate.query}` : "";
    const onward = request(new URL(`${url}${more}`, to), { method: method ?? "GET", headers }, (answer) => {
      if (fate === "unheard") return answer.resume().once("end", cut);
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      if (!fate || "query" in fate) return answer.pipe(outgoing);
      let left = fate.bytes;
      return answer.on("data", (chunk: Buffer) => {
        outgoing.write(chunk.subarray(0, left), left <= chunk.length ? cut : undefined);
        left -= chunk.length;
        if (left <= 0) answer.destroy();
      });
    });
    onward.on("error", cut);
    incoming.pipe(onward);
  }
}

export interface Bucket {
  /** Asks the server itself. */
  readonly client: S3Client;
  /** The way of whoever is tried. */
  readonly net: Stretch;
}

const made: S3Client[] = [];
let restore: (() => void) | undefined;
afterAll(() => {
  for (const client of made.splice(0)) client.destroy();
  restore?.();
});

/** The bucket of a test file, which this process may use, and how often it tries. */
export async function bucket(attempts: number): Promise<Bucket> {
  restore = awsEnvironment({
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: CANARY,
    AWS_MAX_ATTEMPTS: `${attempts}`,
  });
  const url = await moto();
  const client = new S3Client({ endpoint: url, forcePathStyle: true });
  made.push(client);
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return { client, net: await stretch(url) };
}
