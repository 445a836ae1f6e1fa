/** What Datumline writes beside documents, such as evidence, is read as none by who names the whole folder. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A folder that holds a file of this name holds no documents. */
export const NO_DOCUMENTS = ".no-documents";

/** Stands in the files that Datumline installs for others to read. */
export const MARK = "Made by Datumline; changes made here are undone.";

/** A file below a folder of documents that is for another program: Terraform's, or one that was installed there. */
export function isForOthers(name: string, text: string): boolean {
  return name.endsWith(".tf.json") || text.slice(0, text.indexOf("\n", text.indexOf("\n") + 1)).includes(MARK);
}

/** Says so of a folder. */
export function markNoDocuments(folder: string): void {
  const path = join(folder, NO_DOCUMENTS);
  if (!existsSync(path)) writeFileSync(path, "Datumline writes this folder, and reads no documents from it.\n");
}
