/**
 * Packages that nobody has to install. They are found beside Datumline, or from the folder that a command runs in: the
 * Terraform provider is one file with no packages beside it, and a global installation has those of others.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { error } from "./diagnostic.ts";
import { Refusal } from "./errors.ts";
import { importModule } from "./import.ts";

/** Loads a package, or refuses with how to install it. `purpose`: what it is needed for, as in "The driver for …". */
export async function optionalPackage<T>(name: string, purpose: string, cwd: string): Promise<T> {
  const found = (await load<T>(name)) ?? (await load<T>(fromFolder(name, cwd)));
  if (found !== undefined) return found;
  const detail = `Install it where Datumline runs: npm install ${name}`;
  throw new Refusal([error("DRIVER_MISSING", `${purpose} is not installed`, { detail })]);
}

async function load<T>(specifier: string | undefined): Promise<T | undefined> {
  if (specifier === undefined) return undefined;
  try {
    const loaded = (await importModule(specifier)) as { readonly default?: T };
    return loaded.default ?? (loaded as T);
  } catch (problem) {
    if (/^(ERR_)?MODULE_NOT_FOUND$/.test((problem as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw problem;
  }
}

function fromFolder(name: string, cwd: string): string | undefined {
  try {
    return pathToFileURL(createRequire(join(cwd, "package.json")).resolve(name)).href;
  } catch {
    return undefined;
  }
}
