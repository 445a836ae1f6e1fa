/**
 * Columns that a rule compares. Values of types that have no operator between them are told before the server refuses the
 * policy; of types that extensions bring nobody knows. https://www.postgresql.org/docs/current/typeconv-oper.html
 */
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext } from "../../core/engine.ts";
import { knownTable } from "./known-tables.ts";
import { isBuiltIn } from "./types.ts";

export type Typed = readonly [table: string, column: string, type: string];

/** A column with its type; undefined where nothing tells. */
export function typed(table: string, column: string, context: LowerContext): Typed | undefined {
  const type = knownTable(table, context)?.columns.find(({ name }) => name === column)?.type;
  return type === undefined ? undefined : [table, column, type];
}

export function comparison(one: Typed | undefined, other: Typed | undefined): Diagnostic[] {
  if (!one || !other || areComparable(one[2], other[2])) return [];
  const words = ([table, column, type]: Typed): string => `${quoted(column)} of ${quoted(table)} is of type ${type}`;
  return [
    error("WRONG_TYPE", `${words(one)}, and ${words(other)}: PostgreSQL compares no such two`, {
      detail: "Name the columns that hold the same, or give them one type.",
    }),
  ];
}

/** A column that is to hold names of roles. */
export function notARole(column: Typed | undefined): Diagnostic[] {
  if (!column || !isNoName(column[2])) return [];
  return [
    error("WRONG_TYPE", `${quoted(column[1])} is of type ${column[2]}, and the name of a role is text`, {
      detail:
        "Name a column with names of roles, or look the name up in a table of who is who: `mapping: { table, user, key }`.",
    }),
  ];
}

/** Types that no name of a role is of. */
function isNoName(type: string): boolean {
  return /^(small|big)?(int(eger)?[248]?|serial)\b|^(numeric|decimal|real|double|float|uuid|date|time|bool|json|bytea|inet|cidr)/i.test(
    type.trim(),
  );
}

const FAMILIES = [
  /^((small|big)?int(eger)?[248]?|(small|big)?serial|numeric|decimal|real|double precision|float[48]?|oid)\b/i,
  /^(text|varchar|character varying|character|char|bpchar|name)\b/i,
  /^(date|timestamp|timestamptz)\b/i,
  /^(time|timetz)\b/i,
  /^bool(ean)?\b/i,
  /^(inet|cidr)\b/i,
  /^(bit|varbit)\b/i,
];

function areComparable(one: string, other: string): boolean {
  const [a, b] = [one, other].map((type) => type.trim().replace(/^pg_catalog\./i, "")) as [string, string];
  return a === b || !isBuiltIn(a) || !isBuiltIn(b) || familyOf(a) === familyOf(b);
}

/** Of a type that is in no family, its own name. */
function familyOf(type: string): string | number {
  const at = FAMILIES.findIndex((family) => family.test(type));
  return at < 0 ? type.replace(/\(.*/, "").toLowerCase() : at;
}
