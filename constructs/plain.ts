import { formOf } from "../core/objects.ts";
import type { Json, Schema } from "../core/schema.ts";

/** Answers for a value that is not JSON yet; undefined where it is. */
export type Leaf = (schema: Schema, value: unknown, path: readonly string[]) => Json | undefined;

/** Properties as plain JSON: keys in the order of the schema, absent ones left out, leaves as `leaf` says. */
export function plain(schema: Schema, value: unknown, leaf: Leaf, path: readonly string[] = []): Json {
  const answer = leaf(schema, value, path);
  if (answer !== undefined) return answer;
  if (value === null || typeof value !== "object") return value as Json;
  const form = formOf(schema, value as Json);
  if (Array.isArray(value)) {
    return value.map((item, index) => plain(form.items ?? {}, item, leaf, [...path, `${index}`]));
  }
  const fields = value as { readonly [key: string]: unknown };
  const known = Object.keys(form.properties ?? {});
  // Unknown keys are kept: the validator is the one to speak about them.
  const keys = [...known, ...Object.keys(fields).filter((key) => !known.includes(key))];
  const inside = (key: string): Schema =>
    form.properties?.[key] ?? (typeof form.additionalProperties === "object" ? form.additionalProperties : {});
  return Object.fromEntries(
    keys
      .filter((key) => fields[key] !== undefined)
      .map((key) => [key, plain(inside(key), fields[key], leaf, [...path, key])]),
  );
}
