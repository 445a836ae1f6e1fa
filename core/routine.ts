import type { Address } from "./address.ts";

/** A function or procedure of the user's, as far as it decides who can do what, whether a kind describes it or not. */
export interface Routine {
  /** Its name with the types of its arguments, as grants write it: `sales.margin(numeric, integer)`. */
  readonly signature: string;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** Runs with its owner's rights, not with those of whoever calls it. */
  readonly asOwner: boolean;
  /** Unqualified names in it mean the same whoever calls it. */
  readonly fixedPath: boolean;
  readonly volatility: "immutable" | "stable" | "volatile";
  /** Tells nothing of its arguments but by its result. */
  readonly leakproof: boolean;
  /** How many it takes. */
  readonly arguments: number;
  /** Runs as a trigger alone, so that nobody calls it. */
  readonly isTrigger: boolean;
  readonly inExtension: boolean;
}

/** Privileges are granted on those that no kind describes as well, and rules speak of them. */
export function functionAddress(signature: string): Address {
  return `Function/${signature}` as Address;
}
