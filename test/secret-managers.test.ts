/**
 * Secrets where managers keep them. AWS is a real server (moto). No registry has Vault, Google's and Azure's, so those are
 * small servers that answer as their manuals say.
 */
import { createVerify, generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { secret } from "../constructs/index.ts";
import type { Diagnostic } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { Secrets } from "../core/secret.ts";
import type { SecretReference } from "../core/sql.ts";
import { STORES } from "../providers/secrets/index.ts";
import { awsEnvironment } from "./support/aws.ts";
import { folder } from "./support/cli.ts";
import { type Answered, type Manager, manager, moto, noMoto } from "./support/secret-managers.ts";
import { unless } from "./support/skipping.ts";

const CANARY = "canary-77ab1f20";
const ROTATED = "canary-91ce0d44";
const TOKEN = "canary-token-5e2b";
const ORIGIN = { file: "warehouse.yaml", line: 5 };

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "datumline-managers-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

type Env = Readonly<Record<string, string>>;

/** A run of its own, which has asked for nothing yet. */
function secrets(env: Env, patience = 5000): Secrets {
  return new Secrets({ env: { HOME: home, PATH: process.env.PATH, ...env }, cwd: home, stores: STORES, patience });
}

function resolved(reference: SecretReference, env: Env = {}): Promise<string> {
  return secrets(env).resolve(reference);
}

/** The one diagnostic with which it is refused; nothing secret is in it. */
async function refused(reference: SecretReference, env: Env = {}, patience?: number): Promise<Diagnostic> {
  const run = secrets(env, patience);
  run.place(reference, ORIGIN);
  const problem = await run.resolve(reference).catch((caught: unknown) => caught);
  expect(problem).toBeInstanceOf(Refusal);
  const [diagnostic, ...more] = (problem as Refusal).diagnostics as [Diagnostic, ...Diagnostic[]];
  expect(more).toEqual([]);
  expect(diagnostic).toMatchObject({ code: "SECRET_UNRESOLVED", origin: ORIGIN });
  expect(diagnostic.detail ?? "").not.toBe("");
  expect(JSON.stringify(diagnostic)).not.toContain("canary");
  return diagnostic;
}

unless(noMoto, "AWS Secrets Manager").suite("AWS Secrets Manager, on moto", () => {
  let url: string;
  let client: SecretsManagerClient;
  let restore: (() => void) | undefined;
  const REGION = "eu-central-1";

  beforeAll(async () => {
    url = await moto();
    // The SDK reads the environment of the process, as for everything else on AWS.
    restore = awsEnvironment({
      AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: TOKEN,
      HOME: home,
    });
    client = new SecretsManagerClient({});
    await client.send(new CreateSecretCommand({ Name: "plain", SecretString: CANARY }));
    await client.send(
      new CreateSecretCommand({
        Name: "rds/db",
        SecretString: JSON.stringify({ username: "a", password: CANARY, n: 1 }),
      }),
    );
    await client.send(new CreateSecretCommand({ Name: "binary", SecretBinary: Buffer.from(CANARY) }));
  });
  afterAll(() => {
    client?.destroy();
    restore?.();
  });

  test("by name, by ARN, a field of it, binary, in another region", async () => {
    expect(await resolved({ awsSecret: "plain" })).toBe(CANARY);
    expect(await resolved({ awsSecret: { id: "rds/db", key: "password" } })).toBe(CANARY);
    expect(await resolved({ awsSecret: { id: "rds/db", key: "n" } })).toBe("1");
    expect(await resolved({ awsSecret: "binary" })).toBe(CANARY);
    const west = new SecretsManagerClient({ region: "us-west-2" });
    const { ARN } = await west.send(new CreateSecretCommand({ Name: "west", SecretString: ROTATED }));
    west.destroy();
    expect(await resolved({ awsSecret: { id: "west", region: "us-west-2" } })).toBe(ROTATED);
    expect(await resolved({ awsSecret: `${ARN}` })).toBe(ROTATED);
  });

  test("a rotated secret is seen by the next run, and its former version can be asked for", async () => {
    await client.send(new CreateSecretCommand({ Name: "rotated", SecretString: CANARY }));
    const first = secrets({});
    expect(await first.resolve({ awsSecret: "rotated" })).toBe(CANARY);
    await client.send(new PutSecretValueCommand({ SecretId: "rotated", SecretString: ROTATED }));
    expect(await first.resolve({ awsSecret: "rotated" })).toBe(CANARY);
    expect(await resolved({ awsSecret: "rotated" })).toBe(ROTATED);
    expect(await resolved({ awsSecret: { id: "rotated", version: "AWSPREVIOUS" } })).toBe(CANARY);
  });

  test("missing, deleted, without its field: each is told with the next step", async () => {
    expect((await refused({ awsSecret: "nowhere" })).summary).toBe("AWS Secrets Manager has no secret nowhere");
    await client.send(new CreateSecretCommand({ Name: "gone", SecretString: CANARY }));
    await client.send(new DeleteSecretCommand({ SecretId: "gone" }));
    expect((await refused({ awsSecret: "gone" })).summary).toBe("AWS Secrets Manager does not give out gone");
    expect(await refused({ awsSecret: { id: "rds/db", key: "pass" } })).toMatchObject({
      summary: "The secret awsSecret rds/db has no field pass",
      detail: "Its fields are username, password, n.",
    });
    expect((await refused({ awsSecret: { id: "plain", key: "password" } })).summary).toBe(
      "The secret awsSecret plain is no JSON object, so it has no field password",
    );
  });

  test("nobody at the endpoint, and one that never answers", async () => {
    const silent = await manager(() => undefined);
    try {
      process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = "http://127.0.0.1:1";
      expect((await refused({ awsSecret: "plain" })).summary).toMatch(/could not be asked for plain: \w+$/);
      process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = silent.url;
      expect((await refused({ awsSecret: "plain" }, {}, 300)).summary).toMatch(
        /not told within 0\.3 s|TimeoutError|AbortError/,
      );
    } finally {
      process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = url;
    }
  });

  test("wrong credentials", async () => {
    await fetch(`${url}/moto-api/reset-auth`, { method: "POST", body: "0" });
    try {
      expect((await refused({ awsSecret: "plain" })).summary).toBe(
        "AWS Secrets Manager does not know who asks for plain",
      );
    } finally {
      await fetch(`${url}/moto-api/reset-auth`, { method: "POST", body: "Infinity" }).catch(() => undefined);
    }
  });
});

describe("HashiCorp Vault, as its manual says that it answers", () => {
  let server: Manager;
  let value = CANARY;
  const DENIED: Answered = [403, { errors: ["permission denied"] }];

  beforeAll(async () => {
    server = await manager(({ method, path, query, headers, body }) => {
      if (method === "POST") {
        const given = JSON.parse(body) as Record<string, string>;
        const fits =
          (path === "/v1/auth/approle/login" && given.role_id === "role" && given.secret_id === TOKEN) ||
          (path === "/v1/auth/kubernetes/login" && given.role === "reader" && given.jwt === "the-jwt");
        return fits ? [200, { auth: { client_token: TOKEN } }] : [400, { errors: [`invalid ${TOKEN}`] }];
      }
      if (headers["x-vault-token"] !== TOKEN) return DENIED;
      if (headers["x-vault-namespace"] === "team")
        return [200, { data: { path: "secret/", options: null, value: ROTATED } }];
      const mount = /^\/v1\/sys\/internal\/ui\/mounts\/((?:secret|kv\/first)\/)/.exec(path)?.[1];
      if (mount)
        return [200, { data: { path: mount, type: "kv", options: mount === "secret/" ? { version: "2" } : null } }];
      if (path === "/v1/secret/data/warehouse") {
        const password = query.get("version") === "1" ? "canary-of-before" : value;
        return [200, { data: { data: { user: "owner", password }, metadata: { version: 2 } } }];
      }
      if (path === "/v1/secret/data/one") return [200, { data: { data: { value }, metadata: {} } }];
      if (path === "/v1/kv/first/old") return [200, { data: { password: value } }];
      if (path === "/v1/secret/data/broken") return [500, { errors: [CANARY] }];
      if (path === "/v1/secret/data/silent") return undefined;
      if (path.startsWith("/v1/secret/data/")) return [404, { errors: [] }];
      return DENIED;
    });
  });

  const env = (more: Env = {}): Env => ({ VAULT_ADDR: server.url, VAULT_TOKEN: TOKEN, ...more });

  test("version 2 and version 1, a field, the only field, an older version, a namespace", async () => {
    expect(await resolved({ vault: { id: "secret/warehouse", key: "password" } }, env())).toBe(CANARY);
    expect(await resolved({ vault: { id: "secret/warehouse", key: "password", version: "1" } }, env())).toBe(
      "canary-of-before",
    );
    expect(await resolved({ vault: "secret/one" }, env())).toBe(CANARY);
    expect(await resolved({ vault: "kv/first/old" }, env())).toBe(CANARY);
    const elsewhere = { id: "secret/one", address: server.url, namespace: "team", key: "value" };
    expect(await resolved({ vault: elsewhere }, { VAULT_TOKEN: TOKEN })).toBe(ROTATED);
  });

  test("the token of `vault login`, an AppRole, a pod of Kubernetes; one login for all", async () => {
    writeFileSync(join(home, ".vault-token"), `${TOKEN}\n`);
    expect(await resolved({ vault: "secret/one" }, { VAULT_ADDR: server.url })).toBe(CANARY);
    rmSync(join(home, ".vault-token"));
    const run = secrets({ VAULT_ADDR: server.url, VAULT_ROLE_ID: "role", VAULT_SECRET_ID: TOKEN });
    const logins = (): number => server.asked.filter(({ method }) => method === "POST").length;
    const before = logins();
    const all = [{ vault: "secret/one" }, { vault: { id: "secret/warehouse", key: "user" } }];
    expect(await run.resolveAll(all)).toEqual([]);
    expect(logins()).toBe(before + 1);
    writeFileSync(join(home, "jwt"), "the-jwt");
    const pod = { VAULT_ADDR: server.url, VAULT_KUBERNETES_ROLE: "reader", VAULT_KUBERNETES_TOKEN_FILE: "jwt" };
    expect(await resolved({ vault: "secret/one" }, pod)).toBe(CANARY);
  });

  test("a rotated secret is seen by the next run", async () => {
    value = ROTATED;
    expect(await resolved({ vault: "secret/one" }, env())).toBe(ROTATED);
    value = CANARY;
  });

  test("wrong token, wrong role, missing, several fields, a fault, no answer, nobody there", async () => {
    expect((await refused({ vault: "secret/one" }, env({ VAULT_TOKEN: "canary-wrong" }))).summary).toBe(
      "HashiCorp Vault answered 403 (access denied) when asked for the secret secret/one",
    );
    const role = { VAULT_ADDR: server.url, VAULT_ROLE_ID: "role", VAULT_SECRET_ID: "canary-wrong" };
    expect((await refused({ vault: "secret/one" }, role)).detail).toContain("Check VAULT_ROLE_ID and VAULT_SECRET_ID");
    expect((await refused({ vault: "secret/one" }, { VAULT_ADDR: server.url })).summary).toBe(
      "There is no token for HashiCorp Vault",
    );
    expect((await refused({ vault: "secret/none" }, env())).summary).toContain("404 (not there)");
    expect(await refused({ vault: "secret/warehouse" }, env())).toMatchObject({
      summary: "The secret secret/warehouse of HashiCorp Vault has 2 fields",
      detail: "Say which with `key`: user, password.",
    });
    expect((await refused({ vault: "secret/broken" }, env())).summary).toContain("500 (not available)");
    expect((await refused({ vault: "secret/silent" }, env(), 300)).summary).toBe(
      "The secret vault secret/silent was not told within 0.3 s",
    );
    expect((await refused({ vault: "secret/one" }, env({ VAULT_ADDR: "http://127.0.0.1:1" }))).summary).toContain(
      "at http://127.0.0.1:1: ECONNREFUSED",
    );
  });
});

describe("Google Secret Manager, as its manual says that it answers", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  let server: Manager;
  beforeAll(async () => {
    server = await manager(({ path, headers, body }) => {
      if (path === "/token") {
        const form = new URLSearchParams(body);
        if (form.get("refresh_token") === "refresh") return [200, { access_token: TOKEN }];
        const [head, claims, signature] = (form.get("assertion") ?? "").split(".") as [string, string, string];
        const isSigned = createVerify("RSA-SHA256")
          .update(`${head}.${claims}`)
          .verify(publicKey, signature, "base64url");
        const { iss, aud, scope } = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, string>;
        const fits =
          isSigned && iss === "robot@p" && aud === `${server.url}/token` && scope?.includes("cloud-platform");
        return fits ? [200, { access_token: TOKEN }] : [400, { error: "invalid_grant" }];
      }
      if (path.startsWith("/computeMetadata/"))
        return headers["metadata-flavor"] === "Google" ? [200, { access_token: TOKEN }] : [403, {}];
      if (headers.authorization !== `Bearer ${TOKEN}`) return [401, { error: { message: CANARY } }];
      const versions: Record<string, string> = { latest: JSON.stringify({ password: CANARY }), 1: "canary-of-before" };
      const version = /^\/v1\/projects\/p\/secrets\/db\/versions\/(\w+):access$/.exec(path)?.[1];
      const found = version === undefined ? undefined : versions[version];
      if (found === undefined) return [404, { error: { status: "NOT_FOUND" } }];
      return [200, { name: path, payload: { data: Buffer.from(found).toString("base64") } }];
    });
  });
  const DB = { id: "projects/p/secrets/db", key: "password" };
  const at = (more: Env): Env => ({ CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: `${server.url}/`, ...more });

  test("with a token, a service account, the login of a person, the machine's", async () => {
    expect(await resolved({ gcpSecret: DB }, at({ GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN }))).toBe(CANARY);
    const before = { id: "projects/p/secrets/db", version: "1" };
    expect(await resolved({ gcpSecret: before }, at({ GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN }))).toBe("canary-of-before");
    const token_uri = `${server.url}/token`;
    const robot = { type: "service_account", client_email: "robot@p", private_key: privateKey, token_uri };
    writeFileSync(join(home, "robot.json"), JSON.stringify(robot));
    expect(await resolved({ gcpSecret: DB }, at({ GOOGLE_APPLICATION_CREDENTIALS: "robot.json" }))).toBe(CANARY);
    const person = { type: "authorized_user", client_id: "c", client_secret: "s", refresh_token: "refresh", token_uri };
    mkdirSync(join(home, ".config", "gcloud"), { recursive: true });
    const file = join(home, ".config", "gcloud", "application_default_credentials.json");
    writeFileSync(file, JSON.stringify(person));
    expect(await resolved({ gcpSecret: DB }, at({}))).toBe(CANARY);
    rmSync(file);
    expect(await resolved({ gcpSecret: DB }, at({ GCE_METADATA_HOST: new URL(server.url).host }))).toBe(CANARY);
  });

  test("wrong token, wrong key, missing, credentials of another sort", async () => {
    expect((await refused({ gcpSecret: DB }, at({ GOOGLE_OAUTH_ACCESS_TOKEN: "canary" }))).summary).toContain("401");
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
      type: "pkcs8",
      format: "pem",
    });
    const robot = { type: "service_account", client_email: "robot@p", token_uri: `${server.url}/token` };
    const credentials = { GOOGLE_APPLICATION_CREDENTIALS: "robot.json" };
    writeFileSync(join(home, "robot.json"), JSON.stringify({ ...robot, private_key: other }));
    expect((await refused({ gcpSecret: DB }, at(credentials))).summary).toContain("a token for robot@p of robot.json");
    writeFileSync(join(home, "robot.json"), JSON.stringify({ ...robot, private_key: "canary" }));
    expect((await refused({ gcpSecret: DB }, at(credentials))).summary).toContain("private key");
    writeFileSync(join(home, "robot.json"), JSON.stringify({ type: "external_account", token: CANARY }));
    expect((await refused({ gcpSecret: DB }, at(credentials))).detail).toContain("GOOGLE_OAUTH_ACCESS_TOKEN");
    const none = { id: "projects/p/secrets/none" };
    expect((await refused({ gcpSecret: none }, at({ GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN }))).summary).toContain("404");
  });
});

