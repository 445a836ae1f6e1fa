/**
 * Which values may be shown. What comes from a classified column never is: not where a table is read, not where another
 * column is computed from it, not where a view may have given it another name, and not where a text reads what nobody can
 * tell.
 */

import { classesIn } from "../access/report.ts";
import { type Address, address, kindOf } from "../address.ts";
import type { Catalog, Need } from "../catalog.ts";
import { nameParts } from "../names.ts";
import type { Table } from "../specs.ts";
import type { Shows } from "./judge.ts";

export interface Disclosure {
  /** For the columns of a table or view. */
  of(relation: string): Shows;
  /** For the columns of any query. */
  readonly ofQuery: Shows;
}

export function disclosure(desired: Catalog, live: Catalog): Disclosure {
  const classified = new Map<Address, ReadonlySet<string>>();
  for (const at of desired.keys()) {
    const classes = Object.keys(classesIn(desired, at, undefined).classified ?? {});
    if (classes.length > 0) classified.set(at, new Set([...classes, ...computedFrom(classes, at, desired, live)]));
  }
  const nothingClassified = classified.size === 0;
  const needsOf = (at: Address): readonly Need[] | undefined => live.get(at)?.needs;
  const reaches = (at: Address, seen: Set<Address>): boolean => {
    if (classified.has(at)) return true;
    if (seen.has(at) || kindOf(at) === "Table") return false;
    seen.add(at);
    const needs = needsOf(at);
    return (
      needs === undefined || needs.some((need) => RELATIONS.has(kindOf(need.address)) && reaches(need.address, seen))
    );
  };
  return {
    ofQuery: () => nothingClassified,
    of(relation) {
      if (nothingClassified) return () => true;
      const parts = nameParts(relation);
      const table = address("Table", parts);
      if (desired.has(table) || live.has(table)) return (column) => !classified.get(table)?.has(column);
      const view = ["View", "MaterializedView"].map((kind) => address(kind, parts)).find((at) => live.has(at));
      const open = view !== undefined && !reaches(view, new Set());
      return () => open;
    },
  };
}

/** Columns that are computed from classified ones, as they are declared or as they are there. */
function computedFrom(classes: readonly string[], at: Address, ...catalogs: readonly Catalog[]): readonly string[] {
  const columns = catalogs.flatMap((catalog) => (catalog.get(at)?.spec as Partial<Table> | undefined)?.columns ?? []);
  return columns.flatMap(({ name, generated }) =>
    generated !== undefined && classes.some((column) => mentions(generated, column)) ? [name] : [],
  );
}

/** Upper case and strings count as well: too much may be withheld, and nothing too little. */
function mentions(text: string, column: string): boolean {
  const name = column.toLowerCase();
  const within = text.toLowerCase();
  const isPart = (sign: string | undefined): boolean => sign !== undefined && /[\p{L}\p{N}_$]/u.test(sign);
  for (const spelling of new Set([name, name.replaceAll('"', '""')]))
    for (let from = within.indexOf(spelling); from >= 0; from = within.indexOf(spelling, from + 1))
      if (!isPart(within[from - 1]) && !isPart(within[from + spelling.length])) return true;
  return false;
}

const RELATIONS: ReadonlySet<string> = new Set(["Table", "View", "MaterializedView"]);
