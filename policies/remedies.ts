/** From what rules propose to whole objects: one that is there keeps whatever no remedy speaks of. */
import type { Address } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { canonical, elementKey } from "../core/objects.ts";
import type { Remedy } from "../core/remedy.ts";
import type { Json, Schema } from "../core/schema.ts";

/** The objects that remedies lead to, each merged into what is there. */
export function withRemedies(remedies: readonly Remedy[], live: Catalog): Map<Address, DataObject> {
  const found = new Map<Address, DataObject>();
  for (const { address, kind, spec } of remedies.flatMap(factsOf)) {
    const base = found.get(address) ?? live.get(address);
    const fields = base ? merged(kind.schema, base.spec, spec) : spec;
    found.set(address, { ...base, kind: kind.name, spec: canonical(kind.schema, kind.normalise?.(fields) ?? fields) });
  }
  return found;
}

/** Addresses of the objects that a remedy speaks of. */
export function concerned(remedy: Remedy): Address[] {
  return factsOf(remedy).map(({ address }) => address);
}

function factsOf(remedy: Remedy): { readonly address: Address; readonly kind: Kind; readonly spec: Spec }[] {
  const kind = KINDS.get(remedy.kind);
  if (!kind) throw new Error(`internal: no kind named ${remedy.kind}`);
  const specs = kind.expand?.(remedy.spec) ?? [remedy.spec];
  return specs.map((spec) => ({ address: kind.address(spec), kind, spec }));
}

/** Field by field; of a list whose elements are told apart, element by element. */
function merged(schema: Schema, base: Spec, fields: Spec): Spec {
  const result: { [field: string]: Json | undefined } = { ...base };
  for (const [name, value] of Object.entries(fields)) {
    const field = schema.properties?.[name] ?? {};
    result[name] = field.collection === "keyed" ? joined(field, base[name], value) : value;
  }
  return result;
}

function joined(schema: Schema, base: Json | undefined, elements: Json | undefined): readonly Json[] {
  const found = new Map(((base ?? []) as readonly Json[]).map((each) => [elementKey(schema, each), each]));
  for (const each of (elements ?? []) as readonly Json[]) {
    const key = elementKey(schema, each);
    const there = found.get(key);
    found.set(key, isFields(there) && isFields(each) ? { ...there, ...each } : each);
  }
  return [...found.values()];
}

function isFields(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
