/**
 * What a pool becomes: the line of its database with the server behind it, and the users that the userlist must know.
 * Before 1.22 all databases share one statement that looks passwords up, so that is said of the pooler as a whole.
 */
import { address } from "../../core/address.ts";
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowered, Lowering } from "../../core/engine.ts";
import type { Spec } from "../../core/kind.ts";
import { modeOf, poolingOf } from "../../core/pools/model.ts";
import type { ConnectionPool, DataSource, PoolerSettings, PoolUser } from "../../core/specs.ts";
import { sql } from "../../core/sql.ts";
import { qualified } from "../postgresql/quote.ts";
import { limitOf } from "./lookups.ts";
import { SELF } from "./pooler-settings.ts";
import { has, numberOf } from "./versions.ts";

/** Function that looks a password up; it is made in the data source by what is asked of that. */
export const LOOKUP = "user_lookup";
/** Schema of that function unless a pool says otherwise. */
export const LOOKUP_SCHEMA = "pooler";

/** What an inspection calls a pool that somebody has paused: that is theirs to end, and no difference. */
export const PAUSED = "pool paused by hand";

const ENGINES: ReadonlySet<string> = new Set(["postgresql"]);

export const poolTarget: Lowering<ConnectionPool> = {
  // The secrets of its users are nothing that a catalog shows.
  fills: true,
  lower(spec, context): Lowered {
    const { to, replica, auth, user, password, users = [] } = spec;
    const target = to === undefined ? undefined : targetOf(to, context);
    const diagnostics = [...(target ? faults(spec, target, context) : []), ...paused(spec, context)];
    // At a server that is no data source nobody makes the function: the statement of the pooler counts there.
    const isAsked = to !== undefined || auth?.query !== undefined || auth?.schema !== undefined;
    const query = auth && auth.by !== "userlist" && isAsked ? lookupOf(auth) : undefined;
    const byPool = query === undefined || has("databases", "auth_query", context.target?.versionNumber ?? 1e6);
    const { clients: _, to: __, replica: ___, password: ____, users: _____, auth: ______, ...rest } = spec;
    const native: ConnectionPool = {
      ...(target && placeOf(target, replica)),
      ...rest,
      ...(auth && auth.by !== "userlist" && { auth: { ...authOf(auth), ...(query && byPool && { query }) } }),
    };
    const lent: PoolUser[] =
      auth?.by === "userlist" && to !== undefined ? users.map((name) => ({ name, from: to })) : [];
    const own: PoolUser[] = [
      ...(auth?.password && auth.user !== undefined ? [looking(auth.user, auth.password, context)] : []),
      ...(user !== undefined && password ? [inClear(user, password)] : []),
    ];
    return {
      objects: [
        { kind: "ConnectionPool", spec: native as unknown as Spec },
        ...[...lent, ...own].map((each) => ({ kind: "PoolUser", spec: each as unknown as Spec })),
      ],
      ...(!byPool && { amend: [{ address: SELF, fields: { auth: { query } } }] }),
      diagnostics,
    };
  },
};

/** What the data source gives of the place, and what the pool says otherwise. */
function placeOf({ connection, replicas }: DataSource, replica: string | undefined) {
  const other = replicas?.find(({ name }) => name === replica);
  const host = other?.host ?? connection.host ?? "localhost";
  const port = other?.port ?? connection.port;
  const database = connection.database ?? connection.user;
  return { host, ...(port !== undefined && { port }), ...(database !== undefined && { database }) };
}

function targetOf(name: string, { declared }: LowerContext): DataSource | undefined {
  return declared.get(address("DataSource", name))?.spec as unknown as DataSource | undefined;
}

/** Statement that looks a password up in its schema, or the one that the pool gives. */
function lookupOf({ query, schema = LOOKUP_SCHEMA }: NonNullable<ConnectionPool["auth"]>): string {
  return query ?? sql`SELECT uname, phash FROM ${qualified(schema, LOOKUP)}($1)`.text;
}

function authOf({ user, database }: NonNullable<ConnectionPool["auth"]>): NonNullable<ConnectionPool["auth"]> {
  return { ...(user !== undefined && { user }), ...(database !== undefined && { database }) };
}

function inClear(name: string, password: NonNullable<PoolUser["password"]>): PoolUser {
  return { name, password, keep: "clear" };
}

