/** Which columns a table has, as far as the documents tell. */
import { type Address, address as addressOf } from "../address.ts";
import type { DataObject } from "../catalog.ts";
import { now } from "../clock.ts";
import type { LowerContext } from "../engine.ts";
import { nameParts, nearest } from "../names.ts";
import type { Json } from "../schema.ts";
import { aliases, type DeclaredSource, type OfflineEngine } from "./declare.ts";
import { quoted } from "./words.ts";

interface Missing {
  readonly summary: string;
  readonly detail: string;
}

/** Looks columns up in declared tables, each read once. */
export class ColumnBook {
  readonly #engine: OfflineEngine;
  readonly #context: LowerContext;
  /** Tables by the address by which they are referred to, whichever kind declares them. */
  readonly #tables = new Map<Address, DataObject>();
  /** By the name as it is written, which is mostly the same for all who refer to a table. */
  readonly #columns = new Map<string, ReadonlySet<string> | undefined>();

  constructor({ declared }: DeclaredSource, engine: OfflineEngine) {
    this.#engine = engine;
    this.#context = { declared, live: new Map(), now: now() };
    for (const [address, object] of declared) {
      for (const of of [address, ...aliases(object)]) if (of.startsWith("Table/")) this.#tables.set(of, object);
    }
  }

  /** What to say where the table is known and has no such column. `of` is the schema's `column`. */
  missing(
    of: string,
    name: string,
    self: Address,
    around: readonly { readonly [key: string]: Json }[],
  ): Missing | undefined {
    const table = of === "self" ? self.slice(self.indexOf("/") + 1) : named(of, around);
    if (table === undefined) return undefined;
    if (!this.#columns.has(table)) this.#columns.set(table, this.#read(table));
    const columns = this.#columns.get(table);
    if (!columns || columns.has(name)) return undefined;
    const near = nearest(name, columns);
    return {
      summary: `The table ${quoted(table)} has no column ${quoted(name)}`,
      detail:
        near === undefined
          ? `Its columns are ${[...columns].map(quoted).join(", ")}.`
          : `Did you mean ${quoted(near)}?`,
    };
  }

  #read(table: string): ReadonlySet<string> | undefined {
    const object = this.#tables.get(addressOf("Table", nameParts(table)));
    if (!object) return undefined;
    if (object.kind === "Table") return names(object.spec.columns);
    // An intent has the columns that its engine makes of it, which are more than it declares.
    const lowered = this.#engine.intents[object.kind]?.lower(object.spec, this.#context).objects;
    const made = lowered?.find(
      ({ kind, spec }) => kind === "Table" && spec.schema === object.spec.schema && spec.name === object.spec.name,
    );
    return made && names(made.spec.columns);
  }
}

/** The name of the table that a field of the same or an outer object refers to. */
function named(field: string, around: readonly { readonly [key: string]: Json }[]): string | undefined {
  return around.findLast((fields) => typeof fields[field] === "string")?.[field] as string | undefined;
}

/** Columns may stand as a list or, before they are brought into the compared form, by name. */
function names(columns: Json | undefined): ReadonlySet<string> {
  if (Array.isArray(columns)) return new Set(columns.map((column) => (column as { readonly name: string }).name));
  return new Set(Object.keys((columns ?? {}) as object));
}
