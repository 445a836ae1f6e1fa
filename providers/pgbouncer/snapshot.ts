/**
 * A pooler as it is: what its files say and what its console says is in force. The console counts; what a file says
 * otherwise was not loaded yet, or the console was told otherwise, and is shown as that.
 */
import type { Handler } from "../../core/engine.ts";
import type { Values } from "../../core/pools/keys.ts";
import type { PoolUser } from "../../core/specs.ts";
import type { Config, InForce, Row } from "./console.ts";
import { sameValue } from "./fields.ts";
import { entries, type Ini, parsePairs } from "./ini.ts";
import type { Memory } from "./memory.ts";
import { secretsOf, type Userlist } from "./userlist.ts";
import { has } from "./versions.ts";

export interface Texts {
  readonly ini: Ini;
  readonly userlist: Userlist;
}

export interface Snapshot extends InForce, Texts {
  readonly versionNumber: number;
  readonly memory: Memory;
  /** What the running pooler proved last, where a run was stopped before the present files were. */
  readonly proved: Texts | undefined;
  /** Databases that a run has paused; others were paused by another hand, and stay so. */
  readonly paused: ReadonlySet<string>;
  /** Role that the console is used as. */
  readonly admin: string;
  /** Declared users whose secret in the userlist is the right one, with how they are declared. */
  readonly matched: ReadonlyMap<string, Pick<PoolUser, "from" | "password" | "keep">>;
}

/** A cell: all phases of a kind. */
export interface PoolerHandler<S> extends Handler<S> {
  inspect(snapshot: Snapshot): Iterable<S>;
}

/** What the file says of a key otherwise than what is in force. */
export type Unloaded = Readonly<Record<string, string>>;

/** Values in force, and what the file says otherwise. */
export interface Held {
  readonly values: Values;
  readonly unloaded: Unloaded;
}

/** Told on the command line, or of no consequence. */
const BESIDE_FILE: ReadonlySet<string> = new Set(["conffile", "job_name", "service_name", "user", "verbose"]);

/** Settings in force that are not the default. */
export function settingsHeld({ config, ini, proved }: Snapshot): Held {
  const values = new Map<string, string>();
  const unloaded: Record<string, string> = {};
  const file = entries(ini, "pgbouncer");
  const before = proved && entries(proved.ini, "pgbouncer");
  for (const [key, { value, fallback, changeable }] of config) {
    if (key !== "conffile" && !isDefault(key, value, fallback)) values.set(key, value);
    const said = file.get(key);
    const expected = said ?? fallback;
    const isBeside = said === undefined && (BESIDE_FILE.has(key) || !changeable);
    if (!isBeside && !sameValue(key, expected, value)) unloaded[key] = expected;
    if (before && before.get(key) !== said) unloaded[key] = expected;
  }
  return { values, unloaded };
}

export function isDefault(key: string, value: string, fallback: string): boolean {
  return sameValue(key, value, fallback) || (key === "verbose" && value === "0" && fallback === "");
}

interface Column {
  readonly key: string;
  /** Names that it had in one version or another. */
  readonly columns: readonly string[];
  /** Setting that counts where the entry gives nothing. */
  readonly fallback?: string;
}

/** Keys of databases that the console shows. */
const DATABASE: readonly Column[] = [
  { key: "host", columns: ["host"] },
  { key: "port", columns: ["port"] },
  { key: "dbname", columns: ["database"] },
  { key: "user", columns: ["force_user"] },
  { key: "pool_size", columns: ["pool_size"], fallback: "default_pool_size" },
  { key: "min_pool_size", columns: ["min_pool_size"], fallback: "min_pool_size" },
  { key: "reserve_pool", columns: ["reserve_pool", "reserve_pool_size"], fallback: "reserve_pool_size" },
  { key: "pool_mode", columns: ["pool_mode"] },
  { key: "max_db_connections", columns: ["max_connections"], fallback: "max_db_connections" },
  { key: "max_db_client_connections", columns: ["max_client_connections"], fallback: "max_db_client_connections" },
  { key: "server_lifetime", columns: ["server_lifetime"], fallback: "server_lifetime" },
];

/** Keys of users that the console shows. */
const USER: readonly Column[] = [
  { key: "pool_mode", columns: ["pool_mode"] },
  { key: "pool_size", columns: ["pool_size"] },
  { key: "reserve_pool_size", columns: ["reserve_pool_size"] },
  { key: "max_user_connections", columns: ["max_user_connections"], fallback: "max_user_connections" },
  {
    key: "max_user_client_connections",
    columns: ["max_user_client_connections"],
    fallback: "max_user_client_connections",
  },
];

