/**
 * SQL is written with the `sql` tag. Its holes take SQL, numbers and constructs, so a bare string, which may hold
 * anything, does not compile; `sql.literal` makes a value of one and `sql.raw` takes it as SQL.
 */

/** SQL that the user wrote. */
export class SqlText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** An object that SQL can name, such as a construct of a table or a role. */
export interface Named {
  readonly names: readonly string[];
}

function tag(strings: TemplateStringsArray, ...holes: readonly (SqlText | number | Named)[]): SqlText {
  const parts = dedented(strings.raw.map(unescaped));
  return new SqlText(parts.reduce((text, part, index) => text + written(holes[index - 1]) + part));
}

/**
 * SQL text, its common indentation taken out: ``sql`region = current_setting('app.region')` ``. Backslashes stand for
 * themselves, as in the engine. A hole with a construct becomes its quoted name.
 */
export const sql = Object.assign(tag, {
  /** A text value: quoted, quotes in it doubled. */
  literal: (value: string): SqlText => new SqlText(`'${value.replaceAll("'", "''")}'`),
  /** Text that is SQL already, such as a query read from a file. Whoever writes it decides what runs. */
  raw: (text: string): SqlText => new SqlText(text),
});

function written(hole: SqlText | number | Named | undefined): string {
  if (hole instanceof SqlText) return hole.text;
  // A minus sign next to another would begin a comment.
  if (typeof hole === "number" && Number.isFinite(hole)) return hole < 0 ? `(${hole})` : `${hole}`;
  const names = typeof hole === "object" && hole !== null ? hole.names : undefined;
  if (!Array.isArray(names) || names.length === 0) {
    throw new TypeError(
      "A hole of the sql tag takes SQL, a number or a construct with a name; use sql.literal for text",
    );
  }
  return names.map((name: string) => `"${name.replaceAll('"', '""')}"`).join(".");
}

/** What JavaScript makes one escape, so that a template can hold it at all. */
function unescaped(raw: string): string {
  return raw.replace(/\\(`|\$\{)/g, "$1");
}

/** Takes out the line breaks at both ends and the indentation that all lines share. */
function dedented(parts: readonly string[]): string[] {
  const last = parts.length - 1;
  const indents = parts.flatMap((part, index) => {
    const lines = part.split("\n").slice(1);
    // A line without words counts only where a hole follows on it.
    return lines.filter((line, at) => line.trim() !== "" || (index < last && at === lines.length - 1)).map(indentOf);
  });
  const indent = indents.length === 0 ? 0 : Math.min(...indents);
  return parts.map((part, index) => {
    const [first = "", ...lines] = part.split("\n");
    const text = [first, ...lines.map((line) => line.slice(Math.min(indent, indentOf(line))))].join("\n");
    const begun = index === 0 ? text.replace(/^[ \t]*\n/, "") : text;
    return index === last ? begun.replace(/\s+$/, "") : begun;
  });
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
