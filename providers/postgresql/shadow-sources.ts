/**
 * What a query reads from, as it will be. A query that speaks of a column that is yet to come, or of a table under its
 * new name, can be spelled neither on the real table nor without it; so it is spelled on an empty copy.
 */
import { type Address, address } from "../../core/address.ts";
import type { NormaliseContext } from "../../core/engine.ts";
import type { Table } from "../../core/specs.ts";
import { join, type Sql } from "../../core/sql.ts";
import { HANDLERS } from "./handlers.ts";
import { searchPath } from "./path.ts";
import { id, quoteIdent } from "./quote.ts";

export interface Sources {
  /** Statements that make the copies which a query needs and which are not made yet. */
  copy(kind: "View" | "MaterializedView", spec: { readonly schema?: unknown }): readonly Sql[];
  /** Where names of a query are looked up: copies stand before the real tables. */
  path(scope: string): Sql;
  readonly schemas: Iterable<string>;
  /** A text of the server's with the real names. */
  real(text: string): string;
}

export function sources(prefix: string, context: NormaliseContext): Sources {
  const { desired, live } = context;
  const copies = new Map<string, string>();
  const made = new Set<Address>();
  return {
    copy(kind, spec) {
      const needed = (HANDLERS[kind].needs?.(spec as never, context) ?? []).map((need) => need.address);
      return needed.flatMap((at): Sql[] => {
        const table = made.has(at) ? undefined : asItWillBe(at, context);
        made.add(at);
        if (!table) return [];
        const schema = copies.get(table.schema) ?? `${prefix}of_${copies.size}`;
        copies.set(table.schema, schema);
        const plan = {
          desired,
          live,
          target: undefined as never,
          facts: context.facts,
          isNew: () => true,
          planned: () => undefined,
        };
        const [statement] = HANDLERS.Table.create({ ...table, schema } as never, plan);
        return statement ? [statement.sql] : [];
      });
    },
    path(scope) {
      const copy = copies.get(scope);
      const path = searchPath(scope, desired, live);
      return copy === undefined ? path : join([id(copy), path]);
    },
    get schemas() {
      return copies.values();
    },
    real: (text) =>
      [...copies].reduce((so, [schema, copy]) => so.replaceAll(`${copy}.`, `${quoteIdent(schema)}.`), text),
  };
}

/** The bare table where it differs from the real one in what a query can see; undefined where it does not. */
function asItWillBe(at: Address, { desired, live }: NormaliseContext): Table | undefined {
  const declared = desired.get(at);
  if (declared?.kind !== "Table") return undefined;
  const { schema, name, columns, primaryKey, renamedFrom } = declared.spec as Table;
  const there = live.get(at)?.spec as Table | undefined;
  const moved = renamedFrom !== undefined || desired.get(address("Schema", schema))?.spec.renamedFrom !== undefined;
  const bare = asItStands(columns, there?.columns ?? []);
  const same = there && bare.every((column, index) => sameColumn(column, there.columns[index]));
  if (same && bare.length === there.columns.length && !moved) return undefined;
  return { schema, name, columns: bare, ...(primaryKey && { primaryKey }) };
}

/** Columns keep their places, and new ones come last. */
function asItStands(declared: Table["columns"], there: Table["columns"]): Table["columns"] {
  const left = new Map(declared.map((column) => [column.name, column]));
  const formerly = new Map(declared.flatMap((column) => (column.renamedFrom ? [[column.renamedFrom, column]] : [])));
  const kept = there.map((column) => {
    const now = left.get(column.name) ?? formerly.get(column.name) ?? column;
    left.delete(now.name);
    return now;
  });
  return [...kept, ...left.values()].map(({ name, type, collation }) => ({
    name,
    type,
    ...(collation && { collation }),
  }));
}

function sameColumn(a: Table["columns"][number], b: Table["columns"][number] | undefined): boolean {
  return a.name === b?.name && a.type === b.type && a.collation === b.collation;
}