/** Databases that are known to the file or to the console, with what is in force of each. */
export function databasesHeld(snapshot: Snapshot): Map<string, Held> {
  const { ini, proved, databases } = snapshot;
  const file = entries(ini, "databases");
  const before = proved && entries(proved.ini, "databases");
  const known = file.has("*") ? [] : [...databases.keys()];
  const found = new Map<string, Held>();
  for (const name of new Set([...file.keys(), ...known])) {
    if (name === "pgbouncer") continue;
    const defaults = new Map([
      ["port", "5432"],
      ["dbname", name],
    ]);
    const held = heldEntry(file.get(name), databases.get(name), DATABASE, defaults, snapshot);
    const isNew = before !== undefined && before.get(name) !== file.get(name);
    const shown = name === "*" ? { ...held, unloaded: {} } : held;
    found.set(name, isNew ? { ...shown, unloaded: { entry: "not proved", ...shown.unloaded } } : shown);
  }
  return found;
}

/** Users that the userlist or the file knows. */
export function usersHeld(snapshot: Snapshot): Map<string, Held> {
  const { ini, userlist, proved, users, admin } = snapshot;
  const file = entries(ini, "users");
  const secrets = secretsOf(userlist);
  const before = proved && { file: entries(proved.ini, "users"), secrets: secretsOf(proved.userlist) };
  const found = new Map<string, Held>();
  for (const name of new Set([...secrets.keys(), ...file.keys()])) {
    if (name === admin) continue;
    const held = heldEntry(file.get(name) ?? "", users.get(name), USER, new Map(), snapshot);
    const isNew =
      before && (before.file.get(name) !== file.get(name) || before.secrets.get(name) !== secrets.get(name));
    found.set(name, isNew ? { ...held, unloaded: { entry: "not proved", ...held.unloaded } } : held);
  }
  return found;
}

/** Users of the files for whom another limit is in force than they say. */
export function limitedBy(snapshot: Snapshot): string[] {
  const isLimit = (key: string): boolean => key !== "entry";
  return [...usersHeld(snapshot)].flatMap(([name, { unloaded }]) =>
    Object.keys(unloaded).some(isLimit) ? [name] : [],
  );
}

function heldEntry(
  text: string | undefined,
  row: Row | undefined,
  columns: readonly Column[],
  defaults: Values,
  { config, versionNumber }: Snapshot,
): Held {
  const values = parsePairs(text ?? "");
  const mode = values.get("pool_mode");
  if (mode !== undefined) values.set("pool_mode", mode.toLowerCase());
  rename(values, "reserve_pool_size", columns === DATABASE ? "reserve_pool" : "reserve_pool_size");
  if (!row) return { values, unloaded: { entry: "not loaded" } };
  const unloaded: Record<string, string> = text === undefined ? { entry: "not in the file" } : {};
  for (const { key, columns: names, fallback } of columns) {
    const shown = names.map((name) => row.get(name)).find((value) => value !== undefined);
    if (shown === undefined || !has(columns === DATABASE ? "databases" : "users", key, versionNumber)) continue;
    const said = values.get(key);
    const expected = said ?? defaults.get(key) ?? (fallback === undefined ? "" : inForceOf(config, fallback));
    if (sameValue(key, expected, shown)) continue;
    if (text !== undefined) unloaded[key] = expected;
    if (shown === "") values.delete(key);
    else values.set(key, shown);
  }
  return { values, unloaded };
}

function rename(values: Map<string, string>, alias: string, key: string): void {
  const value = values.get(alias);
  if (value === undefined || alias === key) return;
  values.delete(alias);
  values.set(key, value);
}

function inForceOf(config: ReadonlyMap<string, Config>, key: string): string {
  return config.get(key)?.value ?? "";
}

/** What was written and is not in force, in words: nothing after a RELOAD that the pooler took. */
export function notInForce(snapshot: Snapshot, restarted: boolean): string[] {
  const words = (what: string, unloaded: Unloaded): string[] =>
    Object.entries(unloaded).map(([key, value]) => `${what}: ${key} should be ${value === "" ? "unset" : value}`);
  const { unloaded } = settingsHeld(snapshot);
  const due = Object.entries(unloaded).filter(([key]) => restarted || snapshot.config.get(key)?.changeable);
  return [
    ...words("[pgbouncer]", Object.fromEntries(due)),
    ...[...databasesHeld(snapshot)].flatMap(([name, held]) => words(`database ${name}`, held.unloaded)),
    ...[...usersHeld(snapshot)].flatMap(([name, held]) => words(`user ${name}`, held.unloaded)),
  ];
}
