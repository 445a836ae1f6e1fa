/** A declared pooler as the parts of its configuration, for whoever installs it where Datumline does not reach. */
import { posix } from "node:path";
import type { Catalog } from "../../../core/catalog.ts";
import type { Spec } from "../../../core/kind.ts";
import { POOLS, SETTINGS, USERS, type Values, valuesOf } from "../../../core/pools/keys.ts";
import type { ConnectionPool, DataSource, PoolerSettings, PoolUser } from "../../../core/specs.ts";
import { withoutOwnName } from "../connection-pool.ts";

export interface RenderedPooler {
  readonly name: string;
  readonly port: number;
  readonly settings: Values;
  readonly databases: readonly (readonly [string, Values])[];
  readonly users: readonly (readonly [string, Values])[];
  /** Users that the userlist must know. */
  readonly known: readonly PoolUser[];
  /** Files that its configuration names, and that somebody else gives it. */
  readonly files: readonly RenderedFile[];
  /** Files that its process may have open. */
  readonly openFiles: number;
}

export interface RenderedFile {
  /** What it is given as: `client-tls-cert.pem`. */
  readonly name: string;
  /** Where the pooler looks for it. */
  readonly path: string;
}

const PORT = 6432;
/** Files beside connections: libraries, logs, the console. */
const BESIDE = 100;

/** `at`: where its files lie, such as `/etc/pgbouncer`. */
export function renderedPooler(source: DataSource, desired: Catalog, at: string): RenderedPooler {
  const of = <S>(kind: string): S[] =>
    [...desired.values()].flatMap((object) => (object.kind === kind ? [object.spec as S] : []));
  const pools = of<ConnectionPool>("ConnectionPool").map(withoutOwnName);
  const known = of<PoolUser>("PoolUser");
  const [declared] = of<PoolerSettings>("PoolerSettings");
  const queries = new Set(pools.flatMap(({ auth }) => (auth?.query === undefined ? [] : [auth.query])));
  // Of databases alone only PgBouncer 1.22 and newer have a statement of their own.
  const [query] = queries.size === 1 ? [...queries] : [];
  const port = declared?.listen?.port ?? source.connection.port ?? PORT;
  const settings = new Map<string, string>([
    ["listen_addr", "*"],
    ["listen_port", `${port}`],
    ["unix_socket_dir", ""],
    ["auth_type", "scram-sha-256"],
    ["auth_file", `${at}/userlist.txt`],
    ["admin_users", source.connection.user ?? "pgbouncer"],
    ...(query === undefined ? [] : [["auth_query", query] as const]),
    ...valuesOf((declared ?? {}) as Spec, SETTINGS),
  ]);
  const databases = pools.map((pool) => {
    const values = valuesOf(pool as unknown as Spec, POOLS);
    if (query !== undefined) values.delete("auth_query");
    return [pool.name, values] as const;
  });
  const users = known.flatMap((user) => {
    const values = valuesOf(user as unknown as Spec, USERS);
    return values.size > 0 ? [[user.name, values] as const] : [];
  });
  const files = filesOf(settings);
  return { name: source.name, port, settings, databases, users, known, files, openFiles: openFiles(settings, pools) };
}

/** Settings that name a file which the pooler reads. */
const NAMES_FILE = /^(client_tls|server_tls)_(ca|cert|key)_file$|^auth_(hba_|ident_)?file$/;

/** The userlist, certificates, keys, rules; where two settings name one file, it is one. */
function filesOf(settings: Values): RenderedFile[] {
  const found = new Map<string, RenderedFile>();
  for (const [key, value] of settings) {
    // Without a folder it is looked for where the process starts.
    const path = posix.resolve("/", value);
    if (NAMES_FILE.test(key) && value !== "" && !found.has(path)) found.set(path, { name: nameOf(key), path });
  }
  return [...found.values()];
}

function nameOf(key: string): string {
  if (key === "auth_file") return "userlist.txt";
  return `${key.replace(/_file$/, "").replaceAll("_", "-")}.${key.includes("_tls_") ? "pem" : "conf"}`;
}

function openFiles(settings: Values, pools: readonly ConnectionPool[]): number {
  const clients = Number(settings.get("max_client_conn") ?? 100);
  const size = Number(settings.get("default_pool_size") ?? 20);
  const servers = pools.reduce(
    (sum, pool) => sum + (pool.maxConnections || (pool.size ?? size) + (pool.reserve ?? 0)),
    0,
  );
  return Math.ceil((clients + 2 * servers + BESIDE) / 1024) * 1024;
}
