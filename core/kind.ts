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

/** An object, or a document of one. */
export interface Said {
  readonly kind: string;
  readonly spec: Spec;
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
  /** Says what must be so of the live system: it is proved there, never planned, made or compared. */
  readonly proves: boolean;
  /** Judges what is declared and planned, of every data source unless it names one; never planned itself. */
  readonly judges: boolean;
  /** Says how the data of its data source is kept safe; needs an engine that can back up. */
  readonly keeps: boolean;
  /** Is it made and compared, by itself or as what it becomes? Neither what proves, judges or keeps is, nor a whole system. */
  readonly planned: boolean;
  /** Part of the system itself: there is one, which is altered and neither made nor dropped. */
  readonly fixed?: true;
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
  /** What a spec means together with what is declared beside it, for rules about its fields. */
  meaning?(spec: S, ...beside: readonly Iterable<Said>[]): S;
  /** Data sources that its own logs in to for it. */
  logsInTo?(spec: S): string[];
  /** Objects that it makes under names of their own, which references may use. */
  gives?(spec: S): Address[];
  /** Other names this object may go by in a reference: a DimensionTable is a Table to whoever refers to it. */
  readonly as?: readonly string[];
}

type Given<S> = Omit<Kind<S>, "schema" | "intent" | "proves" | "judges" | "keeps" | "planned" | "scope"> & {
  fields: Readonly<Record<string, Schema>>;
  required: readonly string[];
  intent?: boolean;
  proves?: boolean;
  judges?: boolean;
  keeps?: boolean;
  planned?: false;
  /** The least document, for the reference; where absent, one is made of the required fields. */
  example?: S;
  scope?(spec: S): Scope;
  /** Kinds without a comment of their own (grants) leave it out. @default true */
  comment?: boolean;
};

/** Adds what exists on every object and fills the defaults of a kind. */
export function defineKind<S>(given: Given<S>): Kind<S> {
  const { fields, required, comment = true, example, ...kind } = given;
  const held = !given.proves && !given.judges && !given.keeps;
  const common = held ? { ...(comment ? { comment: COMMENT } : {}), ...HELD } : SAYING;
  const renamed = "name" in fields && held ? { renamedFrom: FORMER_NAME } : {};
  return {
    intent: false,
    proves: false,
    judges: false,
    keeps: false,
    planned: held,
    scope: (spec) => {
      const schema = (spec as Spec).schema;
      return typeof schema === "string" ? { schema } : {};
    },
    ...kind,
    schema: {
      ...object(given.summary, { ...fields, ...common, ...renamed }, required),
      ...(example !== undefined && { examples: [example as Json] }),
    },
  };
}

/** What exists on every object that an engine holds. */
const HELD: Readonly<Record<string, Schema>> = {
  protect: { ...flag("Never dropped or replaced, whatever is allowed."), local: true },
  ignore: { ...set("Fields whose differences are left alone.", text("Field.")), local: true },
};
const FORMER_NAME: Schema = { ...NAME, description: "Its former name; renames in place.", local: true };
const SAYING: Readonly<Record<string, Schema>> = { comment: text("Why it matters; reports show it.") };
