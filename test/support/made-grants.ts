/** A random database as SQL, all of it under names of its own, so that many of them lie side by side in one. */
import type { Random } from "./arbitrary-grants.ts";

/** Columns that every table has; a row holds its number in each of them. */
export const COLUMNS = ["a", "b", "c"] as const;
export const ROWS = 6;

/** Filters of views: SQL, the column that it looks at, and the rows that it lets through. */
const FILTERS: readonly (readonly [text: string, column: string | undefined, passes: (row: number) => boolean])[] = [
  ["", undefined, () => true],
  [" WHERE x.a > 1", "a", (row) => row > 1],
  [" WHERE x.b <> 4", "b", (row) => row !== 4],
];

export interface Relation {
  readonly kind: "Table" | "View" | "MaterializedView";
  readonly name: string;
  readonly schema: string;
  readonly owner: string;
  readonly columns: readonly string[];
  /** Columns that nothing is granted on. */
  readonly further: readonly string[];
  readonly invoker: boolean;
  /** Of a view: what it reads, and which columns of it; undefined where it uses whole rows. */
  readonly sources: readonly (readonly [source: Relation, columns: readonly string[] | undefined])[];
  readonly passes: (row: number) => boolean;
}

export interface Made {
  /** What all its names begin with. */
  readonly prefix: string;
  readonly roles: readonly string[];
  /** Roles of the server that one of them may be a member of. */
  readonly builtIn: readonly string[];
  readonly relations: readonly Relation[];
  /** Must succeed. */
  readonly build: readonly string[];
  /** May fail: who grants may not be allowed to, and who owns a materialized view may not be able to fill it. */
  readonly grants: readonly string[];
}

/** Major versions that roles of the server came with; nobody can be made a member of the owner of a database. */
const SINCE: Readonly<Record<string, number>> = {
  pg_read_all_data: 14,
  pg_write_all_data: 14,
  pg_maintain: 17,
  pg_database_owner: Number.POSITIVE_INFINITY,
};

