/**
 * What a running pooler knows by heart: whom its userlist named once it remembers without a password, and then looks up no
 * more. One before 1.23.1 keeps a user of its files, one that was looked up, and one that a database forces on its clients
 * apart as well: two of one name in one database end its process at the next login, and a line under `[users]` alone is enough
 * not to be looked up. Only a restart makes it forget.
 * https://www.pgbouncer.org/changelog.html#pgbouncer-123x
 */
import { address } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import type { Facts, NormaliseContext, PlanContext, Statement } from "../../core/engine.ts";
import type { ConnectionPool, PoolerSettings, PoolUser } from "../../core/specs.ts";
import type { Row } from "./console.ts";
import { entries, type Ini, parsePairs } from "./ini.ts";
import { command } from "./statements.ts";
import { secretsOf, type Userlist } from "./userlist.ts";

export interface Memory {
  /** Does it end where it knows a user in two ways? */
  readonly endsOfTwins: boolean;
  /** Users by name: those that its files name or have named. */
  readonly users: ReadonlySet<string>;
  /** Those of them that the userlist proves. */
  readonly proved: ReadonlySet<string>;
  /** User that a database forces on its clients. */
  readonly forced: ReadonlyMap<string, string>;
  /** Database and user of each pool: whoever has logged in. */
  readonly pools: readonly (readonly [database: string, user: string])[];
}

export function memoryOf(
  { users, databases }: { readonly users: ReadonlyMap<string, Row>; readonly databases: ReadonlyMap<string, Row> },
  pools: readonly Row[],
  userlist: Userlist,
): Omit<Memory, "endsOfTwins"> {
  return {
    users: new Set(users.keys()),
    proved: new Set(secretsOf(userlist).keys()),
    forced: new Map([...databases].map(([name, row]) => [name, row.get("force_user") ?? ""])),
    pools: pools.map((row) => [row.get("database") ?? "", row.get("user") ?? ""]),
  };
}

/** Would the pooler die once the files name the user? */
function clashes({ endsOfTwins, users, forced, pools }: Memory, name: string | undefined): boolean {
  if (!endsOfTwins || name === undefined || users.has(name)) return false;
  return pools.some(([database, user]) => user === name && forced.get(database) !== name);
}

/** Would it once a database forces the user on its clients? */
function clashesForced({ endsOfTwins, forced, pools }: Memory, name: string, user: string | undefined): boolean {
  return (
    endsOfTwins && forced.get(name) !== user && pools.some(([database, each]) => database === name && each === user)
  );
}

function known(name: string): string {
  return `${name} has logged in and was looked up; known in another way as well, it would end the pooler at its next login`;
}

function loggedIn(user: string, name: string): string {
  return `${user} has logged in to ${name}; forced on its clients as well, it would end the pooler at the next login`;
}

/** Why files that are about to be loaded would end the pooler, in words. */
export function fatal({ ini, userlist }: { readonly ini: Ini; readonly userlist: Userlist }, memory: Memory): string[] {
  const databases = [...entries(ini, "databases")].map(([name, text]) => [name, parsePairs(text)] as const);
  const named = new Set([
    ...secretsOf(userlist).keys(),
    ...entries(ini, "users").keys(),
    ...databases.map(([, pairs]) => pairs.get("auth_user")),
    entries(ini, "pgbouncer").get("auth_user"),
  ]);
  return [
    ...[...named].flatMap((name) => (name !== undefined && clashes(memory, name) ? [known(name)] : [])),
    ...databases.flatMap(([name, pairs]) => {
      const user = pairs.get("user");
      return user !== undefined && clashesForced(memory, name, user) ? [loggedIn(user, name)] : [];
    }),
  ];
}

/** Does any of its pools look passwords up? */
export function looksUp(ini: Ini): boolean {
  const pairs = [...entries(ini, "databases").values()].map(parsePairs);
  return entries(ini, "pgbouncer").has("auth_user") || pairs.some((each) => each.has("auth_user"));
}

type Context = Pick<NormaliseContext, "desired" | "live" | "facts"> & Partial<Pick<PlanContext, "planned">>;

function memoryIn({ memory }: Facts): Memory {
  return memory as Memory;
}

/** What will be there, as far as it is known yet. */
function standing({ desired, live, planned }: Context): Catalog {
  const left = [...live].filter(([at]) => !desired.has(at) && planned?.(at)?.action !== "drop");
  return new Map([...left, ...desired]);
}

