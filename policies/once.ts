import type { Catalog } from "../core/catalog.ts";

/** Several rules ask the same of the same two catalogs: it is worked out once. */
export function once<T>(make: (desired: Catalog, live: Catalog) => T): (desired: Catalog, live: Catalog) => T {
  const known = new WeakMap<Catalog, WeakMap<Catalog, { readonly made: T }>>();
  return (desired, live) => {
    const beside = known.get(desired) ?? new WeakMap<Catalog, { readonly made: T }>();
    const found = beside.get(live) ?? { made: make(desired, live) };
    known.set(desired, beside.set(live, found));
    return found.made;
  };
}
