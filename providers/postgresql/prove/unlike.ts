/** Values of a check that its column cannot be compared with: the message of the server would repeat them. */
import type { QualityCheck } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id, lit } from "../quote.ts";
import { Refused, rowsOf } from "./attempt.ts";
import type { Source } from "./source.ts";

/** What is wrong with them, by field, without the values; undefined where it is nothing of the kind. */
export async function unlike(
  { range, accepted }: QualityCheck,
  { from }: Source,
  client: Client,
): Promise<readonly string[] | undefined> {
  const column = range?.column ?? accepted?.column;
  if (column === undefined) return undefined;
  const given = [
    ...Object.entries({ "range.min": range?.min, "range.max": range?.max }),
    ...(accepted?.values ?? []).map((value) => ["accepted.values", value] as const),
  ];
  const type = await rowsOf(client, sql`SELECT pg_typeof((SELECT ${id(column)} FROM ${from} LIMIT 0))`);
  if (type instanceof Refused) return undefined;
  const found = new Set<string>();
  for (const [field, value] of given) {
    if (value === undefined) continue;
    // No row is read: a literal becomes a value of the type before the statement runs.
    const rows = await rowsOf(client, sql`SELECT FROM ${from} WHERE ${id(column)} = ${lit(`${value}`)} LIMIT 0`);
    if (rows instanceof Refused && NO_VALUE.test(rows.code))
      found.add(`\`${field}\` cannot be compared with ${column}, which is of type ${type[0]?.[0]}: mend it`);
  }
  return found.size > 0 ? [...found] : undefined;
}

/** Data exceptions. */
const NO_VALUE = /^22/;
