/** What one role has of one object: for itself, and what it comes to besides by SET ROLE. */
import { columnsBeyond, columnsOf, type Effective, EVERYBODY, type Holding } from "../../../core/access/model.ts";
import { type Given, privilegesOf, type Secured } from "./privileges.ts";
import type { Way } from "./roles.ts";
import { covers, isRowCommand, type RowCommand, type Rule } from "./rows.ts";

/** Privileges of a role that acts: one holding for each holder, with the path from it towards that role. */
export function ownPrivileges(way: Way, { sort, given }: Secured, major: number): Map<string, Holding[]> {
  const found = new Map<string, Holding[]>();
  if (way.superuser) {
    for (const privilege of privilegesOf(sort, major))
      found.set(privilege, [{ columns: "all", path: [], by: "superuser" }]);
    return found;
  }
  for (const [role, path] of holdersOf(way, given)) {
    for (const [privilege, { columns, by }] of given.get(role) as Given) {
      const known = found.get(privilege);
      if (known) known.push({ columns, path, by });
      else found.set(privilege, [{ columns, path, by }]);
    }
  }
  for (const [privilege, { columns, by }] of given.get(EVERYBODY) ?? []) {
    const known = found.get(privilege);
    if (!known) found.set(privilege, [{ columns, path: [], by }]);
    else if (!isNothing(columnsBeyond(columns, columnsOf(known)))) known.push({ columns, path: [], by });
  }
  return found;
}

/** Nearest first, and by name. */
function holdersOf({ holders }: Way, given: ReadonlyMap<string, Given>): [string, readonly string[]][] {
  const found: [string, readonly string[]][] = [];
  for (const role of given.keys()) {
    const path = holders.get(role);
    if (path) found.push([role, path]);
  }
  return found.sort(([a, one], [b, other]) => one.length - other.length || (a < b ? -1 : 1));
}

interface Reached {
  readonly columns: Holding["columns"];
  readonly rule: Rule | undefined;
}

/** The rows that a role meets, acting so. */
export type Rules = (way: Way, command: RowCommand) => Rule;

/** Without rules where there is no row security. */
export function combine(
  [itself, ...others]: readonly [Way, ...Way[]],
  privilegesOn: (way: Way) => ReadonlyMap<string, readonly Holding[]>,
  rules: Rules | undefined,
): Effective {
  const ruleOf = (way: Way, privilege: string): Rule | undefined =>
    rules && isRowCommand(privilege) ? rules(way, privilege) : undefined;
  const privileges = new Map<string, readonly Holding[]>();
  const reached = new Map<string, Reached[]>();
  for (const [privilege, held] of privilegesOn(itself)) {
    const rule = ruleOf(itself, privilege);
    privileges.set(
      privilege,
      rule && rule.text !== "all" ? held.map((holding) => ({ ...holding, rows: rule.text })) : held,
    );
    reached.set(privilege, [{ columns: columnsOf(held), rule }]);
  }
  for (const way of others) {
    for (const [privilege, held] of privilegesOn(way)) {
      const rule = ruleOf(way, privilege);
      const known = reached.get(privilege) ?? [];
      reached.set(privilege, known);
      for (const { columns: all, path, by } of held) {
        const columns = beyond(all, rule, known);
        if (isNothing(columns)) continue;
        known.push({ columns, rule });
        const holding: Holding = { columns, path: [...path, ...way.path], by, setRole: true, ...rowsOf(rule) };
        privileges.set(privilege, [...(privileges.get(privilege) ?? []), holding]);
      }
    }
  }
  return { privileges };
}

function rowsOf(rule: Rule | undefined): Pick<Holding, "rows"> {
  return rule && rule.text !== "all" ? { rows: rule.text } : {};
}

/** Columns that are not reached already with the same rows or more. */
function beyond(columns: Holding["columns"], rule: Rule | undefined, known: readonly Reached[]): Holding["columns"] {
  return known
    .filter(({ rule: theirs }) => !rule || !theirs || covers(theirs, rule))
    .reduce((left, one) => columnsBeyond(left, one.columns), columns);
}

function isNothing(columns: Holding["columns"]): boolean {
  return columns !== "all" && columns.size === 0;
}
