import { address } from "../address.ts";
import { NAME, SCALAR, SECRET } from "../fragments.ts";
import { defineKind, type Spec } from "../kind.ts";
import { count, POOL_MODE, UNLOADED } from "../pools/fields.ts";
import { lifted, POOLS, rawFaults } from "../pools/keys.ts";
import { keyFaults, lineFaults, withQueryInLine } from "../pools/lines.ts";
import { meaning } from "../pools/model.ts";
import { choice, flag, map, object, reference, set, text, whole } from "../schema.ts";
import type { ConnectionPool } from "../specs.ts";

export const connectionPool = defineKind<ConnectionPool>({
  name: "ConnectionPool",
  rank: 6,
  summary:
    "A name that clients connect to at a pooler, and the database behind it: which data source, how many connections, when one goes back to the pool, who may use it.",
  comment: false,
  fields: {
    name: { ...NAME, description: "Database that clients ask the pooler for." },
    to: reference("Data source behind it; or `host` by hand.", "DataSource", { orders: false }),
    replica: text("Replica of that data source, by its name there."),
    host: text("Host of the server, where it is no data source; empty for the pooler's own Unix socket.", {
      minLength: 0,
    }),
    port: whole("Its port.", { minimum: 1, maximum: 65535, default: 5432 }),
    database: text("Database there; by default that of the data source, or else the name of the pool."),
    mode: POOL_MODE,
    size: count("Server connections for each user, or in all where `user` is given."),
    min: count("Server connections that are kept open."),
    reserve: count("Further ones for clients that wait."),
    maxConnections: count("Server connections in all, whoever its users are; 0 for no limit."),
    maxClients: count("Clients that it takes; 0 for no limit. PgBouncer 1.24."),
    clients: { ...count("Clients that are expected, for the sum of the pooler's."), local: true },
    user: text("User that the pooler logs in as, whoever the client is: one pool for all of them."),
    password: {
      ...SECRET,
      description: `Password of \`user\`, for the userlist. ${SECRET.description}`,
      local: true,
    },
    users: {
      ...set("Roles of the data source that connect through it; each has connections of its own.", text("Role.")),
      local: true,
    },
    auth: object("How the pooler knows the passwords of `users`.", {
      by: choice(
        "`query`: it looks them up in the database, by a role and a function that are made there; `userlist`: their verifiers are written into its file.",
        ["query", "userlist"],
        { default: "query" },
      ),
      user: text("Role that looks them up."),
      password: { ...SECRET, description: `Password of that role. ${SECRET.description}` },
      schema: text("Schema of the function; by default `pooler`."),
      query: text("Statement that looks a password up, where the function is not to be made."),
      database: text("Database in which it does. PgBouncer 1.19."),
    }),
    settings: map("Further settings by their own names, as `pgbouncer.ini` has them.", SCALAR),
    paused: { ...flag("Paused by a run that was stopped."), computed: true },
    disabled: { ...flag("Disabled by hand: no new clients."), computed: true },
    unloaded: UNLOADED,
  },
  required: ["name"],
  example: { name: "analytics", to: "warehouse", mode: "transaction", size: 20 },
  address: (spec) => address("ConnectionPool", spec.name),
  scope: () => ({}),
  check: (spec) => [...check(spec), ...keyFaults(spec.name), ...lineFaults(spec as unknown as Spec)],
  logsInTo: ({ to, auth }) => (to !== undefined && auth?.by === "userlist" ? [to] : []),
  normalise: (written) => {
    const { auth, ...spec } = lifted(written, POOLS);
    return { ...spec, ...(auth && { auth: withQueryInLine(auth) }) };
  },
  meaning,
});

function check(written: ConnectionPool): string[] {
  const { name, to, replica, host, user, password, users, auth } = lifted(written, POOLS);
  const own = Object.keys(written.settings ?? {}).filter((key) => /^auth_(user|query|dbname)$/.test(key));
  const rules: readonly (readonly [boolean, string])[] = [
    [(to === undefined) === (host === undefined), "it takes one of `to` and `host`"],
    [replica !== undefined && to === undefined, "`replica` needs `to`"],
    [name === "pgbouncer", "the name is that of the pooler's own console"],
    [password !== undefined && user === undefined, "`password` is that of `user`: give both"],
    [auth?.by === "userlist" && (users ?? []).length === 0, "`auth.by: userlist` needs `users`"],
    [
      auth?.by === "userlist" && to === undefined,
      "`auth.by: userlist` needs `to`: the data source whose roles they are",
    ],
    [auth !== undefined && auth.by !== "userlist" && auth.user === undefined, "`auth.by: query` needs `auth.user`"],
  ];
  return [
    ...rawFaults(written, POOLS),
    ...own.map((key) => `\`settings.${key}\` is said under \`auth\`: user, query, database`),
    ...rules.flatMap(([broken, says]) => (broken ? [says] : [])),
  ];
}