describe("Azure Key Vault, as its manual says that it answers", () => {
  let server: Manager;
  beforeAll(async () => {
    server = await manager(({ path, query, headers, body }) => {
      const form = new URLSearchParams(body);
      const isOurs = form.get("scope") === "https://vault.azure.net/.default" && form.get("client_id") === "app";
      const proof = form.get("client_secret") === TOKEN || form.get("client_assertion") === "the-jwt";
      if (path === "/tenant/oauth2/v2.0/token")
        return isOurs && proof
          ? [200, { access_token: TOKEN }]
          : [401, { error: "invalid_client", description: TOKEN }];
      if (path === "/metadata/identity/oauth2/token")
        return headers.metadata === "true" && query.get("resource") === "https://vault.azure.net"
          ? [200, { access_token: TOKEN }]
          : [400, {}];
      if (path === "/msi") return headers["x-identity-header"] === "h" ? [200, { access_token: TOKEN }] : [400, {}];
      if (headers.authorization !== `Bearer ${TOKEN}`) return [401, { error: { code: "Unauthorized" } }];
      if (query.get("api-version") === null) return [400, {}];
      if (path === "/secrets/db") return [200, { value: CANARY, id: path }];
      if (path === "/secrets/db/v1") return [200, { value: "canary-of-before", id: path }];
      return [404, { error: { code: "SecretNotFound" } }];
    });
  });
  const id = (name = "db"): string => `${server.url}/secrets/${name}`;
  const app = { AZURE_CLIENT_ID: "app", AZURE_TENANT_ID: "tenant" };

  test("as a service principal, with workload identity, as an app service, as the machine", async () => {
    const at = { ...app, AZURE_AUTHORITY_HOST: server.url };
    expect(await resolved({ azureSecret: id() }, { ...at, AZURE_CLIENT_SECRET: TOKEN })).toBe(CANARY);
    writeFileSync(join(home, "federated"), "the-jwt");
    expect(await resolved({ azureSecret: id() }, { ...at, AZURE_FEDERATED_TOKEN_FILE: "federated" })).toBe(CANARY);
    const service = { IDENTITY_ENDPOINT: `${server.url}/msi`, IDENTITY_HEADER: "h" };
    expect(await resolved({ azureSecret: { id: id(), version: "v1" } }, service)).toBe("canary-of-before");
    expect(await resolved({ azureSecret: id() }, { AZURE_POD_IDENTITY_AUTHORITY_HOST: server.url })).toBe(CANARY);
  });

  test("wrong secret of the principal, missing", async () => {
    const at = { ...app, AZURE_AUTHORITY_HOST: server.url, AZURE_CLIENT_SECRET: "canary-wrong" };
    expect((await refused({ azureSecret: id() }, at)).detail).toContain("AZURE_CLIENT_SECRET, which may have expired");
    const machine = { AZURE_POD_IDENTITY_AUTHORITY_HOST: server.url };
    expect((await refused({ azureSecret: id("none") }, machine)).summary).toContain("404 (not there)");
  });
});

