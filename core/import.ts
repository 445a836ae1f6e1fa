/**
 * Modules whose names are known only while Datumline runs. What V8 has kept of a script cannot import anything, so whoever
 * loads Datumline from it brings the function that can.
 */
export const IMPORT = Symbol.for("datumline.import");

type Import = (specifier: string) => Promise<unknown>;

/** The module of a specifier, as `import()` gives it. */
export function importModule(specifier: string): Promise<unknown> {
  const brought = (globalThis as { [IMPORT]?: Import })[IMPORT];
  return brought ? brought(specifier) : import(specifier);
}
