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
  for (const [name, field] of fieldsOf(schema)) {
    const given = value[name];
    if (given === undefined) continue;
    const form = typeof given === "object" ? canonicalValue(field, given) : given;
    if (form !== undefined && !isDefault(field, form)) result[name] = form;
  }
  return result;
}

const FIELDS = new WeakMap<Schema, readonly (readonly [name: string, field: Schema])[]>();

/** The fields of a schema as a list, which is made once. */
export function fieldsOf(schema: Schema): readonly (readonly [name: string, field: Schema])[] {
  let fields = FIELDS.get(schema);
  if (!fields) {
    fields = Object.entries(schema.properties ?? {});
    FIELDS.set(schema, fields);
  }
  return fields;
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

export type Visitor = (visit: Visit) => Json | undefined;

/** Which fields are worth a visit, because they or something in them is what is sought. */
export type Sought = (schema: Schema) => boolean;

/** Fields that hold, or are, what a test tells of a schema; remembered for each schema. */
export function seeking(test: (schema: Schema) => boolean): Sought {
  const known = new WeakMap<Schema, boolean>();
  const sought = (schema: Schema): boolean => {
    let answer = known.get(schema);
    if (answer === undefined) {
      const { items, anyOf = [], additionalProperties } = schema;
      const inside = [...fieldsOf(schema).map(([, field]) => field), ...(items ? [items] : []), ...anyOf];
      answer =
        test(schema) ||
        inside.some(sought) ||
        (typeof additionalProperties === "object" && sought(additionalProperties));
      known.set(schema, answer);
    }
    return answer;
  };
  return sought;
}

/**
 * Shows every value below a spec to the visitor; what it returns takes the value's place, undefined leaves it. Told what
 * is sought, it passes over the rest, which is most of a table.
 */
export function walk(schema: ObjectSchema, spec: Spec, visitor: Visitor, sought?: Sought): Spec {
  if (sought && !sought(schema)) return spec;
  return walkValue(schema, spec as Json, [], [], visitor, sought) as Spec;
}

function walkValue(
  schema: Schema,
  value: Json,
  path: Path,
  around: readonly { readonly [key: string]: Json }[],
  visitor: Visitor,
  sought: Sought | undefined,
): Json {
  const form = formOf(schema, value);
  const replaced = visitor({ schema: form, value, path, around });
  if (replaced !== undefined) return replaced;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    let changed = false;
    const items = value.map((item, index) => {
      const key = form.collection === "keyed" ? elementKey(form, item) : `${index}`;
      const result = walkValue(form.items ?? {}, item, [...path, key], around, visitor, sought);
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
    if (!field || given === undefined || (sought && !sought(field))) continue;
    const result = walkValue(field, given, [...path, key], inside, visitor, sought);
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
  const visitor: Visitor = ({ schema, value, path }) => {
    if (schema.reference && typeof value === "string") found.push({ reference: schema.reference, name: value, path });
    return undefined;
  };
  walk(kind.schema, spec, visitor, REFERENCES);
  return found;
}

const REFERENCES = seeking((schema) => schema.reference !== undefined);

/** The addresses that a reference may mean: one for each kind that it may name. */
export function meanings(reference: Reference, name: string): Address[] {
  const parts = reference.parts === 1 ? name : nameParts(name);
  return reference.kinds.map((kind) => address(kind, parts));
}

const REWRITTEN = seeking((schema) => schema.rewritten === true);

const TEXTS = new WeakMap<Spec, ReadonlyMap<string, string>>();
const NO_TEXTS: ReadonlyMap<string, string> = new Map();

/** Texts that the engine spells in its own way, by path; several look at them, and they are found once. */
export function rewrittenTexts(kind: Kind, spec: Spec): ReadonlyMap<string, string> {
  if (!REWRITTEN(kind.schema)) return NO_TEXTS;
  const known = TEXTS.get(spec);
  if (known) return known;
  const found = new Map<string, string>();
  const visitor: Visitor = ({ schema, value, path }) => {
    if (schema.rewritten && typeof value === "string") found.set(pathKey(path), value);
    return undefined;
  };
  walk(kind.schema, spec, visitor, REWRITTEN);
  TEXTS.set(spec, found);
  return found;
}

/** The spec with some of its rewritten texts replaced. */
export function withTexts(kind: Kind, spec: Spec, texts: (path: string, text: string) => string | undefined): Spec {
  const visitor: Visitor = ({ schema, value, path }) =>
    schema.rewritten && typeof value === "string" ? texts(pathKey(path), value) : undefined;
  return walk(kind.schema, spec, visitor, REWRITTEN);
}

/** A path as one text, for maps and for the ledger. */
export function pathKey(path: Path): string {
  const key = path.join("/");
  // Only a part that holds a sign of its own needs another spelling.
  if (!key.includes("~") && path.every((part) => !part.includes("/"))) return key;
  return path.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
}
