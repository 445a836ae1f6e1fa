/** Settings of a role, everywhere or in this database. https://www.postgresql.org/docs/current/sql-alterrole.html */
import type { FieldChange, PlanContext, Statement, Target } from "../../core/engine.ts";
import type { Role } from "../../core/specs.ts";
import { join, type Sql, sql } from "../../core/sql.ts";
import { id, lit, quoteIdent } from "./quote.ts";

/** Settings whose value is a list of names: the server keeps each quoted on its own. */
const LISTS = new Set([
  "datestyle",
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
  "synchronous_standby_names",
  "listen_addresses",
  "log_destination",
  "wal_consistency_checking",
  "createrole_self_grant",
  "restrict_nonsystem_relation_kind",
]);

/** Settings are found whatever the case of their names; these the server writes in another than small letters. */
const NAMES: Readonly<Record<string, string>> = {
  datestyle: "DateStyle",
  intervalstyle: "IntervalStyle",
  timezone: "TimeZone",
};

/** Of the lists, the ones that the server writes back as quoted names. */
const QUOTED_LISTS = new Set([
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
]);

const FIELDS = ["settings", "databaseSettings"] as const;

export function settings(spec: Role, { target }: PlanContext): Statement[] {
  return FIELDS.flatMap((field) =>
    Object.entries(spec[field] ?? {}).map(([name, value]) => ({
      sql: sql`${alter(spec.name, field, target)} SET ${setting(name)} = ${settingValue(name, `${value}`)}`,
    })),
  );
}

export function settingChanges(spec: Role, fields: readonly FieldChange[], { target }: PlanContext): Statement[] {
  return FIELDS.flatMap((field) =>
    fields
      .filter(({ path }) => path[0] === field)
      .map(({ path, to }) => {
        const name = path[1] as string;
        const value =
          to === undefined ? sql`RESET ${setting(name)}` : sql`SET ${setting(name)} = ${settingValue(name, `${to}`)}`;
        return { sql: sql`${alter(spec.name, field, target)} ${value}` };
      }),
  );
}

function alter(role: string, field: (typeof FIELDS)[number], target: Target): Sql {
  return field === "settings"
    ? sql`ALTER ROLE ${id(role)}`
    : sql`ALTER ROLE ${id(role)} IN DATABASE ${id(target.database ?? "")}`;
}

/** Settings in the server's spelling. */
export function canonicalSettings<S extends Pick<Role, "settings" | "databaseSettings">>(spec: S): S {
  const spelled = FIELDS.filter((field) => spec[field]).map((field) => [
    field,
    Object.fromEntries(
      Object.entries(spec[field] ?? {}).map(([name, value]) => [
        canonicalName(name),
        canonicalSetting(name, `${value}`),
      ]),
    ),
  ]);
  return { ...spec, ...Object.fromEntries(spelled) };
}

/** Names with a dot belong to nobody that the server knows, and are kept as they are. */
function canonicalName(name: string): string {
  if (name.includes(".")) return name;
  return NAMES[name.toLowerCase()] ?? name.toLowerCase();
}

/** `app.region` has two parts, each an identifier. */
export function setting(name: string): Sql {
  return join(name.split(".").map(id), ".");
}

/** A value as SET takes it. */
export function settingValue(name: string, value: string): Sql {
  if (!LISTS.has(name.toLowerCase())) return lit(value);
  return join(listItems(value).map(lit));
}

/** Items of a list setting as people or the server write it: `"$user", public`. An empty list is one empty name. */
function listItems(value: string): string[] {
  const items = [...value.matchAll(/"((?:[^"]|"")*)"|([^,\s][^,]*)/g)].map((match) =>
    match[1] === undefined ? (match[2] as string).trim() : match[1].replaceAll('""', '"'),
  );
  return items.length > 0 ? items : [""];
}

/** A list setting in the server's spelling, so that `a,b` and `a, b` are the same. */
function canonicalSetting(name: string, value: string): string {
  const lower = name.toLowerCase();
  if (!LISTS.has(lower)) return value;
  return listItems(value)
    .map((item) => (QUOTED_LISTS.has(lower) ? quoteIdent(item) : item))
    .join(", ");
}
