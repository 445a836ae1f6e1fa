/** Fields of a kind and the keys that they go by in the configuration: one table for both directions. */

import { milliseconds } from "../../core/duration.ts";
import type { FieldChange } from "../../core/engine.ts";
import type { Spec } from "../../core/kind.ts";
import type { Json } from "../../core/schema.ts";

export interface Field {
  /** Where it stands in the spec, with dots. */
  readonly path: string;
  readonly key: string;
  /** @default "text" */
  readonly form?: "text" | "whole" | "seconds" | "words";
}

export type Values = ReadonlyMap<string, string>;

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
    if (value !== undefined) values.set(key, written(value, form));
  }
  for (const [key, value] of Object.entries((spec.settings ?? {}) as Record<string, string>)) values.set(key, value);
  return values;
}

/** Keys that changed fields go by. */
export function changedKeys(changes: readonly FieldChange[], fields: readonly Field[]): string[] {
  const found = new Set<string>();
  for (const { path, from, to } of changes) {
    const dotted = path.join(".");
    if (path[0] === "settings" || path[0] === "unloaded") {
      const keys = path.length > 1 ? [path[1] as string] : Object.keys({ ...(from as object), ...(to as object) });
      for (const key of keys) found.add(key);
    }
    for (const field of fields) if (field.path === dotted || field.path.startsWith(`${dotted}.`)) found.add(field.key);
  }
  return [...found];
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

/** Do two spellings mean the same value? */
export function sameValue(key: string, a: string, b: string): boolean {
  if (a === b) return true;
  if (key === "unix_socket_mode") return mode(a) === mode(b);
  if (a !== "" && b !== "" && !Number.isNaN(Number(a)) && Number(a) === Number(b)) return true;
  const list = (text: string): string =>
    text
      .split(",")
      .map((word) => word.trim())
      .join();
  return list(a) === list(b);
}

/** Written as octal, shown as decimal. */
function mode(text: string): number {
  return /^0/.test(text) ? Number.parseInt(text, 8) : Number(text);
}
