/**
 * What an intent says of an object that it does not own: row security of a table that another document declares. A field
 * that the owner gives as well must be given alike; of an object that nobody declares, the rest is left as it is.
 */
import { type Address, kindOf, readable } from "./address.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { type Diagnostic, error, type Origin, place } from "./diagnostic.ts";
import type { Amendment, FieldChange } from "./engine.ts";
import type { Kind, Spec } from "./kind.ts";
import { KINDS } from "./kinds/index.ts";
import type { LedgerEntry } from "./ledger.ts";
import { canonical, elementKey, sameJson } from "./objects.ts";
import type { Ownership } from "./ownership.ts";
import type { Json, Schema } from "./schema.ts";

/** An amendment, and the intent that makes it. */
export interface Amending extends Amendment {
  readonly intent: Address;
  readonly origin?: Origin;
}

/** Merges what intents say of objects into those objects, and tells where two say different things. */
export function amend(
  objects: Map<Address, DataObject>,
  all: readonly Amending[],
  sides: { readonly declared: Catalog; readonly live: Catalog },
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const said = new Map<string, string>();
  for (const amending of all) {
    const { address, intent, origin } = amending;
    const object = objects.get(address) ?? found(amending, sides.live);
    if (!object) {
      // Nothing was inspected where nothing is live: then nobody knows yet.
      if (sides.live.size > 0) diagnostics.push(nobody(amending));
      continue;
    }
    const kind = kindNamed(object.kind);
    const spec: Record<string, Json | undefined> = { ...object.spec };
    for (const { path, value } of factsOf(kind, amending.fields)) {
      const [field, key] = path as [string, string?];
      const given = key === undefined ? givenIn(object, field, kind, sides.declared) : element(kind, spec, field, key);
      const fact = `${address} ${path.join(" ")}`;
      if (given !== undefined && !sameJson(given, value)) {
        const other = said.get(fact) ?? named(object.intent ?? address, object.origin);
        diagnostics.push(twice(amending, path, [words(given), other], [words(value), named(intent, origin)]));
        continue;
      }
      said.set(fact, named(intent, origin));
      if (key === undefined) spec[field] = value;
      else if (given === undefined) spec[field] = withElement(kind, spec[field], field, key, value);
    }
    objects.set(address, { ...object, spec: canonical(kind.schema, kind.normalise?.(spec) ?? spec) });
  }
  return diagnostics;
}

/** Each field is a fact; of a group of fields, and of a collection whose elements are told apart, each element. */
function factsOf(kind: Kind, fields: Spec): { readonly path: readonly string[]; readonly value: Json }[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    const schema = kind.schema.properties[field];
    if (value === undefined) return [];
    if (schema?.properties)
      return Object.entries(value as Spec).flatMap(([key, each]) =>
        each === undefined ? [] : [{ path: [field, key], value: each }],
      );
    if (schema?.collection !== "keyed") return [{ path: [field], value }];
    return (value as readonly Json[]).map((each) => ({ path: [field, elementKey(schema, each)], value: each }));
  });
}

function kindNamed(name: string): Kind {
  const kind = KINDS.get(name);
  if (!kind) throw new Error(`internal: no kind named ${name}`);
  return kind;
}

/** An element of a keyed collection by its key, or a field of a group of fields by its name. */
function element(kind: Kind, spec: Spec, field: string, key: string): Json | undefined {
  const schema = kind.schema.properties[field] ?? {};
  const value = spec[field];
  if (Array.isArray(value)) return (value as readonly Json[]).find((each) => elementKey(schema, each) === key);
  return (value as { readonly [name: string]: Json } | undefined)?.[key];
}

/** The value with it. */
function withElement({ schema }: Kind, there: Json | undefined, field: string, key: string, value: Json): Json {
  if (schema.properties[field]?.properties)
    return { ...(there as { readonly [name: string]: Json } | undefined), [key]: value };
  return [...((there ?? []) as readonly Json[]), value];
}

