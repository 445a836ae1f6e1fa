/** What the pools and clients of a server may open at once must find room there, and what a role opens within its limit. */
import { address, readable } from "../core/address.ts";
import { type Capacity, type Demand, demands, room, together } from "../core/connections.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { mostOpen } from "../core/pools/bound.ts";
import type { PoolerAccess } from "../core/specs.ts";

export const poolsTooLarge: Guardrail = {
  code: "POOLS_TOO_LARGE",
  pack: "pooling",
  severity: "error",
  find: (judged) => {
    const all = demands(judged);
    // Each replica has room of its own, and so has each role there.
    const servers = [...new Set(all.map(({ replica }) => replica))].map((replica) =>
      all.filter((each) => each.replica === replica),
    );
    return [
      ...servers.flatMap((each) => beyondServer(each, judged)),
      ...servers.flatMap((each) => beyondRoles(each, judged)),
    ];
  },
};

function beyondServer(all: readonly Demand[], { source, inspection }: Judged): Finding[] {
  const free = room(source, inspection?.facts.capacity as Capacity | undefined);
  const wanted = together(all);
  const [first] = all;
  if (free === undefined || !first || wanted <= free) return [];
  // Told of those that have a part in it.
  if (all.every(({ of }) => of !== source.name)) return [];
  const where = first.replica === undefined ? source.name : `${first.replica} of ${source.name}`;
  const each = all.map(({ name, connections, made }) => `${name} ${connections} (${made})`).join("; ");
  const apart = all.reduce((total, { connections }) => total + connections, 0);
  const less =
    apart > wanted ? ` Limits of users, which hold over all pools, make ${apart} no more than ${wanted}.` : "";
  return [
    {
      address: first.address,
      summary: `${where} may be asked for ${wanted} connections and has room for ${free}: ${wanted - free} too many`,
      detail: `They are ${each}.${less} ${nearestFit(all, free)} Or raise \`max_connections\` of the server by ${wanted - free}, which takes a restart.`,
    },
  ];
}

/** The nearest sizes that fit, all pools made smaller alike. */
function nearestFit(all: readonly Demand[], free: number): string {
  const pools = all.flatMap(({ pool }) => (pool ? [pool] : []));
  const left = free - together(all.filter(({ pool }) => !pool));
  const wanted = mostOpen(pools);
  const none = "No size of the pools would fit: give the direct clients smaller ones, or lead them through a pool.";
  if (pools.length === 0 || left <= 0) return none;
  const sizes = pools.map((pool) => smaller(pool, left / wanted));
  if (mostOpen(sizes) > left) return none;
  // What rounding left over goes to the first for which it is enough.
  for (const [at, { size }] of pools.entries())
    for (;;) {
      const grown = sizes.map((pool, index) => (index === at ? { ...pool, size: pool.size + 1 } : pool));
      const costs = mostOpen(grown) > mostOpen(sizes);
      if (!costs || mostOpen(grown) > left || (grown[at] as PoolerAccess).size > size) break;
      sizes.splice(0, sizes.length, ...grown);
    }
  return `The nearest that fits: ${sizes.map(inSizes).join(", ")}.`;
}

function inSizes({ name, size, reserve = 0, each = {} }: PoolerAccess): string {
  const own = Object.entries(each).flatMap(([role, { size: theirs }]) =>
    theirs === undefined ? [] : [`${role} ${theirs}`],
  );
  const usual = reserve > 0 ? `${size} + ${reserve}` : `${size}`;
  return `${name} ${usual}${own.length > 0 ? ` (${own.join(", ")})` : ""}`;
}

function smaller(pool: PoolerAccess, factor: number): PoolerAccess {
  const { maxConnections, each = {}, ...rest } = pool;
  const less = ({ size, reserve }: { readonly size?: number; readonly reserve?: number }) => ({
    ...(size !== undefined && { size: Math.max(1, Math.floor(size * factor)) }),
    ...(reserve !== undefined && { reserve: Math.floor(reserve * factor) }),
  });
  const sizes = Object.entries(each).map(([role, own]) => [role, { ...own, ...less(own) }]);
  return { ...rest, ...(less(pool) as Pick<PoolerAccess, "size">), each: Object.fromEntries(sizes) };
}

function beyondRoles(all: readonly Demand[], { desired, live }: Judged): Finding[] {
  const byRole = new Map<string, Demand[]>();
  for (const demand of all)
    for (const role of demand.roles.keys()) byRole.set(role, [...(byRole.get(role) ?? []), demand]);
  return [...byRole].flatMap(([role, of]) => {
    const at = address("Role", role);
    const limit = ((desired.get(at) ?? live.get(at))?.spec.connectionLimit ?? -1) as number;
    const wanted = together(of, role);
    if (limit < 0 || wanted <= limit) return [];
    const each = of.map(({ name, roles }) => `${name} ${roles.get(role)}`).join(", ");
    return [
      {
        address: (of[0] as Demand).address,
        summary: `${readable(at)} may hold ${limit} connections, and up to ${wanted} are opened as it: ${wanted - limit} too many`,
        detail: `They are ${each}. Make the pool smaller, or raise \`connectionLimit\` of the role.`,
      },
    ];
  });
}
