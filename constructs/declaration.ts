import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PlainDocument } from "./document.ts";

export const DECLARATION = "declaration.json";

/** Folder that the command line asks an app to write to (`--app`), in place of its own. */
export function askedFolder(): string | undefined {
  return process.env.DATUMLINE_OUT || undefined;
}

/** Writes what is declared to `declaration.json` in a folder; returns the path of the file. */
export function writeDeclaration(folder: string, documents: readonly PlainDocument[]): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, DECLARATION);
  writeFileSync(file, `${JSON.stringify({ documents }, null, 2)}\n`);
  return file;
}
