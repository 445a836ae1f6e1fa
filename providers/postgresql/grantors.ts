/** A grant by another than the owner stands on that other's grant option. */
import type { Catalog } from "../../core/catalog.ts";
import type { Grant } from "../../core/specs.ts";

/** The grants with grant option to whoever made a grant. */
export type Grantors = (spec: Grant) => readonly Grant[];

export function grantors(grants: readonly Grant[]): Grantors {
  const found = new Map<string, Grant[]>();
  for (const spec of grants) {
    if (!spec.grantOption) continue;
    const at = key(spec.to, spec);
    const known = found.get(at);
    if (known) known.push(spec);
    else found.set(at, [spec]);
  }
  return (spec) => (spec.grantor === undefined ? [] : (found.get(key(spec.grantor, spec)) ?? []));
}

const KNOWN = new WeakMap<Catalog, Grantors>();

export function grantorsIn(catalog: Catalog): Grantors {
  let known = KNOWN.get(catalog);
  if (!known) {
    known = grantors([...catalog.values()].filter(({ kind }) => kind === "Grant").map(({ spec }) => spec as Grant));
    KNOWN.set(catalog, known);
  }
  return known;
}

function key(role: string, { on: { columns: _, ...on }, privileges }: Grant): string {
  return JSON.stringify([role, on, privileges]);
}
