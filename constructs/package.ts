/** Where this package lies, and which version it is: the provider that it brings has the same. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NAME = "datumline";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
}

/** The folder of the package, from the sources of a checkout as from an installed build. */
export function packageRoot(): string {
  // A bundler that writes CommonJS leaves no URL; the app's own folder knows the package then.
  const url: string | undefined = import.meta.url;
  const here = url ? fileURLToPath(url) : createRequire(join(process.cwd(), "app.js")).resolve(`${NAME}/package.json`);
  for (let folder = dirname(here); ; folder = dirname(folder)) {
    if (manifest(folder)?.name === NAME) return folder;
    if (folder === dirname(folder)) throw new Error(`internal: no package.json of ${NAME} above ${here}`);
  }
}

export function packageVersion(): string {
  return manifest(packageRoot())?.version ?? "0.0.0";
}

function manifest(folder: string): Manifest | undefined {
  const file = join(folder, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Manifest) : undefined;
}
