import type { Address } from "./address.ts";
import type { Catalog, DataObject, Need } from "./catalog.ts";
import { kindOfObject } from "./change.ts";
import type { Kind, Spec } from "./kind.ts";
import { KINDS } from "./kinds/index.ts";
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
 * schema, table, role or column follows it by itself on the server, so it must not look changed. What stands in a
 * renamed schema or on a renamed table is found under its new address only, so renames are looked for until there are
 * no more.
 */
export function applyRenames(desired: Catalog, live: Catalog): Renamed {
  const renamed = new Map<Address, Address>();
  const moved = new Map<Address, Address>();
  const origins = new Map<Address, Address>();
  const done = new Set<Address>();
  for (let now = live; ; ) {
    const found = findRenames(desired, now, renamed, done);
    if (found.own.size === 0 && found.columns.size === 0) return { live: now, renamed, moved };
    for (const [from, { to }] of found.own) renamed.set(to, origins.get(from) ?? from);
    const next = rewrite(now, found);
    const steps = [...next.moved].map(([old, to]) => [origins.get(old) ?? old, old, to] as const);
    for (const [, old] of steps) origins.delete(old);
    for (const [origin, , to] of steps) {
      origins.set(to, origin);
      moved.set(origin, to);
    }
    now = next.live;
  }
}

/** Renames that the live side is ready for. */
interface Found {
  /** Former address → new one, and the new name. */
  readonly own: ReadonlyMap<Address, { readonly to: Address; readonly name: string }>;
  /** Kind and former name, as references have it → new name. */
  readonly names: ReadonlyMap<string, string>;
  /** Table → former column → new one. */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

function findRenames(
  desired: Catalog,
  live: Catalog,
  renamed: ReadonlyMap<Address, Address>,
  done: Set<Address>,
): Found {
  const own = new Map<Address, { to: Address; name: string }>();
  const names = new Map<string, string>();
  const columns = new Map<string, ReadonlyMap<string, string>>();
  for (const [to, { kind: kindName, spec }] of desired) {
    const former = spec.renamedFrom;
    let there = live.get(to);
    if (typeof former === "string" && !there && !renamed.has(to)) {
      const kind = KINDS.get(kindName) as Kind;
      const from = kind.address({ ...spec, name: former });
      there = live.get(from);
      if (there && !desired.has(from)) {
        own.set(from, { to, name: spec.name as string });
        names.set(`${kindName} ${fullName(there.spec, former)}`, spec.name as string);
      }
    }
    if (kindName === "Table" && there && !done.has(to)) {
      done.add(to);
      const moved = renamedColumns(spec, there.spec);
      if (moved.size > 0) columns.set(fullName(spec, spec.name as string), moved);
    }
  }
  return { own, names, columns };
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

function rewrite(live: Catalog, { own, names, columns }: Found): Omit<Renamed, "renamed"> {
  const schemaNamed = (name: string): string => names.get(`Schema ${name}`) ?? name;
  const named = (kind: string, name: string, parts: 1 | 2): string => {
    const now = names.get(`${kind} ${name}`);
    if (parts === 1) return now ?? name;
    const [schema, last] = nameParts(name) as [string, string];
    return formatName([schemaNamed(schema), now ?? last]);
  };
  const moved = new Map<Address, Address>();
  const result = new Map<Address, DataObject>();
  for (const [old, object] of live) {
    const kind = kindOfObject(object);
    const spec = rewriteSpec(kind, object.spec, own.get(old)?.name, named, columns);
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
  name: string | undefined,
  named: (kind: string, name: string, parts: 1 | 2) => string,
  columns: Found["columns"],
): Spec {
  const own = name === undefined ? spec : { ...spec, name };
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
