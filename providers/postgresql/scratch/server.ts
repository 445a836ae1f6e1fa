/**
 * A throw-away PostgreSQL server: for drills, the demo, the tests and the benchmark.
 *
 * The server lives exactly as long as a pipe to us is open. A small shell script owns it: when the pipe closes, because of
 * `stop()` or because this process ended in any way, SIGKILL included, the script kills the server and removes its files.
 * No signal handler is needed, and none is installed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Binaries, SERVER_USER, type ServerUser, temporaryDirectory } from "./binaries.ts";

export interface ServerOptions {
  /** Parent of the server's own temporary directory. @default the system's directory for temporary files */
  readonly directory?: string;
  /** Lines of postgresql.conf: `{ log_statement: "all" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How clients prove who they are, over TCP and over the socket. @default "trust" */
  readonly auth?: "trust" | "scram-sha-256";
  /** Lines of pg_hba.conf that come before the rule made of `auth`. */
  readonly hba?: readonly string[];
  /** @default "postgres" */
  readonly superuser?: string;
  /** The superuser's password. @default "postgres" where `auth` asks for one */
  readonly password?: string;
  /** Certificate and key as PEM text; the server then accepts TLS as well as plain connections. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** It begins with the files of another server, in place of those that `initdb` makes. */
  readonly copy?: CopyOptions;
}

export interface CopyOptions {
  /** The program that fills an empty folder with them, below the folder `home`. */
  command(data: string, home: string): readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Who may read what it needs; the server runs as the same. */
  readonly user?: ServerUser | undefined;
  readonly signal: AbortSignal;
}

