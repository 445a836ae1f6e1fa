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

/**
 * Same fields, sparse: keys in the order of the schema, defaults and empty collections left out, sets sorted. What is in
 * that form already is not copied, since most of a large declaration is.
 */
export function canonical(schema: ObjectSchema, spec: Spec): Spec {
  return canonicalObject(schema, spec as { [key: string]: Json });
}

function canonicalObject(schema: Schema, value: { readonly [key: string]: Json | undefined }): { [key: string]: Json } {
  const result: { [key: string]: Json } = {};
  const names = Object.keys(value);
  let kept = 0;
  let isSame = true;
  for (const [name, field] of fieldsOf(schema)) {
    const given = value[name];
    if (given === undefined) continue;
    const form = typeof given === "object" ? canonicalValue(field, given) : given;
    if (form === undefined || isDefault(field, form)) continue;
    isSame &&= form === given && names[kept] === name;
    kept += 1;
    result[name] = form;
  }
  return isSame && kept === names.length ? (value as { [key: string]: Json }) : result;
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
    // An element that has nothing left is still one: a row without values, a text without letters.
    const items = value.map((item) => canonicalValue(form.items ?? {}, item) ?? item);
    if (form.collection === "set") items.sort();
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (value === null || typeof value !== "object") return value;
  if (form.properties) {
    const fields = canonicalObject(form, value as { [key: string]: Json });
    return Object.keys(fields).length === 0 && form.secret !== true ? undefined : fields;
  }
  const keys = Object.keys(value).sort();
  if (keys.length === 0) return undefined;
  // What a field of any form holds is kept as it is.
  if (form.additionalProperties === undefined) return value;
  const values = form.additionalProperties as Schema;
  return Object.fromEntries(
    keys.map((key) => {
      const form = canonicalValue(values, (value as { [key: string]: Json })[key] as Json);
      return [key, form === undefined ? {} : form];
    }),
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

const SPEC_TEXTS = new WeakMap<Spec, string>();

/** A spec as one text, which is made once: equal ones have equal texts, since both sides are canonical. */
export function specText(spec: Spec): string {
  let text = SPEC_TEXTS.get(spec);
  if (text === undefined) {
    text = JSON.stringify(spec);
    SPEC_TEXTS.set(spec, text);
  }
  return text;
}

/** What a visitor is shown: a value, what the schema says it is, and where it stands. */
export interface Visit {
  readonly schema: Schema;
  readonly value: Json;
  readonly path: Path;
  /** The objects around it, from the spec itself to the one that holds the value. */
  readonly around: readonly { readonly [key: string]: Json }[];
}

export type Visitor = (visit: Visit) => Json | undefined;

/** A visit that knows where it is once somebody asks: few do, and there are many. */
class Place implements Visit {
  readonly schema: Schema;
  readonly value: Json;
  readonly #parent: Place | undefined;
  readonly #key: string;

  constructor(schema: Schema, value: Json, parent: Place | undefined, key: string) {
    this.schema = schema;
    this.value = value;
    this.#parent = parent;
    this.#key = key;
  }

  get path(): Path {
    return this.#parent ? [...this.#parent.path, this.#key] : [];
  }

  get around(): readonly { readonly [key: string]: Json }[] {
    if (!this.#parent) return [];
    const { value, around } = this.#parent;
    return Array.isArray(value) ? around : [...around, value as { readonly [key: string]: Json }];
  }
}

/** Which fields are worth a visit, because they or something in them is what is sought. */
export interface Sought {
  in(schema: Schema): boolean;
  fields(schema: Schema): ReturnType<typeof fieldsOf>;
}

/** Fields that are what a test tells of a schema, or hold one; found once for each schema. */
export function seeking(test: (schema: Schema) => boolean): Sought {
  const answers = new WeakMap<Schema, boolean>();
  const fields = new WeakMap<Schema, ReturnType<typeof fieldsOf>>();
  const sought: Sought = {
    in: (schema) => {
      const { items, anyOf = [], additionalProperties } = schema;
      const known = answers.get(schema);
      if (known !== undefined) return known;
      const inside = [...fieldsOf(schema).map(([, field]) => field), ...(items ? [items] : []), ...anyOf];
      if (typeof additionalProperties === "object") inside.push(additionalProperties);
      const answer = test(schema) || inside.some(sought.in);
      answers.set(schema, answer);
      return answer;
    },
    fields: (schema) => {
      const known = fields.get(schema) ?? fieldsOf(schema).filter(([, field]) => sought.in(field));
      fields.set(schema, known);
      return known;
    },
  };
  return sought;
}

/**
 * Shows every value below a spec to the visitor; what it returns takes the value's place, undefined leaves it. Told what
 * is sought, it passes over the rest, which is most of a table.
 */
export function walk(schema: ObjectSchema, spec: Spec, visitor: Visitor, sought?: Sought): Spec {
  if (sought && !sought.in(schema)) return spec;
  return walkValue(schema, spec as Json, undefined, "", visitor, sought) as Spec;
}

function walkValue(
  schema: Schema,
  value: Json,
  parent: Place | undefined,
  key: string,
  visitor: Visitor,
  sought: Sought | undefined,
): Json {
  const form = formOf(schema, value);
  const place = new Place(form, value, parent, key);
  const replaced = visitor(place);
  if (replaced !== undefined) return replaced;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    let items: Json[] | undefined;
    for (let index = 0; index < value.length; index += 1) {
      const item = value[index] as Json;
      const own = form.collection === "keyed" ? elementKey(form, item) : `${index}`;
      const result = walkValue(form.items ?? {}, item, place, own, visitor, sought);
      if (result === item) continue;
      items ??= [...value];
      items[index] = result;
    }
    return items ?? value;
  }
  const given = value as { readonly [key: string]: Json };
  let copy: { [key: string]: Json } | undefined;
  const visit = (name: string, field: Schema | undefined): void => {
    const inside = given[name];
    if (!field || inside === undefined) return;
    const result = walkValue(field, inside, place, name, visitor, sought);
    if (result === inside) return;
    copy ??= { ...given };
    copy[name] = result;
  };
  if (form.properties && sought) for (const [name, field] of sought.fields(form)) visit(name, field);
  else {
    const values = form.additionalProperties as Schema | undefined;
    if (sought && !(values && sought.in(values))) return value;
    for (const name of Object.keys(given)) visit(name, form.properties ? form.properties[name] : values);
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
  const visitor: Visitor = (visit) => {
    const { schema, value } = visit;
    if (!schema.reference || typeof value !== "string") return undefined;
    found.push({
      reference: schema.reference,
      name: value,
      get path() {
        return visit.path;
      },
    });
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
  if (!REWRITTEN.in(kind.schema)) return NO_TEXTS;
  const known = TEXTS.get(spec);
  if (known) return known;
  const found = new Map<string, string>();
  collectTexts(kind.schema, spec as Json, "", found);
  TEXTS.set(spec, found);
  return found;
}

/** A walk of its own, because every object of a database takes it on both sides of every comparison. */
function collectTexts(schema: Schema, value: Json, key: string, found: Map<string, string>): void {
  const form = formOf(schema, value);
  if (typeof value === "string" && form.rewritten) found.set(key, value);
  if (typeof value !== "object" || value === null || !REWRITTEN.in(form)) return;
  const below = (part: string): string => (key === "" ? pathPart(part) : `${key}/${pathPart(part)}`);
  if (Array.isArray(value)) {
    const items = form.items ?? {};
    value.forEach((item, index) => {
      collectTexts(items, item, below(form.collection === "keyed" ? elementKey(form, item) : `${index}`), found);
    });
    return;
  }
  const fields = value as { readonly [key: string]: Json };
  if (!form.properties) {
    const values = form.additionalProperties as Schema;
    for (const name of Object.keys(fields)) collectTexts(values, fields[name] as Json, below(name), found);
    return;
  }
  for (const [name, field] of REWRITTEN.fields(form)) {
    const inside = fields[name];
    if (inside !== undefined) collectTexts(field, inside, below(name), found);
  }
}

/** The spec with some of its rewritten texts replaced. */
export function withTexts(kind: Kind, spec: Spec, texts: (path: string, text: string) => string | undefined): Spec {
  const visitor: Visitor = (visit) =>
    visit.schema.rewritten && typeof visit.value === "string" ? texts(pathKey(visit.path), visit.value) : undefined;
  return walk(kind.schema, spec, visitor, REWRITTEN);
}

/** A path as one text, for maps and for the ledger. */
export function pathKey(path: Path): string {
  return path.map(pathPart).join("/");
}

function pathPart(part: string): string {
  return part.includes("~") || part.includes("/") ? part.replaceAll("~", "~0").replaceAll("/", "~1") : part;
}