const ANY = [
  "SELECT",
  "INSERT",
  "UPDATE",
  "SELECT",
  "DELETE",
  "REFERENCES",
  "TRUNCATE",
  "TRIGGER",
  "SELECT",
  "MAINTAIN",
  "ALL",
];
const PRIVILEGES: Readonly<Record<string, readonly string[]>> = {
  relation: ANY,
  schema: ["USAGE", "CREATE"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
  database: ["CONNECT", "CREATE", "TEMPORARY"],
};

const pick = <T>(from: readonly T[], at: number): T => from[at % from.length] as T;

interface Names {
  readonly major: number;
  readonly roles: readonly string[];
  readonly schemas: readonly string[];
}

interface Made1 {
  readonly relation: Relation;
  readonly build: readonly string[];
}

export function make(random: Random, prefix: string, major: number, database: string): Made {
  const roles = random.roles.map((_, at) => `${prefix}_r${at}`);
  const schemas = random.schemas.map((_, at) => `${prefix}_s${at}`);
  const names = { major, roles, schemas };
  const build = [...makeRoles(random, names)];
  for (const [at, { owner, open }] of random.schemas.entries()) {
    build.push(`CREATE SCHEMA ${schemas[at]} AUTHORIZATION ${pick(roles, owner)}`);
    if (open) build.push(`GRANT USAGE ON SCHEMA ${schemas[at]} TO PUBLIC`);
  }
  const relations: Relation[] = [];
  const add = ({ relation, build: statements }: Made1): void => {
    relations.push(relation);
    build.push(...statements);
  };
  for (const [at, one] of random.tables.entries()) add(makeTable(one, `t${at}`, names));
  for (const [at, one] of random.views.entries()) add(makeView(one, `v${at}`, names, relations));
  const owned = (
    sort: string,
    own: readonly number[],
    name: (at: number) => string,
    rest: string,
  ): [string, string][] =>
    own.map((owner, at) => {
      const full = `${schemas[0]}.${name(at)}`;
      build.push(`CREATE ${sort} ${full}${rest}`, `ALTER ${sort} ${full} OWNER TO ${pick(roles, owner)}`);
      return [full, pick(roles, owner)];
    });
  const objects: Readonly<Record<string, readonly (readonly [name: string, owner: string])[]>> = {
    sequence: owned("SEQUENCE", random.sequences, (at) => `q${at}`, ""),
    function: owned(
      "FUNCTION",
      random.functions,
      (at) => `f${at}(integer)`,
      " RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    ),
    relation: [
      ...relations.map(({ name, owner }) => [name, owner] as const),
      ...owned("FOREIGN TABLE", random.foreignTables, (at) => `x${at}`, " (a int, b int, c int) SERVER probe"),
    ],
    schema: schemas.map((name, at) => [name, pick(roles, random.schemas[at]?.owner ?? 0)]),
    database: [[database, "CURRENT_USER"]],
  };
  if (random.ownsDatabase) build.push(`ALTER DATABASE ${database} OWNER TO ${roles[0]}`);
  const materialized = relations.filter(({ kind }) => kind === "MaterializedView");
  const builtIn: string[] = random.roles.flatMap((one) => (isThere(one.builtIn, major) ? [one.builtIn] : []));
  // Whoever owns the database is a member of this one, and so is who is a member of its owner.
  if (major >= 14 && (random.ownsDatabase || builtIn.includes("postgres"))) builtIn.push("pg_database_owner");
  return {
    ...{ prefix, roles, relations, build },
    builtIn: [...new Set(builtIn)],
    grants: [
      ...random.handed.flatMap(([one, by]) => makeMembership(one, names, ` GRANTED BY ${pick(roles, by)}`)),
      ...random.grants.flatMap((one) => makeGrant(one, objects, relations, roles)),
      ...materialized.map(({ name }) => `REFRESH MATERIALIZED VIEW ${name}`),
    ],
  };
}

function isThere(builtIn: string | undefined, major: number): builtIn is string {
  return builtIn !== undefined && major >= (SINCE[builtIn] ?? 13);
}

function* makeRoles(random: Random, names: Names): Generator<string> {
  const { roles, major } = names;
  for (const [at, { superuser, inherit, bypassrls }] of random.roles.entries())
    yield `CREATE ROLE ${roles[at]}${superuser ? " SUPERUSER" : ""}${inherit ? "" : " NOINHERIT"}${bypassrls ? " BYPASSRLS" : ""}`;
  for (const [at, { builtIn, inherit, bypassrls }] of random.roles.entries())
    if (isThere(builtIn, major)) yield `GRANT ${builtIn} TO ${roles[at]}${options(major, false, inherit, !bypassrls)}`;
  for (const one of random.memberships) yield* makeMembership(one, names, "");
}

function makeMembership(
  { member, of, admin, inherit, set }: Random["memberships"][number],
  { roles, major }: Names,
  by: string,
): string[] {
  // No circles.
  const [low, high] = [member % roles.length, of % roles.length].sort((a, b) => a - b) as [number, number];
  return low === high ? [] : [`GRANT ${roles[high]} TO ${roles[low]}${options(major, admin, inherit, set)}${by}`];
}

function options(major: number, admin: boolean, inherit: boolean, set: boolean): string {
  if (major >= 16) return ` WITH ADMIN ${admin}, INHERIT ${inherit}, SET ${set}`;
  return admin ? " WITH ADMIN OPTION" : "";
}

function makeTable(one: Random["tables"][number], own: string, { roles, schemas }: Names): Made1 {
  const { partitioned, dropped, security, policies } = one;
  const [schema, owner] = [pick(schemas, one.schema), pick(roles, one.owner)];
  const name = `${schema}.${own}`;
  const key = partitioned ? ") PARTITION BY RANGE (a)" : ", id int GENERATED ALWAYS AS IDENTITY)";
  const build = [
    `CREATE TABLE ${name} (a int, b int,${dropped ? " z int," : ""} c int${key}`,
    ...(dropped ? [`ALTER TABLE ${name} DROP COLUMN z`] : []),
    ...(partitioned ? [`CREATE TABLE ${name}_part PARTITION OF ${name} DEFAULT`] : []),
    `INSERT INTO ${name} SELECT i, i, i FROM generate_series(1, ${ROWS}) i`,
    `CREATE TRIGGER seen BEFORE UPDATE OR DELETE ON ${name} FOR EACH ROW EXECUTE FUNCTION probe.seen()`,
    `ALTER TABLE ${name} OWNER TO ${owner}`,
    ...policies.map(({ command, restrictive, to, using, withCheck }, at) => {
      const first = command === "INSERT" ? undefined : using;
      const second = command === "SELECT" || command === "DELETE" ? undefined : withCheck;
      const whom = to.length === 0 ? "PUBLIC" : to.map((of) => pick(roles, of)).join(", ");
      const texts = `${first ? ` USING (${first})` : ""}${second ? ` WITH CHECK (${second})` : ""}`;
      return `CREATE POLICY p${at} ON ${name} AS ${restrictive ? "RESTRICTIVE" : "PERMISSIVE"} FOR ${command} TO ${whom}${texts}`;
    }),
    ...(security === "off" ? [] : [`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`]),
    ...(security === "forced" ? [`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`] : []),
  ];
  const relation: Relation = {
    ...{ kind: "Table", name, schema, owner, columns: COLUMNS },
    ...{ further: partitioned ? [] : ["id"], invoker: false, sources: [], passes: () => true },
  };
  return { relation, build };
}

function makeView(one: Random["views"][number], own: string, names: Names, relations: readonly Relation[]): Made1 {
  const { sort, column, wholeRow } = one;
  const [schema, owner] = [pick(names.schemas, one.schema), pick(names.roles, one.owner)];
  const name = `${schema}.${own}`;
  const [first, ...others] = one.from.map((at) => pick(relations, at)) as [Relation, ...Relation[]];
  const [where, filtered, passes] = pick(FILTERS, one.filter);
  const joined = others.map((other, at) => ` JOIN ${other.name} y${at} ON y${at}.${column} = x.${column}`);
  const shown = [`x.${column} AS a`, `x.${column} AS b`, ...(wholeRow ? ["(x.*)::text AS w"] : [])];
  const materialized = sort === "materialized";
  const invoker = sort === "invoker" && names.major >= 15;
  const word = materialized ? "MATERIALIZED VIEW" : "VIEW";
  const query = `SELECT ${shown.join(", ")} FROM ${first.name} x${joined.join("")}${where}`;
  const build = [
    `CREATE ${word} ${name}${invoker ? " WITH (security_invoker = true)" : ""} AS ${query}${materialized ? " WITH NO DATA" : ""}`,
    `ALTER ${word} ${name} OWNER TO ${owner}`,
    ...(one.lent ? one.from.map((at) => `GRANT SELECT ON ${pick(relations, at).name} TO ${owner}`) : []),
  ];
  const used = [...new Set([column, ...(filtered ? [filtered] : [])])];
  const relation: Relation = {
    ...{ kind: materialized ? "MaterializedView" : "View", name, schema, owner },
    ...{ columns: ["a", "b", ...(wholeRow ? ["w"] : [])], further: [], invoker, passes },
    sources: [[first, wholeRow ? undefined : used], ...others.map((other) => [other, [column]] as const)],
  };
  return { relation, build };
}

function makeGrant(
  { on, object, privilege, columns, to, option, by, instead }: Random["grants"][number],
  objects: Readonly<Record<string, readonly (readonly [name: string, owner: string])[]>>,
  relations: readonly Relation[],
  roles: readonly string[],
): string[] {
  const [name, owner] = pick(objects[on] ?? [], object) ?? [];
  if (name === undefined) return [];
  const word = pick(PRIVILEGES[on] ?? [], privilege);
  const has = relations.find((one) => one.name === name)?.columns ?? COLUMNS;
  const some =
    on === "relation" && /SELECT|INSERT|UPDATE|REFERENCES/.test(word)
      ? columns?.filter((one) => has.includes(one))
      : [];
  const what = some && some.length > 0 ? `${word} (${some.join(", ")})` : word;
  const target = `${on === "relation" ? "TABLE" : on.toUpperCase()} ${name}`;
  const grantee = to < 0 ? "PUBLIC" : to === 11 ? "pg_monitor" : pick(roles, to);
  if (instead === "own")
    return on === "relation" ? [`ALTER ${target} OWNER TO ${pick(roles, object + privilege)}`] : [];
  if (instead === "leave to owner")
    return [`REVOKE ALL ON ${target} FROM ${owner} CASCADE`, `GRANT ${what} ON ${target} TO ${owner}`];
  const from = { revoke: grantee, "revoke from owner": owner, "revoke from public": "PUBLIC" };
  if (instead) return [`REVOKE ${what} ON ${target} FROM ${from[instead]} CASCADE`];
  const text = `GRANT ${what} ON ${target} TO ${grantee}${option && to >= 0 ? " WITH GRANT OPTION" : ""}`;
  return [by === undefined ? text : `SET LOCAL ROLE ${pick(roles, by)}; ${text}; RESET ROLE`];
}