export interface ScratchServer {
  /** Connection URL over TCP; the superuser and the database `postgres` unless told otherwise. */
  url(options?: { user?: string; password?: string; database?: string }): string;
  readonly host: string;
  readonly port: number;
  readonly socketDirectory: string;
  /** As in `SHOW server_version`: `18.4`. */
  readonly version: string;
  /** Holds `data/` and `log` while the server lives. */
  readonly directory: string;
  /** Kills the server, whoever is connected, and removes its directory. */
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const STARTUP_SECONDS = 30;
/** The limit is 108 bytes on Linux and 104 on macOS. */
const SOCKET_PATH_LIMIT = 100;

/**
 * Shells start background jobs with SIGINT and SIGQUIT ignored, until postgres installs its own handlers: hence the KILL
 * for a server that was hit too early to hear, and the TERM for all that is making its files. Removal is repeated because an
 * initdb that is dying may still write.
 */
const OWNER = `
home=$1 sockets=$2 bin=$3 port=$4
shift 4
exec 3<&0
child=
run() {
  "$@" >>"$home/log" 2>&1 </dev/null 3<&- &
  child=$!
  wait "$child"
}
clean() {
  tail -n 20 "$home/log" >&2
  for attempt in 1 2 3 4 5 6 7 8 9; do
    rm -rf "$home" "$sockets" 2>/dev/null
    [ -e "$home/data" ] || break
    sleep 0.1
  done
}
end() {
  trap : TERM
  if [ -n "$child" ]; then
    kill -QUIT "$child"
    kill -TERM 0
    (sleep 3; kill -KILL "$child") &
    late=$!
    wait "$child"
    kill "$late"
  fi >/dev/null 2>&1 </dev/null 3<&-
  clean
  exit 0
}
trap end TERM
(read -r _ <&3; kill -TERM $$) &
reader=$!
# What a copy brings along is the original's: where it listens, what it loads and runs by itself, where it archives.
alone() {
  [ -f "$home/data/recovery.signal" ] || return 0
  grep -E '^(restore_command|recovery_target)' "$home/data/postgresql.auto.conf" >>"$home/settings"
  : >"$home/data/postgresql.auto.conf"
  : >"$home/data/postgresql.conf"
}
run "$@" &&
  alone &&
  cat "$home/settings" >>"$home/data/postgresql.conf" &&
  cp "$home/hba" "$home/data/pg_hba.conf" &&
  run "$bin/postgres" -D "$home/data" -p "$port" -k "$sockets"
kill "$reader"
clean
exit 1
`;

/** Starts a server and resolves when it accepts connections, usually within a second. */
export async function startServer({ bin, version }: Binaries, options: ServerOptions = {}): Promise<ScratchServer> {
  for (let attempt = 1; ; attempt += 1) {
    const place = { ...makeHome(options), port: await freePort() };
    writeFiles(place.home, options);
    const owner = own(place, bin, options);
    const failure = await ready(owner, place.home, options.copy?.signal);
    if (failure === undefined) return running(owner, { ...place, version }, options);
    remove(place);
    // Between choosing a port and listening on it, somebody else may have taken it.
    if (attempt < 5 && failure.includes("could not create any TCP/IP sockets")) continue;
    throw new Error(`PostgreSQL ${version} did not start:\n${failure}`);
  }
}

interface Place {
  readonly home: string;
  readonly sockets: string;
  readonly port: number;
}

function own({ home, sockets, port }: Place, bin: string, options: ServerOptions): ChildProcess {
  const data = join(home, "data");
  const make = options.copy?.command(data, home) ?? initdb(bin, data, home, options);
  return spawn("/bin/sh", ["-c", OWNER, "sh", home, sockets, bin, String(port), ...make], {
    ...userOf(options),
    // initdb tries every time zone of the system unless told one, and fails on a locale that is not installed.
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", ...options.copy?.env, LC_ALL: "C", TZ: "UTC" },
    cwd: "/",
    // A session of its own: Ctrl-C at a terminal must reach us, not the server.
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
}

function initdb(bin: string, data: string, home: string, options: ServerOptions): readonly string[] {
  const password = superuserPassword(options) === undefined ? [] : [`--pwfile=${join(home, "password")}`];
  const words = ["-U", options.superuser ?? "postgres", "-A", options.auth ?? "trust", ...password];
  return [join(bin, "initdb"), "-D", data, "--encoding=UTF8", "--locale=C", "--no-sync", ...words];
}

function userOf({ copy }: ServerOptions): ServerUser | undefined {
  return copy?.user ?? SERVER_USER;
}

function running(owner: ChildProcess, place: Place & { version: string }, options: ServerOptions): ScratchServer {
  const { home, sockets, port, version } = place;
  const superuser = options.superuser ?? "postgres";
  return {
    url({ user = superuser, password, database = "postgres" } = {}) {
      const secret = password ?? (user === superuser ? superuserPassword(options) : undefined);
      const login = [user, ...(secret === undefined ? [] : [secret])].map(encodeURIComponent).join(":");
      return `postgresql://${login}@${HOST}:${port}/${encodeURIComponent(database)}`;
    },
    host: HOST,
    port,
    socketDirectory: sockets,
    version,
    directory: home,
    async stop() {
      owner.ref();
      const gone = owner.exitCode === null && owner.signalCode === null ? once(owner, "exit") : undefined;
      owner.stdin?.destroy();
      await gone;
      remove(place);
    },
  };
}

/** The owner has removed it already, unless its user may not change the directory above. */
function remove({ home, sockets }: Place): void {
  for (const directory of [home, sockets]) rmSync(directory, { recursive: true, force: true });
}

/**
 * Resolves to undefined when the server accepts connections, to what it said when it gave up. Nobody knows how long a copy
 * takes: it is given up when its signal says so.
 */
async function ready(owner: ChildProcess, home: string, signal?: AbortSignal): Promise<string | undefined> {
  let said = "";
  let ended = false;
  owner.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  owner.once("close", () => {
    ended = true;
  });
  owner.once("error", (error) => {
    said += error.message;
    ended = true;
  });
  const deadline = signal ? Number.POSITIVE_INFINITY : Date.now() + STARTUP_SECONDS * 1000;
  while (!acceptsConnections(home)) {
    if (ended) return said.trim();
    if (Date.now() > deadline || signal?.aborted) {
      owner.stdin?.destroy();
      await once(owner, "exit");
      signal?.throwIfAborted();
      return `no answer within ${STARTUP_SECONDS} s`;
    }
    await sleep(signal ? 50 : 5);
  }
  // Whoever forgets to stop a server can still end: the pipe closes with the process.
  owner.unref();
  for (const stream of [owner.stdin, owner.stderr]) (stream as Socket | null)?.unref();
  return undefined;
}

/** The postmaster writes its state into line 8 of its pid file. */
function acceptsConnections(home: string): boolean {
  try {
    return (
      readFileSync(join(home, "data", "postmaster.pid"), "utf8")
        .split("\n")[7]
        ?.trim() === "ready"
    );
  } catch {
    return false;
  }
}

/** Everything that is decided before initdb runs. */
function writeFiles(home: string, options: ServerOptions): void {
  const auth = options.auth ?? "trust";
  const tls = { ssl: "on", ssl_cert_file: join(home, "tls.crt"), ssl_key_file: join(home, "tls.key") };
  const settings = {
    listen_addresses: HOST,
    fsync: "off",
    full_page_writes: "off",
    synchronous_commit: "off",
    ...(options.tls ? tls : {}),
    ...options.settings,
  };
  const files: Record<string, string> = {
    log: "",
    password: `${superuserPassword(options) ?? ""}\n`,
    settings: Object.entries(settings)
      .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
      .join(""),
    hba: [...(options.hba ?? []), `local all all ${auth}`, `host all all ${HOST}/32 ${auth}`, ""].join("\n"),
    ...(options.tls ? { "tls.crt": options.tls.cert, "tls.key": options.tls.key } : {}),
  };
  const user = userOf(options);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(home, name), text, { mode: 0o600 });
    give(join(home, name), user);
  }
}

function makeHome(options: ServerOptions): Omit<Place, "port"> {
  const { directory: parent = temporaryDirectory() } = options;
  const user = userOf(options);
  mkdirSync(parent, { recursive: true });
  const home = mkdtempSync(join(parent, "datumline-pg-"));
  give(home, user);
  if (Buffer.byteLength(join(home, ".s.PGSQL.65535.lock")) < SOCKET_PATH_LIMIT) return { home, sockets: home };
  const sockets = mkdtempSync("/tmp/datumline-pg-");
  give(sockets, user);
  return { home, sockets };
}

function superuserPassword({ auth = "trust", password }: ServerOptions): string | undefined {
  return password ?? (auth === "trust" ? undefined : "postgres");
}

function give(path: string, user: ServerUser | undefined): void {
  if (user) chownSync(path, user.uid, user.gid);
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