/** Roles that look passwords up. */
function lookups(catalog: Catalog): string[] {
  return [...catalog.values()].flatMap(({ kind, spec }) => {
    const { auth } = spec as unknown as ConnectionPool & PoolerSettings;
    const looks = (kind === "ConnectionPool" || kind === "PoolerSettings") && auth?.user !== undefined;
    return looks ? [auth.user as string] : [];
  });
}

/** Why a user waits for a restart. */
export function whyUser({ name }: Pick<PoolUser, "name">, { facts }: Context): string[] {
  const memory = memoryIn(facts);
  return clashes(memory, name) ? [known(name)] : [];
}

/** Why one that goes does: in every version who was in the userlist is remembered, without what proved it. */
export function whyGone(name: string, context: Context): string[] {
  const looks = lookups(standing(context));
  const { endsOfTwins, proved } = memoryIn(context.facts);
  if (looks.length === 0 || !(endsOfTwins || proved.has(name))) return [];
  if ([...looks, ...lookups(context.live)].includes(name)) return [];
  return [`${name} stays known without a password, and is not looked up before`];
}

/** Why a lookup does that was not there before: whom the pooler remembers without a password it does not look up. */
function whyLookup(before: string | undefined, user: string | undefined, context: Context): string[] {
  const memory = memoryIn(context.facts);
  if (user === undefined || user === before) return [];
  const roles = new Set(["pgbouncer", ...lookups(context.desired), ...lookups(context.live)]);
  // Newer ones show whom they have looked up among the others.
  const shut = [...(memory.endsOfTwins ? memory.users : [])].filter(
    (name) => !memory.proved.has(name) && !roles.has(name),
  );
  return [
    ...(clashes(memory, user) ? [known(user)] : []),
    ...(before === undefined && shut.length > 0
      ? [`${shut.join(", ")} stays known without a password, and is not looked up before`]
      : []),
  ];
}

/** Why a pool does. */
export function whyPool(before: ConnectionPool | undefined, after: ConnectionPool, context: Context): string[] {
  const { name, user, auth } = after;
  const memory = memoryIn(context.facts);
  return [
    ...(before?.user !== undefined && user === undefined
      ? [`PgBouncer keeps ${before.user} for the clients of ${name} until then`]
      : []),
    ...(user !== undefined && clashesForced(memory, name, user) ? [loggedIn(user, name)] : []),
    ...whyLookup(before?.auth?.user, auth?.user, context),
  ];
}

/** Why settings do. */
export function whySettings(before: PoolerSettings | undefined, after: PoolerSettings, context: Context): string[] {
  return whyLookup(before?.auth?.user, after.auth?.user, context);
}

/** What is not possible before 1.23.1 at all, in words. */
export function neverUser(spec: PoolUser, context: Context): string[] {
  const { name, from, password } = spec;
  const { endsOfTwins, proved } = memoryIn(context.facts);
  const lent = (context.live.get(address("PoolUser", name))?.spec as PoolUser | undefined)?.from;
  const stays = lent === undefined && proved.has(name);
  if (!endsOfTwins || from !== undefined || password || stays) return [];
  if (lookups(standing(context)).length === 0) return [];
  return [
    "PgBouncer before 1.23.1 looks nobody up who has limits of its own: give `from`, the data source whose role of this name lends its verifier, or take the limits out",
  ];
}

export function neverPool({ user, auth }: ConnectionPool, context: Context): string[] {
  if (!memoryIn(context.facts).endsOfTwins || user === undefined) return [];
  const settings = lookups(new Map([...standing(context)].filter(([, { kind }]) => kind === "PoolerSettings")));
  if (![auth?.user, ...settings].includes(user)) return [];
  return ["PgBouncer before 1.23.1 dies where `user` looks passwords up as well: give `auth.user` a role of its own"];
}

/** The restart that the reasons ask for. */
export function restarting(reasons: readonly string[], affects: readonly string[]): Statement[] {
  if (reasons.length === 0) return [];
  const message = `The pooler is restarted, which disconnects every client: ${reasons.join("; ")}`;
  return [
    {
      sql: command("RESTART"),
      phase: "expose",
      hazards: [{ code: "RESTARTS_POOLER", message, affects: [...affects] }],
    },
  ];
}

/** What is missing where nobody said how to restart it. */
export function unrestartable(reasons: readonly string[], { restart }: Facts): string[] {
  if (restart !== undefined) return [];
  return reasons.map(
    (reason) => `it takes a restart (${reason}): give the command under \`pgbouncer.restart\` of the DataSource`,
  );
}
