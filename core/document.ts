import type { Origin } from "./diagnostic.ts";
import type { Spec } from "./kind.ts";

/** One declared object as it was written, in YAML, JSON or by a construct. */
export interface Document {
  readonly kind: string;
  /** All fields but `kind`, `dataSource` and `override`. */
  readonly spec: Spec;
  readonly dataSource?: string;
  /** Replaces fields of an earlier document of the same address, one by one. */
  readonly override?: boolean;
  readonly origin: Origin;
}
