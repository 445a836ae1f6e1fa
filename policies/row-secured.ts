/** Tables whose rows policies keep back, what these compare, and which roles they are for. */
import type { Catalog } from "../core/catalog.ts";
import { formatName } from "../core/names.ts";
import type { Grant, Role, RowPolicy } from "../core/specs.ts";
import { withGroups } from "./memberships.ts";
import { objectsOf } from "./objects.ts";
import { once } from "./once.ts";
import { comparedColumns, type KnownTable, tableKey, tablesIn } from "./tables.ts";
import { pieces } from "./words.ts";

export interface RowSecured extends KnownTable {
  /** `app.invoice` */
  readonly name: string;
  readonly policies: readonly RowPolicy[];
  /** Columns by which the policies tell rows apart; none where their conditions do not show it. */
  readonly compared: ReadonlySet<string>;
}

/** By the key of the table; of a table that is there and not declared the live one. */
export const rowSecured = once((desired, live): ReadonlyMap<string, RowSecured> => {
  const policies = new Map<string, RowPolicy[]>();
  for (const { spec } of standing("RowPolicy", desired, live)) {
    const at = tableKey(spec.table);
    policies.set(at, [...(policies.get(at) ?? []), spec]);
  }
  const found = new Map<string, RowSecured>();
  for (const [at, known] of policies.size > 0 ? tablesIn(desired, live) : []) {
    const { schema, name, rowSecurity = "off" } = known.table;
    const own = policies.get(at);
    if (rowSecurity === "off" || !own) continue;
    const compared = own.flatMap(({ using = "", withCheck = "" }) =>
      [using, withCheck].flatMap((text) => comparedColumns(text, known.table)),
    );
    found.set(at, { ...known, name: formatName([schema, name]), policies: own, compared: new Set(compared) });
  }
  return found;
});

/** Objects of a kind that are declared, and those that are there beside them. */
export function standing<K extends "Grant" | "RowPolicy">(kind: K, desired: Catalog, live: Catalog) {
  return [...objectsOf(kind, desired), ...objectsOf(kind, live).filter(({ address }) => !desired.has(address))];
}

/** Roles that a policy is for. */
export function boundBy({ to = ["public"] }: RowPolicy): readonly string[] {
  return to;
}

/** Is one of two roles a member of the other, or stands for everybody? So that what is said of one concerns the other. */
export function concerning(roles: ReadonlyMap<string, Role>): (one: string, other: string) => boolean {
  const known = new Map<string, ReadonlySet<string>>();
  const groupsOf = (role: string): ReadonlySet<string> => {
    const groups = known.get(role) ?? withGroups([role], roles);
    known.set(role, groups);
    return groups;
  };
  return (one, other) => one === "public" || other === "public" || groupsOf(one).has(other) || groupsOf(other).has(one);
}

/** Privileges by the table that they are on. */
export const grantsByTable = once((desired, live): ReadonlyMap<string, readonly Grant[]> => {
  const found = new Map<string, Grant[]>();
  for (const { spec } of standing("Grant", desired, live)) {
    if (spec.on.table === undefined) continue;
    const at = tableKey(spec.on.table);
    const same = found.get(at);
    if (same) same.push(spec);
    else found.set(at, [spec]);
  }
  return found;
});

/** Does the condition go by the name of whoever acts? */
export function goesByName({ using = "", withCheck = "" }: RowPolicy): boolean {
  const text = `${using} ${withCheck}`;
  return (
    /_user|_role|\buser\b/i.test(text) &&
    [...pieces(text)].some(({ kind, text: word }) => kind === "word" && NAMES.has(word))
  );
}

const NAMES = new Set(["current_user", "current_role", "user"]);

/** The first of many names, and how many more there are. */
export function some(names: Iterable<string>, most = 10): string {
  const all = [...new Set(names)].sort();
  if (all.length <= most) return all.join(", ");
  return `${all.slice(0, most).join(", ")} and ${all.length - most} more`;
}
