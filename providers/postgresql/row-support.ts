/** What a rule about rows needs beside its policies: row security, an index, and the right to look things up. */
import { address } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import type { Amendment, LowerContext } from "../../core/engine.ts";
import { grant as kind } from "../../core/kinds/grant.ts";
import { nameParts } from "../../core/names.ts";
import type { Grant, Index, Table } from "../../core/specs.ts";
import { knownTable, madeWith } from "./known-tables.ts";
import { derivedName, type NativeObject, native, primaryKeyOf } from "./lowering.ts";
import { sameName } from "./ways.ts";

/** Row security for everybody, the owner included, unless the table says or has `on`. */
export function secured(table: string, context: LowerContext): Amendment[] {
  if (knownTable(table, context)?.rowSecurity === "on") return [];
  return [{ address: address("Table", nameParts(table)), fields: { rowSecurity: "forced" } }];
}

/** An index on the column, where none begins with it; its own, once made, stays. */
export function indexOn(reference: string, column: string, context: LowerContext): NativeObject[] {
  const table = knownTable(reference, context);
  if (!table?.columns.some(({ name }) => name === column)) return [];
  const own: Index = { table: reference, name: derivedName([table.name, column], "idx"), columns: [column] };
  const at = address("Index", [table.schema, own.name]);
  const keys = [primaryKeyOf(table), ...(table.unique ?? []).map(columnsOf)];
  if (keys.some((key) => key?.[0] === column)) return [];
  const begun = `${sameName(reference)} ${column}`;
  const made = madeWith(reference, context).some((object) => leading(object) === begun);
  if (made || context.declared.has(at) || leadingIn(context.declared).has(begun)) return [];
  return !context.live.has(at) && leadingIn(context.live).has(begun) ? [] : [native("Index", own)];
}

function columnsOf(key: NonNullable<Table["unique"]>[number]): readonly string[] {
  return "columns" in key ? key.columns : key;
}

const LEADING = new WeakMap<Catalog, ReadonlySet<string>>();

/** Tables and columns with which an index begins; a catalog is gone through once, however many rules ask. */
function leadingIn(catalog: Catalog): ReadonlySet<string> {
  const known = LEADING.get(catalog) ?? new Set([...catalog.values()].flatMap((object) => leading(object) ?? []));
  LEADING.set(catalog, known);
  return known;
}

function leading({ kind: of, spec }: Pick<NativeObject, "kind" | "spec">): string | undefined {
  const index = spec as unknown as Index;
  if (of !== "Index" || index.where !== undefined) return undefined;
  const [first] = index.columns;
  return `${sameName(index.table)} ${typeof first === "string" ? first : first?.column}`;
}

/** Grants on the columns of a table that a rule looks into, but for those that another document gives. */
export function lookups(
  table: string,
  columns: readonly string[],
  to: readonly string[],
  context: LowerContext,
): NativeObject[] {
  const { declared, live } = context;
  const owner = knownTable(table, context)?.owner ?? live.get(address("Table", nameParts(table)))?.spec.owner;
  const given = (on: Grant["on"], role: string) =>
    declared.get(kind.address({ to: role, privileges: ["select"], on }))?.spec as Grant | undefined;
  return to.flatMap((role) => {
    const limited = declared.has(address("ColumnAccess", nameParts(table), role));
    if (role === owner || limited || given({ table }, role)) return [];
    const known = given({ table, columns: [] }, role)?.on.columns ?? [];
    const rest = columns.filter((name) => !known.includes(name));
    if (rest.length === 0) return [];
    return [native<Grant>("Grant", { to: role, privileges: ["select"], on: { table, columns: [...rest].sort() } })];
  });
}
