/**
 * From the options to declared data sources: read, validate, declare, look up references. Whatever is wrong is told at
 * once. Reading the files is a step of its own, because a run may learn from their hash that nothing has changed.
 */
import { type DocumentCache, documentCache } from "../core/documents/cache.ts";
import { readSources } from "../core/documents/load.ts";
import type { Reached } from "../core/doors/reach.ts";
import { type Parts, type Ready, readyFrom } from "../core/doors/ready.ts";
import { openNames } from "../core/doors/sessions.ts";
import { packageVersion } from "../core/package.ts";
import { ENGINES } from "../providers/index.ts";
import { defaultApp, runApp } from "./app.ts";
import type { Context } from "./context.ts";
import { reached } from "./reach.ts";

export type { Ready } from "../core/doors/ready.ts";

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

const NOTHING: Parts = { documents: [], broken: [], complete: true, diagnostics: [] };

async function ready(context: Context, loaded: Parts, url: Reached | undefined): Promise<readonly Ready[]> {
  const { options, output, secrets } = context;
  const { ready: sound, diagnostics } = await readyFrom(loaded, { engines: ENGINES, url, only: options.dataSource });
  output.diagnostics(diagnostics);
  for (const { declared } of sound)
    openNames(
      secrets,
      [...declared.values()].map(({ spec }) => spec),
    );
  return sound;
}
