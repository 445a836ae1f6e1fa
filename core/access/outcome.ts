/** The live catalog as it will be once a plan is applied: what others added stays in it. */
import type { Address } from "../address.ts";
import type { Catalog, DataObject } from "../catalog.ts";
import type { Change } from "../change.ts";
import type { FieldChange } from "../engine.ts";
import type { Kind, Spec } from "../kind.ts";
import { elementKey, formOf } from "../objects.ts";
import type { Json, Schema } from "../schema.ts";

/** `implied` are objects that the engine makes by itself beside those that are created. */
export function outcomeOf(live: Catalog, changes: Iterable<Change>, implied: Catalog): Catalog {
  const after = new Map<Address, DataObject>([...live, ...implied]);
  for (const { address, action, kind, before, after: declared, fields } of changes) {
    if (action === "drop") after.delete(address);
    else if (!before) after.set(address, declared as DataObject);
    else {
      const spec = patched(kind, before.spec, fields);
      // What it uses follows from its text, which may be another one now.
      const { needs: _, ...rest } = before;
      after.set(address, spec === before.spec ? before : { ...rest, spec });
    }
  }
  return after;
}

/** A spec with what the plan changes of it. */
function patched(kind: Kind, spec: Spec, fields: readonly FieldChange[]): Spec {
  return fields.reduce<Spec>((now, { path, to }) => set(kind.schema, now as Json, path, to) as Spec, spec);
}

function set(schema: Schema, value: Json | undefined, path: readonly string[], to: Json | undefined): Json | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return to;
  const form = value === undefined ? schema : formOf(schema, value);
  if (form.collection === "keyed" || Array.isArray(value)) {
    const elements = (value ?? []) as readonly Json[];
    const at = elements.findIndex((element) => elementKey(form, element) === part);
    const next = set(form.items ?? {}, elements[at], rest, to);
    if (next === undefined) return elements.filter((_, index) => index !== at);
    return at < 0 ? [...elements, next] : elements.map((element, index) => (index === at ? next : element));
  }
  const field = form.properties?.[part] ?? (form.additionalProperties as Schema | undefined) ?? {};
  const fields = (value ?? {}) as { readonly [key: string]: Json };
  const { [part]: old, ...others } = fields;
  const next = set(field, old, rest, to);
  return next === undefined ? others : { ...fields, [part]: next };
}
