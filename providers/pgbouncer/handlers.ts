import type { Spec } from "../../core/kind.ts";
import { connectionPool } from "./connection-pool.ts";
import { poolUser } from "./pool-user.ts";
import { poolerSettings } from "./pooler-settings.ts";
import type { PoolerHandler } from "./snapshot.ts";

const CELLS = { PoolerSettings: poolerSettings, PoolUser: poolUser, ConnectionPool: connectionPool };

/** The kinds that PgBouncer holds; the types of the specs are checked by the schemas of the kinds. */
export const HANDLERS = CELLS as unknown as Readonly<Record<keyof typeof CELLS, PoolerHandler<Spec>>>;