/** The value without it. */
function withoutElement(schema: Schema, value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return value.filter((each) => elementKey(schema, each as Json) !== key) as Json;
  const { [key]: _, ...rest } = (value ?? {}) as { readonly [name: string]: Json };
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function twice(
  { address, intent, origin }: Amending,
  path: readonly string[],
  [there, owner]: readonly [string, string],
  [here, self]: readonly [string, string],
): Diagnostic {
  const what = `\`${path.join(".")}\` of ${readable(address)}`;
  return error("DUPLICATE", `${what} is said twice: ${there} by ${owner}, ${here} by ${self}`, {
    address: intent,
    ...(origin && { origin }),
    detail: "Every fact has one owner: take it out of one of the two, or let both say the same.",
  });
}

function nobody({ address, intent, origin }: Amending): Diagnostic {
  return error("UNKNOWN_REFERENCE", `${readable(intent)} speaks of ${readable(address)}, which it cannot change`, {
    address: intent,
    ...(origin && { origin }),
    detail:
      "It is neither declared nor there; or it is nobody's to declare, such as the connected role. Mend the name, or create it.",
  });
}

/** What is there and nobody declares: all of it, so that it reads as it is, and nothing of it ours but what is amended. */
function found({ address, fields, intent, origin }: Amending, live: Catalog): DataObject | undefined {
  const there = live.get(address);
  if (!there) return undefined;
  const kind = kindNamed(kindOf(address));
  const ignore = Object.keys(kind.schema.properties).filter((name) => !(name in fields));
  const rest = Object.fromEntries(Object.entries(there.spec).filter(([name]) => !(name in fields)));
  return { kind: there.kind, spec: { ...rest, ignore }, intent, found: true, ...(origin && { origin }) };
}

/** What the owner of an object says of a field, its default included where it is written out. */
function givenIn(object: DataObject, field: string, kind: Kind, declared: Catalog): Json | undefined {
  const given = object.spec[field];
  if (given !== undefined) return given;
  const stated = object.stated ?? (object.intent && declared.get(object.intent)?.stated);
  return stated?.includes(field) ? kind.schema.properties[field]?.default : undefined;
}

function named(address: Address, origin: Origin | undefined): string {
  const where = place(origin);
  return where === undefined ? readable(address) : `${readable(address)} (${where})`;
}

function words(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What is declared, without what intents found there and this plan drops: to amend a thing is not to declare it. */
export function standing(desired: Catalog, ledger: ReadonlyMap<Address, LedgerEntry>, ownership: Ownership): Catalog {
  const goes = ([address, object]: readonly [Address, DataObject]): boolean => {
    if (!object.found) return false;
    const kind = kindNamed(object.kind);
    const { made, by } = ledger.get(address) ?? {};
    const mode = ownership.mode(kind, object.spec as Spec);
    if (kind.fixed || by !== undefined || mode === "observe") return false;
    return made === true || (mode === "authoritative" && ownership.manages(kind, object.spec));
  };
  const gone = [...desired].filter(goes).map(([address]) => address);
  if (gone.length === 0) return desired;
  const rest = new Map(desired);
  for (const address of gone) rest.delete(address);
  return rest;
}

/**
 * What an intent added to an object that nobody declares, and no intent asks for any more. The ledger tells it by the
 * fields that its entry ignores: all but those that were amended.
 */
export function release(kind: Kind, before: DataObject, entry: LedgerEntry | undefined): FieldChange[] {
  if (entry?.applied.ignore === undefined || entry.made === true || entry.by !== undefined) return [];
  return entry.made.flatMap((made): FieldChange[] => {
    const path = made.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    const [field, key] = path as [string, string?];
    const from = key === undefined ? before.spec[field] : element(kind, before.spec, field, key);
    return from === undefined ? [] : [{ path, from, to: undefined }];
  });
}

/** The object once that is taken back. */
export function released(kind: Kind, { kind: name, spec }: DataObject, fields: readonly FieldChange[]): DataObject {
  const rest: Record<string, Json | undefined> = { ...spec };
  for (const { path } of fields) {
    const [field, key] = path as [string, string?];
    const schema = kind.schema.properties[field] ?? {};
    if (key === undefined) delete rest[field];
    else rest[field] = withoutElement(schema, rest[field], key);
  }
  return { kind: name, spec: canonical(kind.schema, rest), found: true };
}
