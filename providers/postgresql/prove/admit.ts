/**
 * The owner of a table with forced row security is held by its policies. Where these compare a column with a setting, as
 * those of tenants do, a row is let in while the setting has the row's value. Which column and which setting is guessed
 * from the texts of the policies; the server is the judge.
 */
import type { PlantedRow } from "../../../core/proofs/model.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { tokens } from "../lexer.ts";
import { lit, named } from "../quote.ts";
import { Refused, rowsOf } from "./attempt.ts";
import type { PlantColumn } from "./made-up.ts";

/** A row, with the settings under which it may be let in. */
export interface Admission {
  readonly row: PlantedRow;
  readonly settings: readonly string[];
  readonly value: string;
}

export async function admissions(
  client: Client,
  into: string,
  row: PlantedRow,
  columns: readonly PlantColumn[],
): Promise<readonly Admission[]> {
  const rows = await rowsOf(
    client,
    sql`SELECT coalesce(pg_get_expr(polwithcheck, polrelid), pg_get_expr(polqual, polrelid)) FROM pg_policy
WHERE polrelid = to_regclass(${lit(named(into).text)}) AND polcmd IN ('*', 'a')`,
  );
  if (rows instanceof Refused) return [];
  const texts = rows.map(([text]) => text ?? "");
  const settings = [...new Set(texts.flatMap(settingsIn))];
  if (settings.length === 0) return [];
  const words = new Set(texts.flatMap((text) => [...tokens(text)].map((token) => token.text)));
  return columns
    .filter(({ name }) => words.has(name) && row[name] !== null)
    .map((column) => {
      const value = `${row[column.name] ?? valueFor(column)}`;
      return { row: { ...row, [column.name]: value }, settings, value };
    });
}

/** Names of the settings that a policy asks for. */
export function settingsIn(text: string): string[] {
  return [...text.matchAll(/\bcurrent_setting\(\s*'([^']+)'/g)].map(([, name]) => name as string);
}

/** A value that a column and a setting can share. */
export function valueFor({ type }: { readonly type: string }): string {
  return type === "uuid" ? "00000000-0000-4000-8000-000000000001" : "1";
}
