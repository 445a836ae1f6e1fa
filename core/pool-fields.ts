/** Fields that a pooler, its pools and its users share. */
import { milliseconds } from "./duration.ts";
import type { Spec } from "./kind.ts";
import { choice, type Json, map, type Schema, text, whole } from "./schema.ts";
import { duration } from "./source-fields.ts";

export const POOL_MODE: Schema = choice(
  "When a server connection goes back to the pool: `session` when the client leaves, `transaction` after each transaction, `statement` after each statement.",
  ["session", "transaction", "statement"],
);

export const count = (description: string): Schema => whole(description, { minimum: 0 });

/** The one form in which durations are compared: `5min` → `300s`. */
function inSeconds(text: string): string {
  const time = milliseconds(text);
  return time % 1000 === 0 ? `${time / 1000}s` : `${time}ms`;
}

type Durations = Readonly<Record<string, string | undefined>>;

/** Every duration of a group in the one form that is compared. */
export function normaliseDurations<D extends Durations>(durations: D): D {
  return Object.fromEntries(Object.entries(durations).map(([name, text]) => [name, text && inSeconds(text)])) as D;
}

/** Limits that a user may have in place of those of the pooler. */
export const USER_TIMEOUTS: Readonly<Record<string, Schema>> = {
  query: duration("A statement that runs longer is cancelled."),
  idleTransaction: duration("A client that leaves a transaction open longer is disconnected."),
  transaction: duration("A client whose transaction lasts longer is disconnected."),
  clientIdle: duration("A client that does nothing for longer is disconnected."),
};

/** Settings as a configuration file holds them: text. */
export function settingTexts(settings: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  const words = Object.entries(settings).map(([name, value]) => [
    name,
    typeof value === "boolean" ? `${Number(value)}` : inLine(name, `${value}`),
  ]);
  return Object.fromEntries(words);
}

/** Groups of fields with their statement on one line, as a block of YAML seldom has it. */
export function withQueryInLine<A extends { readonly query?: string }>(auth: A): A {
  return auth.query === undefined ? auth : { ...auth, query: inLine("query", auth.query) };
}

/** A value on one line, as far as it means the same there: a statement without comments to the end of the line. */
function inLine(name: string, value: string): string {
  const text = value.trim();
  const lines = text.split(/\r?\n/);
  const isWhole = (line: string): boolean => line.split("'").length % 2 === 1 && line.split('"').length % 2 === 1;
  if (!/query$/.test(name) || /--|\$\w*\$/.test(text) || !lines.every(isWhole)) return text;
  return lines.map((line) => line.trim()).join(" ");
}

/** Keys of `pgbouncer.ini`: it knows no quotes for them, whatever its manual says. */
const KEY = /^[A-Za-z0-9_.*-]+$/;
const BREAK = /[\r\n\0]/;

/** What is wrong with a name that is to stand before `=`, in words. */
export function keyFaults(name: string): string[] {
  if (KEY.test(name)) return [];
  return [
    `PgBouncer cannot read the name ${JSON.stringify(name)}: letters, digits and \`_ . - *\` alone may stand in it`,
  ];
}

/** What of a spec would not stay in the line or in the list that it is written into, in words. */
export function lineFaults(spec: Spec): string[] {
  return Object.entries(spec).flatMap(([field, value]) => (value === undefined ? [] : faultsAt([field], value)));
}

function faultsAt(path: readonly string[], value: Json): string[] {
  const [field = ""] = path;
  const name = path.at(-1) as string;
  // Passwords are given by reference.
  if (name === "password") return [];
  if (Array.isArray(value))
    return value.flatMap((each) =>
      typeof each === "string" && LISTS.has(name) && each.includes(",")
        ? [`\`${path.join(".")}\` is written as a list with commas, and ${JSON.stringify(each)} has one`]
        : faultsAt(path, each as Json),
    );
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, inner]) => [
      ...(field === "settings" ? keyFaults(key) : []),
      ...faultsAt([...path, key], inner as Json),
    ]);
  const isFolded = field === "settings" || path.join(".") === "auth.query";
  const text = typeof value === "string" ? (isFolded ? inLine(name, value) : value) : "";
  return BREAK.test(text) ? [`\`${path.join(".")}\` has a line break, and stands on one line of a file`] : [];
}

const LISTS: ReadonlySet<string> = new Set([
  "addresses",
  "admins",
  "stats",
  "ignoreStartupParameters",
  "trackExtraParameters",
]);

/** What a configuration says otherwise than what is in force; nobody declares it, so any is a difference. */
export const UNLOADED: Schema = {
  ...map("What the file says otherwise than what is in force, and what waits to be loaded.", text("Value.")),
  computed: true,
  default: {},
};
