/**
 * Where things stand in a JSON text. `JSON.parse` says neither where a value is nor that a key stands twice, and its
 * message quotes the text, which may hold a secret; so its values are taken and its words are not.
 * https://www.rfc-editor.org/rfc/rfc8259
 */

/** A fault of the text, at an offset. */
export interface Fault {
  readonly offset: number;
  readonly message: string;
}

export interface JsonLayout {
  readonly faults: readonly Fault[];
  /** Offset of each document: of the text's one object, or of the elements of its array or of its `documents`. */
  readonly starts: readonly number[];
}

const BLANK = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON takes none of them in a string.
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Unexpected extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Reads a JSON text for its layout. */
export function jsonLayout(text: string): JsonLayout {
  const faults: Fault[] = [];
  const starts: number[] = [];
  let at = 0;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match) at += match.length;
    return match;
  };
  const next = (): string | undefined => {
    take(BLANK);
    return text[at];
  };
  const expect = (character: string, where: string): void => {
    if (next() !== character)
      throw new Unexpected(at, at >= text.length ? `the text ends in ${where}` : `expected ${character} in ${where}`);
    at += 1;
  };

  /** `documents`: the elements of this array are documents; `root`: this value may be or hold them. */
  const value = (place: "root" | "documents" | "inside"): void => {
    const first = next();
    const start = at;
    if (first === "{") members(place, start);
    else if (first === "[") elements(place);
    else if (first === '"' ? !take(STRING) : !take(SCALAR)) {
      throw new Unexpected(
        start,
        start >= text.length ? "the text ends where a value is expected" : "not a JSON value",
      );
    }
  };

  const members = (place: "root" | "documents" | "inside", start: number): void => {
    const keys = new Set<string>();
    const listed = starts.length;
    at += 1;
    for (let more = next() !== "}"; more; more = next() === ",") {
      if (keys.size > 0) at += 1;
      next();
      const keyAt = at;
      const quoted = take(STRING);
      if (!quoted) throw new Unexpected(keyAt, "expected a key in double quotes");
      const key = JSON.parse(quoted) as string;
      if (keys.has(key)) faults.push({ offset: keyAt, message: "the key stands twice in one object" });
      keys.add(key);
      expect(":", "an object, after a key");
      value(place === "root" && key === "documents" ? "documents" : "inside");
    }
    expect("}", "an object");
    if (place === "root" && (keys.has("kind") || !keys.has("documents"))) {
      starts.length = listed;
      starts.push(start);
    }
  };

  const elements = (place: "root" | "documents" | "inside"): void => {
    at += 1;
    let count = 0;
    for (let more = next() !== "]"; more; more = next() === ",") {
      if (count > 0) at += 1;
      count += 1;
      next();
      if (place !== "inside") starts.push(at);
      value("inside");
    }
    expect("]", "an array");
  };

  try {
    value("root");
    if (next() !== undefined) faults.push({ offset: at, message: "there is text after the end" });
  } catch (cause) {
    if (cause instanceof Unexpected) faults.push({ offset: cause.offset, message: cause.message });
    else if (cause instanceof RangeError) faults.push({ offset: at, message: "nested too deeply" });
    else throw cause;
  }
  return { faults, starts };
}

/** Offset just behind the value that starts at `start`, in a text known to be JSON. */
export function jsonEnd(text: string, start: number): number {
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[{]|[\]}]/g;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === "{" || match[0] === "[") depth += 1;
    else if (match[0] === "}" || match[0] === "]") depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  return text.length;
}
