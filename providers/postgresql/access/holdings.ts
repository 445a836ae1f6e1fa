/** What one role has of one object: for itself, and what it comes to besides by SET ROLE. */
import { columnsBeyond, columnsOf, type Effective, EVERYBODY, type Holding } from "../../../core/access/model.ts";
import { type Given, privilegesOf, type Secured } from "./privileges.ts";
import type { Path, Way } from "./roles.ts";
import { covers, isRowCommand, type RowCommand, type Rule } from "./rows.ts";

/** Privileges of a role that acts: one holding for each holder, with the path from it to that role, which is named too. */
export function ownPrivileges(way: Way, { sort, given }: Secured, major: number): Map<string, Holding[]> {
  const found = new Map<string, Holding[]>();
  if (way.superuser) {
    for (const privilege of privilegesOf(sort, major))
      found.set(privilege, [{ columns: "all", path: [way.role], by: "superuser" }]);
    return found;
  }
  const holders: [path: Path, given: readonly Given[]][] = [];
  for (const [role, has] of given) {
    const path = way.holders.get(role);
    if (path) holders.push([path, has]);
  }
  holders.sort(([a], [b]) => a.length - b.length);
  for (const [path, has] of holders) add(found, path, has);
  const everybody = new Map<string, Holding[]>();
  add(everybody, [], given.get(EVERYBODY) ?? []);
  for (const [privilege, [holding]] of everybody as Map<string, [Holding]>) {
    const own = found.get(privilege) ?? [];
    if (!isNothing(columnsBeyond(holding.columns, columnsOf(own)))) found.set(privilege, [...own, holding]);
  }
  return found;
}

/** What one holder was given, in one grant or in several. */
function add(to: Map<string, Holding[]>, path: Path, given: readonly Given[]): void {
  const own = new Map<string, Holding>();
  for (const { privilege, columns = "all", by } of given) {
    const there = own.get(privilege);
    own.set(
      privilege,
      there ? { ...there, columns: columnsOf([there, { columns, path, by }]) } : { columns, path, by },
    );
  }
  for (const [privilege, holding] of own) to.set(privilege, [...(to.get(privilege) ?? []), holding]);
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
  const privileges = new Map<string, Holding[]>();
  const reached = new Map<string, Reached[]>();
  for (const [privilege, held] of privilegesOn(itself)) {
    const rule = ruleOf(itself, privilege);
    privileges.set(
      privilege,
      held.map(({ columns, path, by }) => ({ columns, path: path.slice(0, -1), by, ...rowsOf(rule) })),
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
        const full = path.length > 0 ? [...path, ...way.path.slice(1)] : way.path;
        const holding: Holding = { columns, path: full.slice(0, -1), by, setRole: true, ...rowsOf(rule) };
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
