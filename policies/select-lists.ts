/** What a query shows and whether it leaves rows out, as far as its text tells. */
import { type Piece, pieces } from "./words.ts";

/**
 * Columns that stand in a select list as they are, `*` for all of them, with the names that they are given there. What a
 * function is given is not among them: it may be a mask, or a sum. It finds too much rather than too little.
 */
export function shownColumns(query: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const outer: boolean[] = [];
  // Columns of the list's present item.
  let item: Set<string>[] = [];
  let isListed = false;
  let previous: Piece | undefined;
  for (const piece of pieces(query)) {
    const { kind, text } = piece;
    if (kind === "sign" && text === "(") {
      outer.push(isListed);
      isListed &&= !isFunction(previous);
    } else if (kind === "sign" && text === ")") isListed = outer.pop() ?? false;
    else if (kind === "word" && text === "select") {
      isListed = true;
      item = [];
    } else if (kind === "word" && ENDS.has(text) && previous?.text !== "distinct") isListed = false;
    else if (isListed && text === "," && kind === "sign") item = [];
    else if (isListed && isShown(piece, previous)) {
      for (const names of item) names.add(text);
      if (previous?.kind !== "word" || previous.text !== "as") {
        const names = found.get(text) ?? new Set([text]);
        found.set(text, names);
        item.push(names);
      }
    }
    previous = piece;
  }
  return found;
}

const ENDS = new Set(["from", "where", "union", "intersect", "except", "order", "limit"]);
const OPENING = new Set(["select", "distinct", "all", "as", "then", "else"]);

function isFunction(before: Piece | undefined): boolean {
  return before?.kind === "name" || (before?.kind === "word" && !OPENING.has(before.text));
}

/** The star of `count(*)` is a function's, that of `a * b` no column. */
function isShown({ kind, text }: Piece, previous: Piece | undefined): boolean {
  if (kind === "text") return false;
  if (kind !== "sign") return true;
  return text === "*" && (previous?.text === "," || previous?.text === "." || OPENING.has(previous?.text ?? ""));
}

/** Leaves rows out by a condition; that of an aggregate (`FILTER (WHERE …)`) leaves none out. */
export function leavesRowsOut(query: string): boolean {
  const all = [...pieces(query)];
  return all.some(
    ({ kind, text }, at) =>
      kind === "word" && (text === "having" || (text === "where" && all[at - 2]?.text !== "filter")),
  );
}
