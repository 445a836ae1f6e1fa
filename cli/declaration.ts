/**
 * From the options to declared data sources: read, validate, declare, look up references. Whatever is wrong is told at
 * once. Reading the files is a step of its own, because a run may learn from their hash that nothing has changed.
 */
import type { Catalog } from "../core/catalog.ts";
import { kindOfObject } from "../core/change.ts";
import { type Diagnostic, error, hasErrors, type Origin } from "../core/diagnostic.ts";
import { type DocumentCache, documentCache } from "../core/documents/cache.ts";
import { type DeclaredSource, declare } from "../core/documents/declare.ts";
import { type Loaded, readSources } from "../core/documents/load.ts";
import { checkReferences } from "../core/documents/references.ts";
import type { Engine } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { withSecretFiles } from "../core/secret.ts";
import type { DataSource } from "../core/specs.ts";
import { ENGINES } from "../providers/index.ts";
import { defaultApp, runApp } from "./app.ts";
import type { Context } from "./context.ts";
import { packageVersion } from "./package.ts";
import { type Reached, reached, reachedBy } from "./reach.ts";

/** A declared data source, sound as far as can be told without a connection. */
export interface Ready {
  readonly source: DataSource;
  readonly origin: Origin | undefined;
  readonly engine: Engine;
  /** Stands for the connection of the document. */
  readonly url: string | undefined;
  readonly declared: Catalog;
}

export interface Read {
  /** Hash of all that was read: equal ones declare the same. Undefined where nothing was read. */
  readonly contentHash: string | undefined;
  readonly cache: DocumentCache | undefined;
  readonly reached: Reached | undefined;
  /** Refuses what has errors. */
  load(): Promise<readonly Ready[]>;
}

/** `documents: "optional"` for commands to which a URL is enough. */
export async function readDeclaration(
  context: Context,
  documents: "required" | "optional" = "required",
): Promise<Read> {
  const { options, io } = context;
  const url = await reached(context);
  const withoutDocuments =
    documents === "optional" && url !== undefined && options.file.length === 0 && options.app === undefined;
  if (withoutDocuments) {
    return { contentHash: undefined, cache: undefined, reached: url, load: () => ready(context, NOTHING, url) };
  }
  const app = options.app ?? (options.file.length === 0 ? defaultApp(io.cwd) : undefined);
  const declaration = app === undefined ? undefined : await runApp(app, context);
  try {
    const paths = [...options.file, ...(declaration ? [declaration.file] : [])];
    // What an app declares is written anew each time, and reading it takes no parser.
    const cache =
      options.noCache || declaration ? undefined : documentCache({ paths, cwd: io.cwd, version: packageVersion() });
    const sources = await readSources(paths, { cwd: io.cwd, stdin: () => textOf(io.stdin), ...(cache && { cache }) });
    return {
      contentHash: sources.contentHash,
      cache,
      reached: url,
      load: async () => ready(context, await sources.load(), url),
    };
  } finally {
    declaration?.remove();
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer | string));
  return Buffer.concat(chunks).toString("utf8");
}

type Parts = Pick<Loaded, "documents" | "broken" | "complete" | "diagnostics"> & Partial<Pick<Loaded, "locator">>;

const NOTHING: Parts = { documents: [], broken: [], complete: true, diagnostics: [] };

async function ready(context: Context, loaded: Parts, url: Reached | undefined): Promise<readonly Ready[]> {
  const { options, output } = context;
  const engines = await enginesOf([...loaded.documents, ...loaded.broken], url);
  // A declaration that is empty has said so already.
  const isEmpty = loaded.documents.length + loaded.broken.length === 0 && hasErrors(loaded.diagnostics);
  const { sources, diagnostics } = isEmpty
    ? { sources: [], diagnostics: [] }
    : declare(loaded.documents, {
        engines: { get: (name) => engines.get(name), names: [...ENGINES.keys()] },
        broken: loaded.broken,
        complete: loaded.complete,
        ...(url && { url: { engine: url.engine, name: url.name } }),
        ...(options.dataSource !== undefined && { only: options.dataSource }),
      });
  const reachedSources = url ? sources.map((each) => ({ ...each, source: reachedBy(each.source, url) })) : sources;
  const found: Diagnostic[] = [...loaded.diagnostics, ...diagnostics, ...misdirected(sources, url)];
  const result: Ready[] = [];
  for (const each of reachedSources) {
    const engine = engines.get(each.source.engine) as Engine;
    found.push(...(await checkReferences(each, engine, loaded.locator)));
    result.push(readyOf(each, engine, url));
  }
  if (hasErrors(found)) throw new Refusal(found, 1);
  output.diagnostics(found);
  for (const { declared } of result)
    noteNames(
      context,
      [...declared.values()].map(({ spec }) => spec),
    );
  return result;
}

async function enginesOf(
  documents: readonly { readonly kind: string; readonly spec: Spec }[],
  url: Reached | undefined,
): Promise<Map<string, Engine>> {
  const names = new Set(documents.filter(({ kind }) => kind === "DataSource").map(({ spec }) => spec.engine));
  if (url) names.add(url.engine);
  const engines = new Map<string, Engine>();
  for (const [name, load] of ENGINES) if (names.has(name)) engines.set(name, await load());
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

function readyOf({ source, origin, declared }: DeclaredSource, engine: Engine, url: Reached | undefined): Ready {
  const kind = KINDS.get("DataSource") as Kind;
  const placed = withSecretFiles(kind, source as unknown as Spec, origin) as unknown as DataSource;
  const objects = [...declared].map(([address, object]) => {
    const spec = withSecretFiles(kindOfObject(object), object.spec, object.origin);
    return [address, spec === object.spec ? object : { ...object, spec }] as const;
  });
  return { source: placed, origin, engine, url: url?.url, declared: new Map(objects) };
}

/** Names that stand openly in the declaration cannot be hidden, whatever a secret happens to be. */
export function noteNames({ secrets }: Context, specs: Iterable<Spec>): void {
  for (const { schema, name } of specs) {
    for (const each of [schema, name]) if (typeof each === "string") secrets.open(each);
  }
}
