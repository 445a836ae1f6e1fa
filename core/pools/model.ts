/**
 * What the pools of a PgBouncer are, once everything that is declared beside them is taken together: a user says it before
 * the pool, the pool before the pooler. https://www.pgbouncer.org/config.html
 */
import type { Said } from "../kind.ts";
import type { ConnectionPool, PoolerAccess, PoolerSettings, PoolUser } from "../specs.ts";
import { lifted, POOLS, SETTINGS, USERS } from "./keys.ts";

export type PoolMode = NonNullable<ConnectionPool["mode"]>;

/** What stands beside the pools of a pooler. */
export interface Pooling {
  readonly pools: NonNullable<PoolerSettings["pools"]>;
  readonly users: ReadonlyMap<string, PoolUser>;
}

type Pool = Pick<ConnectionPool, "mode" | "user" | "users" | "settings">;

/** As they are declared: of several catalogs the first counts that says something. */
export function poolingOf(...catalogs: readonly Iterable<Said>[]): Pooling {
  let pools: Pooling["pools"] = {};
  const users = new Map<string, PoolUser>();
  for (const catalog of catalogs)
    for (const { kind, spec } of catalog) {
      if (kind === "PoolerSettings") pools = { ...lifted(spec as PoolerSettings, SETTINGS).pools, ...pools };
      if (kind !== "PoolUser") continue;
      const user = lifted(spec as unknown as PoolUser, USERS);
      users.set(user.name, { ...user, ...users.get(user.name) });
    }
  return { pools, users };
}

/**
 * The mode in which a user is served. Of a pool that logs in as one user, versions do not agree on whether that user's own
 * mode counts: it does where it shares more.
 */
export function modeOf(declared: Pool, { pools, users }: Pooling, user?: string): PoolMode {
  const pool = lifted(declared, POOLS);
  const own = pool.mode ?? pools.mode ?? "session";
  const as = pool.user ?? user;
  const theirs = as === undefined ? undefined : users.get(as)?.mode;
  return pool.user !== undefined && own !== "session" ? own : (theirs ?? own);
}

/** Users whose mode is known to matter: those that are named, and where nobody is, those that have one of their own. */
export function usersOf({ user, users }: Pool, pooling: Pooling): readonly string[] {
  if (user !== undefined) return [user];
  if (users) return users;
  return [...pooling.users.values()].flatMap(({ name, mode }) => (mode === undefined ? [] : [name]));
}

/** Modes of a pool that a server was told of in which clients share sessions, and whom it serves so. */
export function sharing({
  mode = "session",
  user,
  users = [],
  each = {},
}: PoolerAccess): Map<PoolMode, readonly string[]> {
  const clients = Object.keys(each).filter((name) => each[name]?.lookup !== true);
  const names = [...new Set([...(user === undefined ? users : [user]), ...clients])];
  const found = new Map<PoolMode, readonly string[]>(names.length === 0 ? [[mode, []]] : []);
  for (const name of names) {
    const own = each[name]?.mode ?? mode;
    found.set(own, [...(found.get(own) ?? []), name]);
  }
  found.delete("session");
  return found;
}

/** A pool with what it leaves to the pooler, for rules about its fields. */
export function meaning(pool: ConnectionPool, ...beside: readonly Iterable<Said>[]): ConnectionPool {
  const { pools } = poolingOf(...beside);
  const { size, min, reserve, maxConnections, maxClients } = pools;
  const inherited = { size, min, reserve, maxConnections, maxClients };
  const given = Object.entries(inherited).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...pool, mode: pool.mode ?? pools.mode ?? "session" };
}
