import type { Address } from "./address.ts";
import { COMMENT, NAME } from "./fragments.ts";
import { flag, type Json, type ObjectSchema, object, type Schema, set, text } from "./schema.ts";

/** The fields of one object: plain JSON. */
export type Spec = { readonly [field: string]: Json | undefined };

/** Where an object belongs, which decides how far Datumline may go with it. */
export interface Scope {
  readonly schema?: string;
  readonly role?: string;
}

/**
 * WHAT an object is, whatever engine holds it. `S` is generated from `schema`, which is the single source of the
 * TypeScript type, the validation, the reference page and the plain construct.
 */
export interface Kind<S = Spec> {
  readonly name: string;
  readonly summary: string;
  readonly schema: ObjectSchema;
  /** A portable wish that an engine turns into its own objects before anything is compared. */
  readonly intent: boolean;
  /** Reading order of a catalog and the order among equals when building; lower is earlier. */
  readonly rank: number;
  address(spec: S): Address;
  scope(spec: S): Scope;
  /** What is wrong with a spec as written that its schema cannot say, in words. */
  check?(spec: S): string[];
  /** Takes the short forms out: from what people write to the one form that is compared. */
  normalise?(spec: S): S;
  /** Puts the short forms back for people to read; `normalise(compact(spec))` is `spec`. */
  compact?(spec: S): S;
  /** One document can claim several facts; each becomes an object of its own. */
  expand?(spec: S): S[];
  /** Two documents can each add to one object; undefined where they claim the same fact. */
  merge?(a: S, b: S): S | undefined;
  /** Groups objects for documents: those with the same key are written as one, by `group`. */
  group?: { key(spec: S): string; join(specs: readonly S[]): S };
  /** Other names this object may go by in a reference: a DimensionTable is a Table to whoever refers to it. */
  readonly as?: readonly string[];
}

type Given<S> = Omit<Kind<S>, "schema" | "intent" | "scope"> & {
  fields: Readonly<Record<string, Schema>>;
  required: readonly string[];
  intent?: boolean;
  scope?(spec: S): Scope;
  /** Kinds without a comment of their own (grants) leave it out. @default true */
  comment?: boolean;
};

/** Adds what exists on every object and fills the defaults of a kind. */
export function defineKind<S>(given: Given<S>): Kind<S> {
  const { fields, required, comment = true, ...kind } = given;
  const common: Record<string, Schema> = {
    ...(comment ? { comment: COMMENT } : {}),
    protect: { ...flag("Never dropped or replaced, whatever is allowed."), local: true },
    ignore: { ...set("Fields whose differences are left alone.", text("Field.")), local: true },
  };
  if ("name" in fields)
    common.renamedFrom = { ...NAME, description: "Its former name; renames in place.", local: true };
  return {
    intent: false,
    scope: (spec) => {
      const schema = (spec as Spec).schema;
      return typeof schema === "string" ? { schema } : {};
    },
    ...kind,
    schema: object(given.summary, { ...fields, ...common }, required),
  };
}
