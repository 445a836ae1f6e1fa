/** Writes what follows from the kinds and from what is tried; with `--check`, fails when a file is not what it would write. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { accessPage } from "./generate/attacks.ts";
import { constructClasses } from "./generate/constructs.ts";
import { editorSchema } from "./generate/editor-schema.ts";
import { guardrailPage } from "./generate/guardrails.ts";
import { measuresPage } from "./generate/measures.ts";
import { referencePages } from "./generate/reference.ts";
import { specTypes } from "./generate/types.ts";

const FILES: Readonly<Record<string, string>> = {
  "core/specs.ts": specTypes(),
  "constructs/kinds.ts": constructClasses(),
  "schema/datumline.schema.json": editorSchema(),
  "docs/access.md": accessPage(),
  ...referencePages(),
  "docs/reference/guardrails.md": guardrailPage(),
  "docs/reference/measures.md": measuresPage(),
};

/** Folders that hold nothing else: a file that is no longer made does not stay. */
const FOLDERS = ["schema", "docs/reference"];

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, text] of Object.entries(FILES)) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
for (const folder of FOLDERS) {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = `${folder}/${name}`;
    if (path in FILES) continue;
    stale.push(path);
    if (!check) rmSync(path, { recursive: true });
  }
}
if (check && stale.length > 0) {
  console.error(`Not up to date: ${stale.join(", ")}. Run \`npm run generate\` and commit what it writes.`);
  process.exitCode = 1;
}
