/**
 * Which files are read, and in which order: the paths in the order given, a folder in the order of its names. A file
 * that is reached twice is read once, where it comes first.
 *
 * Files are read one after the other: from the page cache that takes a quarter of the time that the thread pool needs.
 */
import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { type Diagnostic, error } from "../diagnostic.ts";
import { hash } from "../hash.ts";
import { isForOthers, NO_DOCUMENTS } from "../no-documents.ts";

/** What `-` stands for in an origin. */
export const STDIN = "<stdin>";

/** A file as it was read: the name that people see, and the hash by which its documents are remembered. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
  readonly hash: string;
}

export interface SourceFiles {
  readonly files: readonly SourceFile[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads every file that the paths mean. */
export async function readFiles(
  paths: readonly string[],
  cwd: string,
  stdin: () => Promise<string>,
): Promise<SourceFiles> {
  const files = new Map<string, SourceFile>();
  const diagnostics: Diagnostic[] = [];
  for (const path of paths) {
    if (path === "-") {
      const text = await stdin();
      files.set(STDIN, { file: STDIN, text, hash: hash(text) });
      continue;
    }
    const at = resolve(cwd, path);
    for (const found of filesAt(at, path, diagnostics)) {
      if (files.has(found)) continue;
      const file = shown(found, cwd);
      const read = attempt(file, diagnostics, () => readFileSync(found, "utf8"));
      // Whoever names the file itself means it.
      if (read === undefined || (found !== at && isForOthers(found, read))) continue;
      files.set(found, { file, text: read, hash: hash(read) });
    }
  }
  if (paths.length === 0)
    diagnostics.push(
      error("NOTHING_DECLARED", "No file was named", {
        detail: "Name a file or a folder with `-f`, or a constructs app with `--app`.",
      }),
    );
  return { files: [...files.values()], diagnostics };
}

/** The file itself, or all files below a folder. */
function filesAt(absolute: string, given: string, diagnostics: Diagnostic[]): string[] {
  const isFolder = attempt(given, diagnostics, () => statSync(absolute).isDirectory());
  if (isFolder === undefined) return [];
  if (!isFolder) return [absolute];
  const failed = diagnostics.length;
  const found: string[] = [];
  walkFolder(absolute, given, new Set(), found, diagnostics);
  if (found.length === 0 && diagnostics.length === failed) {
    diagnostics.push(
      error("NOTHING_DECLARED", `No document in the folder ${given}`, {
        detail: "Files of documents end in .yaml, .yml or .json.",
        origin: { file: given },
      }),
    );
  }
  return found;
}

/** `seen` holds the real paths of folders, so that a symbolic link cannot lead in a circle. */
function walkFolder(
  folder: string,
  given: string,
  seen: Set<string>,
  found: string[],
  diagnostics: Diagnostic[],
): void {
  const entries = attempt(given, diagnostics, () => {
    const real = realpathSync(folder);
    if (seen.has(real)) return [];
    seen.add(real);
    return readdirSync(folder, { withFileTypes: true });
  });
  if (entries?.some(({ name }) => name === NO_DOCUMENTS)) return;
  for (const entry of (entries ?? []).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = `${folder}${folder.endsWith(sep) ? "" : sep}${entry.name}`;
    const shownPath = `${given.replace(/\/+$/, "")}/${entry.name}`;
    const isFolder = attempt(shownPath, diagnostics, () => isDirectory(entry, path));
    if (isFolder) walkFolder(path, shownPath, seen, found, diagnostics);
    else if (isFolder === false && /\.(ya?ml|json)$/i.test(entry.name)) found.push(path);
  }
}

function isDirectory(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Relative to where the command runs, unless that would only make it longer. */
function shown(absolute: string, cwd: string): string {
  const near = relative(cwd, absolute);
  return near.startsWith(`..${sep}..`) ? absolute : near.replaceAll(sep, "/");
}

function attempt<T>(file: string, diagnostics: Diagnostic[], read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    diagnostics.push(
      error("UNREADABLE", `Cannot read ${file}: ${reason(cause)}`, {
        detail: "Check the path and its permissions.",
        origin: { file },
      }),
    );
    return undefined;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "its symbolic links lead in a circle",
  EISDIR: "it is a folder",
};

function reason(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
  return REASONS[code] ?? `the system says ${code}`;
}
