/**
 * A pooler proves its clients to the server with keys that it has of their own login, and these fit the salt of one
 * verifier only. https://www.pgbouncer.org/config.html#auth_type
 */
import { kindOf, readable } from "../core/address.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { serverKey } from "../core/ports.ts";
import type { ConnectionPool } from "../core/specs.ts";
import { objectsOf } from "./objects.ts";

/** Clients that are connected while their pool goes to a server with other verifiers wait, and nothing tells them why. */
export const poolMoves: Guardrail = {
  code: "POOL_MOVES",
  pack: "pooling",
  find(judged) {
    const { source, plan, live } = judged;
    if (source.engine !== "pgbouncer") return [];
    return (plan?.steps ?? []).flatMap(({ address, action, fields = [], spec }): Finding[] => {
      const moves = fields.some(({ path }) => path[0] === "host" || path[0] === "port");
      if (kindOf(address) !== "ConnectionPool" || action !== "alter" || !moves) return [];
      const [before, after] = [live.get(address)?.spec, spec] as unknown as readonly ConnectionPool[];
      if (!before || !after || serverOf(before) === serverOf(after)) return [];
      // Nobody is proved to a server that it logs in to by itself.
      if (after.user !== undefined || logsIn(address, judged)) return [];
      return [
        {
          address,
          summary: `${readable(address)} moves from ${placeOf(before)} to ${placeOf(after)}: where roles have other verifiers there, clients that are connected wait until one of the same role connects anew`,
          detail: `Before: give the roles the same verifiers there (\`rolpassword\` of pg_authid, by ALTER ROLE … PASSWORD 'SCRAM-SHA-256$…'); a physical replica has them. Or after: have the clients connect again. On the console, KILL ${after.name} disconnects them, and RESUME ${after.name} lets them in.`,
        },
      ];
    });
  },
};

/** The pooler knows the passwords of all its users in clear. */
function logsIn(address: string, { declared }: Judged): boolean {
  const pool = objectsOf("ConnectionPool", declared).find((one) => one.address === address);
  const users = pool?.spec.users ?? [];
  const inClear = objectsOf("PoolUser", declared).flatMap(({ spec }) => (spec.keep === "clear" ? [spec.name] : []));
  return users.length > 0 && users.every((user) => inClear.includes(user));
}

function serverOf({ host, port }: ConnectionPool): string {
  return serverKey("postgresql", { host, port });
}

function placeOf({ host = "localhost", port = 5432 }: ConnectionPool): string {
  return `${host}:${port}`;
}
