/** What can be done with the fields of any object because the schema of its kind says what each field is. */
import { type Address, address } from "./address.ts";
import type { Kind, Spec } from "./kind.ts";
import { nameParts } from "./names.ts";
import type { Json, ObjectSchema, Reference, Schema } from "./schema.ts";

/** Path of a field inside a spec; elements of keyed lists and maps go by their key, those of other lists by number. */
export type Path = readonly string[];

/** Of several forms that a field may have, the one that a value is in. */
export function formOf(schema: Schema, value: Json): Schema {
  if (!schema.anyOf) return schema;
  const type = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const fits = (form: Schema): boolean => {
    if (form.const !== undefined) return form.const === value;
    if (form.enum) return form.enum.includes(value);
    if ((form.type === "integer" ? "number" : form.type) !== type) return false;
    return type !== "object" || (form.required ?? []).every((key) => key in (value as object));
  };
  return schema.anyOf.find(fits) ?? (schema.anyOf[0] as Schema);
}

/** Same fields, sparse: keys in the order of the schema, defaults and empty collections left out, sets sorted. */
export function canonical(schema: ObjectSchema, spec: Spec): Spec {
  return canonicalObject(schema, spec as { [key: string]: Json });
}

function canonicalObject(schema: Schema, value: { readonly [key: string]: Json | undefined }): { [key: string]: Json } {
  const result: { [key: string]: Json } = {};
  for (const name in schema.properties) {
    const given = value[name];
    if (given === undefined) continue;
    const field = schema.properties[name] as Schema;
    const form = canonicalValue(field, given);
    if (form !== undefined && !isDefault(field, form)) result[name] = form;
  }
  return result;
}

function canonicalValue(schema: Schema, value: Json): Json | undefined {
  const form = formOf(schema, value);
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    const items = value.map((item) => canonicalValue(form.items ?? {}, item) as Json);
    return form.collection === "set" ? [...items].sort() : items;
  }
  if (value === null || typeof value !== "object") return value;
  if (form.properties) {
    const fields = canonicalObject(form, value as { [key: string]: Json });
    return Object.keys(fields).length === 0 && form.secret !== true ? undefined : fields;
  }
  const keys = Object.keys(value).sort();
  if (keys.length === 0) return undefined;
  const values = form.additionalProperties as Schema;
  return Object.fromEntries(
    keys.map((key) => [key, canonicalValue(values, (value as { [key: string]: Json })[key] as Json) ?? {}]),
  );
}

function isDefault(schema: Schema, value: Json): boolean {
  if (schema.default === undefined) return false;
  return schema.default === value || (typeof value === "object" && sameJson(schema.default, value));
}

export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => sameJson(item, b[index] as Json))
    );
  }
  const left = a as { [key: string]: Json };
  const right = b as { [key: string]: Json };
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length && keys.every((key) => key in right && sameJson(left[key], right[key]))
  );
}

/** What a visitor is shown: a value, what the schema says it is, where it stands, and the objects around it. */
export interface Visit {
  readonly schema: Schema;
  readonly value: Json;
  readonly path: Path;
  /** From the spec itself to the object that holds the value. */
  readonly around: readonly { readonly [key: string]: Json }[];
}

/** Shows every value below a spec to the visitor; what it returns takes the value's place, undefined leaves it. */
export function walk(schema: ObjectSchema, spec: Spec, visitor: (visit: Visit) => Json | undefined): Spec {
  return walkValue(schema, spec as Json, [], [], visitor) as Spec;
}

function walkValue(
  schema: Schema,
  value: Json,
  path: Path,
  around: readonly { readonly [key: string]: Json }[],
  visitor: (visit: Visit) => Json | undefined,
): Json {
  const form = formOf(schema, value);
  const replaced = visitor({ schema: form, value, path, around });
  if (replaced !== undefined) return replaced;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    let changed = false;
    const items = value.map((item, index) => {
      const key = form.collection === "keyed" ? elementKey(form, item) : `${index}`;
      const result = walkValue(form.items ?? {}, item, [...path, key], around, visitor);
      changed ||= result !== item;
      return result;
    });
    return changed ? items : value;
  }
  const fields = value as { [key: string]: Json };
  const inside = [...around, fields];
  let copy: { [key: string]: Json } | undefined;
  for (const key of Object.keys(fields)) {
    const field = form.properties ? form.properties[key] : (form.additionalProperties as Schema | undefined);
    const given = fields[key];
    if (!field || given === undefined) continue;
    const result = walkValue(field, given, [...path, key], inside, visitor);
    if (result === given) continue;
    copy ??= { ...fields };
    copy[key] = result;
  }
  return copy ?? value;
}

export function elementKey(schema: Schema, element: Json): string {
  if (typeof element === "string") return element;
  return `${(element as { [key: string]: Json } | null)?.[schema.key as string] ?? ""}`;
}

export interface FoundReference {
  readonly reference: Reference;
  readonly name: string;
  readonly path: Path;
}

/** Every reference that a spec makes. */
export function references(kind: Kind, spec: Spec): FoundReference[] {
  const found: FoundReference[] = [];
  walk(kind.schema, spec, ({ schema, value, path }) => {
    if (schema.reference && typeof value === "string") found.push({ reference: schema.reference, name: value, path });
    return undefined;
  });
  return found;
}

/** The addresses that a reference may mean: one for each kind that it may name. */
export function meanings(reference: Reference, name: string): Address[] {
  const parts = reference.parts === 1 ? name : nameParts(name);
  return reference.kinds.map((kind) => address(kind, parts));
}

/** Texts that the engine spells in its own way, by path. */
export function rewrittenTexts(kind: Kind, spec: Spec): Map<string, string> {
  const found = new Map<string, string>();
  if (!hasRewritten(kind.schema)) return found;
  walk(kind.schema, spec, ({ schema, value, path }) => {
    if (schema.rewritten && typeof value === "string") found.set(pathKey(path), value);
    return undefined;
  });
  return found;
}

const REWRITTEN = new WeakMap<Schema, boolean>();

function hasRewritten(schema: Schema): boolean {
  let known = REWRITTEN.get(schema);
  if (known === undefined) {
    known =
      schema.rewritten === true ||
      Object.values(schema.properties ?? {}).some(hasRewritten) ||
      (schema.items !== undefined && hasRewritten(schema.items)) ||
      (schema.anyOf ?? []).some(hasRewritten) ||
      (typeof schema.additionalProperties === "object" && hasRewritten(schema.additionalProperties));
    REWRITTEN.set(schema, known);
  }
  return known;
}

/** The spec with some of its rewritten texts replaced. */
export function withTexts(kind: Kind, spec: Spec, texts: (path: string, text: string) => string | undefined): Spec {
  return walk(kind.schema, spec, ({ schema, value, path }) =>
    schema.rewritten && typeof value === "string" ? texts(pathKey(path), value) : undefined,
  );
}

/** A path as one text, for maps and for the ledger. */
export function pathKey(path: Path): string {
  return path.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
}
