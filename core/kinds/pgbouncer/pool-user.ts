import { address } from "../../address.ts";
import { NAME, SCALAR, SECRET } from "../../fragments.ts";
import { defineKind, type Spec } from "../../kind.ts";
import { count, normaliseDurations, POOL_MODE, UNLOADED, USER_TIMEOUTS } from "../../pools/fields.ts";
import { lifted, rawFaults, USERS } from "../../pools/keys.ts";
import { keyFaults, lineFaults } from "../../pools/lines.ts";
import { choice, map, object, reference } from "../../schema.ts";
import type { PoolUser } from "../../specs.ts";

export const poolUser = defineKind<PoolUser>({
  name: "PoolUser",
  rank: 4,
  summary: "A user of a PgBouncer: limits of its own, and how the userlist knows it where nobody looks it up.",
  comment: false,
  fields: {
    name: NAME,
    from: reference("Data source whose role of this name lends its password verifier to the userlist.", "DataSource", {
      orders: false,
    }),
    password: { ...SECRET, description: `Password for the userlist. ${SECRET.description}`, absent: "keep" },
    keep: choice(
      "How the userlist keeps the password: as a SCRAM verifier, which lets a client in, or in clear, which the pooler needs to log in by itself.",
      ["verifier", "clear"],
      { default: "verifier" },
    ),
    mode: POOL_MODE,
    size: count("Server connections of each of its pools. PgBouncer 1.23."),
    reserve: count("Further ones for clients that wait. PgBouncer 1.24."),
    maxConnections: count("Server connections of all its pools; 0 for no limit."),
    maxClients: count("Its clients; 0 for no limit. PgBouncer 1.24."),
    timeouts: object("Limits of its own. PgBouncer 1.24.", USER_TIMEOUTS),
    settings: map("Further settings by their own names, as `pgbouncer.ini` has them.", SCALAR),
    unloaded: UNLOADED,
  },
  required: ["name"],
  address: (spec) => address("PoolUser", spec.name),
  scope: () => ({}),
  example: { name: "reports", maxConnections: 10 },
  check: ({ name, from, password, keep, ...limits }) => [
    ...rawFaults(limits, USERS),
    ...lineFaults({ name, from, ...limits } as unknown as Spec),
    // The userlist takes any name; a line of limits begins with it.
    ...(Object.keys(limits).length > 0 ? keyFaults(name) : []),
    ...(from !== undefined && password !== undefined ? ["it takes `from` or `password`, not both"] : []),
    ...(keep === "clear" && password === undefined ? ["`keep: clear` needs `password`"] : []),
  ],
  merge,
  logsInTo: ({ from }) => (from === undefined ? [] : [from]),
  normalise: (written) => {
    const { timeouts, ...spec } = lifted(written, USERS);
    return { ...spec, ...(timeouts && { timeouts: normaliseDurations(timeouts) }) };
  },
});

const PROOF: ReadonlySet<string> = new Set(["name", "from", "password", "keep"]);

/** Limits, and what proves the user, may be said apart: a pool says by itself whose verifiers it needs. */
function merge(a: PoolUser, b: PoolUser): PoolUser | undefined {
  const [one, other] = [a, b] as unknown as readonly [Spec, Spec];
  const twice = Object.keys(one).filter((field) => one[field] !== undefined && other[field] !== undefined);
  if (twice.some((field) => !PROOF.has(field) || JSON.stringify(one[field]) !== JSON.stringify(other[field])))
    return undefined;
  const both = { ...a, ...b };
  return both.from !== undefined && both.password !== undefined ? undefined : both;
}
