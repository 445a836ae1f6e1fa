/** Writes what follows from the kinds; with `--check`, fails when a file is not what it would write. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { specTypes } from "./generate/types.ts";

const FILES: Readonly<Record<string, () => string>> = {
  "core/specs.ts": specTypes,
};

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, make] of Object.entries(FILES)) {
  const text = make();
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (check && stale.length > 0) {
  console.error(`Not up to date: ${stale.join(", ")}. Run \`npm run generate\` and commit what it writes.`);
  process.exitCode = 1;
}
