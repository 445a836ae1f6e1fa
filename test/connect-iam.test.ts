/**
 * Logins with a token of AWS IAM, on a real server with TLS that takes passwords in clear, as RDS takes tokens. The token is
 * worked out a second time here, by the rules of Signature Version 4, and is the role's password.
 */
import { createHash, createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import pg from "pg";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { awsEnvironment } from "./support/aws.ts";
import { type Authority, authority } from "./support/certificates.ts";
import { folder, type Ran } from "./support/cli.ts";
import { freshServer } from "./support/server.ts";

const KEY = { id: "AKIAEXAMPLE", secret: "canary-of-aws" };
const REGION = "eu-central-1";
const USER = "iam_user";

let server: EmbeddedPostgres;
let ca: Authority;
let restore: (() => void) | undefined;

beforeAll(async () => {
  ca = authority();
  server = await freshServer({
    tls: ca.issue({ addresses: ["127.0.0.1"] }),
    hba: [`hostssl all ${USER} 127.0.0.1/32 password`, `host all ${USER} 127.0.0.1/32 reject`],
  });
  // Its clock stands still, so that the token is the same whoever signs it.
  jest.useFakeTimers({
    now: new Date(),
    doNotFake: [
      "nextTick",
      "performance",
      "queueMicrotask",
      "setImmediate",
      "clearImmediate",
      "setInterval",
      "clearInterval",
      "setTimeout",
      "clearTimeout",
      "hrtime",
    ],
  });
  const client = new pg.Client(server.url());
  await client.connect();
  await client.query(`CREATE ROLE ${USER} LOGIN PASSWORD ${pg.escapeLiteral(tokenFor(server.port))}`);
  await client.query(`GRANT CREATE ON DATABASE postgres TO ${USER}`);
  await client.end();
  restore = awsEnvironment({
    AWS_ACCESS_KEY_ID: KEY.id,
    AWS_SECRET_ACCESS_KEY: KEY.secret,
    HOME: ca.folder,
  });
  delete process.env.AWS_REGION;
});
afterAll(() => {
  jest.useRealTimers();
  restore?.();
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function tokenFor(port: number): string {
  const host = `127.0.0.1:${port}`;
  const moment = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${moment.slice(0, 8)}/${REGION}/rds-db/aws4_request`;
  const query = [
    ["Action", "connect"],
    ["DBUser", USER],
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${KEY.id}/${scope}`],
    ["X-Amz-Date", moment],
    ["X-Amz-Expires", "900"],
    ["X-Amz-SignedHeaders", "host"],
  ]
    .map((pair) => pair.map((part) => encodeURIComponent(part as string)).join("="))
    .join("&");
  const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
  const request = ["GET", "/", query, `host:${host}`, "", "host", sha("")].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", moment, scope, sha(request)].join("\n");
  const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const key = scope.split("/").reduce<Buffer | string>(hmac, `AWS4${KEY.secret}`);
  const signature = `X-Amz-Signature=${hmac(key, toSign).toString("hex")}`;
  return `${host}/?${query.replace("X-Amz-SignedHeaders", `${signature}&X-Amz-SignedHeaders`)}`;
}

async function run(line: string, fields: string, port = server.port): Promise<Ran> {
  const here = folder();
  here.write("ca.pem", ca.ca);
  const connection = `{ host: 127.0.0.1, port: ${port}, database: postgres, user: ${USER}, ${fields} }`;
  here.write(
    "a.yaml",
    `kind: DataSource\nname: w\nengine: postgresql\nconnection: ${connection}\n---\nkind: Schema\nname: s\n`,
  );
  const ran = await here.run(line);
  expect(ran.out + ran.err).not.toMatch(/canary|X-Amz/);
  return ran;
}

const IAM = `iam: { region: ${REGION} }`;

test("a token in place of a password, for every connection of a run", async () => {
  const tls = "tls: { mode: verify-full, ca: { file: ca.pem } }";
  const applied = await run("apply -f . --yes", `${IAM}, ${tls}`);
  expect([applied.code, applied.err.match(/error.*/)?.[0]]).toEqual([0, undefined]);
  const told = await run("connect -f .", `${IAM}, ${tls}`);
  expect(told.out).toMatch(/✓ login +as iam_user/);
});

test("the connection is encrypted, whether or not the document says so", async () => {
  expect((await run("connect -f .", IAM)).out).toMatch(/✓ tls +TLSv1\.3/);
  for (const mode of ["disable", "prefer"]) {
    const refused = await run("check -f .", `${IAM}, tls: { mode: ${mode} }`);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("needs an encrypted connection")]);
  }
  const plain = await freshServer();
  expect((await run("plan -f .", IAM, plain.port)).err).toContain("TLS_FAILED");
});

test("a password beside it is one too many", async () => {
  const { code, err } = await run("check -f .", `${IAM}, password: { env: X }`);
  expect([code, err]).toEqual([1, expect.stringContaining("logs in without a `password`")]);
});

test("a token for somebody else, no region, no credentials: told with the next step", async () => {
  process.env.AWS_SECRET_ACCESS_KEY = "canary-of-another";
  expect((await run("plan -f .", IAM)).err).toContain("LOGIN_FAILED");
  process.env.AWS_SECRET_ACCESS_KEY = KEY.secret;
  const nowhere = await run("plan -f .", "iam: {}");
  expect(nowhere.err).toMatch(/LOGIN_FAILED: No token of IAM .*the region is missing/);
  expect(nowhere.err).toContain("Say `iam.region`, or set AWS_REGION.");
  delete process.env.AWS_ACCESS_KEY_ID;
  const nobody = await run("plan -f .", IAM);
  expect(nobody.err).toMatch(/LOGIN_FAILED: No token of IAM could be signed for iam_user/);
  expect(nobody.err).toContain("aws sts get-caller-identity");
});
