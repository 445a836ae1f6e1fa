/** What pools ask of the data sources that they lead to: room for their connections, and who looks passwords up. */
import type { Document } from "../../core/document.ts";
import type { Spec } from "../../core/kind.ts";
import type { ConnectionPool, DataSource, PoolerAccess, PoolerSettings } from "../../core/specs.ts";
import { LOOKUP_SCHEMA } from "./pool-target.ts";

/** Size of a pool that nobody gave one. */
const SIZE = 20;

export function asks(source: DataSource, documents: readonly Document[]): Document[] {
  const settings = documents.find(({ kind }) => kind === "PoolerSettings")?.spec as PoolerSettings | undefined;
  return documents.flatMap((document) => {
    const pool = document.spec as unknown as ConnectionPool;
    if (document.kind !== "ConnectionPool" || typeof pool.to !== "string") return [];
    const spec = accessOf(source, pool, settings) as unknown as Spec;
    return [{ kind: "PoolerAccess", spec, dataSource: pool.to, origin: document.origin }];
  });
}

function accessOf(source: DataSource, pool: ConnectionPool, settings: PoolerSettings | undefined): PoolerAccess {
  const { auth, user, users, replica } = pool;
  const { pools = {} } = settings ?? {};
  const mode = pool.mode ?? pools.mode;
  const reserve = pool.reserve ?? pools.reserve;
  const maxConnections = pool.maxConnections ?? pools.maxConnections;
  const looks = auth !== undefined && auth.by !== "userlist" && auth.query === undefined && auth.user !== undefined;
  return {
    name: `${pool.name}@${source.name}`,
    ...(mode !== undefined && { mode }),
    size: pool.size ?? pools.size ?? SIZE,
    ...(reserve !== undefined && { reserve }),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(user !== undefined && { user }),
    ...(users && { users }),
    ...(replica !== undefined && { replica }),
    ...(looks && {
      lookup: {
        role: auth.user as string,
        ...(auth.password && { password: auth.password }),
        schema: auth.schema ?? LOOKUP_SCHEMA,
      },
    }),
  };
}
