/** From documents to what is declared: for each data source a catalog in the form that is compared. */
import { type Address, address as addressOf, readable } from "../address.ts";
import type { Catalog, DataObject } from "../catalog.ts";
import { type Diagnostic, error, type Origin } from "../diagnostic.ts";
import type { Document } from "../document.ts";
import type { Engine } from "../engine.ts";
import type { Estate } from "../estate.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { nearest } from "../names.ts";
import { canonical } from "../objects.ts";
import type { DataSource } from "../specs.ts";
import { assign, duplicate, override, unknownDataSource } from "./assign.ts";
import { didYouMean, quoted } from "./words.ts";

/** As much of an engine as can be asked without a connection. */
export type OfflineEngine = Pick<
  Engine,
  "name" | "isBuiltIn" | "handlers" | "intents" | "provers" | "asks" | "backups"
>;

export interface DeclareOptions {
  readonly engines: { get(name: string): OfflineEngine | undefined; readonly names: readonly string[] };
  /** The system that a URL names; it is the data source where no document declares one. */
  readonly url?: { readonly engine: string; readonly name: string };
  /** Only the data source of this name. */
  readonly only?: string;
  /** Documents with errors, which still count as declared to whoever refers to them. */
  readonly broken?: readonly Document[];
  /** Every file could be parsed. @default true */
  readonly complete?: boolean;
}

export interface DeclaredSource {
  readonly source: DataSource;
  readonly origin?: Origin;
  readonly declared: Catalog;
  readonly estate: Estate;
  /** Addresses of documents with errors of their own. */
  readonly broken: ReadonlySet<Address>;
  /** Nothing is left out because its file could not be parsed. */
  readonly complete: boolean;
}

