import type { Address } from "./address.ts";
import type { Origin } from "./diagnostic.ts";
import type { Spec } from "./kind.ts";

/** One object, declared or live. */
export interface DataObject {
  readonly kind: string;
  /** Sparse: a field that has its default is left out. Keys stand in the order of the kind's schema. */
  readonly spec: Spec;
  readonly origin?: Origin;
  /** The intent that this object was lowered from. */
  readonly intent?: Address;
  /** Fields that say their default outright: the spec leaves them out, and yet nobody else may say otherwise. */
  readonly stated?: readonly string[];
  /** Nobody declares it: an intent amends what is there. */
  readonly found?: true;
  /** What it needs beyond what its fields name, as the engine knows. */
  readonly needs?: readonly Need[];
  /** About how many rows it holds; filled by inspection. */
  readonly rows?: number;
}

/** An object that another needs, and which of its columns. */
export interface Need {
  readonly address: Address;
  readonly columns?: readonly string[];
}

/** All objects of a data source by address, declared or live: one type for both sides. */
export type Catalog = ReadonlyMap<Address, DataObject>;
