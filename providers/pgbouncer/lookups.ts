/**
 * Roles as which the pooler looks passwords up. To PgBouncer that is a pool like any other: with many logins at once it
 * opens as many connections as for a user. A lookup takes no time, so that few are enough.
 */
import type { ConnectionPool } from "../../core/specs.ts";

const ENOUGH = 2;

type Pool = Pick<ConnectionPool, "name" | "user" | "users" | "auth">;

/** Limit of a role that looks passwords up, which Datumline gives it; none where others say what it is, or it serves clients. */
export function limitOf(role: string, pools: readonly Pool[]): number {
  const isOurs = pools.some(({ auth }) => auth?.user === role && auth.password !== undefined);
  const serves = pools.some(({ user, users = [] }) => user === role || users.includes(role));
  return isOurs && !serves ? ENOUGH : 0;
}

/** Roles that look passwords up in a pool: its own, and those of pools that have theirs done there. */
export function lookersOf({ name: here }: Pool, pools: readonly Pool[]): readonly string[] {
  const found = pools.flatMap(({ name, auth }) => {
    const looks = auth?.user !== undefined && auth.by !== "userlist" && (auth.database ?? name) === here;
    return looks ? [auth.user as string] : [];
  });
  return [...new Set(found)];
}
