/** Reads that change nothing, together in one round trip, and that the server itself gives up in time. */
import { join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { number } from "../quote.ts";
import type { Row } from "../snapshot.ts";

/** The rows of each; `limit` in milliseconds. No setting outlives it, so that a pooler in between hands none on. */
export async function readTogether(client: Client, limit: number, reads: readonly Sql[]): Promise<Row[][]> {
  const together = join(
    [sql`BEGIN READ ONLY`, sql`SET LOCAL statement_timeout = ${number(limit)}`, ...reads, sql`COMMIT`],
    ";\n",
  );
  try {
    return (await client.query(together.text)).slice(2, -1);
  } catch (problem) {
    await client.query("ROLLBACK");
    throw problem;
  }
}

/** `12.5` of a row; undefined where there is none. */
export function numeric(value: string | null | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
