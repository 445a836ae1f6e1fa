/** Backups in a bucket as a user runs them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from "@aws-sdk/client-s3";
import { beforeAll, beforeEach, expect, test } from "@jest/globals";
import { withStores } from "../core/doors/backups.ts";
import { Secrets } from "../core/secret.ts";
import { noBackups } from "./support/backups.ts";
import { type Folder, folder } from "./support/cli.ts";
import { BUCKET, bucket, CANARY, fault, type Stretch } from "./support/s3.ts";
import { noMoto } from "./support/secret-managers.ts";
import { unless } from "./support/skipping.ts";
import { ID, type Scheduled, scheduled, type Warehouse, warehouse } from "./support/warehouse.ts";

const missing = noMoto ?? noBackups();
const { suite } = unless(missing, "backups in S3");

let on: Warehouse;
let client: S3Client;
let net: Stretch;

beforeAll(async () => {
  if (missing) return;
  ({ client, net } = await bucket(2));
  on = await warehouse("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
});
beforeEach(() => {
  if (net) net.fate = undefined;
});

/** `places` stand under `to`; `{ s3 … }` is the bucket behind the net. */
function estate(places: readonly string[], more = ""): Scheduled {
  const env = { DB: on.url(), KEY: "ab".repeat(32), ID: "AKIAOTHER", SECRET: CANARY };
  const to = places.map((place) => place.replace("s3 {", `s3: { endpoint: "${net.url}", pathStyle: true,`));
  return scheduled(
    env,
    `kind: BackupSchedule
name: nightly
schedule: { cron: "30 3 * * *" }
to: [${to.join(", ")}]
retention: { count: 1 }
${more}`,
  );
}

const SEALED = "encryption: { key: { env: KEY } }";

suite("in a bucket", () => {
  test("run, list, verify, restore and prune, sealed, beside a folder", async () => {
    const here = estate(["{ directory: kept }", `{ s3 { bucket: ${BUCKET}, prefix: /all/ } }`], SEALED);
    const first = await here.backup("run");
    expect([first.code, first.err]).toEqual([0, ""]);
    expect(first.out).toMatch(/ to .*kept, s3:\/\/kept\/all\n$/);
    const second = ID.exec((await here.backup("run")).out)?.[0] as string;
    const { schedules } = JSON.parse((await here.backup("list --format json")).out);
    const inBucket = schedules[0].places[1];
    expect(inBucket).toMatchObject({ place: "s3://kept/all", backups: [{ id: second, damaged: [] }], leftovers: [] });
    expect((await here.backup("verify")).out.trim().split("\n")).toEqual([
      expect.stringMatching(/^✓ .*kept nightly .* as written$/),
      expect.stringMatching(/^✓ s3:\/\/kept\/all nightly .* as written$/),
    ]);
    expect((await here.backup("verify --place s3://kept/all/")).out).toMatch(/^✓ s3:[^\n]*\n$/);
    rmSync(join(here.path, "kept"), { recursive: true });
    const restored = await here.backup("restore nightly --into from_s3 --yes");
    expect([restored.code, restored.err]).toEqual([0, ""]);
    expect((await on.ask("from_s3", "SELECT count(*)::int AS n FROM t")).rows).toEqual([{ n: 1000 }]);
    expect((await here.backup("prune --yes")).out).toContain("s3://kept/all nightly: nothing to remove");
  });

  test("a bucket that fails on the way takes the folder with it as little as one that is not there", async () => {
    const here = estate(["{ directory: kept }", `{ s3 { bucket: ${BUCKET}, prefix: failing } }`]);
    const fates = [
      ({ method, path }: { method: string; path: string }) => method === "PUT" && path.includes("database.dump"),
      () => true,
    ];
    for (const isMeant of fates) {
      net.fate = (request) => (isMeant(request) ? fault(500, "InternalError") : undefined);
      const { code, out, err } = await here.backup("run");
      expect([code, out]).toEqual([1, expect.stringMatching(/ to .*\/kept\n$/)]);
      expect(err).toMatch(/NOT_STORED.*nightly is not in s3:\/\/kept\/failing/s);
    }
    net.fate = undefined;
    const { schedules } = JSON.parse((await here.backup("list --format json")).out);
    expect(schedules[0].places[1]).toMatchObject({ backups: [], leftovers: [] });
    net.fate = () => fault(403, "AccessDenied");
    expect(await here.backup("restore nightly --into from_folder --yes")).toMatchObject({ code: 0 });
  });

  test("an upload that a killed run left is a leftover, and aborted once it is a day old", async () => {
    const here = estate([`{ s3 { bucket: ${BUCKET}, prefix: left } }`]);
    await here.backup("run");
    const left = async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: "left/" }));
      return Uploads.map(({ Key }) => Key);
    };
    const young = `${new Date().toISOString().slice(0, 13)}-00-00Z-abcd`;
    for (const id of ["2020-01-01T00-00-00Z-abcd", young]) {
      const Key = `left/warehouse/nightly/${id}/database.dump.zst`;
      await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
    }
    expect((await here.backup("list")).out).toContain("2 files of runs that did not end");
    expect((await here.backup("prune --yes")).out).toMatch(/left nightly: \S*2020-01-01\S*\?uploadId=\S+\n$/);
    expect(await left()).toEqual([expect.stringContaining(young)]);
  });

  test("a bucket that is not there, nobody at the address, keys of the place: told with the place, and no secret", async () => {
    const keys = "accessKey: { env: ID }, secretKey: { env: SECRET }";
    const here = estate([`{ s3 { bucket: nowhere, ${keys} } }`]);
    const ran = await here.backup("run");
    expect([ran.code, ran.out]).toEqual([1, ""]);
    expect(ran.err).toMatch(/w\.yaml:7.*PLACE_FAILED.*s3:\/\/nowhere does not exist/s);
    expect(ran.err + ran.out).not.toMatch(/canary|AKIAOTHER/);
    const other = estate([`{ s3: { bucket: b, endpoint: "http://127.0.0.1:1", pathStyle: true, ${keys} } }`]);
    // In a process of its own: here, what Node throws is no Error of the SDK's.
    const alone = await process_(other, "backup verify -f w.yaml");
    expect([alone.code, alone.err]).toEqual([1, expect.stringMatching(/w\.yaml:7.*cannot be reached: ECONNREFUSED/s)]);
    const gone = await process_(estate(["{ s3 { bucket: kept } }"]), "backup verify -f w.yaml", {
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
    });
    expect([gone.code, gone.err]).toEqual([1, expect.stringMatching(/needs credentials and there are none/)]);
  });
});

