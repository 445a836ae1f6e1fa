/** What Datumline writes beside documents, such as evidence, is read as none by who names the whole folder. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A folder that holds a file of this name holds no documents. */
export const NO_DOCUMENTS = ".no-documents";

/** Says so of a folder. */
export function markNoDocuments(folder: string): void {
  const path = join(folder, NO_DOCUMENTS);
  if (!existsSync(path)) writeFileSync(path, "Datumline writes this folder, and reads no documents from it.\n");
}
