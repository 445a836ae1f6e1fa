/** What pools ask of the data sources that they lead to: room for their connections, and who looks passwords up. */
import { serverOf } from "../../core/connections.ts";
import type { Document } from "../../core/document.ts";
import type { Spec } from "../../core/kind.ts";
import { lifted, POOLS } from "../../core/pools/keys.ts";
import { modeOf, type Pooling, poolingOf, usersOf } from "../../core/pools/model.ts";
import { hostKey, serverKey } from "../../core/ports.ts";
import type { ConnectionPool, DataSource, PoolerAccess } from "../../core/specs.ts";
import { limitOf, lookersOf } from "./lookups.ts";
import { LOOKUP_SCHEMA } from "./pool-target.ts";

/** Size of a pool that nobody gave one. */
const SIZE = 20;

export function asks(source: DataSource, documents: readonly Document[], sources: readonly DataSource[]): Document[] {
  const pooling = poolingOf(documents);
  const declared = documents
    .filter(({ kind }) => kind === "ConnectionPool")
    .map(({ spec, origin }) => ({ pool: lifted(spec as unknown as ConnectionPool, POOLS), origin }));
  const pools = declared.map(({ pool }) => pool);
  return declared.flatMap(({ pool, origin }) => {
    const target = targetOf(pool, source, sources);
    if (!target) return [];
    const spec = { ...accessOf(source, pool, { pooling, pools }), ...target.fields } as unknown as Spec;
    return [{ kind: "PoolerAccess", spec, dataSource: target.name, origin }];
  });
}

interface Target {
  readonly name: string;
  readonly fields: Partial<PoolerAccess>;
}

/** The data source that a pool names, or one at the host that it names: that of the same database before another's. */
function targetOf(pool: ConnectionPool, pooler: DataSource, sources: readonly DataSource[]): Target | undefined {
  const { to, host, port, database, replica, user, users = [] } = pool;
  const elsewhere = (known: DataSource, asked: string | undefined) => {
    const own = known.connection.database ?? known.connection.user;
    return asked === undefined || own === undefined || asked === own ? {} : { database: asked };
  };
  if (typeof to === "string") {
    const known = sources.find(({ name }) => name === to);
    const names = {
      ...(user !== undefined && { user }),
      ...(users.length > 0 && { users }),
      ...(replica !== undefined && { replica }),
    };
    return { name: to, fields: { ...names, ...(known && elsewhere(known, database)) } };
  }
  // On the pooler's own machine, which may be another than this one.
  const near = hostKey(host) === hostKey() ? pooler.connection.host : host;
  const at = serverKey("postgresql", { host: near ?? "localhost", port });
  const found = sources
    .flatMap((source) => [undefined, ...(source.replicas ?? [])].map((each) => ({ source, replica: each?.name })))
    .filter((each) => each.source.engine === "postgresql" && serverOf(each.source, each.replica) === at)
    .map((each) => ({ ...each, other: elsewhere(each.source, database ?? pool.name) }));
  const best = found.find(({ other }) => other.database === undefined) ?? found[0];
  if (!best) return undefined;
  return {
    name: best.source.name,
    fields: { ...best.other, ...(best.replica !== undefined && { replica: best.replica }) },
  };
}

interface Beside {
  readonly pooling: Pooling;
  readonly pools: readonly ConnectionPool[];
}

function accessOf(source: DataSource, pool: ConnectionPool, { pooling, pools }: Beside): PoolerAccess {
  const { auth, user, to } = pool;
  const { maxUserConnections = 0, reserveTimeout, ...all } = pooling.pools;
  const mode = pool.mode ?? all.mode ?? "session";
  // Without a wait there is no reserve.
  const reserve = reserveTimeout === "0s" ? 0 : (pool.reserve ?? all.reserve);
  const size = pool.size ?? all.size ?? SIZE;
  // Where it logs in as one user, that one's limit counts for each pool by itself.
  const limits = [pool.maxConnections || all.maxConnections || 0, user === undefined ? 0 : maxUserConnections];
  const maxConnections = Math.min(...limits.map((limit) => limit || Number.POSITIVE_INFINITY));
  const clients = usersOf(pool, pooling);
  const each = clients.flatMap((name) => {
    const own = eachOf(pool, name, { mode, maxUserConnections, pooling });
    // Roles of a server that it names by its host are nobody's to declare.
    return Object.keys(own).length > 0 || to === undefined ? [[name, own] as const] : [];
  });
  const looking = lookersOf(pool, pools).flatMap((name) => {
    const limit = pooling.users.get(name)?.maxConnections || limitOf(name, pools) || maxUserConnections;
    return clients.includes(name)
      ? []
      : [[name, { lookup: true, ...(limit > 0 && { maxConnections: limit }) }] as const];
  });
  const looks =
    to !== undefined &&
    auth !== undefined &&
    auth.by !== "userlist" &&
    auth.query === undefined &&
    auth.user !== undefined;
  return {
    name: `${pool.name}@${source.name}`,
    pooler: source.name,
    ...(mode !== "session" && { mode }),
    size,
    ...(reserve !== undefined && { reserve }),
    ...(Number.isFinite(maxConnections) && { maxConnections }),
    ...(each.length + looking.length > 0 && { each: Object.fromEntries([...each, ...looking]) }),
    ...(looks && {
      lookup: {
        role: auth.user as string,
        ...(auth.password && { password: auth.password }),
        schema: auth.schema ?? LOOKUP_SCHEMA,
      },
    }),
  };
}

type Each = NonNullable<PoolerAccess["each"]>[string];

function eachOf(
  pool: ConnectionPool,
  name: string,
  {
    mode,
    maxUserConnections,
    pooling,
  }: { readonly mode: string; readonly maxUserConnections: number; readonly pooling: Pooling },
): Each {
  const { size, reserve, maxConnections } = pooling.users.get(name) ?? {};
  const own = modeOf(pool, pooling, name);
  const limit = pool.user === undefined ? maxConnections || maxUserConnections : 0;
  return {
    ...(own !== mode && { mode: own }),
    ...(size !== undefined && { size }),
    ...(reserve !== undefined && { reserve }),
    ...(limit > 0 && { maxConnections: limit }),
  };
}
