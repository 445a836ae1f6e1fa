/**
 * How many server connections PgBouncer opens at most: it has a pool for each database and user, a limit for each database
 * over all its users, and one for each user over all databases. The most that these let through together is a flow.
 * https://www.pgbouncer.org/config.html#pool_size
 */
import type { PoolerAccess } from "../specs.ts";

/** Connections of one user in one pool. */
export interface Pair {
  readonly user: string;
  readonly most: number;
}

/** Of whom nobody knows the name. */
const SOMEBODY = "";

/** Its users, of whom there is one at least, and who looks their passwords up. */
export function pairsOf({ size, reserve = 0, user, users = [], each = {} }: PoolerAccess): Pair[] {
  const named = new Set([...(user === undefined ? users : [user]), ...Object.keys(each)]);
  const isClient = (name: string): boolean => each[name]?.lookup !== true;
  const names = [...named].some(isClient) ? [...named] : [SOMEBODY, ...named];
  // A pool of size 0 opens one connection all the same, to see what the server is like.
  const of = (name: string): number => Math.max(1, (each[name]?.size ?? size) + (each[name]?.reserve ?? reserve));
  return names.map((name) => ({ user: name, most: Math.min(of(name), capOf(each, name)) }));
}

function capOf(each: PoolerAccess["each"] = {}, user: string): number {
  return each[user]?.maxConnections || Number.POSITIVE_INFINITY;
}

/** Connections that the pools may have open at once, as one user where it is named. */
export function mostOpen(pools: readonly PoolerAccess[], user?: string): number {
  const byPooler = new Map<string, PoolerAccess[]>();
  for (const pool of pools) {
    // By hand each stands for a pooler of its own.
    const pooler = pool.pooler === undefined ? `pool ${pool.name}` : `pooler ${pool.pooler}`;
    byPooler.set(pooler, [...(byPooler.get(pooler) ?? []), pool]);
  }
  return [...byPooler.values()].reduce((sum, of) => sum + openedBy(of, user) * (of[0]?.poolers ?? 1), 0);
}

function openedBy(pools: readonly PoolerAccess[], only: string | undefined): number {
  const rows = pools.map((pool) => {
    const pairs = pairsOf(pool).filter(({ user }) => only === undefined || user === only);
    return { pairs, most: pool.maxConnections || Number.POSITIVE_INFINITY };
  });
  const caps = new Map<string, number>();
  for (const pool of pools)
    for (const { user } of pairsOf(pool))
      caps.set(
        user,
        Math.min(
          caps.get(user) ?? Number.POSITIVE_INFINITY,
          user === SOMEBODY ? Number.POSITIVE_INFINITY : capOf(pool.each, user),
        ),
      );
  return flow(rows, caps);
}

interface Row {
  readonly pairs: readonly Pair[];
  readonly most: number;
}

const SOURCE = "source";
const SINK = "sink";

/** The most that goes from pools, through the pairs, to users: as long as there is a way with room left, it is filled. */
function flow(rows: readonly Row[], caps: ReadonlyMap<string, number>): number {
  const room = new Map<string, Map<string, number>>();
  const edge = (from: string, to: string, more: number): void => {
    const of = room.get(from) ?? new Map<string, number>();
    room.set(from, of.set(to, (of.get(to) ?? 0) + more));
  };
  rows.forEach(({ pairs, most }, index) => {
    const pool = `pool ${index}`;
    edge(
      SOURCE,
      pool,
      Math.min(
        most,
        pairs.reduce((sum, pair) => sum + pair.most, 0),
      ),
    );
    for (const pair of pairs) edge(pool, `user ${pair.user}`, pair.most);
  });
  const users = new Set(rows.flatMap(({ pairs }) => pairs.map(({ user }) => user)));
  for (const user of users) edge(`user ${user}`, SINK, caps.get(user) ?? Number.POSITIVE_INFINITY);
  let total = 0;
  const fill = (way: readonly (readonly [string, string])[]): void => {
    const most = Math.min(...way.map(([from, to]) => room.get(from)?.get(to) ?? 0));
    for (const [from, to] of way) {
      edge(from, to, -most);
      edge(to, from, most);
    }
    total += most;
  };
  // Each pair straight on, which is mostly all there is; what is left takes a search for each step.
  rows.forEach(({ pairs }, index) => {
    for (const { user } of pairs)
      fill([
        [SOURCE, `pool ${index}`],
        [`pool ${index}`, `user ${user}`],
        [`user ${user}`, SINK],
      ]);
  });
  for (let way = wayThrough(room); way.length > 0; way = wayThrough(room)) fill(way);
  return total;
}

/** A shortest way with room left; empty where there is none. */
function wayThrough(room: ReadonlyMap<string, ReadonlyMap<string, number>>): [string, string][] {
  const before = new Map<string, string>();
  const reached = [SOURCE];
  for (const at of reached)
    for (const [next, left] of room.get(at) ?? [])
      if (left > 0 && next !== SOURCE && !before.has(next)) {
        before.set(next, at);
        reached.push(next);
      }
  const way: [string, string][] = [];
  for (let at = before.has(SINK) ? SINK : SOURCE; at !== SOURCE; at = before.get(at) as string)
    way.push([before.get(at) as string, at]);
  return way;
}
