/** Tables that intents speak of, whichever kind declares them. */
import { type Address, address } from "../../core/address.ts";
import type { DataObject } from "../../core/catalog.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowering } from "../../core/engine.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { formatName, nameParts, nearest } from "../../core/names.ts";
import type { Table } from "../../core/specs.ts";
import { dateDimension } from "./date-dimension.ts";
import { dimensionTable } from "./dimension-table.ts";
import { factTable } from "./fact-table.ts";
import { type NativeObject, tableOf } from "./lowering.ts";

const TABLES = {
  DimensionTable: dimensionTable,
  FactTable: factTable,
  DateDimension: dateDimension,
} as unknown as Readonly<Record<string, Lowering>>;

/** A table as it is declared, or else as it is there; undefined where nothing tells. */
export function knownTable(reference: string, context: LowerContext): Table | undefined {
  return tableOf(reference, context, TABLES);
}

/** Everything that the intent which declares a table makes beside it, such as indexes. */
export function madeWith(reference: string, context: LowerContext): readonly NativeObject[] {
  for (const [kind, intent] of Object.entries(TABLES)) {
    const object = context.declared.get(address(kind, nameParts(reference)));
    if (object) return intent.lower(object.spec, context).objects;
  }
  return [];
}

/** The same words for every intent that must know a table; `instead` is what there is for one that is no table. */
export function unknownTable(reference: string, what: string, instead: string, context: LowerContext): Diagnostic[] {
  // Nothing was inspected where nothing is live: then nobody knows yet.
  if (context.live.size === 0) return [];
  const sort = otherSort(reference, context);
  if (sort !== undefined)
    return [error("NOT_SUPPORTED", `${what} cannot be told: ${quoted(reference)} is ${sort}`, { detail: instead })];
  return [
    error("MISSING_FIELD", `${what} cannot be told: ${quoted(reference)} is not known`, {
      detail: "The table is neither declared nor among those that are there. Declare it, or mend the name.",
    }),
  ];
}

/** What a relation is that is there and no table of the kind `Table`, in words: `a partitioned table`. */
export function otherSort(reference: string, context: LowerContext): string | undefined {
  const parts = nameParts(reference);
  if (context.live.has(address("View", parts))) return "a view";
  if (context.live.has(address("MaterializedView", parts))) return "a materialized view";
  return unreadTables(context).find(({ table }) => table === formatName(parts))?.sort;
}

/** What holds rows among the things that no kind describes. */
const ROWS: Readonly<Record<string, string>> = {
  partition: "a partition",
  "partitioned table": "a partitioned table",
  "foreign table": "a foreign table",
  "table of a type": "a table of a type",
  inheritance: "a table that inherits",
};

/** Tables of kinds that nobody can declare. */
export function unreadTables({
  notModelled = [],
}: LowerContext): { readonly table: string; readonly schema: string; readonly sort: string }[] {
  return notModelled.flatMap(({ type, name, schema = "" }) => {
    const sort = ROWS[type];
    return sort === undefined ? [] : [{ table: name.includes(".") ? name : formatName([schema, name]), schema, sort }];
  });
}

export interface KnownRelation {
  readonly schema: string;
  readonly owner: string | undefined;
  /** `Table`, `View`, `MaterializedView` or `Sequence`, whichever kind declares it. */
  readonly kind: string;
  readonly address: Address;
}

/** What is declared and what is there, of some kinds, by name; without an owner where nobody has been told to own it. */
export function knownRelations(
  { declared, live }: Pick<LowerContext, "declared" | "live">,
  kinds: ReadonlySet<string>,
): Map<string, KnownRelation> {
  const found = new Map<string, KnownRelation>();
  for (const object of live.values())
    if (kinds.has(object.kind)) found.set(name(object), relation(object.kind, object));
  const wanted = [...declared.values()].flatMap((object) => {
    const kind = [object.kind, ...(KINDS.get(object.kind)?.as ?? [])].find((as) => kinds.has(as));
    return kind === undefined ? [] : [{ kind, object }];
  });
  // A table that is renamed is there under its former name until then.
  for (const { object } of wanted) {
    const { schema, renamedFrom } = object.spec;
    if (typeof renamedFrom === "string") found.delete(formatName([schema as string, renamedFrom]));
  }
  for (const { kind, object } of wanted) {
    const now = found.get(name(object));
    found.set(name(object), {
      ...relation(kind, object),
      owner: (object.spec.owner as string | undefined) ?? now?.owner,
    });
  }
  return found;
}

function relation(kind: string, { spec }: DataObject): KnownRelation {
  const [schema, own] = [spec.schema as string, spec.name as string];
  return { schema, owner: spec.owner as string | undefined, kind, address: address(kind, [schema, own]) };
}

function name({ spec }: DataObject): string {
  return formatName([spec.schema as string, spec.name as string]);
}

/** Words that classify nothing would keep nothing back: a typo, or a table that no document describes. */
export function unknownClasses(reference: string, classes: readonly string[], context: LowerContext): Diagnostic[] {
  const { declared, live } = context;
  if (classes.length === 0) return [];
  const there = live.get(address("Table", nameParts(reference)))?.spec as Table | undefined;
  if (there !== undefined && knownTable(reference, context) === there) {
    const detail = "The engine keeps no classes. Declare the table, or name the columns one by one.";
    return [error("UNKNOWN_CLASS", `${quoted(reference)} is not declared, so its columns have no class`, { detail })];
  }
  const known = new Set([...declared.values()].flatMap(({ spec }) => [...classesIn(spec.columns)]));
  return classes
    .filter((word) => !known.has(word))
    .map((word) => {
      const near = nearest(word, known);
      const words = known.size > 0 ? `The classes are ${[...known].sort().map(quoted).join(", ")}.` : "None has any.";
      return error("UNKNOWN_CLASS", `No declared column is classified ${quoted(word)}`, {
        detail: near === undefined ? words : `Did you mean ${quoted(near)}?`,
      });
    });
}

function* classesIn(columns: unknown): Generator<string> {
  if (!Array.isArray(columns)) return;
  for (const { classification } of columns as readonly { readonly classification?: string }[])
    if (classification !== undefined) yield classification;
}
