/**
 * Which columns of a table a query that was never made can show: those that its text names, unless it may show whole
 * rows. It finds too much rather than too little.
 */
import type { Address } from "../../../core/address.ts";
import { nameParts } from "../../../core/names.ts";
import { type Token, tokens } from "../lexer.ts";

/** Undefined where it may be any of them. */
export function mentionedColumns(
  query: string,
  table: Address,
  columns: readonly string[] | undefined,
): string[] | undefined {
  const all = [...tokens(query)].filter(({ kind }) => kind !== "comment");
  const name = nameParts(table.slice(table.indexOf("/") + 1)).at(-1) as string;
  if (!columns || isAnyColumn(all) || usesRows(all, name)) return undefined;
  const named = new Set(all.filter(isName).map(({ text }) => text));
  return columns.filter((column) => named.has(column));
}

function isName({ kind }: Token): boolean {
  return kind === "word" || kind === "name";
}

function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === "word" && words.includes(token.text);
}

function isSign(token: Token | undefined, ...signs: readonly string[]): boolean {
  return token?.kind === "sign" && signs.includes(token.text);
}

const AFTER_STAR = "from into where group having order limit offset fetch for window union intersect except as".split(
  " ",
);

/** A star that multiplies nothing and counts nothing, columns that are compared unsaid, names in other letters. */
function isAnyColumn(all: readonly Token[]): boolean {
  return all.some((token, at) => {
    const [before, next] = [all[at - 1], all[at + 1]];
    if (isWord(token, "table", "natural")) return true;
    if (isWord(token, "u") && isSign(next, "&")) return true;
    if (!isSign(token, "*") || (isSign(before, "(") && isSign(next, ")"))) return false;
    return !next || isSign(next, ",", ")") || isWord(next, ...AFTER_STAR);
  });
}

const NO_ALIAS = new Set([
  ..."from where group having order limit offset fetch for window union intersect except returning".split(" "),
  ..."join left right inner outer full cross natural on using tablesample set".split(" "),
]);

/** Is the table, by its name or another that it is given, used like a value, or are its columns given other names? */
function usesRows(all: readonly Token[], table: string): boolean {
  const names = new Set([table]);
  // Places where the table is named, or gets its other name.
  const places = new Set<number>();
  for (const [at, token] of all.entries()) {
    if (!isName(token) || token.text !== table || isSign(all[at + 1], ".")) continue;
    // After a comma it may as well be a value.
    if (!isSign(all[at - 1], ".") && !isWord(all[at - 1], "from", "join", "only", "lateral")) continue;
    places.add(at);
    const alias = isWord(all[at + 1], "as") ? at + 2 : at + 1;
    const given = all[alias];
    if (!given || !isName(given) || (given.kind === "word" && NO_ALIAS.has(given.text))) continue;
    if (isSign(all[alias + 1], "(")) return true;
    names.add(given.text);
    places.add(alias);
  }
  return all.some(
    (token, at) =>
      isName(token) &&
      names.has(token.text) &&
      !places.has(at) &&
      !isSign(all[at - 1], ".") &&
      !isSign(all[at + 1], "."),
  );
}
