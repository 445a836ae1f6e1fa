/** How many connections everything that is declared may open at once, and what each of them is made of. */
import { type Address, address } from "./address.ts";
import type { Estate } from "./estate.ts";
import { defaultPort } from "./ports.ts";
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
  /** Connections as one role. */
  readonly asRole: number;
  readonly roles: readonly string[];
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

/** Equal for what is declared to be on one server; by the secret that holds the address, where no document says it. */
function serverOf({ engine, connection, replicas = [] }: DataSource, replica: string | undefined): string {
  const { host, port, url } = { ...connection, ...replicas.find(({ name }) => name === replica) };
  return JSON.stringify(host === undefined && url ? url : [host, port ?? defaultPort(engine)]);
}

function demandsOf({ source, declared }: Estate[number]): Demand[] {
  const pools = [...declared].flatMap(([at, { kind, spec }]) =>
    kind === "PoolerAccess" ? [ofPool(source, at, spec as unknown as PoolerAccess)] : [],
  );
  return [...pools, ...(source.clients ?? []).map((client) => ofClient(source, client))];
}

/** Connections of a pool whose size and reserve are these. */
export function poolConnections({ size, reserve = 0, ...pool }: PoolerAccess): number {
  const users = pool.user === undefined ? Math.max(1, pool.users?.length ?? 1) : 1;
  const wanted = (size + reserve) * users;
  const most = pool.maxConnections ? Math.min(wanted, pool.maxConnections) : wanted;
  return most * (pool.poolers ?? 1);
}

function ofPool(source: DataSource, at: Address, pool: PoolerAccess): Demand {
  const { name, size, reserve = 0, maxConnections, poolers = 1, user, users = [], replica } = pool;
  const pairs = user === undefined ? Math.max(1, users.length) : 1;
  const words = [
    reserve > 0 ? `${size} + ${reserve}` : `${size}`,
    ...(pairs > 1 ? [`for each of ${pairs} users`] : []),
    ...(maxConnections ? [`at most ${maxConnections}`] : []),
    ...(poolers > 1 ? [`in each of ${poolers} poolers`] : []),
  ];
  const asOne = maxConnections ? Math.min(size + reserve, maxConnections) : size + reserve;
  return {
    address: at,
    name,
    of: source.name,
    replica,
    connections: poolConnections(pool),
    asRole: asOne * poolers,
    roles: user === undefined ? users : [user],
    made: words.join(", "),
    pool,
  };
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
    asRole: connections,
    roles: user === undefined ? [] : [user],
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
