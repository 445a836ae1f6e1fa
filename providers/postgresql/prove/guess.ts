/** What can be guessed of conditions from their texts. The server is the judge of whether a guess was right. */
import type { PlantedRow } from "../../../core/proofs/model.ts";
import type { Table } from "../../../core/specs.ts";
import { tokens } from "../lexer.ts";

/** Most rows that are tried to meet a condition. */
const MOST_ROWS = 8;

/** Rows of which one may meet the condition: the columns that it names, with the values that it names or their neighbours. */
export function rowsThatMayMeet(condition: string, table: Table): readonly PlantedRow[] {
  const values = [...tokens(condition)].flatMap(({ kind, text }) =>
    kind === "text" ? [text] : kind === "number" ? [text, `${Number(text) - 1}`, `${Number(text) + 1}`] : [],
  );
  const rows = columnsNamed([condition], table).flatMap((name) => values.map((value) => ({ [name]: value })));
  return [...rows.slice(0, MOST_ROWS), {}];
}

/** Columns of a table whose names stand in texts. */
export function columnsNamed(texts: readonly string[], { columns }: Pick<Table, "columns">): readonly string[] {
  const words = new Set(texts.flatMap((text) => [...tokens(text)].map((token) => token.text)));
  return columns.map(({ name }) => name).filter((name) => words.has(name));
}
