/**
 * The vocabulary in which a kind is written: JSON Schema 2020-12 plus the keywords below, which tell the reference
 * check, the diff and the generators what a field *is*. https://json-schema.org/draft/2020-12
 */

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a field refers to: one or several kinds whose objects it may name. */
export interface Reference {
  readonly kinds: readonly string[];
  /** How many parts the name has: 1 for a role, 2 for `schema.table`. */
  readonly parts: 1 | 2;
  /** @default true: the object that refers is made after the one referred to */
  readonly orders?: boolean;
}

export interface Schema {
  readonly type?: "string" | "number" | "integer" | "boolean" | "object" | "array";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** An absent field means this value. */
  readonly default?: Json;
  readonly examples?: readonly Json[];

  /** The field names another object. */
  readonly reference?: Reference;
  /** The field, or each key of a map, names a column: of the object itself (`self`), or of the table that the field named here refers to. */
  readonly column?: string;
  /** It does not where this field of the same or an outer object is given. */
  readonly columnUnless?: string;
  /** How an array is compared: in order, as a set, or element by element under the field named by `key`. */
  readonly collection?: "list" | "set" | "keyed";
  readonly key?: string;
  /** Elements that nobody declared are others' business: additive mode leaves them alone. */
  readonly open?: boolean;
  /** Text that the engine spells in its own way; compared in the engine's spelling. */
  readonly rewritten?: boolean;
  /** A reference to a secret: resolved when connecting, never compared, never printed. */
  readonly secret?: boolean;
  /**
   * What an absent field means where there is no default: none at all, whatever is there, or whatever is there and
   * Datumline did not make. @default "none"
   */
  readonly absent?: "none" | "keep" | "made";
  /** Names a file or folder, relative to the document, or to where Datumline runs. */
  readonly path?: boolean;
  /** Known to the declaration only; no engine holds it. */
  readonly local?: boolean;
  /** Filled by inspection only; nobody declares it. Compared where it has a default, which is what everybody declares. */
  readonly computed?: boolean;
}

/** The keywords that are ours, for the validator. */
export const VOCABULARY = [
  "reference",
  "column",
  "columnUnless",
  "collection",
  "key",
  "open",
  "rewritten",
  "secret",
  "path",
  "absent",
  "local",
  "computed",
] as const;

export interface ObjectSchema extends Schema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** An object whose keys are all known; `required` names those that must be given. */
export function object(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): ObjectSchema {
  return { type: "object", description, properties, required, additionalProperties: false };
}

export function text(description: string, more: Schema = {}): Schema {
  return { type: "string", minLength: 1, description, ...more };
}

export function flag(description: string, fallback = false): Schema {
  return { type: "boolean", description, default: fallback };
}

export function whole(description: string, more: Schema = {}): Schema {
  return { type: "integer", description, ...more };
}

/** One word out of several; the first is the default unless another is given. */
export function choice(description: string, values: readonly string[], more: Schema = {}): Schema {
  return { enum: values, description, ...more };
}

export function list(description: string, items: Schema, more: Schema = {}): Schema {
  return { type: "array", description, items, collection: "list", ...more };
}

/** A list in which order does not matter. */
export function set(description: string, items: Schema, more: Schema = {}): Schema {
  return { type: "array", description, items, collection: "set", uniqueItems: true, ...more };
}

/** A list whose elements are told apart by one of their fields. */
export function keyed(description: string, key: string, items: Schema, more: Schema = {}): Schema {
  return { type: "array", description, items, collection: "keyed", key, ...more };
}

/** Free keys, all values alike. */
export function map(description: string, values: Schema, more: Schema = {}): Schema {
  return { type: "object", description, additionalProperties: values, ...more };
}

/** Name of a column: of the object itself, or of the table that a field of the same or an outer object refers to. */
export function column(description: string, of = "self"): Schema {
  return { type: "string", minLength: 1, description, column: of };
}

/** The name of another object: `sales.customer_dim`, or `{ schema, name }` where the kind has two parts. */
export function reference(
  description: string,
  kinds: string | readonly string[],
  more: Partial<Reference> = {},
): Schema {
  const names = typeof kinds === "string" ? [kinds] : kinds;
  const parts = more.parts ?? (names.every((name) => ONE_PART.has(name)) ? 1 : 2);
  return { type: "string", minLength: 1, description, reference: { kinds: names, parts, ...more } };
}

const ONE_PART: ReadonlySet<string> = new Set(["Role", "ReadOnlyRole", "Schema", "Extension", "DataSource"]);

/** An SQL expression or query as the user wrote it; the engine spells it in its own way. */
export function expression(description: string, more: Schema = {}): Schema {
  return { type: "string", minLength: 1, description, rewritten: true, ...more };
}
