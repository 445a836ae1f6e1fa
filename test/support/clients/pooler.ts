/** A PgBouncer in front of a server, as its own user, with TLS for clients; it ends with the test file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVER_USER } from "../../../providers/postgresql/scratch/binaries.ts";

export interface Pooler {
  readonly port: number;
  stop(): Promise<void>;
}

export interface PoolerOptions {
  readonly folder: string;
  /** Lines under `[databases]`. */
  readonly databases: readonly string[];
  /** Passwords by user. */
  readonly users: Readonly<Record<string, string>>;
  /** Certificate and key as PEM text. */
  readonly tls: { readonly cert: string; readonly key: string };
}

/** Server connections of a pool: one for who is in a transaction, and one that all others share. */
const SIZE = 2;

export async function startPooler({ folder, databases, users, tls }: PoolerOptions): Promise<Pooler> {
  const port = await freePort();
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (SERVER_USER) chownSync(path, SERVER_USER.uid, SERVER_USER.gid);
    return path;
  };
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const list = Object.entries(users).map(([user, password]) => `${quoted(user)} ${quoted(password)}\n`);
  const ini = file(
    "pgbouncer.ini",
    `[databases]
${databases.join("\n")}
[pgbouncer]
listen_addr = localhost
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${file("userlist.txt", list.join(""))}
pool_mode = transaction
default_pool_size = ${SIZE}
server_tls_sslmode = require
client_tls_sslmode = require
client_tls_cert_file = ${file("cert.pem", tls.cert)}
client_tls_key_file = ${file("key.pem", tls.key)}
ignore_startup_parameters = extra_float_digits
`,
  );
  const child = spawn("pgbouncer", [ini], { ...SERVER_USER, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
  await listening(child, port);
  return {
    port,
    async stop() {
      const ended = child.exitCode === null ? once(child, "exit") : undefined;
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) break;
    if (await answers(port)) return;
    await sleep(25);
  }
  throw new Error(`PgBouncer did not start:\n${said}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "localhost" }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
