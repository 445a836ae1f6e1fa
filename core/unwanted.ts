import type { Address } from "./address.ts";
import { type Path, pathKey } from "./objects.ts";

/**
 * What must not be, whoever made it, each with the reason: an address at which nothing may be but what is declared, or an
 * element of an object.
 */
export type Unwanted = ReadonlyMap<string, string>;

export function unwantedKey(address: Address, path: Path = []): string {
  return path.length === 0 ? address : `${address} ${pathKey(path)}`;
}
