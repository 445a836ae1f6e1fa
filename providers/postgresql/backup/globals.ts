/**
 * Roles as pg_dumpall writes them, statement by statement. What a role says of itself, in a comment or a setting, may hold
 * line breaks and whole statements: only what stands outside of texts ends one.
 * https://www.postgresql.org/docs/current/app-pg-dumpall.html
 */
import { nameParts } from "../../../core/names.ts";

/** Texts and names, comments and orders to psql, ends of statements, and the rest. */
const PIECE = /'[^']*'|"[^"]*"|--[^\n]*|\\[^\n]*|;|[^'";\\-]+|-/g;

/** All statements, without comments and without what is psql's. */
export function statementsIn(text: string): string[] {
  const statements: string[] = [];
  let statement = "";
  for (const [piece] of text.matchAll(PIECE)) {
    if (piece.startsWith("--") || piece.startsWith("\\")) continue;
    if (piece === ";") {
      statements.push(statement.trim());
      statement = "";
    } else statement += piece;
  }
  return statements;
}

const NAME = '("(?:[^"]|"")+"|[\\w$]+)';
const OF_ROLE = new RegExp(`^(?:CREATE ROLE|ALTER ROLE|COMMENT ON ROLE) ${NAME}`);
const MEMBERSHIP = new RegExp(`^GRANT ${NAME} TO ${NAME}`);

/** The role that a statement makes, changes, describes or makes a member. */
export function roleOf(statement: string): string | undefined {
  const named = OF_ROLE.exec(statement)?.[1] ?? MEMBERSHIP.exec(statement)?.[2];
  return named === undefined ? undefined : nameParts(named)[0];
}
