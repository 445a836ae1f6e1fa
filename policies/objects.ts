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

/** All of one kind that a catalog holds, in order. */
export function objectsOf<K extends keyof Specs>(kind: K, catalog: Catalog): ObjectOf<K>[] {
  return [...catalog].flatMap(([address, { kind: of, spec, origin, intent }]) =>
    of === kind ? [{ address, spec: spec as unknown as Specs[K], origin, intent }] : [],
  );
}
