import { type Piece, pieces } from "./words.ts";

/**
 * Tables that a query may read: every name `a.b`, and every single name that stands where a relation does. It finds
 * too much rather than too little, which is right for a warning; a column that is named like a table is not one, though.
 */
export function mentions(query: string, ownSchema: string): Set<string> {
  const found = new Set<string>();
  const outer: boolean[] = [];
  // Inside the list after FROM; and whether the next name is one of a relation.
  let list = false;
  let expects = false;
  let previous: string | undefined;
  for (const { parts, keyword, sign } of names(query)) {
    if (sign === "(") {
      outer.push(list);
      list = expects;
    } else if (sign === ")") {
      list = outer.pop() ?? false;
      expects = false;
    } else if (sign !== undefined) expects = sign === "," && list;
    else if (keyword !== undefined && STARTS.has(keyword)) {
      // `a IS DISTINCT FROM b`
      expects = previous !== "distinct";
      list ||= expects && keyword === "from";
    } else if (keyword !== undefined && ENDS.has(keyword)) {
      expects = false;
      list = false;
    } else if (parts[1] !== undefined) {
      found.add(key(parts[0] as string, parts[1]));
      expects = false;
    } else {
      if (expects) found.add(key(ownSchema, parts[0] as string));
      expects &&= keyword !== undefined && BEFORE.has(keyword);
    }
    previous = keyword;
  }
  return found;
}

const STARTS = new Set(["from", "join", "table"]);
const ENDS = new Set(
  "select where group having order limit offset fetch for window union intersect except set values".split(" "),
);
const BEFORE = new Set(["only", "lateral"]);

interface Name {
  readonly parts: readonly string[];
  /** A single word without quotes. */
  readonly keyword?: string | undefined;
  readonly sign?: string;
}

/** Signs, and names with all their parts. */
function* names(text: string): Generator<Name> {
  let chain: Piece[] = [];
  let dotted = false;
  const flush = function* (): Generator<Name> {
    const [first] = chain;
    if (first) {
      const keyword = chain.length === 1 && first.kind === "word" ? first.text : undefined;
      yield { parts: chain.map((piece) => piece.text), keyword };
    }
    chain = [];
    dotted = false;
  };
  for (const piece of pieces(text)) {
    const isName = piece.kind === "word" || piece.kind === "name";
    if (piece.text === "." && piece.kind === "sign" && chain.length > 0) dotted = true;
    else if (isName && dotted) {
      chain.push(piece);
      dotted = false;
    } else {
      yield* flush();
      if (isName) chain = [piece];
      else if (piece.kind === "sign") yield { parts: [], sign: piece.text };
    }
  }
  yield* flush();
}

/** A table in the form in which mentions are told apart. */
export function key(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}
