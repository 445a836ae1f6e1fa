/**
 * A constraint that only has another name is renamed: to drop it and add it again would scan the table, and a key that
 * others refer to could not go at all. https://www.postgresql.org/docs/current/sql-altertable.html
 */
import type { FieldChange, Statement } from "../../core/engine.ts";
import { sameJson } from "../../core/objects.ts";
import type { Json } from "../../core/schema.ts";
import type { Table } from "../../core/specs.ts";
import { type Sql, sql } from "../../core/sql.ts";
import { id } from "./quote.ts";

const LISTS = ["unique", "checks", "foreignKeys"] as const;

export interface ConstraintNames {
  readonly statements: readonly Statement[];
  /** The table with its constraints under the new names. */
  readonly before: Table;
  /** What is left to be done. */
  readonly fields: readonly FieldChange[];
}

export function renamedConstraints(table: Sql, before: Table, fields: readonly FieldChange[]): ConstraintNames {
  const names = new Map<string, string>();
  const done = new Set<FieldChange>();
  const primary = fields.find(({ path }) => path[0] === "primaryKey" && path[1] === "name");
  if (primary) {
    names.set(primary.from as string, primary.to as string);
    done.add(primary);
  }
  for (const list of LISTS) {
    const own = fields.filter(({ path }) => path[0] === list && path.length === 2);
    for (const gone of own.filter(({ to }) => to === undefined)) {
      const same = own.find(
        (one) => one.from === undefined && !done.has(one) && sameJson(nameless(one.to), nameless(gone.from)),
      );
      if (!same) continue;
      names.set(gone.path[1] as string, same.path[1] as string);
      done.add(gone).add(same);
    }
  }
  if (names.size === 0) return { statements: [], before, fields };
  return {
    statements: [...names].map(([old, now]) => ({
      sql: sql`ALTER TABLE ${table} RENAME CONSTRAINT ${id(old)} TO ${id(now)}`,
      phase: "rename",
      lock: "ACCESS EXCLUSIVE",
    })),
    before: withNames(before, names),
    fields: fields.filter((field) => !done.has(field)),
  };
}

function nameless(constraint: Json | undefined): Json {
  const { name: _, ...rest } = constraint as { [key: string]: Json };
  return rest;
}

function withNames(table: Table, names: ReadonlyMap<string, string>): Table {
  const renamed = <T extends { readonly name?: string }>(one: T): T => ({
    ...one,
    name: names.get(one.name ?? "") ?? one.name,
  });
  const lists = LISTS.filter((list) => table[list]).map((list) => [
    list,
    (table[list] as readonly { name?: string }[]).map(renamed),
  ]);
  return {
    ...table,
    ...(table.primaryKey && { primaryKey: renamed(table.primaryKey as { name?: string }) }),
    ...Object.fromEntries(lists),
  } as Table;
}
