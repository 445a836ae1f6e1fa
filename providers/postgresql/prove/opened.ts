/** What row policies open. Permissive ones are joined by OR, restrictive ones by AND. */
import type { RowPolicy } from "../../../core/specs.ts";

export type Command = Exclude<NonNullable<RowPolicy["command"]>, "all">;

/** Is the policy for everybody, or for one of these roles, and for the command? */
export function holds(
  { to = ["public"], command: of = "all" }: RowPolicy,
  command: Command,
  roles: { has(role: string): boolean },
): boolean {
  return (of === "all" || of === command) && to.some((role) => role === "public" || roles.has(role));
}

export type Opened = "none" | "all" | { readonly only: string };

/** Rows that policies show, all of which hold for the same role: those that meet a condition, all, or none. */
export function openedBy(policies: readonly RowPolicy[]): Opened {
  const conditions = (as: RowPolicy["as"]): string[] =>
    policies.filter((policy) => (policy.as ?? "permissive") === as).map(({ using = "true" }) => using);
  const [open, narrow] = [new Set(conditions("permissive")), new Set(conditions("restrictive"))];
  if (open.size === 0) return "none";
  const all = [...open].some((using) => using.trim() === "true");
  if (all && narrow.size === 0) return "all";
  // Each on lines of its own: a text may end in a comment.
  const any = all ? [] : [[...open].map((using) => `(${using}\n)`).join(" OR ")];
  return { only: [...any, ...narrow].map((condition) => `(${condition}\n)`).join(" AND ") };
}
