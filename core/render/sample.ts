/** Rows that are shown as a sample. */
import type { Sample } from "../proofs/model.ts";
import { shownValue } from "../proofs/values.ts";

/** A row a line, its values as they could stand in a document. */
export function sampleLines(sample: Sample | undefined): string[] {
  if (!sample) return [];
  const { columns, rows } = sample;
  return rows.map((row) => columns.map((name, at) => `${name}: ${shownValue(row[at] ?? null)}`).join(", "));
}
