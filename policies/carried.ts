/** What views show of a relation, those included that read other views. */
import type { Catalog } from "../core/catalog.ts";
import type { MaterializedView, View } from "../core/specs.ts";
import { key, mentions } from "./mentions.ts";
import { objectsOf } from "./objects.ts";
import { shownColumns } from "./select-lists.ts";

type Query = Pick<View | MaterializedView, "schema" | "name" | "query">;

/** Columns of a table as a relation names them: its name for each, and the column's own. */
export type Columns = ReadonlyMap<string, string>;

/** The views of a catalog, and what each shows of what it reads. */
export class Carried {
  readonly #shown: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
  readonly #readers = new Map<string, string[]>();

  constructor(desired: Catalog) {
    // What an intent shows is its own business: a mask has the name of what it masks.
    const views = [...objectsOf("View", desired), ...objectsOf("MaterializedView", desired)].flatMap(
      ({ spec, intent }): Query[] => (intent === undefined ? [spec] : []),
    );
    this.#shown = new Map(views.map(({ schema, name, query }) => [key(schema, name), shownColumns(query)]));
    for (const { schema, name, query } of views)
      for (const read of mentions(query, schema))
        this.#readers.set(read, [...(this.#readers.get(read) ?? []), key(schema, name)]);
  }

  /** Views that show some of these columns of a table, by whatever way, with the names that they have there. */
  of(table: string, columns: Iterable<string>): Map<string, Columns> {
    const found = new Map<string, Map<string, string>>();
    const waiting: [string, Columns][] = [[table, new Map([...columns].map((name) => [name, name]))]];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [relation, names] = next;
      for (const view of this.#readers.get(relation) ?? []) {
        const known = found.get(view) ?? new Map<string, string>();
        const more = [...this.#through(view, names)].filter(([name]) => !known.has(name));
        if (more.length === 0) continue;
        for (const [name, column] of more) known.set(name, column);
        found.set(view, known);
        waiting.push([view, new Map(more)]);
      }
    }
    return found;
  }

  *#through(view: string, names: Columns): Generator<[string, string]> {
    const shown = this.#shown.get(view);
    for (const [name, column] of names) {
      for (const as of shown?.get(name) ?? []) yield [as, column];
      if (shown?.has("*")) yield [name, column];
    }
  }
}
