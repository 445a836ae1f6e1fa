/** What the pools and clients of a server may open at once must find room there, and what a role opens within its limit. */
import { address, readable } from "../core/address.ts";
import { type Capacity, type Demand, demands, poolConnections, room } from "../core/connections.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import type { PoolerAccess } from "../core/specs.ts";

export const poolsTooLarge: Guardrail = {
  code: "POOLS_TOO_LARGE",
  pack: "pooling",
  severity: "error",
  find: (judged) => {
    const all = demands(judged);
    const servers = new Set(all.map(({ replica }) => replica));
    return [
      ...[...servers].flatMap((replica) =>
        beyondServer(
          all.filter((each) => each.replica === replica),
          judged,
        ),
      ),
      ...beyondRoles(all, judged),
    ];
  },
};

function beyondServer(all: readonly Demand[], { source, inspection }: Judged): Finding[] {
  const free = room(source, inspection?.facts.capacity as Capacity | undefined);
  const wanted = sum(all);
  const [first] = all;
  if (free === undefined || !first || wanted <= free) return [];
  // Told of those that have a part in it.
  if (all.every(({ of }) => of !== source.name)) return [];
  const where = first.replica === undefined ? source.name : `${first.replica} of ${source.name}`;
  const each = all.map(({ name, connections, made }) => `${name} ${connections} (${made})`).join("; ");
  return [
    {
      address: first.address,
      summary: `${where} may be asked for ${wanted} connections and has room for ${free}: ${wanted - free} too many`,
      detail: `They are ${each}. ${nearestFit(all, free)} Or raise \`max_connections\` of the server by ${wanted - free}, which takes a restart.`,
    },
  ];
}

function sum(all: readonly Demand[]): number {
  return all.reduce((total, { connections }) => total + connections, 0);
}

/** The nearest sizes that fit, all pools made smaller alike. */
function nearestFit(all: readonly Demand[], free: number): string {
  const pools = all.flatMap(({ pool }) => (pool ? [pool] : []));
  const left = free - sum(all.filter(({ pool }) => !pool));
  const wanted = pools.reduce((total, pool) => total + poolConnections(pool), 0);
  const none = "No size of the pools would fit: give the direct clients smaller ones, or lead them through a pool.";
  if (pools.length === 0 || left <= 0) return none;
  const sizes = pools.map((pool) => smaller(pool, left / wanted));
  let rest = left - sizes.reduce((total, pool) => total + poolConnections(pool), 0);
  if (rest < 0) return none;
  // What rounding left over goes to the first for which it is enough.
  const fitting = sizes.map((pool, at) => {
    for (let grown = pool; ; ) {
      const next = { ...grown, size: grown.size + 1 };
      const cost = poolConnections(next) - poolConnections(grown);
      if (cost > rest || cost <= 0 || next.size > (pools[at] as PoolerAccess).size) return grown;
      rest -= cost;
      grown = next;
    }
  });
  const words = fitting.map(({ name, size, reserve = 0 }) => `${name} ${reserve > 0 ? `${size} + ${reserve}` : size}`);
  return `The nearest that fits: ${words.join(", ")}.`;
}

function smaller(pool: PoolerAccess, factor: number): PoolerAccess {
  const { size, reserve = 0, maxConnections, ...rest } = pool;
  return { ...rest, size: Math.max(1, Math.floor(size * factor)), reserve: Math.floor(reserve * factor) };
}

function beyondRoles(all: readonly Demand[], { desired, live }: Judged): Finding[] {
  const byRole = new Map<string, Demand[]>();
  for (const demand of all) for (const role of demand.roles) byRole.set(role, [...(byRole.get(role) ?? []), demand]);
  return [...byRole].flatMap(([role, of]) => {
    const at = address("Role", role);
    const limit = ((desired.get(at) ?? live.get(at))?.spec.connectionLimit ?? -1) as number;
    const wanted = of.reduce((total, { asRole }) => total + asRole, 0);
    if (limit < 0 || wanted <= limit) return [];
    const each = of.map(({ name, asRole }) => `${name} ${asRole}`).join(", ");
    return [
      {
        address: (of[0] as Demand).address,
        summary: `${readable(at)} may hold ${limit} connections, and up to ${wanted} are opened as it: ${wanted - limit} too many`,
        detail: `They are ${each}. Make the pool smaller, or raise \`connectionLimit\` of the role.`,
      },
    ];
  });
}
