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
  readonly isOutside: boolean;
}

/** The rows that a role meets, acting so. */
export type Rules = (way: Way, command: RowCommand) => Rule;

/** Without rules where there is no row security; who may use the schema of the object reaches it. */
export function combine(
  [itself, ...others]: readonly [Way, ...Way[]],
  privilegesOn: (way: Way) => ReadonlyMap<string, readonly Holding[]>,
  rules: Rules | undefined,
  reachable: (way: Way) => boolean,
): Effective {
  const ruleOf = (way: Way, privilege: string): Rule | undefined =>
    rules && isRowCommand(privilege) ? rules(way, privilege) : undefined;
  const privileges = new Map<string, readonly Holding[]>();
  const reached = new Map<string, Reached[]>();
  const isOutside = !reachable(itself);
  for (const [privilege, held] of privilegesOn(itself)) {
    const rule = ruleOf(itself, privilege);
    const isNarrow = rule && (rule.text !== "all" || rule.why !== undefined);
    privileges.set(
      privilege,
      isNarrow || isOutside
        ? held.map((holding) => ({ ...holding, ...rowsOf(rule, holding.by), ...outside(isOutside) }))
        : held,
    );
    reached.set(privilege, [{ columns: columnsOf(held), rule, isOutside }]);
  }
  for (const way of others) {
    const isOutside = !reachable(way);
    for (const [privilege, held] of privilegesOn(way)) {
      const rule = ruleOf(way, privilege);
      const known = reached.get(privilege) ?? [];
      reached.set(privilege, known);
      for (const { columns: all, path, by } of held) {
        const columns = beyond({ columns: all, rule, isOutside }, known);
        if (isNothing(columns)) continue;
        known.push({ columns, rule, isOutside });
        const holding: Holding = {
          columns,
          path: [...path, ...way.path],
          by,
          setRole: true,
          ...rowsOf(rule, by),
          ...outside(isOutside),
        };
        privileges.set(privilege, [...(privileges.get(privilege) ?? []), holding]);
      }
    }
  }
  return { privileges };
}

function rowsOf(rule: Rule | undefined, by: Holding["by"]): Pick<Holding, "rows" | "allRows"> {
  if (!rule) return {};
  if (rule.text !== "all") return { rows: rule.text };
  return rule.why === undefined || rule.why === by ? {} : { allRows: rule.why };
}

function outside(isOutside: boolean): Pick<Holding, "outside"> {
  return isOutside ? { outside: true } : {};
}

/** Columns that are not reached already with the same rows or more. */
function beyond({ columns, rule, isOutside }: Reached, known: readonly Reached[]): Holding["columns"] {
  return known
    .filter((other) => isOutside || !other.isOutside)
    .filter(({ rule: theirs }) => !rule || !theirs || covers(theirs, rule))
    .reduce((left, one) => columnsBeyond(left, one.columns), columns);
}

function isNothing(columns: Holding["columns"]): boolean {
  return columns !== "all" && columns.size === 0;
}
