import type { Address } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Origin } from "../core/diagnostic.ts";
import type { Specs } from "../core/specs.ts";

/** An object of one kind: its fields, and where it stands. */
export interface ObjectOf<K extends keyof Specs> {
  readonly address: Address;
  readonly spec: Specs[K];
  readonly origin: Origin | undefined;
  /** The intent that it was lowered from. */
  readonly intent: Address | undefined;
}

/** What catalogs hold by kind: every rule asks for some of it. */
const SORTED = new WeakMap<Catalog, ReadonlyMap<string, readonly ObjectOf<never>[]>>();

/** All of one kind that a catalog holds, in order. */
export function objectsOf<K extends keyof Specs>(kind: K, catalog: Catalog): readonly ObjectOf<K>[] {
  const sorted = SORTED.get(catalog) ?? byKind(catalog);
  SORTED.set(catalog, sorted);
  return (sorted.get(kind) ?? []) as readonly ObjectOf<K>[];
}

function byKind(catalog: Catalog): Map<string, ObjectOf<never>[]> {
  const found = new Map<string, ObjectOf<never>[]>();
  for (const [address, { kind, spec, origin, intent }] of catalog) {
    const one = { address, spec: spec as never, origin, intent };
    const same = found.get(kind);
    if (same) same.push(one);
    else found.set(kind, [one]);
  }
  return found;
}
