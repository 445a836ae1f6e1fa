/**
 * Which document goes into which file: a file for each table and view with everything that is on it, one for the rest
 * of each schema, one for the roles, one for the database. What is reviewed together stands together, and a change of
 * one table is a change of one file.
 */
import { createHash } from "node:crypto";
import type { Address } from "../address.ts";
import type { Catalog, DataObject } from "../catalog.ts";
import { kindOfObject } from "../change.ts";
import type { Kind, Spec } from "../kind.ts";
import { nameParts } from "../names.ts";
import { references } from "../objects.ts";

/** A document to be written: kind and fields, short forms put back. */
export interface EmittedDocument {
  readonly kind: Kind;
  readonly spec: Spec;
}

/** Path without its ending, and what stands in the file, in order. */
export interface Placed {
  readonly path: string;
  readonly documents: readonly EmittedDocument[];
}

const OWN_FILE: ReadonlySet<string> = new Set(["Table", "View", "MaterializedView"]);
/** Where the name of the relation stands that an object is on. */
const PARENT = /^(on\/)?table$/;

/** The documents of a catalog by file, both in an order that depends on nothing but the catalog. */
export function layout(catalog: Catalog): Placed[] {
  const files = new Map<string, EmittedDocument[]>();
  for (const document of documentsOf(catalog)) {
    const path = fileOf(document);
    const known = files.get(path);
    if (known) known.push(document);
    else files.set(path, [document]);
  }
  return [...files].map(([path, documents]) => ({ path, documents })).sort((a, b) => compared(a.path, b.path));
}

/** Every object as a document; facts of one grant together. */
function documentsOf(catalog: Catalog): EmittedDocument[] {
  const groups = new Map<string, { readonly at: Address; readonly kind: Kind; readonly specs: Spec[] }>();
  const sorted = [...catalog].sort(([a, one], [b, other]) => rank(one) - rank(other) || compared(a, b));
  for (const [at, object] of sorted) {
    const kind = kindOfObject(object);
    const key = kind.group ? `${kind.name} ${kind.group.key(object.spec)}` : at;
    const known = groups.get(key);
    if (known) known.specs.push(object.spec);
    else groups.set(key, { at, kind, specs: [object.spec] });
  }
  return [...groups.values()].map(({ kind, specs }) => {
    const joined = kind.group && specs.length > 1 ? kind.group.join(specs) : (specs[0] as Spec);
    const declarable = withoutComputed(kind, joined);
    return { kind, spec: kind.compact?.(declarable) ?? declarable };
  });
}

function rank(object: DataObject): number {
  return kindOfObject(object).rank;
}

function withoutComputed(kind: Kind, spec: Spec): Spec {
  return Object.fromEntries(Object.entries(spec).filter(([name]) => !kind.schema.properties[name]?.computed));
}

function fileOf({ kind, spec }: EmittedDocument): string {
  const parent = references(kind, spec).find(
    ({ reference, path }) => PARENT.test(path.join("/")) && reference.kinds.some((name) => OWN_FILE.has(name)),
  );
  if (parent) {
    const [schema, name] = nameParts(parent.name) as [string, string];
    return `${fileName(schema)}/${fileName(name)}`;
  }
  const { schema, role } = kind.scope(spec);
  if (OWN_FILE.has(kind.name)) return `${fileName(schema as string)}/${fileName(spec.name as string)}`;
  if (kind.name !== "Extension" && schema !== undefined) return `${fileName(schema)}/schema`;
  return role !== undefined && kind.name === "Role" ? "roles" : "database";
}

/** Names that some system keeps for itself, and the ones that files here have already. */
const TAKEN = /^(con|prn|aux|nul|com\d|lpt\d|schema|roles|database|datasource)$/;

/** The name itself where every file system tells it from all others, else one that says it and is as unique. */
export function fileName(name: string): string {
  if (/^[a-z0-9_]{1,100}$/.test(name) && !TAKEN.test(name)) return name;
  const told = name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "_")
    .slice(0, 60);
  return `${told}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

/** By code units: the same on every machine, whatever its language. */
function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
