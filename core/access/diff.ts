/**
 * Who gains and who loses what: effective access before and after, not the statements that grant and revoke. Only roles
 * and objects that differ are looked at, so a plan that changes no access costs nothing.
 */
import type { Address } from "../address.ts";
import type { AccessModel, Effective, Holding, Through } from "./model.ts";
import { EVERYBODY } from "./model.ts";

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
  /** Objects that do not exist yet. */
  readonly future?: string;
}

export interface AccessSides {
  readonly before: AccessModel;
  readonly after: AccessModel;
  /** Columns of an object, and their classes. */
  columns(object: Address): readonly string[];
  classes(object: Address): Readonly<Record<string, string>>;
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
  const everybody = new Map<Address, Effective>(changed.map((object) => [object, after.of(EVERYBODY, object)]));
  for (const role of after.roles) {
    const another = !known.has(role) || before.roleKey(role) !== after.roleKey(role);
    if (another) found.push(...sweeping(role, sides));
    for (const object of another ? after.objects : changed) {
      const was = known.has(role) ? before.of(role, object) : NONE;
      const change = compare(role, object, was, after.of(role, object), sides, !there.has(object));
      found.push(...(role === EVERYBODY ? change : change.filter((one) => !shared(one, everybody.get(object)))));
    }
    if (another || views.size > 0) found.push(...throughViews(role, known.has(role), sides));
  }
  return found;
}

const NONE: Effective = { privileges: new Map() };

/** Everybody gains it too, which is told once. */
function shared({ change, privilege, setRole }: AccessChange, everybody: Effective | undefined): boolean {
  return change === "gains" && !setRole && everybody?.privileges.get(privilege ?? "")?.columns === "all";
}

/** What comes with an attribute or a predefined role is one line, not one for each object. */
function sweeping(role: string, { before, after }: AccessSides): AccessChange[] {
  const [was, is] = [before.passes(role), after.passes(role)];
  return was === is ? [] : [{ role, change: is ? "gains" : "loses", privilege: "every privilege" }];
}

function compare(
  role: string,
  object: Address,
  was: Effective,
  is: Effective,
  sides: AccessSides,
  isNew: boolean,
): AccessChange[] {
  const found: AccessChange[] = [];
  for (const privilege of new Set([...was.privileges.keys(), ...is.privileges.keys()])) {
    const [from, to] = [was.privileges.get(privilege), is.privileges.get(privilege)];
    if (!told(from, role, false) && !told(to, role, isNew)) continue;
    const [gained, lost] = [without(to, from, object, sides), without(from, to, object, sides)];
    const base = { role, object, privilege };
    if (gained && told(to, role, isNew)) {
      const rows =
        privilege === "select" && (is.rows?.select ?? "all") !== "all"
          ? { rows: { to: is.rows?.select as string } }
          : {};
      found.push({ ...base, change: "gains", ...shown(gained, object, sides), ...way(to as Holding, role), ...rows });
    }
    if (lost && told(from, role, false))
      found.push({ ...base, change: "loses", ...shown(lost, object, sides), ...way(from as Holding, role) });
  }
  const reads = was.privileges.has("select") && is.privileges.has("select");
  const [from, to] = [was.rows?.select ?? "all", is.rows?.select ?? "all"];
  if (reads && from !== to && told(is.privileges.get("select"), role, false))
    found.push({ role, object, change: "rows", rows: { from, to } });
  return found;
}

/** What everybody has is told of everybody; what an owner has of a new object, and a superuser of all, goes without saying. */
function told(holding: Holding | undefined, role: string, isNew: boolean): boolean {
  if (!holding || holding.by === "superuser") return false;
  if (holding.by === "everybody") return role === EVERYBODY;
  return !(isNew && (holding.by === "owner" || holding.by === "predefined"));
}

/** Columns that one holding reaches and another does not: "all", a list, or undefined for none. */
function without(
  one: Holding | undefined,
  other: Holding | undefined,
  object: Address,
  sides: AccessSides,
): "all" | readonly string[] | undefined {
  if (!one) return undefined;
  // To have it only after SET ROLE is less than to have it.
  const theirs = other && (!other.setRole || one.setRole) ? other.columns : new Set<string>();
  if (theirs === "all") return undefined;
  if (one.columns === "all") {
    if (theirs.size === 0) return "all";
    const rest = sides.columns(object).filter((column) => !theirs.has(column));
    return rest.length > 0 ? rest : undefined;
  }
  const rest = [...one.columns].filter((column) => !theirs.has(column)).sort();
  return rest.length > 0 ? rest : undefined;
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

function way({ path, setRole }: Holding, role: string): Pick<AccessChange, "via" | "setRole"> {
  return { ...(path.length > 0 && { via: [...path, role] }), ...(setRole && { setRole }) };
}

function throughViews(role: string, existed: boolean, sides: AccessSides): AccessChange[] {
  const key = ({ by, object }: Through): string => `${by}\n${object}`;
  const was = new Map((existed ? sides.before.through(role) : []).map((one) => [key(one), one]));
  const is = new Map(sides.after.through(role).map((one) => [key(one), one]));
  const told = (change: "gains" | "loses", { by, object, columns, rows }: Through): AccessChange => ({
    role,
    change,
    object,
    privilege: "select",
    through: by,
    ...(sides.masks(by) ? { ...(columns && { columns }), masked: true } : shown(columns ?? "all", object, sides)),
    ...(change === "gains" && rows !== "all" && { rows: { to: rows } }),
  });
  const found: AccessChange[] = [];
  if (sides.before.passes(role) || sides.after.passes(role)) return found;
  for (const [at, one] of is) {
    const old = was.get(at);
    if (!old) found.push(told("gains", one));
    else if (old.rows !== one.rows)
      found.push({ role, change: "rows", object: one.object, through: one.by, rows: { from: old.rows, to: one.rows } });
  }
  for (const [at, one] of was) if (!is.has(at) && sides.after.objectKey(one.by) !== "") found.push(told("loses", one));
  return found;
}