describe("secrets of Kubernetes", () => {
  test("are files of the pod", async () => {
    mkdirSync(join(home, "mounted", "db"), { recursive: true });
    writeFileSync(join(home, "mounted", "db", "password"), CANARY);
    expect(await resolved({ kubernetesSecret: { id: "db/password", mount: join(home, "mounted") } })).toBe(CANARY);
    expect(await refused({ kubernetesSecret: { id: "db/none", mount: join(home, "mounted") } })).toMatchObject({
      summary: expect.stringContaining("there is no such file"),
      detail: expect.stringContaining("volumeMounts"),
    });
  });
});

test("in constructs they are written as in documents", () => {
  expect(secret.vault("secret/one", { key: "password" })).toEqual({ vault: { id: "secret/one", key: "password" } });
  expect(secret.awsSecret("one")).toEqual({ awsSecret: "one" });
});

describe("in documents", () => {
  const source = (password: string): string =>
    `kind: DataSource\nname: w\nengine: postgresql\nconnection:\n  host: 127.0.0.1\n  password: ${password}\n`;

  test("every secret that cannot be had is told at once, with its place", async () => {
    const here = folder({ HOME: home });
    here.write(
      "a.yaml",
      `${source("{ vault: secret/one }")}---\nkind: Role\nname: r\npassword: { kubernetesSecret: a/b }\n`,
    );
    const ran = await here.run("plan -f . --diagnostics json");
    expect(ran.code).toBe(1);
    const told = ran.err
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Diagnostic);
    expect(told.map(({ code, origin }) => `${code} ${origin?.line}`)).toEqual([
      "SECRET_UNRESOLVED 1",
      "SECRET_UNRESOLVED 8",
    ]);
  });

  test.each([
    ["{ vault: canary-3f }", "WRONG_TYPE"],
    ["{ gcpSecret: canary-3f }", "WRONG_TYPE"],
    ["{ azureSecret: canary-3f }", "WRONG_TYPE"],
    ["{ kubernetesSecret: { id: canary-3f } }", "WRONG_TYPE"],
    ["{ awsSecret: { value: canary-3f } }", "MISSING_FIELD"],
    ["canary-3f", "LITERAL_SECRET"],
  ])("%s is no reference, and is not repeated", async (password, code) => {
    const here = folder();
    here.write("a.yaml", source(password));
    const ran = await here.run("check -f . --diagnostics json");
    expect([ran.code, (JSON.parse(ran.err.split("\n")[0] as string) as Diagnostic).code]).toEqual([1, code]);
    expect(ran.out + ran.err).not.toContain("canary");
  });
});
