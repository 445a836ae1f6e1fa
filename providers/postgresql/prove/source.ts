/** What a claim reads, as a piece of SQL. */
import type { ProofContext } from "../../../core/engine.ts";
import { nameParts } from "../../../core/names.ts";
import type { AccessClaim } from "../../../core/proofs/model.ts";
import { EMPTY, join, type Sql, sql } from "../../../core/sql.ts";
import { userText } from "../lexer.ts";
import { searchPath } from "../path.ts";
import { named } from "../quote.ts";

export interface Source {
  /** For a FROM: the table or view under its own name, which conditions may use, or the query as `seen`. */
  readonly from: Sql;
  readonly where: readonly Sql[];
}

export function sourceOf({ on, query, where }: Pick<AccessClaim, "on" | "query" | "where">): Source {
  return {
    from: query === undefined ? named(on as string) : sql`(${userText(query)}) AS seen`,
    where: where === undefined ? [] : [sql`(${userText(where)})`],
  };
}

/** `seen WHERE …` */
export function filtered({ from, where }: Source, ...more: readonly Sql[]): Sql {
  const conditions = [...where, ...more];
  return sql`${from}${conditions.length === 0 ? EMPTY : sql` WHERE ${join(conditions, " AND ")}`}`;
}

/** The condition is not met, which for SQL is to be false or unknown. */
export function unmet(condition: string): Sql {
  return sql`(${userText(condition)}) IS NOT TRUE`;
}

/** Unqualified names in the user's text are looked up in the schema of what it is about. */
export function scope(on: string | undefined, { desired, inspection }: ProofContext): Sql {
  if (on === undefined) return sql`SELECT`;
  return sql`SET LOCAL search_path = ${searchPath(nameParts(on)[0], desired, inspection.catalog)}`;
}
