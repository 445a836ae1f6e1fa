/**
 * What stands in a pooler's files stands on one line, and the keys of these lines are not quoted: nothing may get out of
 * its place. https://www.pgbouncer.org/config.html
 */
import type { Spec } from "../kind.ts";
import type { Json } from "../schema.ts";

/** Groups of fields with their statement on one line, as a block of YAML seldom has it. */
export function withQueryInLine<A extends { readonly query?: string }>(auth: A): A {
  return auth.query === undefined ? auth : { ...auth, query: inLine("query", auth.query) };
}

/** A value on one line, as far as it means the same there: a statement without comments to the end of the line. */
export function inLine(name: string, value: string): string {
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
