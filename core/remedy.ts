import type { Spec } from "./kind.ts";

/** A document that would close what is told of; of an object that is there already, its name and the fields that change. */
export interface Remedy {
  readonly kind: string;
  readonly spec: Spec;
}
