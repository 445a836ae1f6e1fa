import { address } from "../address.ts";
import { NAME, SECRET } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { count, POOL_MODE } from "../pools/fields.ts";
import { flag, map, object, reference, set, text } from "../schema.ts";
import type { PoolerAccess } from "../specs.ts";

export const poolerAccess = defineKind<PoolerAccess>({
  name: "PoolerAccess",
  rank: 92,
  intent: true,
  summary:
    "A pool of connections to this data source: how many it may open and in which mode, and the role and function by which its pooler looks passwords up. A ConnectionPool declares it by itself; by hand for a pooler that somebody else keeps.",
  fields: {
    name: { ...NAME, description: "Name of the pool, for reports." },
    mode: { ...POOL_MODE, default: "session" },
    size: count("Connections for each user, or in all where `user` is given."),
    reserve: { ...count("Further ones for clients that wait."), default: 0 },
    maxConnections: { ...count("Connections in all, whoever its users are; 0 for no limit."), default: 0 },
    poolers: { ...count("Poolers that have this pool, each for itself."), minimum: 1, default: 1 },
    user: reference("Role that it logs in as, whoever the client is.", "Role", { orders: false }),
    users: set("Roles that connect through it.", reference("Role.", "Role", { orders: false })),
    each: map(
      "What is otherwise for a role, which is one of its users whether `users` names it or not.",
      object("Role.", {
        mode: POOL_MODE,
        size: count("Connections of the role in this pool."),
        reserve: count("Further ones for clients that wait."),
        maxConnections: count("Connections of the role in all pools of the pooler; 0 for no limit."),
        lookup: flag("It looks passwords up for the pooler, and is no client."),
      }),
    ),
    pooler: text("Pooler that has it: pools of one share the limits of their users."),
    replica: text("Replica of the data source that it leads to."),
    database: text("Database of the server that it leads to, where it is not that of the data source."),
    lookup: object(
      "How the pooler looks passwords up: a role that may call one function and nothing else.",
      {
        role: text("Role, which is made."),
        password: { ...SECRET, description: `Its password. ${SECRET.description}` },
        schema: text("Schema of the function, which is made.", { default: "pooler" }),
      },
      ["role"],
    ),
  },
  required: ["name", "size"],
  address: (spec) => address("PoolerAccess", spec.name),
  scope: () => ({}),
});
