/**
 * Where in a file a field stands. Documents carry only the place where they begin; the few that have something wrong
 * are parsed once more. The path may be one of the compared form of a spec, which is not always as people wrote it
 * (sets are sorted, short forms spelled out), so it is followed as far as the text goes along.
 */
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import type { Origin } from "../diagnostic.ts";
import type { Path } from "../objects.ts";
import type { Json } from "../schema.ts";
import { jsonEnd } from "./json.ts";

/** What is sought at the path. */
export interface Spot {
  /** The key rather than its value. */
  readonly key?: boolean;
  /** Its value, which tells elements of a list apart. */
  readonly value?: Json;
}

/** The exact place of a field of the document that begins at an origin. */
export type Locate = (document: Origin, path: Path, spot?: Spot) => Origin;

/** Finds places in files as `read` gives them; the place of the document where it gives none. */
export function locator(read: (file: string) => string | undefined): Locate {
  let latest: { readonly origin: Origin; readonly parsed: Located | undefined } | undefined;
  return (origin, path, spot = {}) => {
    if (origin.file === undefined || origin.line === undefined) return origin;
    if (latest?.origin !== origin) latest = { origin, parsed: parseAt(origin, read(origin.file)) };
    const { parsed } = latest;
    if (!parsed) return origin;
    const offset = offsetOf(parsed.document.contents, path, spot, parsed.document);
    if (offset === undefined) return origin;
    const { line, col } = parsed.lines.linePos(offset);
    return { ...origin, line: line + origin.line - 1, column: line === 1 ? col + parsed.indent : col };
  };
}

type Document = ReturnType<typeof parseDocument>;

interface Located {
  readonly document: Document;
  readonly lines: LineCounter;
  /** Columns cut away before its first line. */
  readonly indent: number;
}

function parseAt(origin: Origin, text: string | undefined): Located | undefined {
  const cut = text === undefined ? undefined : documentText(text.replace(/^\uFEFF/, ""), origin);
  if (cut === undefined) return undefined;
  const lines = new LineCounter();
  try {
    return {
      document: parseDocument(cut.text, { lineCounter: lines, merge: true, logLevel: "error" }),
      lines,
      indent: cut.indent,
    };
  } catch {
    return undefined;
  }
}

const MARKER = /\r?\n(?:---|\.\.\.)(?=\s|$)/g;

/** The text of the one document. A marker at the start of a line ends it whatever stands around. */
function documentText(text: string, origin: Origin): { readonly text: string; readonly indent: number } | undefined {
  let start = 0;
  for (let line = 1; line < (origin.line ?? 1); line++) {
    start = text.indexOf("\n", start) + 1;
    if (start === 0) return undefined;
  }
  const indent = (origin.column ?? 1) - 1;
  const from = start + indent;
  if (origin.file?.toLowerCase().endsWith(".json")) return { text: text.slice(from, jsonEnd(text, from)), indent };
  MARKER.lastIndex = from;
  const end = MARKER.exec(text)?.index ?? text.length;
  // A document that begins behind its marker, or whose first key is indented, keeps its columns.
  return { text: `${" ".repeat(indent)}${text.slice(from, end)}`, indent: 0 };
}

/** How far a path could be followed. */
interface Reached {
  readonly node: Node | null | undefined;
  readonly key?: Node | undefined;
}

function offsetOf(root: Document["contents"], path: Path, spot: Spot, document: Document): number | undefined {
  const { node, key } = reach({ node: root }, path, spot.value, document);
  const found = spot.key && key ? key : node;
  return found?.range?.[0] ?? key?.range?.[0];
}

function reach(from: Reached, path: Path, value: Json | undefined, document: Document): Reached {
  const [step, ...rest] = path;
  const node = isAlias(from.node) ? from.node.resolve(document) : from.node;
  if (step === undefined) return from;
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && `${item.key.value}` === step) as
      | Pair<Node, Node | null>
      | undefined;
    return pair ? reach({ node: pair.value ?? pair.key, key: pair.key }, rest, value, document) : from;
  }
  if (!isSeq(node)) return from;
  const items = node.items.filter((item) => isNode(item));
  const item = element(items, step, value);
  if (item) return reach({ node: item }, rest, value, document);
  // An element that goes by a name which nobody wrote, such as a key with its default name: the one with the value.
  const reached = items.map((each) => reach({ node: each }, rest, value, document));
  return reached.find((each) => isScalar(each.node) && each.node.value === value) ?? from;
}

/** An element by its value, its number, or one of its fields. */
function element(nodes: readonly Node[], step: string, value: Json | undefined): Node | undefined {
  return (
    nodes.find((item) => isScalar(item) && item.value === value) ??
    nodes[/^\d+$/.test(step) ? Number(step) : -1] ??
    nodes.find((item) => isScalar(item) && item.value === step) ??
    nodes.find((item) => isMap(item) && item.items.some((pair) => isScalar(pair.value) && pair.value.value === step))
  );
}
