import type { Address } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Origin } from "../core/diagnostic.ts";

/** A declared policy or exception with its place. */
export interface Declared<S> {
  readonly address: Address;
  readonly spec: S;
  readonly origin: Origin | undefined;
}

/** All of one kind that are declared, in order. */
export function declaredOf<S>(kind: string, declared: Catalog): Declared<S>[] {
  return [...declared].flatMap(([address, object]) =>
    object.kind === kind ? [{ address, spec: object.spec as unknown as S, origin: object.origin }] : [],
  );
}
