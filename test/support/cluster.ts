/** A PostgreSQL server whose data outlives it, so that it can be killed and started again on its port, or copied. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "@jest/globals";
import pg from "pg";
import { SERVER_USER } from "../../providers/postgresql/scratch/binaries.ts";
import { binaries } from "../../scripts/embedded/binaries.ts";

const HOST = "127.0.0.1";

export interface Cluster {
  readonly port: number;
  readonly data: string;
  url(user?: string): string;
  start(): Promise<void>;
  /** SIGQUIT: at once, without a word to clients; SIGSTOP: hangs; SIGCONT: goes on. */
  signal(name: "SIGQUIT" | "SIGSTOP" | "SIGCONT"): Promise<void>;
}

const made: { readonly folder: string; stop(): Promise<void> }[] = [];
afterAll(async () => {
  await Promise.all(made.map((one) => one.stop()));
  for (const { folder } of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new one, running. */
export async function startCluster(settings: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const folder = home();
  execFileSync(join(binaries(18).bin, "initdb"), ["-D", join(folder, "data"), "-U", "postgres", "--locale=C", "-N"], {
    ...SERVER_USER,
    env: { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" },
    cwd: "/",
    stdio: "ignore",
  });
  appendFileSync(join(folder, "data", "pg_hba.conf"), `host replication all ${HOST}/32 trust\n`);
  const cluster = await clusterIn(folder, { fsync: "off", ...settings });
  await cluster.start();
  return cluster;
}

/**
 * A standby of it, running: its files copied while it runs, as pg_basebackup does, which the embedded servers come without.
 * https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
 */
export async function startStandby(
  primary: Cluster,
  settings: Readonly<Record<string, string>> = {},
): Promise<Cluster> {
  const folder = home();
  const client = new pg.Client(primary.url());
  await client.connect();
  try {
    await client.query("SELECT pg_backup_start('standby', true)");
    execFileSync("cp", ["-a", primary.data, folder]);
    const { rows } = await client.query("SELECT labelfile FROM pg_backup_stop(false)");
    write(join(folder, "data", "backup_label"), rows[0].labelfile);
  } finally {
    await client.end();
  }
  rmSync(join(folder, "data", "postmaster.pid"));
  write(join(folder, "data", "standby.signal"), "");
  const standby = await clusterIn(folder, {
    ...settings,
    primary_conninfo: `host=${HOST} port=${primary.port} user=postgres application_name=standby`,
  });
  await standby.start();
  return standby;
}

async function clusterIn(folder: string, settings: Readonly<Record<string, string>>): Promise<Cluster> {
  const data = join(folder, "data");
  const port = await freePort();
  const lines = Object.entries({
    ...settings,
    port: String(port),
    listen_addresses: HOST,
    unix_socket_directories: "",
  });
  appendFileSync(join(data, "postgresql.conf"), lines.map(([name, value]) => `${name} = '${value}'\n`).join(""));
  let child: ChildProcess | undefined;
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    // The postmaster and those that serve its clients: one alone would let the others answer.
    for (const pid of name === "SIGQUIT" ? [child.pid] : family(child.pid as number)) tell(pid as number, name);
    if (name === "SIGQUIT") await once(child, "exit");
  };
  made.push({
    folder,
    stop: async () => {
      await signal("SIGCONT");
      await signal("SIGQUIT");
    },
  });
  return {
    port,
    data,
    url: (user = "postgres") => `postgresql://${user}@${HOST}:${port}/postgres`,
    signal,
    async start() {
      child = spawn(join(binaries(18).bin, "postgres"), ["-D", data], { ...SERVER_USER, cwd: "/", stdio: "ignore" });
      await answers(port);
    },
  };
}

/** One that serves a client may end of itself meanwhile. */
function tell(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== "ESRCH") throw problem;
  }
}

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return [pid, ...children.map(Number)];
}

async function answers(port: number): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    const client = new pg.Client({ host: HOST, port, user: "postgres", database: "postgres" });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (problem) {
      if (tried > 200) throw problem;
      await sleep(50);
    }
  }
}

function home(): string {
  const folder = mkdtempSync(join(tmpdir(), "datumline-cluster-"));
  if (SERVER_USER) chownSync(folder, SERVER_USER.uid, SERVER_USER.gid);
  return folder;
}

function write(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  if (SERVER_USER) chownSync(path, SERVER_USER.uid, SERVER_USER.gid);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
