/** Files of the package that are no modules; they lie one folder further up once it is built. */
import { existsSync, readFileSync } from "node:fs";

export function packageText(path: string): string {
  const near = new URL(`../${path}`, import.meta.url);
  return readFileSync(existsSync(near) ? near : new URL(`../../${path}`, import.meta.url), "utf8");
}

/** Set by who bundles: there no files of the package lie beside it. */
declare const BUNDLED_VERSION: string | undefined;

export function packageVersion(): string {
  if (typeof BUNDLED_VERSION === "string") return BUNDLED_VERSION;
  return (JSON.parse(packageText("package.json")) as { readonly version: string }).version;
}
