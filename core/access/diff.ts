/**
 * Who gains and who loses what: effective access before and after, not the statements that grant and revoke. Only roles
 * and objects that differ are looked at, so a plan that changes no access costs nothing.
 */
import type { Address } from "../address.ts";
import {
  type AccessModel,
  columnsBeyond,
  columnsOf,
  type Effective,
  EVERYBODY,
  type Holding,
  isEverybodys,
  schemaIn,
  type Through,
} from "./model.ts";

export interface AccessChange {
  /** `public` for everybody. */
  readonly role: string;
  readonly change: "gains" | "loses" | "rows";
  /** What it is about; absent where it is everything there is. */
  readonly object?: Address;
  /** Of a gain or a loss. */
  readonly privilege?: string;
  /** Absent for all of them, those to come included. */
  readonly columns?: readonly string[];
  /** Columns among them that are classified, each with its class. */
  readonly classified?: Readonly<Record<string, string>>;
  /** Roles through which it comes, the holder first. */
  readonly via?: readonly string[];
  /** Only after SET ROLE. */
  readonly setRole?: true;
  /** View that shows it with other rights than the reader's. */
  readonly through?: Address;
  /** The view masks what is classified. */
  readonly masked?: true;
  /** Rows that are seen: of a gain those seen now, of a change before and after. */
  readonly rows?: { readonly from?: string; readonly to: string };
  /** It comes with the ownership of what is made. */
  readonly by?: "owner";
  /** Schema of the object that the role may not use, so that it cannot name the object. */
  readonly outside?: string;
  /** Of a function: role whose rights it runs with, where those are not the caller's. */
  readonly runsAs?: string;
  /** Objects that do not exist yet. */
  readonly future?: string;
}

export interface AccessSides {
  readonly before: AccessModel;
  readonly after: AccessModel;
  /** Columns of an object, and their classes. */
  columns(object: Address): readonly string[];
  classes(object: Address): Readonly<Record<string, string>>;
  /** Who makes what is made, and owns it where nothing else is said. */
  readonly maker: string;
  /** Comes along with another object. */
  isImplied(object: Address): boolean;
  /** Does the view hide what it shows, so that nobody sees a classified column through it in clear? */
  masks(view: Address): boolean;
}

export function accessDiff(sides: AccessSides): AccessChange[] {
  const { before, after } = sides;
  const known = new Set(before.roles);
  const there = new Set(before.objects);
  const changed = after.objects.filter((object) => before.objectKey(object) !== after.objectKey(object));
  const views = new Set([...changed, ...before.objects.filter((object) => after.objectKey(object) === "")]);
  const found: AccessChange[] = [];
  for (const role of after.roles) {
    const another = !known.has(role) || before.roleKey(role) !== after.roleKey(role);
    if (another) found.push(...sweeping(role, sides));
    for (const object of another ? after.objects : changed) {
      const was = known.has(role) ? before.of(role, object) : NONE;
      const changes = compare(role, object, was, after.of(role, object), sides, !there.has(object));
      found.push(...(role === EVERYBODY ? changes : changes.filter((change) => !isShared(change, object, sides))));
    }
    if (another || views.size > 0) found.push(...throughViews(role, known.has(role), sides));
  }
  return found;
}

const NONE: Effective = { privileges: new Map() };

/** Everybody gains it too, or meets other rows as well, which is told once. */
function isShared(
  { change, privilege, columns, rows, setRole, outside, by }: AccessChange,
  object: Address,
  sides: AccessSides,
): boolean {
  if (setRole || by || change === "loses") return false;
  const held = (model: AccessModel): readonly Holding[] =>
    model.of(EVERYBODY, object).privileges.get(privilege ?? "select") ?? [];
  const [was, is] = [held(sides.before), held(sides.after)];
  if (change === "rows") return rowsOf(was) === rows?.from && rowsOf(is) === rows?.to;
  if (privilege === "select" && (rows?.to ?? "all") !== (is[0]?.rows ?? "all")) return false;
  const theirs = columnsOf(is.filter((holding) => outside !== undefined || !holding.outside));
  return theirs === "all" || (columns?.every((column) => theirs.has(column)) ?? false);
}

