/**
 * The user's query, run to its end exactly as it stands. Inside of another statement the planner leaves out columns that
 * nobody asks for, with the privileges that they take and the errors that they raise; a cursor computes every one of
 * every row, and moving it fetches none. https://www.postgresql.org/docs/current/sql-move.html
 */
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { userText } from "../lexer.ts";
import { Refused, rowsOf, undone } from "./attempt.ts";

/** Why the server refused it; what it did is undone. */
export async function refusedAsWritten(query: string, client: Client): Promise<Refused | undefined> {
  const run = sql`DECLARE datumline_query NO SCROLL CURSOR FOR (${userText(query)});
MOVE FORWARD ALL IN datumline_query; CLOSE datumline_query`;
  const rows = await undone(client, () => rowsOf(client, run));
  return rows instanceof Refused ? rows : undefined;
}
