/** A schema and a value in words, for messages. A value itself is never shown: it may be a secret. */
import type { Json, Schema } from "../schema.ts";

/** What a field takes: `text`, "one of `a` and `b`", `fields`. */
export function expected(schema: Schema): string {
  if (schema.secret)
    return "a secret by reference: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it";
  if (schema.reference) return schema.reference.parts === 2 ? "a name such as `schema.name`" : "a name";
  if (schema.anyOf) return alternatives([...new Set(schema.anyOf.map(expected))]);
  if (schema.const !== undefined) return quoted(schema.const);
  if (schema.enum)
    return schema.enum.length === 1 ? quoted(schema.enum[0] as Json) : `one of ${schema.enum.map(quoted).join(", ")}`;
  if (schema.type === "object") return fields(schema);
  return (schema.type && TYPES[schema.type]) ?? "something else";
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
};

function fields(schema: Schema): string {
  if (schema.required?.length) return `fields with ${schema.required.map(quoted).join(" and ")}`;
  return schema.properties
    ? `fields such as ${Object.keys(schema.properties).slice(0, 3).map(quoted).join(", ")}`
    : "fields by name";
}

/** What stands there instead, by its type only. */
export function given(value: Json | undefined): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "fields";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "number" ? "a number" : "text";
}

export function quoted(word: Json): string {
  return `\`${String(word)}\``;
}

/** `a`, `b` or `c`. */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The hint for a mistyped word. */
export function didYouMean(word: string | undefined): { readonly detail?: string } {
  return word === undefined ? {} : { detail: `Did you mean ${quoted(word)}?` };
}

/** A path as people read it: `columns.email.type`, with the element's own name where it has one. */
export function pathInWords(root: Json, path: readonly string[]): string {
  let value: Json | undefined = root;
  let words = "";
  for (const step of path) {
    const list: boolean = Array.isArray(value);
    value = value === null || typeof value !== "object" ? undefined : (value as { readonly [key: string]: Json })[step];
    const name: string | undefined = list ? nameOf(value) : step;
    words += name === undefined ? `[${step}]` : words === "" ? name : `.${name}`;
  }
  return words;
}

function nameOf(element: Json | undefined): string | undefined {
  if (element === null || typeof element !== "object") return undefined;
  const { name } = element as { readonly [key: string]: Json };
  return typeof name === "string" ? name : undefined;
}
