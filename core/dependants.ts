/** Who uses what, so that it can step aside while that changes. */
import type { Address } from "./address.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { kindOfObject } from "./change.ts";
import type { Disturbance, FieldChange } from "./engine.ts";
import type { Kind, Spec } from "./kind.ts";
import { meanings, references, rewrittenTexts, walk } from "./objects.ts";
import type { Json, Schema } from "./schema.ts";

/** An object that is replaced as a whole, or columns of it that are disturbed. */
export interface Disturbed {
  readonly of: Address;
  readonly columns?: readonly string[];
  readonly how: Disturbance["how"] | "replaced";
}

/** Does a dependant have to step aside? */
export function concerns(
  { columns = [], how }: Disturbed,
  { address, needed, named }: Dependant,
  live: Catalog,
): boolean {
  if (how === "replaced") return true;
  if (how === "unlinked") return false;
  if (needed) return needed.some((column) => columns.includes(column));
  if (how === "remade" && named?.some((column) => columns.includes(column))) return true;
  if (how === "dropped") return false;
  const object = live.get(address) as DataObject;
  if (object.needs?.some((need) => need.columns)) return false;
  return [...rewrittenTexts(kindOfObject(object), object.spec).values()].some((text) =>
    columns.some((column) => text.includes(column)),
  );
}

export interface Dependant {
  readonly address: Address;
  /** Columns that it uses, as the engine knows. */
  readonly needed?: readonly string[];
  /** Columns that its fields name. */
  readonly named?: readonly string[];
}

/** What uses each live object. */
export function dependantsOf(live: Catalog): Map<Address, Dependant[]> {
  const found = new Map<Address, Dependant[]>();
  const add = (on: Address, dependant: Dependant): void => {
    const known = found.get(on);
    if (known) known.push(dependant);
    else found.set(on, [dependant]);
  };
  for (const [address, object] of live) {
    const kind = kindOfObject(object);
    for (const { reference, name, path } of references(kind, object.spec)) {
      if (reference.orders === false) continue;
      const named = columnsNamed(kind, object.spec, path.at(-1) as string);
      for (const meant of meanings(reference, name)) if (live.has(meant)) add(meant, { address, named });
    }
    for (const need of object.needs ?? [])
      add(need.address, { address, ...(need.columns && { needed: need.columns }) });
  }
  return found;
}

function columnsNamed(kind: Kind, spec: Spec, field: string): string[] {
  const found: string[] = [];
  walk(kind.schema, spec, ({ schema, value }) => {
    if (schema.column === field && typeof value === "string") found.push(value);
    return undefined;
  });
  return found;
}

/** The declared object with what the declaration leaves as it is: fields that it keeps or ignores, members that others added. */
export function withOthers(declared: DataObject, live: DataObject, fields: readonly FieldChange[]): DataObject {
  const ignored = new Set((declared.spec.ignore as readonly string[] | undefined) ?? []);
  return { ...declared, spec: kept(kindOfObject(declared).schema, declared.spec, live.spec, fields, ignored) };
}

function kept(
  schema: Schema,
  declared: Spec,
  live: Spec,
  fields: readonly FieldChange[],
  ignored: ReadonlySet<string>,
): Spec {
  const result: { [field: string]: Json | undefined } = { ...declared };
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const [mine, theirs] = [declared[name], live[name]];
    if (theirs === undefined) continue;
    const own = fields
      .filter(({ path }) => path[0] === name)
      .map((change) => ({ ...change, path: change.path.slice(1) }));
    if (ignored.has(name) || (mine === undefined && field.absent === "keep" && !field.secret)) result[name] = theirs;
    else if (field.collection === "set" && field.open && Array.isArray(mine))
      result[name] = (own[0] ? own[0].to : theirs) as Json;
    else if (field.properties && isSpec(mine) && isSpec(theirs))
      result[name] = kept(field, mine, theirs, own, new Set()) as Json;
  }
  return result;
}

function isSpec(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
