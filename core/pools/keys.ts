/**
 * Fields of a pooler, its pools and its users, and the keys that they go by in its configuration: one table for both
 * directions, and for whoever writes such a key under `settings`. https://www.pgbouncer.org/config.html
 */
import { milliseconds } from "../duration.ts";
import type { Spec } from "../kind.ts";
import type { Json } from "../schema.ts";
import { inLine } from "./lines.ts";

export interface Field {
  /** Where it stands in the spec, with dots. */
  readonly path: string;
  readonly key: string;
  /** @default "text" */
  readonly form?: "text" | "whole" | "seconds" | "words";
}

export type Values = ReadonlyMap<string, string>;

export const POOLS: readonly Field[] = [
  { path: "host", key: "host" },
  { path: "port", key: "port", form: "whole" },
  { path: "database", key: "dbname" },
  { path: "mode", key: "pool_mode" },
  { path: "size", key: "pool_size", form: "whole" },
  { path: "min", key: "min_pool_size", form: "whole" },
  { path: "reserve", key: "reserve_pool", form: "whole" },
  { path: "maxConnections", key: "max_db_connections", form: "whole" },
  { path: "maxClients", key: "max_db_client_connections", form: "whole" },
  { path: "user", key: "user" },
  { path: "auth.user", key: "auth_user" },
  { path: "auth.query", key: "auth_query" },
  { path: "auth.database", key: "auth_dbname" },
];

export const USERS: readonly Field[] = [
  { path: "mode", key: "pool_mode" },
  { path: "size", key: "pool_size", form: "whole" },
  { path: "reserve", key: "reserve_pool_size", form: "whole" },
  { path: "maxConnections", key: "max_user_connections", form: "whole" },
  { path: "maxClients", key: "max_user_client_connections", form: "whole" },
  { path: "timeouts.query", key: "query_timeout", form: "seconds" },
  { path: "timeouts.idleTransaction", key: "idle_transaction_timeout", form: "seconds" },
  { path: "timeouts.transaction", key: "transaction_timeout", form: "seconds" },
  { path: "timeouts.clientIdle", key: "client_idle_timeout", form: "seconds" },
];

const seconds = (path: string, key: string): Field => ({ path, key, form: "seconds" });
const whole = (path: string, key: string): Field => ({ path, key, form: "whole" });
const words = (path: string, key: string): Field => ({ path, key, form: "words" });
const tls = (side: "client" | "server"): Field[] =>
  [
    ["mode", "sslmode"],
    ["ca", "ca_file"],
    ["cert", "cert_file"],
    ["key", "key_file"],
    ["protocols", "protocols"],
    ["ciphers", "ciphers"],
  ].map(([field, key]) => ({ path: `${side}Tls.${field}`, key: `${side}_tls_${key}` }));

export const SETTINGS: readonly Field[] = [
  words("listen.addresses", "listen_addr"),
  whole("listen.port", "listen_port"),
  { path: "listen.socketDirectory", key: "unix_socket_dir" },
  whole("listen.backlog", "listen_backlog"),
  whole("maxClients", "max_client_conn"),
  { path: "pools.mode", key: "pool_mode" },
  whole("pools.size", "default_pool_size"),
  whole("pools.min", "min_pool_size"),
  whole("pools.reserve", "reserve_pool_size"),
  seconds("pools.reserveTimeout", "reserve_pool_timeout"),
  whole("pools.maxConnections", "max_db_connections"),
  whole("pools.maxUserConnections", "max_user_connections"),
  whole("pools.maxClients", "max_db_client_connections"),
  whole("pools.maxUserClients", "max_user_client_connections"),
  seconds("timeouts.query", "query_timeout"),
  seconds("timeouts.idleTransaction", "idle_transaction_timeout"),
  seconds("timeouts.transaction", "transaction_timeout"),
  seconds("timeouts.clientIdle", "client_idle_timeout"),
  seconds("timeouts.queryWait", "query_wait_timeout"),
  seconds("timeouts.cancelWait", "cancel_wait_timeout"),
  seconds("timeouts.clientLogin", "client_login_timeout"),
  seconds("timeouts.serverConnect", "server_connect_timeout"),
  seconds("timeouts.serverRetry", "server_login_retry"),
  seconds("timeouts.serverIdle", "server_idle_timeout"),
  seconds("timeouts.serverLifetime", "server_lifetime"),
  seconds("timeouts.serverCheck", "server_check_delay"),
  ...tls("client"),
  ...tls("server"),
  { path: "auth.type", key: "auth_type" },
  { path: "auth.file", key: "auth_file" },
  { path: "auth.hba", key: "auth_hba_file" },
  { path: "auth.ident", key: "auth_ident_file" },
  { path: "auth.user", key: "auth_user" },
  { path: "auth.query", key: "auth_query" },
  { path: "auth.database", key: "auth_dbname" },
  words("admins", "admin_users"),
  words("stats", "stats_users"),
  words("ignoreStartupParameters", "ignore_startup_parameters"),
  words("trackExtraParameters", "track_extra_parameters"),
  whole("maxPreparedStatements", "max_prepared_statements"),
];

