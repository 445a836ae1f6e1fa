/** Reads that change nothing, together in one round trip, and that the server itself gives up in time. */
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
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
    await client.query("ROLLBACK").catch(() => undefined);
    throw problem;
  }
}

/** A failure of a read, as the user is to read it. What is none of the server's is passed on as it is. */
export function unreadable(problem: unknown, limit: number): unknown {
  const { code = "", message } = problem as { readonly code?: string; readonly message?: string };
  const seconds = limit / 1000;
  if (code === "57014" || message === "Query read timeout") {
    const summary = `The server did not tell how it is within ${seconds} s`;
    const detail =
      "It is overloaded, or somebody holds a lock on its catalogs; `connection.connectTimeout` says how long it may take.";
    return new Refusal([error("CONNECTION_FAILED", summary, { detail })]);
  }
  // 08 and 57 are of the connection, which every door tells alike.
  if (!/^(?!08|57)[0-9A-Z]{5}$/.test(code)) return problem;
  const detail = `The engine's code is ${code}. GRANT pg_monitor gives a role all that measuring takes.`;
  return new Refusal([error("STATEMENT_FAILED", `It cannot be measured: ${message}`, { detail })]);
}

/** `12.5` of a row; undefined where there is none. */
export function numeric(value: string | null | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
