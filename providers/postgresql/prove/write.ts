/** Writes as a role, in a savepoint, and tells how many rows that concerned. */
import type { AccessClaim } from "../../../core/proofs/model.ts";
import { EMPTY, join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { userText } from "../lexer.ts";
import { id, ids, lit, named } from "../quote.ts";
import { Refused, rowsOf } from "./attempt.ts";

/** `values` is the row of an insert, with what it needs besides what was given. */
export async function write(
  client: Client,
  claim: AccessClaim,
  values: ReadonlyMap<string, Sql>,
): Promise<number | Refused> {
  const statement = statementOf(claim, values);
  // A constant is returned, which takes no privilege to read.
  const rows = await rowsOf(client, sql`WITH written AS (${statement} RETURNING 1) SELECT count(*) FROM written`);
  return rows instanceof Refused ? rows : Number(rows[0]?.[0]);
}

function statementOf(
  { on = "", command, where, columns, values: given = {} }: AccessClaim,
  values: ReadonlyMap<string, Sql>,
): Sql {
  const table = named(on);
  const condition = where === undefined ? EMPTY : sql` WHERE (${userText(where)})`;
  if (command === "delete") return sql`DELETE FROM ${table}${condition}`;
  if (command === "insert") {
    if (values.size === 0) return sql`INSERT INTO ${table} DEFAULT VALUES`;
    return sql`INSERT INTO ${table} (${ids([...values.keys()])}) OVERRIDING SYSTEM VALUE VALUES (${join([...values.values()])})`;
  }
  const set = Object.entries(given).map(
    ([name, value]) => sql`${id(name)} = ${value === null ? sql`NULL` : lit(`${value}`)}`,
  );
  // Without values, each column is set to what it is.
  const same = (columns ?? []).filter((name) => !(name in given)).map((name) => sql`${id(name)} = ${id(name)}`);
  return sql`UPDATE ${table} SET ${join([...set, ...same])}${condition}`;
}
