import { formatName, formatPart } from "./names.ts";

/** An object's unique name in a catalog: `Table/sales.customer_dim`, `RowPolicy/sales.customer_dim/regional_access`. */
export type Address = string & { readonly address: unique symbol };

/** Builds an address; an array is a qualified name, a string one part. */
export function address(kind: string, ...names: readonly (string | readonly string[])[]): Address {
  return `${kind}/${names.map((name) => (typeof name === "string" ? formatPart(name) : formatName(name))).join("/")}` as Address;
}

/** The kind that an address belongs to. */
export function kindOf(of: Address): string {
  return of.slice(0, of.indexOf("/"));
}

/** An address as people read it: `Table sales.customer_dim`. */
export function readable(of: Address): string {
  const slash = of.indexOf("/");
  return `${of.slice(0, slash)} ${of.slice(slash + 1)}`;
}
