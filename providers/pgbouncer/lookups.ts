/**
 * Roles as which the pooler looks passwords up. To PgBouncer that is a pool like any other: with many logins at once it
 * opens as many connections as for a user. A lookup takes no time, so that few are enough.
 */
import type { Pooling } from "../../core/pools.ts";
import type { ConnectionPool } from "../../core/specs.ts";

const ENOUGH = 2;

/** Limit of a role that looks passwords up, which Datumline gives it; none where it serves clients as well. */
export function lookupLimit(
  role: string,
  pools: readonly Pick<ConnectionPool, "user" | "users">[],
): number | undefined {
  return pools.some(({ user, users = [] }) => user === role || users.includes(role)) ? undefined : ENOUGH;
}

/** Connections that lookups open in a pool, by role: its own, and those of pools that have theirs done there. */
export function lookupsOf(
  pool: ConnectionPool,
  {
    pools,
    pooling,
    most,
  }: { readonly pools: readonly ConnectionPool[]; readonly pooling: Pooling; readonly most: number },
): Record<string, number> {
  const found = pools.flatMap(({ name, auth }) => {
    if (auth?.user === undefined || auth.by === "userlist" || (auth.database ?? name) !== pool.name) return [];
    const limit = pooling.users.get(auth.user)?.maxConnections || (auth.password ? lookupLimit(auth.user, pools) : 0);
    return [[auth.user, Math.min(most, limit || pooling.pools.maxUserConnections || most)] as const];
  });
  return Object.fromEntries(found);
}
