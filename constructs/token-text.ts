/** How cdktf and its fork write tokens into text: a marker for text, and for a number a number that nobody writes. */

const MARKER = String.raw`\$\{TfToken\[[\w:.-]+\]\}`;
const TEXT = new RegExp(MARKER, "g");
const ANY = new RegExp(`(${MARKER}|-\\d(?:\\.\\d+)?e\\+\\d+)`);

export type Part = { readonly literal: string } | { readonly token: string | number };

/** Text taken apart; whether a number is a token, only the library knows. */
export function partsOf(text: string, isNumberToken: (value: number) => boolean): readonly Part[] {
  return text.split(ANY).map((part) => {
    if (part.startsWith("${TfToken[")) return { token: part };
    return isNumberToken(Number(part)) ? { token: Number(part) } : { literal: part };
  });
}

/** Text with something else in place of each of its text tokens. */
export function withTokens(text: string, replace: (token: string) => string): string {
  return text.replace(TEXT, replace);
}
