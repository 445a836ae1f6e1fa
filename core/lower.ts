import { type Address, readable } from "./address.ts";
import { type Amending, amend } from "./amend.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { kindOfObject } from "./change.ts";
import { now } from "./clock.ts";
import { type Diagnostic, error, place } from "./diagnostic.ts";
import type { Engine, Inspection, LowerContext } from "./engine.ts";
import { expire, nextTurn } from "./expiry.ts";
import type { Spec } from "./kind.ts";
import { KINDS } from "./kinds/index.ts";
import { canonical, specText } from "./objects.ts";
import type { Unwanted } from "./unwanted.ts";

export interface Native {
  readonly desired: Catalog;
  /** What must not be, whoever made it. */
  readonly unwanted: Unwanted;
  readonly diagnostics: readonly Diagnostic[];
  /** When the same declaration will mean something else, because a membership ends. */
  readonly changesAt?: string;
}

type Inspected = Pick<Inspection, "catalog" | "facts" | "target"> & Partial<Pick<Inspection, "notModelled">>;

/** Turns intents into objects that the engine really holds, and spells all of them in its way as far as it can alone. */
export function lower(declared: Catalog, engine: Engine, inspection: Inspected | undefined): Native {
  const live: Catalog = inspection?.catalog ?? new Map();
  const { notModelled, target } = inspection ?? {};
  const context: LowerContext = {
    declared,
    live,
    now: now(),
    ...(notModelled && { notModelled }),
    ...(target && { target }),
  };
  const diagnostics: Diagnostic[] = [];
  const objects = new Map<Address, DataObject>();
  const amending: Amending[] = [];
  const unwanted = new Map<string, string>();
  for (const [address, object] of declared) {
    const intent = engine.intents[object.kind];
    if (!intent) {
      if (kindOfObject(object).planned) put(objects, object, diagnostics);
      continue;
    }
    const lowered = intent.lower(object.spec, context);
    const origin = object.origin && { origin: object.origin };
    for (const { kind, spec } of lowered.objects) {
      // What only becomes more exact is still itself.
      const made = kind === object.kind ? {} : { intent: address };
      for (const each of expanded(kind, spec)) put(objects, { kind, spec: each, ...made, ...origin }, diagnostics);
    }
    for (const each of lowered.amend ?? []) amending.push({ ...each, intent: address, ...origin });
    for (const each of lowered.unwanted ?? []) unwanted.set(each.address, each.reason);
    for (const found of lowered.diagnostics ?? []) diagnostics.push({ address, ...origin, ...found });
  }
  diagnostics.push(...amend(objects, amending, context), ...expire(objects, unwanted, context.now));
  const desired = inspection ? spell(objects, engine, inspection, diagnostics) : objects;
  for (const [address, { kind, spec, origin }] of declared)
    for (const found of engine.intents[kind]?.review?.(spec, { desired, live, unwanted }) ?? [])
      diagnostics.push({ address, ...(origin && { origin }), ...found });
  const changesAt = nextTurn([...desired.values(), ...declared.values()], context.now);
  return { desired, unwanted, diagnostics, ...(changesAt !== undefined && { changesAt }) };
}

/** Under the address that its fields give it, which the engine's spelling of a name may have changed. */
function put(objects: Map<Address, DataObject>, object: DataObject, diagnostics: Diagnostic[]): void {
  const kind = kindOfObject(object);
  const address = kind.address(object.spec);
  const there = objects.get(address);
  const merged = there && kind.merge?.(there.spec, object.spec);
  // Two intents may need the very same thing, such as an index.
  if (there?.intent && object.intent && specText(there.spec) === specText(object.spec)) return;
  if (there && !merged) {
    diagnostics.push(
      error("DUPLICATE", `${readable(address)} is declared twice: by ${by(there)} and by ${by(object)}`, {
        address,
        ...(object.origin && { origin: object.origin }),
        detail: "One of the two must go: every fact has one owner.",
      }),
    );
    return;
  }
  objects.set(address, merged ? { ...object, spec: canonical(kind.schema, merged) } : object);
}

function expanded(kindName: string, written: Spec): Spec[] {
  const kind = KINDS.get(kindName);
  if (!kind) throw new Error(`internal: no kind named ${kindName}`);
  const normal = kind.normalise?.(written) ?? written;
  return (kind.expand?.(normal) ?? [normal]).map((spec) => canonical(kind.schema, spec));
}

function by(object: DataObject): string {
  const where = place(object.origin);
  return [object.intent ? readable(object.intent) : object.kind, where && `(${where})`].filter(Boolean).join(" ");
}

function spell(objects: Catalog, engine: Engine, inspection: Inspected, diagnostics: Diagnostic[]): Catalog {
  const context = { desired: objects, live: inspection.catalog, facts: inspection.facts };
  const result = new Map<Address, DataObject>();
  for (const [address, object] of objects) {
    const handler = engine.handlers[object.kind];
    const kind = KINDS.get(object.kind);
    if (!handler || !kind) continue;
    for (const problem of handler.check?.(object.spec, inspection.target, context) ?? []) {
      diagnostics.push(
        error("NOT_SUPPORTED", `${readable(address)}: ${problem}`, {
          address,
          ...(object.origin && { origin: object.origin }),
        }),
      );
    }
    const spec = handler.normalise?.(object.spec, context);
    if (!spec || spec === object.spec) result.set(address, object);
    else put(result, { ...object, spec: canonical(kind.schema, spec) }, diagnostics);
  }
  return result;
}
