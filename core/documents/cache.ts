/**
 * Documents parsed and checked before, by the content of their files, so that only changed files are parsed again.
 * The folder may be deleted at any time. Nothing that is wrong with it ever fails a run: a file that is damaged, of
 * another version or under another user's control counts as absent and is written anew.
 */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Document } from "../document.ts";
import { hash } from "../hash.ts";
import { KINDS } from "../kinds/index.ts";
import { isOurs, userCache, writeCached } from "../user-cache.ts";

/** Raised when what is kept is read in another way. */
const FORMAT = 1;
/** What no run has written for this long belongs to paths that nobody uses any more. */
const KEPT_DAYS = 30;
/** Several data sources and several options of a run each have a head. */
const HEADS = 32;

/** The documents of one file, and the hash of the content that they were read from. */
export interface CachedFile {
  readonly hash: string;
  readonly documents: readonly Document[];
}

export interface DocumentCache {
  readDocuments(): ReadonlyMap<string, CachedFile>;
  writeDocuments(files: ReadonlyMap<string, CachedFile>): void;
  /** A small text kept beside the documents, read without them. */
  readHead(key: string): string | undefined;
  writeHead(key: string, value: string): void;
}

export interface CacheOptions {
  /** The same paths and folder that the documents are loaded with; each set of them has files of its own. */
  readonly paths: readonly string[];
  readonly cwd?: string;
  /** Version of Datumline. */
  readonly version: string;
  /** @default `$XDG_CACHE_HOME/datumline`, or `~/.cache/datumline` */
  readonly folder?: string;
}

/** The cache of what is loaded from a set of paths. */
export function documentCache(options: CacheOptions): DocumentCache {
  const cwd = options.cwd ?? process.cwd();
  const folder = options.folder ?? userCache();
  const schemas = [...KINDS.values()].map((kind) => kind.schema);
  const version = hash([FORMAT, options.version, schemas]);
  const name = join(folder, hash([cwd, options.paths.map((path) => (path === "-" ? path : resolve(cwd, path)))]));
  const documents = `${name}.documents.json`;
  const heads = `${name}.head.json`;
  return {
    readDocuments: () => new Map(read<[string, CachedFile]>(folder, documents, version)),
    writeDocuments: (files) => write(documents, version, [...files]),
    readHead: (key) => read<[string, string]>(folder, heads, version).find(([known]) => known === key)?.[1],
    writeHead: (key, value) => {
      const others = read<[string, string]>(folder, heads, version).filter(([known]) => known !== key);
      write(heads, version, [[key, value], ...others.slice(0, HEADS - 1)]);
    },
  };
}

interface Content<T> {
  readonly version: string;
  readonly entries: readonly T[];
}

function read<T>(folder: string, path: string, version: string): readonly T[] {
  try {
    if (!isOurs(folder) || !isOurs(path)) return [];
    const content = JSON.parse(readFileSync(path, "utf8")) as Content<T>;
    return content.version === version && Array.isArray(content.entries) ? content.entries : [];
  } catch {
    return [];
  }
}

function write(path: string, version: string, entries: readonly unknown[]): void {
  try {
    const content: Content<unknown> = { version, entries };
    writeCached(path, JSON.stringify(content));
    forgetUnused(dirname(path));
  } catch {
    // A full disk or a folder that cannot be written costs time, nothing else.
  }
}

function forgetUnused(folder: string): void {
  const oldest = Date.now() - KEPT_DAYS * 24 * 60 * 60 * 1000;
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    if (statSync(path).mtimeMs < oldest) rmSync(path, { force: true });
  }
}