/** What comes with an attribute is one line, not one for each object. */
function sweeping(role: string, { before, after }: AccessSides): AccessChange[] {
  const [was, is] = [before.passes(role), after.passes(role)];
  const told = (change: "gains" | "loses", how: Omit<Holding, "columns">): AccessChange[] => [
    { role, change, privilege: "every privilege", ...way(how, role) },
  ];
  if (is && (!was || (was.setRole && !is.setRole))) return told("gains", is);
  return was && (!is || (is.setRole && !was.setRole)) ? told("loses", was) : [];
}

function compare(
  role: string,
  object: Address,
  was: Effective,
  is: Effective,
  sides: AccessSides,
  isNew: boolean,
): AccessChange[] {
  const found = isNew ? ofOwner(role, object, is, sides) : [];
  const runs = sides.after.runsAs(object);
  const everybodys = (model: AccessModel, privilege: string): readonly Holding[] =>
    model.of(EVERYBODY, object).privileges.get(privilege) ?? [];
  for (const privilege of new Set([...was.privileges.keys(), ...is.privileges.keys()])) {
    const [from, to] = [was.privileges.get(privilege) ?? [], is.privileges.get(privilege) ?? []];
    const base = { role, object, privilege };
    for (const [holding, columns] of news(to, from, object, sides)) {
      if (!told(holding, role, isNew, everybodys(sides.after, privilege))) continue;
      const seen = holding.rows ?? (holding.allRows && "all");
      found.push({
        ...base,
        change: "gains",
        ...shown(columns, object, sides),
        ...way(holding, role),
        ...(privilege === "select" && seen !== undefined && { rows: { to: seen } }),
        ...(holding.outside && { outside: schemaIn(object) }),
        ...(runs !== undefined && { runsAs: runs }),
      });
    }
    for (const [holding, columns] of news(from, to, object, sides))
      if (told(holding, role, false, everybodys(sides.before, privilege)))
        found.push({
          ...base,
          change: "loses",
          ...shown(columns, object, sides),
          ...way(holding, role),
          ...(holding.outside && { outside: schemaIn(object) }),
        });
  }
  const [from, to] = [rowsOf(was.privileges.get("select")), rowsOf(is.privileges.get("select"))];
  if (from !== undefined && to !== undefined && from !== to)
    found.push({ role, object, change: "rows", rows: { from, to } });
  return found;
}

/** Rows that are read without SET ROLE; undefined where none are because nothing is. */
function rowsOf(holdings: readonly Holding[] = []): string | undefined {
  const [first] = holdings;
  return first && !first.setRole && !first.outside ? (first.rows ?? "all") : undefined;
}

/** What everybody has is told of everybody; what a superuser has of all goes without saying. Of new objects owners are told apart. */
function told(holding: Holding, role: string, isNew: boolean, everybodys: readonly Holding[]): boolean {
  const { by, setRole } = holding;
  if (by === "superuser") return false;
  if (by === "everybody" && !setRole) return role === EVERYBODY || !isEverybodys(holding, everybodys);
  return !(isNew && (by === "owner" || by === "predefined"));
}

/** All of a new object in one line. That whoever makes it owns it goes without saying. */
function ofOwner(role: string, object: Address, { privileges }: Effective, sides: AccessSides): AccessChange[] {
  const [held] = [...privileges.values()].flat().filter(({ by }) => by === "owner");
  const [owner = role] = held?.path ?? [];
  if (!held || owner === sides.maker || sides.isImplied(object)) return [];
  const base = { role, object, change: "gains", privilege: "every privilege", by: "owner" } as const;
  return [
    {
      ...base,
      ...shown("all", object, sides),
      ...way(held, role),
      ...(held.rows !== undefined && { rows: { to: held.rows } }),
      ...(held.outside && { outside: schemaIn(object) }),
    },
  ];
}

