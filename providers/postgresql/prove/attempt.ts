/**
 * Statements that may fail, each undone where it does. What the server says of a failure may hold values of rows
 * (`invalid input syntax … "ada@example.com"`); only what cannot is ever repeated.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
import type { DatabaseError } from "pg";
import { EMPTY, join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { lit } from "../quote.ts";

/** A statement that the server refused. */
export class Refused {
  readonly code: string;
  /** Free of values. */
  readonly words: string;
  readonly constraint: string | undefined;

  constructor(code: string, message: string, constraint?: string) {
    this.code = code;
    this.words = SPEAKABLE.test(code) ? message : `the server raised SQLSTATE ${code}`;
    this.constraint = constraint;
  }

  /** For want of a privilege, or because a row policy refuses the row. */
  get isDenied(): boolean {
    return this.code === "42501";
  }
}

/** Classes whose messages speak of names, never of values. */
const SPEAKABLE = /^(0A|23|25|28|3D|3F|40|42|53|54|55|57)/;

/** What the server refused; a connection that is gone is thrown on. */
export function refusal(problem: unknown): Refused {
  const { code, message = "", constraint, routine } = problem as Partial<Record<keyof DatabaseError, string>>;
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code) || GONE.test(code)) throw problem;
  // What a function raises by itself may say anything, under any code.
  return new Refused(
    code,
    routine === "exec_stmt_raise" ? `refused by a function, SQLSTATE ${code}` : message,
    constraint,
  );
}

const GONE = /^(08|57P0)/;

/**
 * Rows of a statement, or why there are none. A savepoint is always open (`undone`): so that a statement that does not even
 * parse is undone as well, and one that succeeds takes one round trip.
 */
export async function rowsOf(client: Client, statement: Sql): Promise<Rows | Refused> {
  try {
    const results = await client.query(`${statement.text}\n; RELEASE SAVEPOINT datumline_try; SAVEPOINT datumline_try`);
    return results.at(-3) ?? [];
  } catch (problem) {
    const refused = refusal(problem);
    await client.query("ROLLBACK TO SAVEPOINT datumline_try");
    return refused;
  }
}

type Rows = readonly (readonly (string | null)[])[];

/** Statements may be tried in it, after the one that comes `first`; all that it does is undone. */
export async function undone<T>(client: Client, work: () => Promise<T>, first: Sql = EMPTY): Promise<T> {
  await client.query(sql`SAVEPOINT datumline_work; ${first}; SAVEPOINT datumline_try`.text);
  try {
    return await work();
  } finally {
    await client.query("ROLLBACK TO SAVEPOINT datumline_work; RELEASE SAVEPOINT datumline_work");
  }
}

/**
 * Tries statements of which none changes a row, and tells of each whether it was refused: in one round trip, with the
 * handler of exceptions that PL/pgSQL has; one by one where the role may not use it.
 */
export async function attemptAll(
  client: Client,
  statements: readonly Sql[],
): Promise<readonly (Refused | undefined)[]> {
  const together = await rowsOf(client, sql`${block(statements)}; SELECT current_setting(${TOLD})`);
  if (!(together instanceof Refused)) {
    const told = JSON.parse(together[0]?.[0] ?? "[]") as readonly (readonly [code: string, words: string] | null)[];
    return told.map((one) => (one ? new Refused(...one) : undefined));
  }
  if (!together.isDenied) return statements.map(() => together);
  const one: (Refused | undefined)[] = [];
  for (const statement of statements) {
    const rows = await rowsOf(client, statement);
    one.push(rows instanceof Refused ? rows : undefined);
  }
  return one;
}

const TOLD = lit("datumline.told");

function block(statements: readonly Sql[]): Sql {
  const texts = join(statements.map(({ text }) => lit(text)));
  const body = sql`DECLARE
  statement text;
  told json[] := '{}';
BEGIN
  FOREACH statement IN ARRAY ARRAY[${texts}]::text[] LOOP
    BEGIN
      EXECUTE statement;
      told := array_append(told, NULL::json);
    EXCEPTION WHEN OTHERS THEN
      told := array_append(told, json_build_array(SQLSTATE, SQLERRM));
    END;
  END LOOP;
  PERFORM set_config(${TOLD}, array_to_json(told)::text, true);
END`;
  return sql`DO ${lit(body.text)}`;
}