async function process_(here: Folder, line: string, env: NodeJS.ProcessEnv = {}) {
  const main = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
  const tsx = fileURLToPath(import.meta.resolve("tsx"));
  const child = spawn(process.execPath, ["--import", tsx, main, ...line.split(" ")], {
    cwd: here.path,
    env: { ...process.env, DB: on.url(), ID: "AKIAOTHER", SECRET: CANARY, HOME: here.path, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { code, err };
}

test("a place and a tool that are not known are told", async () => {
  const kept = { schedule: { name: "n", to: [{ tape: {} }] }, at: { origin: { file: "w.yaml", line: 7 } } };
  const opening = withStores(kept as never, { stores: {}, secrets: new Secrets({ env: {}, cwd: "." }) }, async () => 0);
  await expect(opening).rejects.toMatchObject({
    diagnostics: [{ code: "NOT_SUPPORTED", summary: "Datumline keeps no backups in tape", origin: { line: 7 } }],
  });
  const here = folder();
  here.write(
    "w.yaml",
    `kind: DataSource
name: host
engine: files
connection: { path: files }
---
kind: BackupSchedule
name: nightly
schedule: { cron: "30 3 * * *" }
to: [{ directory: kept }]
`,
  );
  const { code, err } = await here.run("backup run -f w.yaml");
  expect([code, err]).toEqual([1, expect.stringMatching(/w\.yaml:6.*NOT_SUPPORTED/s)]);
});

test.each([
  ["kmsKey: k, encryption: AES256", /`kmsKey` is for `encryption: aws:kms`/],
  ["accessKey: { env: ID }", /`accessKey` and `secretKey` go together/],
  ["secretKey: literal", /LITERAL_SECRET|WRONG_TYPE/],
])("a bucket with %s is refused", async (field, words) => {
  const here = folder();
  here.write(
    "w.yaml",
    `kind: DataSource
name: w
engine: postgresql
connection: { host: h }
---
kind: BackupSchedule
name: nightly
schedule: { every: 6h }
to: [{ s3: { bucket: b, ${field} } }]
`,
  );
  const { code, err } = await here.run("check -f w.yaml");
  expect([code, err]).toEqual([1, expect.stringMatching(words)]);
});