/** Columns that each of some holdings reaches, and neither those before it nor the other ones do. */
function news(
  holdings: readonly Holding[],
  others: readonly Holding[],
  object: Address,
  sides: AccessSides,
): [Holding, "all" | readonly string[]][] {
  return holdings.flatMap((holding, at): [Holding, "all" | readonly string[]][] => {
    // To have it only after SET ROLE is less than to have it. That other rows are met without is told as such.
    const same = ({ setRole, rows, outside }: Holding): boolean =>
      (!outside || holding.outside === true) &&
      (holding.setRole ? rows === undefined || rows === holding.rows : !setRole);
    const theirs = columnsOf([...holdings.slice(0, at), ...others].filter(same));
    const beyond = columnsBeyond(holding.columns, theirs);
    const columns =
      beyond !== "all" || theirs === "all" || theirs.size === 0
        ? beyond
        : new Set(sides.columns(object).filter((column) => !theirs.has(column)));
    if (columns === "all") return [[holding, "all"]];
    return columns.size > 0 ? [[holding, [...columns].sort()]] : [];
  });
}

function shown(
  columns: "all" | readonly string[],
  object: Address,
  sides: AccessSides,
): Pick<AccessChange, "columns" | "classified"> {
  const classes = sides.classes(object);
  const named = columns === "all" ? Object.keys(classes) : columns.filter((column) => column in classes);
  return {
    ...(columns !== "all" && { columns }),
    ...(named.length > 0 && { classified: Object.fromEntries(named.map((name) => [name, classes[name] as string])) }),
  };
}

function way({ path, setRole }: Omit<Holding, "columns">, role: string): Pick<AccessChange, "via" | "setRole"> {
  return { ...(path.length > 0 && { via: [...path, role] }), ...(setRole && { setRole }) };
}

function throughViews(role: string, existed: boolean, sides: AccessSides): AccessChange[] {
  const { before, after } = sides;
  if (isAbove(before, role) || isAbove(after, role)) return [];
  const was = byView(existed ? before.through(role) : []);
  const is = byView(after.through(role));
  const found: AccessChange[] = [];
  for (const [at, now] of is) {
    const old = was.get(at) ?? [];
    const [only, ...others] = now as [Through, ...Through[]];
    const [same] = old;
    // One rule in the place of another hides or shows rows; where there are several, each is a way of its own.
    if (same && same.rows !== only.rows && old.length + others.length === 1)
      found.push({ role, change: "rows", ...names(only), rows: { from: same.rows, to: only.rows } });
    found.push(...now.flatMap((one) => throughNews("gains", role, one, old, now.length + old.length === 2, sides)));
  }
  for (const [at, old] of was) {
    const now = is.get(at) ?? [];
    if (now.length > 0 || after.objectKey((old[0] as Through).by) !== "")
      found.push(...old.flatMap((one) => throughNews("loses", role, one, now, now.length + old.length === 2, sides)));
  }
  return found;
}

/** Passes every check without doing anything for it. */
function isAbove(model: AccessModel, role: string): boolean {
  const how = model.passes(role);
  return how !== undefined && !how.setRole;
}

function byView(all: readonly Through[]): Map<string, Through[]> {
  const found = new Map<string, Through[]>();
  for (const one of all) {
    const key = `${one.by}\n${one.object}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return found;
}

function names({ by, object }: Through): Pick<AccessChange, "object" | "through"> {
  return { object, through: by };
}

/** Columns that one way through a view shows and no other of the same rows does; of any rows, where there is one of each. */
function throughNews(
  change: "gains" | "loses",
  role: string,
  one: Through,
  others: readonly Through[],
  anyRows: boolean,
  sides: AccessSides,
): AccessChange[] {
  const { by, object, columns, rows, setRole } = one;
  const theirs = others.filter((other) => (setRole || !other.setRole) && (anyRows || other.rows === rows));
  // Of what is not made yet nobody can tell which columns it shows.
  if (theirs.length > 0 && (!columns || theirs.some((other) => !other.columns))) return [];
  const known = new Set(theirs.flatMap((other) => other.columns ?? []));
  const rest = columns?.filter((column) => !known.has(column));
  if (rest?.length === 0 && theirs.length > 0) return [];
  return [
    {
      role,
      change,
      ...names(one),
      privilege: "select",
      ...(sides.masks(by)
        ? { ...(rest && { columns: rest }), masked: true as const }
        : shown(rest ?? "all", object, sides)),
      ...(setRole && { setRole }),
      ...(change === "gains" && rows !== "all" && { rows: { to: rows } }),
    },
  ];
}
