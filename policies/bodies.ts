/** Bodies of functions, as far as they are SQL: what runs in them, strings that they execute included. */
import type { Specs } from "../core/specs.ts";
import { type Piece, pieces } from "./words.ts";

const LANGUAGES: ReadonlySet<string> = new Set(["sql", "plpgsql"]);

export function readsSql({ language = "sql" }: Pick<Specs["Function"], "language">): boolean {
  return LANGUAGES.has(language.toLowerCase());
}

/** A body, and each string in it that EXECUTE runs, as it stands or by format(). */
export function runTexts(body: string): string[] {
  const all = [...pieces(body)];
  const executed = all.flatMap(({ kind, text }, at) => (kind === "text" && isExecuted(all, at) ? runTexts(text) : []));
  return [body, ...executed];
}

function isExecuted(all: readonly Piece[], at: number): boolean {
  const before = (back: number): string | undefined =>
    all[at - back]?.kind === "text" ? undefined : all[at - back]?.text;
  return before(1) === "execute" || (before(1) === "(" && before(2) === "format" && before(3) === "execute");
}