/** The fields that values give; a key that no field goes by is a setting under its own name. */
export function specOf(values: Values, fields: readonly Field[]): Spec {
  const spec: Record<string, Json> = {};
  const settings: Record<string, string> = {};
  const byKey = new Map(fields.map((field) => [field.key, field]));
  for (const [key, value] of values) {
    const field = byKey.get(key);
    if (!field) settings[key] = value;
    else if (value !== "") put(spec, field.path.split("."), read(value, field.form));
  }
  return Object.keys(settings).length > 0 ? { ...spec, settings } : spec;
}

/** The values that fields give, by key. */
export function valuesOf(spec: Spec, fields: readonly Field[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const { path, key, form } of fields) {
    const value = at(spec, path);
    // An empty host is one that the line does not give.
    if (value !== undefined && value !== "") values.set(key, written(value, form));
  }
  for (const [key, value] of Object.entries((spec.settings ?? {}) as Record<string, string>)) values.set(key, value);
  return values;
}

/** Keys that mean the same as another where they stand for a pool. */
const ALIASES: Readonly<Record<string, string>> = { reserve_pool_size: "reserve_pool" };
const MODES = ["session", "transaction", "statement"];

type Raw = Readonly<Record<string, string | number | boolean>>;

/** The field that a key of `settings` says, if one does. */
function fieldOf(key: string, fields: readonly Field[]): Field | undefined {
  return fields.find((field) => field.key === key) ?? fields.find((field) => field.key === ALIASES[key]);
}

/** A spec in which what `settings` say stands in the fields that say it: one place for whoever counts or judges. */
export function lifted<S extends { readonly settings?: Raw }>(spec: S, fields: readonly Field[]): S {
  const { settings, ...rest } = spec;
  if (!settings) return spec;
  const other: Record<string, string> = {};
  const found: Record<string, Json> = { ...(rest as Record<string, Json>) };
  for (const [key, value] of Object.entries(settingTexts(settings))) {
    const field = fieldOf(key, fields);
    if (field && value !== "") put(found, field.path.split("."), read(value, field.form));
    else if (!field) other[key] = value;
  }
  return { ...found, ...(Object.keys(other).length > 0 && { settings: other }) } as unknown as S;
}

/** What is wrong with `settings` that say what a field says, in words. */
export function rawFaults(spec: { readonly settings?: Raw }, fields: readonly Field[]): string[] {
  return Object.entries(settingTexts(spec.settings ?? {})).flatMap(([key, value]) => {
    const field = fieldOf(key, fields);
    if (!field) return [];
    if (at(spec as Spec, field.path) !== undefined)
      return [`\`settings.${key}\` says what \`${field.path}\` says: leave it out`];
    const fits = value === "" || FORMS[key === "pool_mode" ? "mode" : (field.form ?? "text")](value);
    return fits ? [] : [`\`settings.${key}\` cannot be ${value}; say \`${field.path}\` instead`];
  });
}

const FORMS: Readonly<Record<NonNullable<Field["form"]> | "mode", (value: string) => boolean>> = {
  mode: (value) => MODES.includes(value),
  whole: (value) => /^\d+$/.test(value),
  seconds: (value) => /^\d+(\.\d+)?$/.test(value),
  text: () => true,
  words: () => true,
};

/** Settings as a configuration file holds them: text. */
export function settingTexts(settings: Raw): Record<string, string> {
  const words = Object.entries(settings).map(([name, value]) => [
    name,
    typeof value === "boolean" ? `${Number(value)}` : inLine(name, `${value}`),
  ]);
  return Object.fromEntries(words);
}

function put(spec: Record<string, Json>, [first = "", ...rest]: readonly string[], value: Json): void {
  if (rest.length === 0) spec[first] = value;
  else {
    const inner = { ...(spec[first] as Record<string, Json> | undefined) };
    put(inner, rest, value);
    spec[first] = inner;
  }
}

function at(spec: Spec, path: string): Json | undefined {
  let value: Json | undefined = spec as Json;
  for (const part of path.split(".")) value = (value as Record<string, Json> | undefined)?.[part];
  return value;
}

function read(value: string, form: Field["form"]): Json {
  if (form === "whole") return Number(value);
  if (form === "words")
    return value
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean);
  if (form !== "seconds") return value;
  const seconds = Number(value);
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`;
}

function written(value: Json, form: Field["form"]): string {
  if (form === "words") return (value as readonly string[]).join(", ");
  return form === "seconds" ? `${milliseconds(value as string) / 1000}` : `${value}`;
}
