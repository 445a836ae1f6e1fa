/** A throw-away PgBouncer, for the tests and the benchmark: the Debian package, run as a user without rights. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** Words of the command line: another version is tried by naming it. */
const COMMAND = (process.env.DATUMLINE_PGBOUNCER ?? "pgbouncer").split(" ");
const NOBODY = 65534;
const PASSWORD = "of the admin";

/** Why there is none, or undefined. */
export function missing(): string | undefined {
  const [program = "", ...words] = COMMAND;
  return spawnSync(program, [...words, "--version"]).status === 0
    ? undefined
    : "SKIPPED: there is no pgbouncer on the PATH; install the Debian package of this name.";
}

/** `1.24.1`; undefined where there is none. */
export function version(): string | undefined {
  const [program = "", ...words] = COMMAND;
  const { stdout } = spawnSync(program, [...words, "--version"], { encoding: "utf8" });
  return /^PgBouncer (\S+)/.exec(stdout ?? "")?.[1];
}

export interface Pooler {
  readonly port: number;
  readonly folder: string;
  readonly config: string;
  readonly userlist: string;
  /** Command that restarts it. */
  readonly restart: readonly string[];
  /** Fields of its DataSource. */
  readonly source: string;
  /** Says a command to the console, and gives its rows. */
  say(command: string): Promise<Record<string, string>[]>;
  /** A setting in force. */
  setting(name: string): Promise<string | undefined>;
  /** A client of one of its pools. */
  client(database: string, user: string, password?: string, more?: pg.ClientConfig): Promise<pg.Client>;
  text(): string;
  write(text: string): void;
  stop(): Promise<void>;
}

export interface PoolerOptions {
  /** Lines after those that it needs to run. */
  readonly settings?: readonly string[];
  readonly databases?: readonly string[];
  readonly users?: readonly string[];
  readonly userlist?: readonly string[];
  /** A whole configuration, in place of all of these; where it lies and listens is put right. */
  readonly rendered?: string;
  /** How the console is reached. */
  readonly console?: pg.ClientConfig;
}

/** Starts one; its console knows the user `admin` with the password `of the admin`. */
export async function startPgBouncer(options: PoolerOptions = {}): Promise<Pooler> {
  const folder = mkdtempSync(join(tmpdir(), "datumline-pooler-"));
  const port = await freePort();
  const config = join(folder, "pgbouncer.ini");
  const userlist = join(folder, "userlist.txt");
  const lines = [
    "; made by hand, and kept",
    "[databases]",
    ...(options.databases ?? []),
    "",
    ...(options.users ? ["[users]", ...options.users, ""] : []),
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = scram-sha-256",
    `auth_file = ${userlist}`,
    "admin_users = admin",
    `logfile = ${join(folder, "log")}`,
    `pidfile = ${join(folder, "pid")}`,
    ...(options.settings ?? []),
    "",
  ];
  const text = options.rendered
    ?.replace(/^listen_addr = .*$/m, "listen_addr = 127.0.0.1")
    .replace(/^listen_port = .*$/m, `listen_port = ${port}\npidfile = ${join(folder, "pid")}`)
    .replace(/^auth_file = .*$/m, `auth_file = ${userlist}`);
  writeFileSync(config, text ?? lines.join("\n"), { mode: 0o640 });
  writeFileSync(userlist, [`"admin" "${PASSWORD}"`, ...(options.userlist ?? []), ""].join("\n"), { mode: 0o600 });
  // The files are the pooler's, as they are where a package installed it.
  if (process.getuid?.() === 0) for (const path of [folder, config, userlist]) chownSync(path, NOBODY, NOBODY);
  chmodSync(folder, 0o755);
  const restart = join(folder, "restart");
  const [program = "", ...words] = COMMAND;
  const command = [program, ...words, "-q", "-d", config].map((word) => `'${word}'`).join(" ");
  const drop = process.getuid?.() === 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
  const pid = join(folder, "pid");
  writeFileSync(
    restart,
    `#!/bin/sh\nkill -INT "$(cat ${pid})"\nwhile [ -e ${pid} ]; do sleep 0.02; done\nexec ${drop}${command}\n`,
    { mode: 0o755 },
  );
  const own = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const first: ChildProcess = spawn(program, [...words, "-q", config], { ...own, stdio: "ignore", cwd: "/" });
  const restarted = (): number | undefined => {
    try {
      return Number(readFileSync(pid, "utf8"));
    } catch {
      return undefined;
    }
  };
  const stop = async (): Promise<void> => {
    const running = restarted();
    const gone = first.exitCode === null && first.signalCode === null ? once(first, "exit") : undefined;
    for (const each of new Set([running, first.exitCode === null ? first.pid : undefined]))
      if (each !== undefined) try_(() => process.kill(each, "SIGKILL"));
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  const connected = async (database: string, user: string, password?: string, more: pg.ClientConfig = {}) => {
    const client = new pg.Client({ host: "127.0.0.1", port, database, user, password, ...more });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const say = async (text: string): Promise<Record<string, string>[]> => {
    const client = await connected("pgbouncer", "admin", PASSWORD, options.console);
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      await say("SHOW VERSION");
      break;
    } catch (problem) {
      if (attempt > 200) {
        const said = logOf(folder);
        await stop();
        throw new Error(`PgBouncer did not start: ${(problem as Error).message}\n${said}`);
      }
      await sleep(20);
    }
  }
  return {
    port,
    folder,
    config,
    userlist,
    restart: [restart],
    source: `engine: pgbouncer
connection: { host: 127.0.0.1, port: ${port}, user: admin, password: { env: CONSOLE_PASSWORD }, lockTimeout: 5 }
pgbouncer: { config: ${config} }`,
    say,
    setting: async (name) => (await say("SHOW CONFIG")).find(({ key }) => key === name)?.value,
    client: connected,
    text: () => readFileSync(config, "utf8"),
    write: (text) => writeFileSync(config, text),
    stop,
  };
}

function logOf(folder: string): string {
  try {
    return readFileSync(join(folder, "log"), "utf8");
  } catch {
    return "";
  }
}

function try_(work: () => unknown): void {
  try {
    work();
  } catch {
    // It is gone already.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
