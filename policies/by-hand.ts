/**
 * Names in a line of SQL that people run by hand. A reference is not SQL, which folds what is not quoted and keeps words
 * for itself: so all of it is quoted.
 */
import { nameParts } from "../core/names.ts";
import type { Grant } from "../core/specs.ts";

/** `sales.order` as SQL names it: `"sales"."order"`. */
function sqlName(reference: string): string {
  return nameParts(reference).map(sqlPart).join(".");
}

/** A single name, such as a role's; PUBLIC is none. */
export function sqlPart(part: string): string {
  return `"${part.replaceAll('"', '""')}"`;
}

/** A role as GRANT and REVOKE take it. */
function sqlRole(role: string): string {
  return role === "public" ? "PUBLIC" : sqlPart(role);
}

/** A function with the types of its arguments, which the server spelled. */
export function sqlSignature(signature: string): string {
  const open = signature.indexOf("(");
  return `${sqlName(signature.slice(0, open))}${signature.slice(open)}`;
}

/** What takes a grant back; `GRANT OPTION FOR ` before it leaves the privilege. */
export function revoking(grant: Given, option = ""): string {
  return `REVOKE ${option}${whatOf(grant)} FROM ${sqlRole(grant.to)};`;
}

/** What grants it. */
export function giving(grant: Given): string {
  return `GRANT ${whatOf(grant)} TO ${sqlRole(grant.to)};`;
}

type Given = Pick<Grant, "to" | "privileges" | "on">;

function whatOf({ privileges, on }: Given): string {
  const columns = on.columns ? ` (${on.columns.map(sqlPart).join(", ")})` : "";
  return `${privileges.map((privilege) => `${privilege.toUpperCase()}${columns}`).join(", ")} ON ${granted(on)}`;
}

function granted({ database, schema, sequence, function: routine, table }: Grant["on"]): string {
  if (database !== undefined) return `DATABASE ${sqlPart(database)}`;
  if (schema !== undefined) return `SCHEMA ${sqlPart(schema)}`;
  if (sequence !== undefined) return `SEQUENCE ${sqlName(sequence)}`;
  return routine === undefined ? `TABLE ${sqlName(table ?? "")}` : `ROUTINE ${sqlSignature(routine)}`;
}
