/** A server, a pooler before it, and a declaration of both. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "@jest/globals";
import pg from "pg";
import { type Folder, folder } from "./cli.ts";
import { type Certificates, certificates, type Pooler, type PoolerOptions, startPooler } from "./pgbouncer.ts";
import { freshServer } from "./server.ts";

export const SECRETS = {
  CONSOLE_PASSWORD: "of the admin",
  LOOKUP_PASSWORD: "looks up",
  WEB_PASSWORD: "web's own",
  PGPASSWORD: "postgres",
};

const folders: string[] = [];
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** A folder for certificates; gone after the test file. */
export function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), "datumline-certs-"));
  folders.push(path);
  return path;
}

export interface Estate {
  readonly at: Folder;
  readonly pooler: Pooler;
  readonly tls: Certificates;
  /** As the superuser, at the server itself. */
  query(text: string): Promise<Record<string, unknown>[]>;
  apply(options?: string): Promise<string>;
}

/** A server and a pooler, both with certificates, and a declaration of both. */
export async function estate(pools: string, options: PoolerOptions = {}, more = ""): Promise<Estate> {
  const tls = certificates(temporary());
  const server = await freshServer({
    auth: "scram-sha-256",
    tls: { cert: readFileSync(tls.cert, "utf8"), key: readFileSync(tls.key, "utf8") },
  });
  const pooler = await startPooler({
    ...options,
    settings: [
      "client_tls_sslmode = require",
      `client_tls_cert_file = ${tls.cert}`,
      `client_tls_key_file = ${tls.key}`,
      ...(options.settings ?? []),
    ],
    console: { ssl: { ca: readFileSync(tls.ca, "utf8") } },
  });
  const at = folder(SECRETS);
  at.write("ca.pem", readFileSync(tls.ca, "utf8"));
  at.write(
    "estate.yaml",
    `kind: DataSource
name: warehouse
engine: postgresql
connection:
  host: 127.0.0.1
  port: ${server.port}
  database: postgres
  user: postgres
  password: { env: PGPASSWORD }
  tls: { mode: verify-full, ca: { file: ca.pem } }
---
kind: Role
dataSource: warehouse
name: web
login: true
password: { env: WEB_PASSWORD }
---
kind: DataSource
name: pooler
engine: pgbouncer
connection:
  host: 127.0.0.1
  port: ${pooler.port}
  user: admin
  password: { env: CONSOLE_PASSWORD }
  tls: { mode: verify-full, ca: { file: ca.pem } }
  lockTimeout: 3
pgbouncer: { config: ${pooler.config}, restart: [${pooler.restart.join(", ")}] }
---
kind: PoolerSettings
dataSource: pooler
serverTls: { mode: verify-full, ca: ${tls.ca} }
${more}---
${pools}`,
  );
  const query: Estate["query"] = async (text) => {
    const client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    at,
    pooler,
    tls,
    query,
    async apply(words = "") {
      const { code, out, err } = await at.run(`apply -f . --yes --allow all${words}`);
      expect([code, err]).toEqual([0, err]);
      const again = await at.run(`plan -f . --detailed-exitcode${words}`);
      expect([again.code, again.out]).toEqual([0, expect.stringContaining("No changes")]);
      return out;
    },
  };
}

export const BY_QUERY = `kind: ConnectionPool
dataSource: pooler
name: analytics
to: warehouse
mode: transaction
size: 4
users: [web]
auth: { user: pooler_lookup, password: { env: LOOKUP_PASSWORD } }
`;

export const BY_USERLIST = BY_QUERY.replace(/^auth:.*$/m, "auth: { by: userlist }");