export interface Declared {
  readonly sources: readonly DeclaredSource[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Assigns documents to data sources and brings each into the form that is compared. */
export function declare(documents: readonly Document[], options: DeclareOptions): Declared {
  const diagnostics: Diagnostic[] = [];
  const { broken: faulty = [], complete = true, only } = options;
  const sources = sourcesOf(documents, options, diagnostics);
  const names = [...sources.keys()];
  const isObject = (document: Document): boolean => document.kind !== "DataSource";
  const byName = assign(documents.filter(isObject), sources, diagnostics);
  const brokenByName = assign(faulty.filter(isObject), sources, undefined);
  if (only !== undefined && !sources.has(only) && complete) diagnostics.push(unknownDataSource(only, names));
  const isMeant = (name: string): boolean => only === undefined || only === name;
  const claimed = new Map(names.map((name) => [name, new Set((brokenByName.get(name) ?? []).flatMap(claims))]));
  const merged = new Map(
    names.map((name) => {
      const known = (of: Address): boolean => claimed.get(name)?.has(of) || !complete;
      return [name, override(byName.get(name) ?? [], known, isMeant(name) ? diagnostics : [])];
    }),
  );
  askEachOther(sources, merged, options);
  const estate: DeclaredSource[] = [];
  for (const [name, { source, origin }] of sources) {
    const engine = options.engines.get(source.engine);
    if (!engine) continue;
    const declared = catalogOf(merged.get(name) ?? [], engine, isMeant(name) ? diagnostics : []);
    for (const [at, other] of othersThan(name, sources)) declared.set(at, other);
    const broken = claimed.get(name) ?? new Set<Address>();
    estate.push({ source, ...(origin && { origin }), declared, estate, broken, complete });
  }
  return { sources: estate.filter(({ source }) => isMeant(source.name)), diagnostics };
}

/** What an engine asks of other data sources is declared there. */
function askEachOther(
  sources: ReadonlyMap<string, Source>,
  byName: ReadonlyMap<string, Document[]>,
  { engines }: DeclareOptions,
): void {
  const all = [...sources.values()].map(({ source }) => source);
  const asked = [...sources].flatMap(([name, { source }]) =>
    (engines.get(source.engine)?.asks?.(source, byName.get(name) ?? [], all) ?? []).filter(
      (document) => document.dataSource !== name,
    ),
  );
  for (const document of asked) byName.get(document.dataSource as string)?.push(document);
}

/** The other data sources, to which an object may lead. */
function othersThan(name: string, sources: ReadonlyMap<string, Source>): [Address, DataObject][] {
  return [...sources].flatMap(([other, { source, origin }]): [Address, DataObject][] => {
    if (other === name) return [];
    const spec = source as unknown as Spec;
    return [[addressOf("DataSource", other), { kind: "DataSource", spec, ...(origin && { origin }) }]];
  });
}

interface Source {
  readonly source: DataSource;
  readonly origin?: Origin;
}

function sourcesOf(
  documents: readonly Document[],
  options: DeclareOptions,
  diagnostics: Diagnostic[],
): Map<string, Source> {
  const { broken = [], complete = true, engines, url } = options;
  const claimed = new Set(broken.flatMap(claims));
  const written = override(
    documents.filter(({ kind }) => kind === "DataSource"),
    (of) => claimed.has(of) || !complete,
    diagnostics,
  );
  const sources = new Map<string, Source>();
  for (const { spec, origin } of written) {
    const source = spec as unknown as DataSource;
    const same = sources.get(source.name);
    if (same)
      diagnostics.push(
        duplicate(
          addressOf("DataSource", source.name),
          `DataSource ${source.name} is declared twice`,
          same.origin,
          origin,
        ),
      );
    else sources.set(source.name, { source, origin });
    if (!engines.get(source.engine)) diagnostics.push(unknownEngine(source.engine, engines.names, origin));
  }
  // What can be told of one with errors is enough to check what belongs to it.
  for (const { kind, spec, origin } of broken) {
    const { name, engine } = spec;
    if (kind !== "DataSource" || typeof name !== "string" || typeof engine !== "string" || sources.has(name)) continue;
    sources.set(name, { source: { connection: {}, ...spec, name, engine }, origin });
  }
  if (sources.size > 0) return sources;
  if (url) {
    if (!engines.get(url.engine)) diagnostics.push(unknownEngine(url.engine, engines.names, undefined));
    sources.set(url.name, { source: { name: url.name, engine: url.engine, connection: {} } });
  } else if (complete && !broken.some(({ kind }) => kind === "DataSource")) {
    diagnostics.push(
      error("NO_DATA_SOURCE", "No DataSource is declared", {
        detail: "Add a document with `kind: DataSource`, or name the system with `--url`.",
      }),
    );
  }
  return sources;
}

function unknownEngine(name: string, names: readonly string[], origin: Origin | undefined): Diagnostic {
  const hint = { detail: `The engines are ${names.map(quoted).join(", ")}.`, ...didYouMean(nearest(name, names)) };
  return error("UNKNOWN_ENGINE", `There is no engine ${quoted(name)}`, { ...hint, ...(origin && { origin }) });
}

/** Can the engine do anything with a kind? Policies judge whatever engine. */
function takes({ handlers, intents, provers, backups }: OfflineEngine, { name, judges, keeps }: Kind): boolean {
  return [handlers[name], intents[name], provers?.[name], judges, keeps && backups].some(Boolean);
}

function catalogOf(
  documents: readonly Document[],
  engine: OfflineEngine,
  diagnostics: Diagnostic[],
): Map<Address, DataObject> {
  const catalog = new Map<Address, DataObject>();
  for (const document of documents) {
    const kind = KINDS.get(document.kind) as Kind;
    const { origin } = document;
    if (!takes(engine, kind)) {
      diagnostics.push(
        error("NOT_SUPPORTED", `The engine ${engine.name} has no ${kind.name}`, {
          address: kind.address(document.spec),
          origin,
          detail: "Remove the document, or declare it for a data source of another engine.",
        }),
      );
      continue;
    }
    for (const { spec, stated } of comparedForms(kind, document.spec)) {
      const address = kind.address(spec);
      const there = catalog.get(address);
      const merged = there && kind.merge?.(there.spec, spec);
      if (there && !merged)
        diagnostics.push(duplicate(address, `${readable(address)} is declared twice`, there.origin, origin));
      else if (there && merged) catalog.set(address, { ...there, spec: canonical(kind.schema, merged) });
      else catalog.set(address, { kind: kind.name, spec, origin, ...(stated.length > 0 && { stated }) });
    }
  }
  for (const found of collisions(catalog)) diagnostics.push(found);
  return catalog;
}

/** The other addresses by which an object is referred to: a DimensionTable is a Table as well. */
export function aliases(object: Pick<DataObject, "kind" | "spec">): Address[] {
  const kind = KINDS.get(object.kind);
  return [
    ...(kind?.as ?? []).flatMap((as) => KINDS.get(as)?.address(object.spec) ?? []),
    ...(kind?.gives?.(object.spec) ?? []),
  ];
}

/** Objects that become one and the same when their intents are lowered. */
function collisions(catalog: Catalog): Diagnostic[] {
  const found: Diagnostic[] = [];
  const owners = new Map<Address, { readonly address: Address; readonly origin: Origin | undefined }>();
  for (const [address, object] of catalog) {
    for (const alias of aliases(object)) {
      const native = catalog.get(alias);
      const owner = native ? { address: alias, origin: native.origin } : owners.get(alias);
      if (owner)
        found.push(
          duplicate(
            address,
            `${readable(address)} and ${readable(owner.address)} are the same object`,
            owner.origin,
            object.origin,
          ),
        );
      else owners.set(alias, { address, origin: object.origin });
    }
  }
  return found;
}

/** The addresses that a document with errors would have had, as far as its name can be told. */
function claims(document: Document): Address[] {
  const kind = KINDS.get(document.kind);
  if (!kind) return [];
  const parts = ["schema", "name"]
    .filter((field) => kind.schema.required.includes(field))
    .map((field) => document.spec[field]);
  if (parts.length === 0 || parts.some((part) => typeof part !== "string" || part === "")) return [];
  const named = parts as string[];
  return [kind.name, ...(kind.as ?? [])].map((each) =>
    addressOf(each, named.length === 1 ? (named[0] as string) : named),
  );
}

function comparedForms(kind: Kind, written: Spec): { readonly spec: Spec; readonly stated: readonly string[] }[] {
  const normal = kind.normalise?.(written) ?? written;
  return (kind.expand?.(normal) ?? [normal]).map((form) => {
    const spec = canonical(kind.schema, form);
    const stated = spec === form ? [] : Object.keys(form).filter((name) => form[name] !== undefined && !(name in spec));
    return { spec, stated };
  });
}
