/** How many connections everything that is declared may open at once, and what each of them is made of. */
import { type Address, address } from "./address.ts";
import type { Estate } from "./estate.ts";
import { mostOpen, pairsOf } from "./pools/bound.ts";
import { serverKey } from "./ports.ts";
import type { DataSource, PoolerAccess } from "./specs.ts";

/** A data source, and all that is declared with it. */
export interface Demanding extends Readonly<Estate[number]> {
  readonly estate?: Estate;
}

/** What opens connections. */
export interface Demand {
  /** Of the data source that was asked about: its own where the demand is another's. */
  readonly address: Address;
  readonly name: string;
  /** Data source that it is declared for. */
  readonly of: string;
  /** Replica of the data source that it leads to; undefined for the server itself. */
  readonly replica: string | undefined;
  readonly connections: number;
  /** Connections as each role that is known. */
  readonly roles: ReadonlyMap<string, number>;
  /** How it comes to that, in words. */
  readonly made: string;
  /** A pool, whose size may be another. */
  readonly pool?: PoolerAccess;
}

const CLIENT = { size: 5, overflow: 10 };

/** What opens connections to the servers of a data source: pools and direct clients, its own and those of its neighbours there. */
export function demands({ source, declared, estate = [] }: Demanding): Demand[] {
  const own = demandsOf({ source, declared });
  const names = new Map([undefined, ...(source.replicas ?? [])].map((one) => [serverOf(source, one?.name), one?.name]));
  const others = estate.filter((one) => one.source.name !== source.name && one.source.engine === source.engine);
  const neighbours = others.flatMap((one) =>
    demandsOf(one).flatMap((demand) => {
      const server = serverOf(one.source, demand.replica);
      if (!names.has(server)) return [];
      const name = demand.pool ? demand.name : `${demand.name} of ${one.source.name}`;
      return [{ ...demand, name, address: address("DataSource", source.name), replica: names.get(server) }];
    }),
  );
  return [...own, ...neighbours];
}

/** Place of a data source or of one of its replicas. */
export function serverOf({ engine, connection, replicas = [] }: DataSource, replica?: string): string {
  return serverKey(engine, { ...connection, ...replicas.find(({ name }) => name === replica) });
}

function demandsOf({ source, declared }: Estate[number]): Demand[] {
  const pools = [...declared].flatMap(([at, { kind, spec }]) =>
    kind === "PoolerAccess" ? [ofPool(source, at, spec as unknown as PoolerAccess)] : [],
  );
  return [...pools, ...(source.clients ?? []).map((client) => ofClient(source, client))];
}

function ofPool(source: DataSource, at: Address, pool: PoolerAccess): Demand {
  const { name, size, reserve = 0, maxConnections, poolers = 1, replica, each = {} } = pool;
  const pairs = pairsOf(pool);
  const usual = pairs.filter(({ user }) => !isOwn(pool, user)).length;
  const own = pairs.filter(({ user }) => isOwn(pool, user));
  const words = [
    ...(usual > 0 || own.length === 0 ? [reserve > 0 ? `${size} + ${reserve}` : `${size}`] : []),
    ...(usual > 1 ? [`for each of ${usual} users`] : []),
    ...own.map(({ user, most }) => `${most} as ${user}${each[user]?.lookup ? " for passwords" : ""}`),
    ...(maxConnections ? [`at most ${maxConnections}`] : []),
    ...(poolers > 1 ? [`in each of ${poolers} poolers`] : []),
  ];
  return {
    address: at,
    name,
    of: source.name,
    replica,
    connections: mostOpen([pool]),
    roles: new Map([...new Set(pairs.map(({ user }) => user))].map((user) => [user, mostOpen([pool], user)])),
    made: words.join(", "),
    pool,
  };
}

/** A user whose connections are counted otherwise than those of the rest. */
function isOwn({ each = {} }: PoolerAccess, user: string): boolean {
  const { size, reserve, maxConnections, lookup } = each[user] ?? {};
  return size !== undefined || reserve !== undefined || Boolean(maxConnections) || lookup === true;
}

/** Connections that demands may open at once, as one role where it is named: pools of one pooler share limits. */
export function together(all: readonly Demand[], role?: string): number {
  const pools = all.flatMap(({ pool }) => (pool ? [pool] : []));
  const direct = all.filter(({ pool }) => !pool);
  const each = direct.map(({ connections, roles }) => (role === undefined ? connections : (roles.get(role) ?? 0)));
  return each.reduce((total, one) => total + one, mostOpen(pools, role));
}

function ofClient(
  source: DataSource,
  { name, user, processes = 1, pool }: NonNullable<DataSource["clients"]>[number],
): Demand {
  const { size = CLIENT.size, overflow = CLIENT.overflow } = { ...source.pool, ...pool };
  const connections = processes * (size + overflow);
  return {
    address: address("DataSource", source.name),
    name,
    of: source.name,
    replica: undefined,
    connections,
    roles: new Map(user === undefined ? [] : [[user, connections]]),
    made: `${processes} × (${size} + ${overflow})`,
  };
}

/** What a server says of its own limits. */
export interface Capacity {
  readonly maxConnections: number;
  /** Kept for superusers and the like. */
  readonly reserved: number;
}

/** Connections that are left for pools and clients; undefined where nobody knows. */
export function room({ limits = {} }: DataSource, live: Capacity | undefined): number | undefined {
  const most = limits.maxConnections ?? live?.maxConnections;
  if (most === undefined) return undefined;
  return most - (limits.reserved ?? live?.reserved ?? 3);
}
