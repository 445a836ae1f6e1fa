/** Tables and what their row policies compare, as far as the texts show. */
import type { Address } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import { nameParts } from "../core/names.ts";
import type { Remedy } from "../core/remedy.ts";
import type { Index, Table } from "../core/specs.ts";
import { key } from "./mentions.ts";
import { once } from "./once.ts";
import { type Piece, pieces } from "./words.ts";

/** A table, and where it stands in a catalog. */
export interface KnownTable {
  readonly address: Address;
  readonly table: Table;
}

/** A table in the form in which tables are told apart, of a reference such as `sales.customer`. */
export function tableKey(reference: string): string {
  return key(...(nameParts(reference) as [string, string]));
}

/** Every table by its key; of one that is declared and there the declared one. */
export const tablesIn = once((desired, live): ReadonlyMap<string, KnownTable> => {
  const found = new Map<string, KnownTable>();
  for (const catalog of [live, desired]) {
    for (const [address, { kind, spec }] of catalog) {
      const table = spec as unknown as Table;
      if (kind === "Table") found.set(key(table.schema, table.name), { address, table });
    }
  }
  return found;
});

/** Columns that stand alone, cast or not, on one side of `=` or before IN. */
export function comparedColumns(text: string, table: Pick<Table, "columns"> | undefined): string[] {
  const columns = new Set(table?.columns.map(({ name }) => name));
  const all = [...pieces(text)];
  const found = all.filter(({ kind, text: name }, at) => {
    if ((kind !== "word" && kind !== "name") || !columns.has(name)) return false;
    const [first, last] = isBracketed(all, at) ? [at - 1, at + 1] : [at, at];
    const next = afterCast(all, last + 1);
    const [before, after] = [all[first - 1]?.text, all[next]?.text];
    if (before === "." || after === "(") return false;
    return after === "=" || after === "in" || before === "=" || isQualifiedEquals(all, next);
  });
  return [...new Set(found.map(({ text: name }) => name))];
}

/** `(region)`, as the server writes it before a cast; not `f(region)`. */
function isBracketed(all: readonly Piece[], at: number): boolean {
  if (all[at - 1]?.text !== "(" || all[at + 1]?.text !== ")") return false;
  const caller = all[at - 2];
  return caller === undefined || caller.kind === "sign" || CONNECTING.has(caller.text);
}

/** `OPERATOR(pg_catalog.=)` */
function isQualifiedEquals(all: readonly Piece[], at: number): boolean {
  return all[at]?.text === "operator" && all[at + 4]?.text === "=" && all[at + 5]?.text === ")";
}

const CONNECTING = new Set(["and", "or", "not", "where", "when", "then", "else", "on", "in", "select"]);

/** The place after `::character varying`. */
function afterCast(all: readonly Piece[], from: number): number {
  let at = from;
  while (all[at]?.text === ":" && all[at + 1]?.text === ":") {
    at += 2;
    while (isOfType(all[at])) at += 1;
  }
  return at;
}

/** A type may be several words; those that compare are none of it. */
function isOfType(piece: Piece | undefined): boolean {
  if (piece?.kind === "word") return piece.text !== "operator" && piece.text !== "in";
  return piece?.kind === "name" || piece?.text === ".";
}

/** Columns with which an index or a key begins, by the key of the table. */
export function leadingColumns(...catalogs: readonly Catalog[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (table: string, column: string | undefined): void => {
    if (column !== undefined) found.set(table, (found.get(table) ?? new Set()).add(column));
  };
  for (const catalog of catalogs) {
    for (const { kind, spec } of catalog.values()) {
      if (kind === "Table") {
        const { schema, name, primaryKey, unique = [] } = spec as unknown as Table;
        for (const each of [primaryKey, ...unique]) add(key(schema, name), columnsOf(each)[0]);
      } else if (kind === "Index") {
        const { table, columns } = spec as unknown as Index;
        const first = columns[0];
        add(tableKey(table), typeof first === "string" ? first : first?.column);
      }
    }
  }
  return found;
}

function columnsOf(given: Table["primaryKey"]): readonly string[] {
  if (given === undefined) return [];
  return "columns" in given ? given.columns : given;
}

/** The index that a policy wants; none where its name would be cut, and then be another's. */
export function policyIndex(table: string, column: string): Remedy[] {
  const name = `${nameParts(table)[1]}_${column}_idx`;
  return Buffer.byteLength(name) > 63 ? [] : [{ kind: "Index", spec: { table, name, columns: [column] } }];
}
