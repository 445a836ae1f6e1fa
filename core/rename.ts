import type { Address } from "./address.ts";
import type { Catalog, DataObject, Need } from "./catalog.ts";
import { kindOfObject } from "./change.ts";
import type { Kind, Spec } from "./kind.ts";
import type { LedgerEntry } from "./ledger.ts";
import { formatName, nameParts } from "./names.ts";
import { walk } from "./objects.ts";
import type { Json } from "./schema.ts";

/** The live catalog as it will be once the declared renames are done, and which address was which before. */
export interface Renamed {
  readonly live: Catalog;
  /** New address → former one, of what is declared to be renamed. */
  readonly renamed: ReadonlyMap<Address, Address>;
  /** Former address → new one, of that and of everything that is named after it. */
  readonly moved: ReadonlyMap<Address, Address>;
}

/** The ledger under the new addresses. */
export function movedLedger(
  ledger: ReadonlyMap<Address, LedgerEntry>,
  moved: ReadonlyMap<Address, Address>,
): ReadonlyMap<Address, LedgerEntry> {
  if (moved.size === 0) return ledger;
  return new Map([...ledger].map(([old, entry]) => [moved.get(old) ?? old, entry]));
}

/**
 * A rename is declared, never guessed. Everything else is compared under the new names: what refers to a renamed
 * schema, table, role or column follows it by itself on the server, so it must not look changed.
 */
export function applyRenames(desired: Catalog, live: Catalog): Renamed {
  const names = new Map<string, string>();
  const columns = new Map<string, ReadonlyMap<string, string>>();
  const renamed = new Map<Address, Address>();
  for (const [to, object] of desired) {
    const kind = kindOfObject(object);
    const former = object.spec.renamedFrom;
    let there = live.get(to);
    if (typeof former === "string" && !there) {
      const from = kind.address({ ...object.spec, name: former });
      there = live.get(from);
      if (there && !desired.has(from)) {
        renamed.set(to, from);
        names.set(`${kind.name} ${fullName(there.spec, former)}`, object.spec.name as string);
      }
    }
    if (object.kind === "Table" && there) {
      const moved = renamedColumns(object.spec, there.spec);
      if (moved.size > 0) columns.set(fullName(object.spec, object.spec.name as string), moved);
    }
  }
  if (names.size === 0 && columns.size === 0) return { live, renamed, moved: new Map() };
  return { ...rewrite(live, names, columns), renamed };
}

function fullName(spec: Spec, name: string): string {
  return typeof spec.schema === "string" ? formatName([spec.schema, name]) : name;
}

function renamedColumns(after: Spec, before: Spec): Map<string, string> {
  const there = new Set((before.columns as readonly { name: string }[]).map((column) => column.name));
  const moved = new Map<string, string>();
  for (const { name, renamedFrom } of after.columns as readonly { name: string; renamedFrom?: string }[]) {
    if (renamedFrom && there.has(renamedFrom) && !there.has(name)) moved.set(renamedFrom, name);
  }
  return moved;
}

function rewrite(
  live: Catalog,
  names: ReadonlyMap<string, string>,
  columns: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Omit<Renamed, "renamed"> {
  const schemaNamed = (name: string): string => names.get(`Schema ${name}`) ?? name;
  const named = (kind: string, name: string, parts: 1 | 2): string => {
    const own = names.get(`${kind} ${name}`);
    if (parts === 1) return own ?? name;
    const [schema, last] = nameParts(name) as [string, string];
    return formatName([schemaNamed(schema), own ?? last]);
  };
  const moved = new Map<Address, Address>();
  const result = new Map<Address, DataObject>();
  for (const [old, object] of live) {
    const kind = kindOfObject(object);
    const spec = rewriteSpec(kind, object.spec, named, columns);
    const now = spec === object.spec ? old : kind.address(spec);
    if (now !== old) moved.set(old, now);
    result.set(now, spec === object.spec ? object : { ...object, spec });
  }
  if (moved.size === 0) return { live: result, moved };
  const follow = (need: Need): Need => ({ ...need, address: moved.get(need.address) ?? need.address });
  for (const [key, object] of result) if (object.needs) result.set(key, { ...object, needs: object.needs.map(follow) });
  return { live: result, moved };
}

function rewriteSpec(
  kind: Kind,
  spec: Spec,
  named: (kind: string, name: string, parts: 1 | 2) => string,
  columns: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Spec {
  let own = spec;
  if (typeof spec.name === "string") {
    const full = fullName(spec, spec.name);
    const now =
      typeof spec.schema === "string" ? (nameParts(named(kind.name, full, 2))[1] as string) : named(kind.name, full, 1);
    if (now !== spec.name) own = { ...spec, name: now };
  }
  const self =
    typeof own.name === "string"
      ? fullName({ ...own, ...(own.schema ? { schema: named("Schema", own.schema as string, 1) } : {}) }, own.name)
      : "";
  return walk(kind.schema, own, ({ schema, value, around }): Json | undefined => {
    if (typeof value !== "string") return undefined;
    if (schema.reference) {
      const { kinds, parts } = schema.reference;
      for (const candidate of kinds) {
        const now = named(candidate, value, parts);
        if (now !== value) return now;
      }
      return undefined;
    }
    if (schema.column === undefined) return undefined;
    const table = schema.column === "self" ? self : outer(around, schema.column);
    return table === undefined ? undefined : columns.get(named("Table", table, 2))?.get(value);
  });
}

/** The nearest value of a field in the objects around a value. */
export function outer(around: readonly { readonly [key: string]: Json }[], field: string): string | undefined {
  for (let at = around.length - 1; at >= 0; at--) {
    const value = around[at]?.[field];
    if (typeof value === "string") return value;
  }
  return undefined;
}
