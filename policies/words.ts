/**
 * What can be told from an SQL text without its grammar: its words, names, strings and signs. Comments are left out, and
 * a string is one piece, so that nothing inside of it is taken for a name.
 */
export interface Piece {
  /** `word`: a name or keyword without quotes, in lower case. */
  readonly kind: "word" | "name" | "text" | "sign";
  readonly text: string;
}

const PIECE =
  /--[^\n]*|(?<open>\/\*)|"(?<name>[^"]*(?:""[^"]*)*)"|e'(?<escaped>[^'\\]*(?:(?:''|\\.)[^'\\]*)*)'|(?<tag>\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$)|'(?<text>[^']*(?:''[^']*)*)'|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|\d[\w.]*|(?<sign>\S)/giu;

export function* pieces(text: string): Generator<Piece> {
  PIECE.lastIndex = 0;
  let at = 0;
  for (;;) {
    PIECE.lastIndex = at;
    const found = PIECE.exec(text);
    if (!found?.groups) return;
    at = PIECE.lastIndex;
    const { open, name, escaped, tag, text: plain, word, sign } = found.groups;
    if (open !== undefined) at = commentEnd(text, at);
    else if (name !== undefined) yield { kind: "name", text: name.replaceAll('""', '"') };
    else if (tag !== undefined) {
      const end = text.indexOf(tag, at);
      yield { kind: "text", text: text.slice(at, end < 0 ? undefined : end) };
      at = end < 0 ? text.length : end + tag.length;
    } else if (escaped !== undefined || plain !== undefined)
      yield { kind: "text", text: ((escaped ?? plain) as string).replaceAll("''", "'") };
    else if (word !== undefined) yield { kind: "word", text: word.toLowerCase() };
    else if (sign !== undefined) yield { kind: "sign", text: sign };
  }
}

/** Comments nest. */
function commentEnd(text: string, from: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const found = mark.exec(text);
    if (!found) return text.length;
    depth += found[0] === "/*" ? 1 : -1;
  }
  return mark.lastIndex;
}
