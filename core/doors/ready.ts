/**
 * From documents to declared data sources: assign, declare, look up references. Whatever is wrong is told at once. Every
 * door does this alike; which engines there are, it is told, because core knows none.
 */
import { dirname, join } from "node:path";
import type { Catalog } from "../catalog.ts";
import { kindOfObject } from "../change.ts";
import { type Diagnostic, error, hasErrors, type Origin } from "../diagnostic.ts";
import { type DeclaredSource, declare } from "../documents/declare.ts";
import type { Loaded } from "../documents/load.ts";
import { checkReferences } from "../documents/references.ts";
import type { Engine } from "../engine.ts";
import { Refusal } from "../errors.ts";
import type { Estate } from "../estate.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { othersIn } from "../reconcile.ts";
import { withSecretFiles } from "../secret.ts";
import type { DataSource } from "../specs.ts";
import { type Reached, reachedBy } from "./reach.ts";

/** Every engine by name, loaded when it is needed. */
export type Engines = ReadonlyMap<string, () => Promise<Engine>>;

/** A declared data source, sound as far as can be told without a connection. */
export interface Ready {
  readonly source: DataSource;
  readonly origin: Origin | undefined;
  readonly engine: Engine;
  /** Stands for the connection of the document. */
  readonly url: string | undefined;
  readonly declared: Catalog;
  readonly estate: Estate;
  /** The other declared data sources, by name. */
  readonly others?: ReadonlyMap<string, DataSource>;
}

/** Documents as they were read. */
export type Parts = Pick<Loaded, "documents" | "broken" | "complete" | "diagnostics"> &
  Partial<Pick<Loaded, "locator">>;

export interface ReadyOptions {
  readonly engines: Engines;
  /** Stands for the connection of the one data source, or is the data source where no document declares one. */
  readonly url?: Reached | undefined;
  /** Only the data source of this name. */
  readonly only?: string | undefined;
}

/** What is declared, with the diagnostics that do not stand in its way; refuses what has errors. */
export async function readyFrom(
  loaded: Parts,
  { engines: known, url, only }: ReadyOptions,
): Promise<{ readonly ready: readonly Ready[]; readonly diagnostics: readonly Diagnostic[] }> {
  const engines = await enginesOf([...loaded.documents, ...loaded.broken], known, url);
  // A declaration that is empty has said so already.
  const isEmpty = loaded.documents.length + loaded.broken.length === 0 && hasErrors(loaded.diagnostics);
  const { sources, diagnostics } = isEmpty
    ? { sources: [], diagnostics: [] }
    : declare(loaded.documents, {
        engines: { get: (name) => engines.get(name), names: [...known.keys()] },
        broken: loaded.broken,
        complete: loaded.complete,
        ...(url && { url: { engine: url.engine, name: url.name } }),
        ...(only !== undefined && { only }),
      });
  const reachedSources = url ? sources.map((each) => ({ ...each, source: reachedBy(each.source, url) })) : sources;
  const found: Diagnostic[] = [...loaded.diagnostics, ...diagnostics, ...misdirected(sources, url)];
  const ready: Ready[] = [];
  for (const each of reachedSources) {
    const engine = engines.get(each.source.engine) as Engine;
    found.push(...(await checkReferences(each, engine, loaded.locator)));
    ready.push(readyOf(each, engine, url));
  }
  if (hasErrors(found)) throw new Refusal(found, 1);
  return { ready, diagnostics: found };
}

async function enginesOf(
  documents: readonly { readonly kind: string; readonly spec: Spec }[],
  known: Engines,
  url: Reached | undefined,
): Promise<Map<string, Engine>> {
  const names = new Set(documents.filter(({ kind }) => kind === "DataSource").map(({ spec }) => spec.engine));
  if (url) names.add(url.engine);
  const engines = new Map<string, Engine>();
  for (const [name, load] of known) if (names.has(name)) engines.set(name, await load());
  return engines;
}

/** One URL can stand for one data source only, and for one of its own engine. */
function misdirected(sources: readonly DeclaredSource[], url: Reached | undefined): Diagnostic[] {
  if (!url) return [];
  const names = sources.map(({ source }) => source.name);
  if (names.length > 1) {
    const detail = `Say which with \`--data-source NAME\`; declared are ${names.join(", ")}.`;
    return [error("AMBIGUOUS_DATA_SOURCE", "`--url` stands for one data source, and several are declared", { detail })];
  }
  return sources
    .filter(({ source }) => source.engine !== url.engine)
    .map(({ source }) =>
      error("UNKNOWN_ENGINE", `${source.name} is declared for ${source.engine}, and the URL is one of ${url.engine}`),
    );
}

/** The folder of evidence is relative to the document. */
function withEvidence(source: DataSource, origin: Origin | undefined): DataSource {
  const { manage } = source;
  if (!manage?.requireDrill) return source;
  const evidence = join(dirname(origin?.file ?? "x"), manage.requireDrill.evidence ?? "evidence");
  return { ...source, manage: { ...manage, requireDrill: { ...manage.requireDrill, evidence } } };
}

function readyOf(
  { source, origin, declared, estate }: DeclaredSource,
  engine: Engine,
  url: Reached | undefined,
): Ready {
  const kind = KINDS.get("DataSource") as Kind;
  const placed = withEvidence(
    withSecretFiles(kind, source as unknown as Spec, origin) as unknown as DataSource,
    origin,
  );
  const objects = [...declared].map(([address, object]) => {
    const spec = withSecretFiles(kindOfObject(object), object.spec, object.origin);
    return [address, spec === object.spec ? object : { ...object, spec }] as const;
  });
  const catalog = new Map(objects);
  return { source: placed, origin, engine, url: url?.url, declared: catalog, estate, others: othersIn(catalog) };
}