/** The role that looks passwords up; those who log in at once would open as many connections for it as for a user. */
function looking(name: string, password: NonNullable<PoolUser["password"]>, { declared }: LowerContext): PoolUser {
  const pools = [...declared.values()].flatMap(({ kind, spec }) =>
    kind === "ConnectionPool" ? [spec as unknown as ConnectionPool] : [],
  );
  const maxConnections = limitOf(name, pools);
  return { ...inClear(name, password), ...(maxConnections > 0 && { maxConnections }) };
}

function modeIn(spec: ConnectionPool, { declared, live }: LowerContext): string {
  return modeOf(spec, poolingOf(declared.values(), live.values()));
}

function settingsIn(catalog: LowerContext["declared"]): PoolerSettings | undefined {
  return catalog.get(SELF)?.spec as PoolerSettings | undefined;
}

/** Why the pooler that is there keeps no prepared statements, in words. */
function unprepared(spec: ConnectionPool, context: LowerContext): string | undefined {
  const { declared, live, target } = context;
  if (!target || modeIn(spec, context) === "session") return undefined;
  if (!has("pgbouncer", "max_prepared_statements", target.versionNumber))
    return `PgBouncer ${target.version} keeps no prepared statements`;
  // On by default since 1.24.
  const fallback = target.versionNumber >= numberOf("1.24") ? 200 : 0;
  const kept = (settingsIn(declared) ?? settingsIn(live))?.maxPreparedStatements ?? fallback;
  return kept === 0 ? "The pooler is to keep no prepared statements" : undefined;
}

function paused({ name }: ConnectionPool, { notModelled = [] }: LowerContext): Diagnostic[] {
  if (!notModelled.some((found) => found.type === PAUSED && found.name === name)) return [];
  return [
    warning("POOL_PAUSED", `Somebody has paused ${quoted(name)} on the console: its clients wait`, {
      detail: `It stays so. Whoever is done says \`RESUME ${name}\` on the console.`,
    }),
  ];
}

function faults(spec: ConnectionPool, target: DataSource, context: LowerContext): Diagnostic[] {
  const { name, to, replica, auth, database, users, user, maxConnections } = spec;
  const { engine, connection, replicas = [] } = target;
  const found: Diagnostic[] = [];
  if (!ENGINES.has(engine))
    found.push(
      error("NOT_SUPPORTED", `PgBouncer leads to PostgreSQL alone, and ${to} is ${engine}`, {
        detail: "Lead the pool to another data source, or take it out.",
      }),
    );
  if (connection.url !== undefined && connection.host === undefined)
    found.push(
      error("MISSING_FIELD", `Where ${to} is stands in a URL that is secret, and a pool says it openly`, {
        detail: "Give host, port and database of the DataSource beside `url`, or `host` of the pool by hand.",
      }),
    );
  const prepared = unprepared(spec, context);
  if (prepared !== undefined)
    found.push(
      warning("PREPARED_BEHIND_POOLER", `${prepared}, and ${quoted(name)} is by ${modeIn(spec, context)}`, {
        detail:
          "Drivers that prepare statements by themselves fail there: turn that off in them, or set `maxPreparedStatements` (PgBouncer 1.21 and newer).",
      }),
    );
  if (replica !== undefined && !replicas.some((each) => each.name === replica))
    found.push(
      error("UNKNOWN_REFERENCE", `${to} has no replica ${quoted(replica)}`, {
        detail:
          replicas.length > 0 ? `It has ${replicas.map((each) => quoted(each.name)).join(", ")}.` : "It has none.",
      }),
    );
  const own = connection.database ?? connection.user;
  if (auth && auth.by !== "userlist" && auth.query === undefined && database !== undefined && database !== own)
    found.push(
      error(
        "NOT_SUPPORTED",
        `Passwords for ${quoted(database)} would be looked up there, and ${to} is ${quoted(own ?? "")}`,
        {
          detail: "Declare a data source for that database, or give `auth.database` and `auth.query`.",
        },
      ),
    );
  if (users === undefined && user === undefined && !maxConnections)
    found.push(
      warning(
        "POOL_UNBOUNDED",
        `Nothing says how many users connect through ${quoted(name)}, each with connections of its own`,
        {
          detail:
            "Give `users`, or `user` for one pool for all, or `maxConnections`; until then it counts for one user.",
        },
      ),
    );
  return found;
}
