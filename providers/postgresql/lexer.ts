/**
 * What can be told from SQL text without a parser: where its strings, comments and names begin and end. One pass, no
 * backtracking. It guesses what a text needs, for the order of statements; it never decides whether something changed.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
import type { Address } from "../../core/address.ts";
import type { Catalog, Need } from "../../core/catalog.ts";
import { expr, type Sql } from "../../core/sql.ts";

export interface Token {
  /** `word`: an identifier or keyword without quotes, in lower case; `open`: a quote or a comment that nothing closes. */
  readonly kind: "word" | "name" | "text" | "number" | "sign" | "comment" | "open";
  readonly text: string;
}

const SPACE = /\s+/y;
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;
const NUMBER = /0[box][\da-f_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy;
const LINE = /--[^\n]*/y;
const DOLLAR = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
/** Written so that a long text takes neither stack nor backtracking; a closing quote is not one half of a doubled one. */
const NAME = /"([^"]*(?:""[^"]*)*)"(?!")/y;
const TEXT = /'([^']*(?:''[^']*)*)'(?!')/y;
const ESCAPED = /e'([^'\\]*(?:(?:''|\\.)[^'\\]*)*)'(?!')/isy;
const PREFIXED = /[bxn]'([^']*(?:''[^']*)*)'(?!')/iy;

/** The tokens of a text, without its white space. */
export function* tokens(text: string): Generator<Token> {
  let at = 0;
  while (at < text.length) {
    const space = sticky(SPACE, text, at);
    if (space) {
      at += space[0].length;
      continue;
    }
    const { token, length } = tokenAt(text, at);
    yield token;
    at += length;
  }
}

interface Found {
  readonly token: Token;
  readonly length: number;
}

function tokenAt(text: string, at: number): Found {
  const first = text[at] as string;
  const next = text[at + 1];
  if (first === "'") return quoted("text", TEXT, text, at);
  if (first === '"') return quoted("name", NAME, text, at);
  if (next === "'" && /[ebxn]/i.test(first)) return quoted("text", /e/i.test(first) ? ESCAPED : PREFIXED, text, at);
  if (first === "/" && next === "*") return blockComment(text, at);
  if (first === "$") return dollarQuoted(text, at);
  for (const [kind, pattern] of PLAIN) {
    const found = sticky(pattern, text, at);
    if (found)
      return { token: { kind, text: kind === "word" ? found[0].toLowerCase() : found[0] }, length: found[0].length };
  }
  const sign = first === ":" && next === ":" ? "::" : first;
  return { token: { kind: "sign", text: sign }, length: sign.length };
}

const PLAIN = [
  ["word", WORD],
  ["number", NUMBER],
  ["comment", LINE],
] as const;

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function open(text: string, at: number, mark: string): Found {
  return { token: { kind: "open", text: mark }, length: text.length - at };
}

function quoted(kind: "text" | "name", pattern: RegExp, text: string, at: number): Found {
  const found = sticky(pattern, text, at);
  const quote = kind === "text" ? "'" : '"';
  if (!found) return open(text, at, quote);
  return { token: { kind, text: (found[1] as string).replaceAll(quote + quote, quote) }, length: found[0].length };
}

function dollarQuoted(text: string, at: number): Found {
  const tag = sticky(DOLLAR, text, at)?.[0];
  if (!tag) return { token: { kind: "sign", text: "$" }, length: 1 };
  const end = text.indexOf(tag, at + tag.length);
  if (end < 0) return open(text, at, tag);
  return { token: { kind: "text", text: text.slice(at + tag.length, end) }, length: end + tag.length - at };
}

/** Comments nest. */
function blockComment(text: string, at: number): Found {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = at;
  let depth = 0;
  for (let found = mark.exec(text); found; found = mark.exec(text)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0)
      return { token: { kind: "comment", text: text.slice(at, mark.lastIndex) }, length: mark.lastIndex - at };
  }
  return open(text, at, "/*");
}

/** Names in a text, in order, each as its parts: `o.id` → `["o", "id"]`; words without quotes are in lower case. */
export function identifierChains(text: string): string[][] {
  return [...names(text)].map(({ parts }) => parts);
}

interface Name {
  readonly parts: string[];
  /** Stands where a relation is named: after FROM, JOIN or a comma between them. */
  readonly relation: boolean;
  /** Is the whole of a string literal. */
  readonly quoted: boolean;
}

const STARTS_RELATION = new Set(["from", "join", "table"]);
const ENDS_LIST = new Set(
  "select where group having order limit offset fetch for window union intersect except returning set values".split(
    " ",
  ),
);
/** The list goes on after the condition of a join. */
const ENDS_ITEM = new Set(["on", "using"]);
const BEFORE_RELATION = new Set(["only", "lateral"]);

function* names(text: string): Generator<Name> {
  const outer: boolean[] = [];
  let list = false;
  let expects = false;
  let previous: string | undefined;
  for (const piece of pieces(text)) {
    const word = typeof piece === "string" ? undefined : piece.keyword;
    if (piece === "(") {
      outer.push(list);
      list = expects;
    } else if (piece === ")") {
      list = outer.pop() ?? false;
      expects = false;
    } else if (typeof piece === "string") expects = piece === "," && list;
    else if (word !== undefined && STARTS_RELATION.has(word)) {
      // `a IS DISTINCT FROM b`
      expects = previous !== "distinct";
      list ||= expects && word === "from";
    } else if (word !== undefined && (ENDS_LIST.has(word) || ENDS_ITEM.has(word))) {
      expects = false;
      list &&= ENDS_ITEM.has(word);
    } else {
      yield { parts: piece.parts, relation: expects && !piece.quoted, quoted: piece.quoted };
      expects &&= word !== undefined && BEFORE_RELATION.has(word);
    }
    previous = word;
  }
}

interface Piece {
  readonly parts: string[];
  readonly quoted: boolean;
  /** A single word without quotes, which may be a keyword. */
  readonly keyword?: string | undefined;
}

/** Signs, and names with all their parts. */
function* pieces(text: string): Generator<string | Piece> {
  let chain: { parts: string[]; word: boolean; dotted: boolean } | undefined;
  for (const token of tokens(text)) {
    if (token.kind === "comment") continue;
    const name = token.kind === "word" || token.kind === "name";
    if (chain && !chain.dotted && token.kind === "sign" && token.text === ".") {
      chain.dotted = true;
      continue;
    }
    if (chain?.dotted && name) {
      chain.parts.push(token.text);
      chain.dotted = false;
      continue;
    }
    if (chain) yield pieceOf(chain);
    chain = name ? { parts: [token.text], word: token.kind === "word", dotted: false } : undefined;
    if (token.kind === "sign") yield token.text;
    const inside = token.kind === "text" ? wholeName(token.text) : undefined;
    if (inside) yield { parts: inside, quoted: true };
  }
  if (chain) yield pieceOf(chain);
}

function pieceOf({ parts, word, dotted }: { parts: string[]; word: boolean; dotted: boolean }): Piece {
  return { parts, quoted: false, keyword: word && parts.length === 1 && !dotted ? parts[0] : undefined };
}

/** `'sales.number'`, as in `nextval('sales.number')`. */
function wholeName(text: string): string[] | undefined {
  if (text.length === 0 || text.length > 200) return undefined;
  const parts: string[] = [];
  let name = true;
  for (const token of tokens(text)) {
    if (name ? token.kind !== "word" && token.kind !== "name" : token.text !== ".") return undefined;
    if (name) parts.push(token.text);
    name = !name;
  }
  return name ? undefined : parts;
}

/** The objects that a text seems to need: those that one of the catalogs has under a name that stands in it. */
export function needsOf(text: string, ownSchema: string, ...catalogs: readonly Catalog[]): Need[] {
  const found = new Map<Address, Need>();
  for (const { parts, relation, quoted } of names(text)) {
    const [first, second] = parts as [string, string | undefined];
    for (const catalog of catalogs) {
      const there = namesIn(catalog);
      const own = there.get(key(ownSchema, first)) ?? [];
      // No table, sequence or type can need a view, so that a name wrongly taken for one of them closes no circle.
      const meant = relation ? own : own.filter(({ leaf }) => leaf);
      const other =
        second === undefined ? [] : (there.get(key(first, second)) ?? []).filter(({ leaf }) => leaf || !quoted);
      for (const { address } of [...other, ...meant]) found.set(address, { address });
    }
  }
  return [...found.values()];
}

interface Named {
  readonly address: Address;
  readonly leaf: boolean;
}

const LEAVES: ReadonlySet<string> = new Set(["Table", "Sequence", "Enum"]);
const QUERIES: ReadonlySet<string> = new Set(["View", "MaterializedView"]);
const NAMES = new WeakMap<Catalog, ReadonlyMap<string, readonly Named[]>>();

function key(schema: string, name: string): string {
  return `${schema}\0${name}`;
}

function namesIn(catalog: Catalog): ReadonlyMap<string, readonly Named[]> {
  const known = NAMES.get(catalog);
  if (known) return known;
  const names = new Map<string, Named[]>();
  for (const [address, { kind, spec }] of catalog) {
    const leaf = LEAVES.has(kind);
    if (!leaf && !QUERIES.has(kind)) continue;
    const name = key(spec.schema as string, spec.name as string);
    const same = names.get(name);
    if (same) same.push({ address, leaf });
    else names.set(name, [{ address, leaf }]);
  }
  NAMES.set(catalog, names);
  return names;
}

/** Why a text of the user's cannot stand where an expression or a query has to; undefined where it can. */
export function textFault(text: string): string | undefined {
  if (isPlain(text)) return undefined;
  let depth = 0;
  for (const { kind, text: sign } of tokens(text)) {
    if (kind === "open") return `a ${sign === "/*" ? "comment" : "quote"} in it is not closed`;
    if (kind !== "sign") continue;
    if (sign === ";") return "it holds more than one statement";
    depth += sign === "(" ? 1 : sign === ")" ? -1 : 0;
    if (depth < 0) return "a parenthesis in it closes what it did not open";
  }
  return depth > 0 ? "a parenthesis in it is not closed" : undefined;
}

/** Nothing but words, whole strings and calls that open and close: most texts, and told apart without taking them apart. */
function isPlain(text: string): boolean {
  return /^(?:[\w\s.,:=<>!+*%]|(?<![\w&])'[^'\\]*'|\((?:[\w\s.,:=<>!+*%]|(?<![\w&])'[^'\\]*')*\))*$/.test(text);
}

/** The same for a field of a spec, as a cell's check tells it. */
export function textFaults(field: string, ...texts: readonly (string | undefined)[]): string[] {
  return texts.flatMap((text) => {
    const fault = text === undefined ? undefined : textFault(text);
    return fault === undefined ? [] : [`\`${field}\` cannot be taken as it is: ${fault}`];
  });
}

/** Text that the user wrote, so that what follows it in a statement is not part of its last comment. */
export function userText(text: string): Sql {
  let last: Token | undefined;
  if (text.includes("--")) for (const token of tokens(text)) last = token;
  return expr(last?.kind === "comment" && last.text.startsWith("--") ? `${text}\n` : text);
}

/** The text without the parentheses around the whole of it, which the server likes to add. */
export function unwrapped(text: string): string {
  if (!text.startsWith("(") || !text.endsWith(")")) return text;
  const isWhole = /["$\\]|--|\/\*/.test(text) ? closesLast(text) : closesLastPlainly(text);
  return isWhole ? unwrapped(text.slice(1, -1).trim()) : text;
}

/** Is what closes the first parenthesis the last sign? */
function closesLast(text: string): boolean {
  let depth = 0;
  let closed = false;
  for (const { kind, text: sign } of tokens(text)) {
    if (closed) return false;
    if (kind !== "sign") continue;
    depth += sign === "(" ? 1 : sign === ")" ? -1 : 0;
    closed = depth === 0;
  }
  return true;
}

/** The same where only plain strings can hold a parenthesis: the server's own spelling of most conditions. */
function closesLastPlainly(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "'") {
      at = text.indexOf("'", at + 1);
      if (at < 0) return false;
    } else if (text[at] === "(") depth += 1;
    else if (text[at] === ")") {
      depth -= 1;
      if (depth === 0) return at === text.length - 1;
    }
  }
  return false;
}
