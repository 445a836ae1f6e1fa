/** Reads what was declared: from paths to documents that hold to the schema of their kind, each with its place. */

import { type Diagnostic, error, hasErrors } from "../diagnostic.ts";
import type { Document } from "../document.ts";
import { hash } from "../hash.ts";
import type { CachedFile, DocumentCache } from "./cache.ts";
import { readFiles, type SourceFile, type SourceFiles, STDIN } from "./files.ts";
import type { Locate } from "./locate.ts";
import type { RawDocument } from "./parse.ts";

export interface LoadOptions {
  readonly cache?: DocumentCache;
  /** Folder that paths are relative to. @default the current one */
  readonly cwd?: string;
  /** Reads what `-` stands for. */
  readonly stdin?: () => Promise<string>;
}

/** What is put in the place of a document as it was written, before it is checked. */
export type Replace = (document: RawDocument) => {
  readonly value: RawDocument["value"];
  readonly diagnostics: readonly Diagnostic[];
};

export interface Loaded {
  readonly documents: readonly Document[];
  /** Documents with errors: their sound fields, so that what refers to them is not reported as well. */
  readonly broken: readonly Document[];
  /** Every file was read and parsed; where not, what seems absent may stand in one that was not. */
  readonly complete: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** Hash of all paths and contents, in order: equal ones declare the same. */
  readonly contentHash: string;
  /** Finds the exact place of a field; made when it is first asked for. */
  readonly locator: () => Promise<Locate>;
}

/** Files read and not yet parsed. */
export interface Sources {
  readonly contentHash: string;
  load(): Promise<Loaded>;
}

/** Reads and checks all documents of the paths; whatever is wrong with any of them is told at once. */
export async function loadDocuments(paths: readonly string[], options: LoadOptions = {}): Promise<Loaded> {
  return (await readSources(paths, options)).load();
}

/** Checks documents that stand in no file; each text has a name under which diagnostics know its lines. */
export async function loadTexts(
  texts: readonly { readonly file: string; readonly text: string }[],
  replace?: Replace,
): Promise<Loaded> {
  const files = texts.map(({ file, text }) => ({ file, text, hash: hash(text) }));
  return load({ files, diagnostics: [] }, hashOf(files), undefined, replace);
}

/** Reads the files only, for a run that may turn out not to need what they hold. */
export async function readSources(paths: readonly string[], options: LoadOptions = {}): Promise<Sources> {
  const read = await readFiles(paths, options.cwd ?? process.cwd(), options.stdin ?? readStdin);
  const contentHash = hashOf(read.files);
  return { contentHash, load: () => load(read, contentHash, options.cache) };
}

function hashOf(files: readonly SourceFile[]): string {
  return hash(files.map(({ file, hash: content }) => [file, content]));
}

async function load(
  { files, diagnostics: unread }: SourceFiles,
  contentHash: string,
  cache: DocumentCache | undefined,
  replace?: Replace,
): Promise<Loaded> {
  const known = cache?.readDocuments() ?? new Map<string, CachedFile>();
  const sound = new Map<string, CachedFile>();
  const documents: Document[] = [];
  const broken: Document[] = [];
  const diagnostics: Diagnostic[] = [...unread];
  const locator = lazyLocator(files);
  let hits = 0;
  let check: FileCheck | undefined;
  for (const source of files) {
    const hit = known.get(source.file);
    if (hit?.hash === source.hash) {
      append(documents, hit.documents);
      sound.set(source.file, hit);
      hits += 1;
      continue;
    }
    check ??= await fileCheck(locator, replace);
    const checked = check(source);
    append(documents, checked.documents);
    append(broken, checked.broken);
    append(diagnostics, checked.diagnostics);
    // What has errors may hold a secret in clear, and what was piped in was not meant to be kept.
    if (checked.diagnostics.length === 0 && source.file !== STDIN)
      sound.set(source.file, { hash: source.hash, documents: checked.documents });
  }
  if (hits < sound.size || sound.size < known.size) cache?.writeDocuments(sound);
  if (documents.length === 0 && broken.length === 0 && !hasErrors(diagnostics))
    diagnostics.push(nothingDeclared(files));
  const complete = !diagnostics.some(({ code }) => code === "UNREADABLE" || code === "SYNTAX");
  return { documents, broken, complete, diagnostics, contentHash, locator };
}

/** One file may hold more documents than a call takes arguments. */
function append<T>(all: T[], more: readonly T[]): void {
  for (const each of more) all.push(each);
}

type FileCheck = (source: SourceFile) => Pick<Loaded, "documents" | "broken" | "diagnostics">;

/** The parser and the validator are loaded when the first file needs them: they take longer than a run without. */
async function fileCheck(locator: Loaded["locator"], replace: Replace | undefined): Promise<FileCheck> {
  const [{ parseFile }, { checkDocument }, locate] = await Promise.all([
    import("./parse.ts"),
    import("./raw.ts"),
    locator(),
  ]);
  return (source) => {
    const parsed = parseFile(source);
    const replaced = parsed.documents.map((raw) => ({ ...raw, ...(replace?.(raw) ?? { diagnostics: [] }) }));
    const checked = replaced.map((raw) => checkDocument(raw, locate));
    return {
      documents: checked.flatMap(({ document }) => document ?? []),
      broken: checked.flatMap(({ broken }) => broken ?? []),
      diagnostics: [...parsed.diagnostics, ...[...replaced, ...checked].flatMap(({ diagnostics }) => diagnostics)],
    };
  };
}

function lazyLocator(files: readonly SourceFile[]): () => Promise<Locate> {
  let made: Promise<Locate> | undefined;
  return () => {
    made ??= import("./locate.ts").then(({ locator }) => {
      const texts = new Map(files.map(({ file, text }) => [file, text]));
      return locator((file) => texts.get(file));
    });
    return made;
  };
}

function nothingDeclared(files: readonly SourceFile[]): Diagnostic {
  const [only] = files;
  return error("NOTHING_DECLARED", "No document was found", {
    detail: "A document begins with `kind: …`.",
    ...(only && files.length === 1 && { origin: { file: only.file } }),
  });
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
