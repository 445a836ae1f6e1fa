/**
 * Names that an SQL text may refer to, found without knowing the engine's grammar: every pair `a.b` and every single
 * word outside of quotes and comments. It finds too much rather than too little, which is right for a warning.
 */
export function mentions(text: string, ownSchema: string): Set<string> {
  const bare = text.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, " ");
  const word = `("(?:[^"]|"")+"|[\\p{L}_][\\p{L}\\p{N}_$]*)`;
  const chain = new RegExp(`${word}(?:\\s*\\.\\s*${word})?`, "gu");
  const found = new Set<string>();
  for (const [, first, second] of bare.matchAll(chain)) {
    if (second === undefined) found.add(key(ownSchema, plain(first as string)));
    else found.add(key(plain(first as string), plain(second)));
  }
  return found;
}

/** A table in the form in which mentions are told apart. */
export function key(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}

function plain(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase();
}
