/** Effective access as a list: for each role and object what it can do, on which columns and rows, and on which path. */
import type { Address } from "../address.ts";
import type { Catalog } from "../catalog.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { NotModelled, Target } from "../engine.ts";
import {
  type AccessModel,
  type AllRows,
  type Effective,
  EVERYBODY,
  type Future,
  type Holding,
  isEverybodys,
  schemaIn,
  type Through,
} from "./model.ts";

export interface AccessRow {
  /** `public` for everybody. */
  readonly role: string;
  /** Absent where it is everything there is. */
  readonly object?: Address | undefined;
  readonly privileges: readonly string[];
  /** Absent for all of them, those to come included. */
  readonly columns?: readonly string[] | undefined;
  /** Columns among them that are classified, each with its class. */
  readonly classified?: Readonly<Record<string, string>> | undefined;
  readonly by: Holding["by"] | "view";
  /** Roles through which it comes, the holder first, the role itself last. */
  readonly via?: readonly string[] | undefined;
  readonly setRole?: true | undefined;
  /** View that shows it with other rights than the reader's. */
  readonly through?: Address | undefined;
  readonly masked?: true | undefined;
  /** Rows that it meets, where not all. */
  readonly rows?: string | undefined;
  /** Why it meets all rows where others do not; absent for an owner, of whom that is known. */
  readonly allRows?: AllRows | undefined;
  /** Schema of the object that the role may not use, so that it cannot name the object. */
  readonly outside?: string | undefined;
  /** Of a function: role whose rights it runs with, where those are not the caller's. */
  readonly runsAs?: string | undefined;
  /** Objects that do not exist yet, in words; then there is no `object`. */
  readonly future?: string | undefined;
  /** Role that the rows were kept by, and that their condition means by the current user. */
  readonly filledBy?: string | undefined;
}

export interface AccessReport {
  readonly version: 1;
  readonly dataSource: string;
  /** Absent where it is computed from the declaration alone. */
  readonly target?: Target;
  readonly rows: readonly AccessRow[];
  /** What is open in a live system; absent where only a part was asked for. */
  readonly holes?: readonly Hole[];
  /** What no kind describes, so that holes in it were looked for in part or not at all. */
  readonly notModelled?: readonly NotModelled[];
}

/** What a guardrail finds in a live system. */
export interface Hole extends Diagnostic {
  /** Documents that close it on this engine and version. */
  readonly closedBy?: readonly Address[];
}

/** Only what is asked for. */
export interface AccessFilter {
  readonly role?: string;
  readonly object?: Address;
  readonly column?: string;
  /** Only what reaches a column of this class. */
  readonly classification?: string;
}

/** `declared` knows the classes of columns and which views mask. */
export function accessRows(model: AccessModel, declared: Catalog, filter: AccessFilter = {}): AccessRow[] {
  const roles = filter.role === undefined ? model.roles : [filter.role];
  const objects = filter.object === undefined ? model.objects : [filter.object];
  const found: AccessRow[] = [];
  const tell = (row: AccessRow): void => {
    if (reaches(row, filter, model)) found.push(row);
  };
  const namesOf = remembered((columns: ReadonlySet<string>) => [...columns].sort());
  const classes = objects.map((object) => classesIn(declared, object, undefined).classified);
  const runsAs = objects.map((object) => model.runsAs(object));
  const of = (role: string): readonly Effective[] =>
    filter.object === undefined ? model.ofEach(role) : [model.of(role, filter.object)];
  const everybodys = of(EVERYBODY);
  for (const role of roles) {
    const above = model.passes(role);
    if (above) {
      const { path, setRole } = above;
      tell({
        role,
        privileges: ["every privilege"],
        by: "superuser",
        ...way(path, role),
        ...(setRole && { setRole }),
      });
      if (!setRole) continue;
    }
    // Most objects give a role the very same, which is put together once; then they give everybody the same, too.
    const known = new Map<Effective, AccessRow[]>();
    const rowsOf = (effective: Effective, at: number): AccessRow[] => {
      const there = known.get(effective) ?? rowsOfRole(role, effective, namesOf, isTold(at));
      known.set(effective, there);
      return there;
    };
    const isTold =
      (at: number) =>
      (privilege: string, holding: Holding): boolean =>
        role === EVERYBODY ||
        filter.role !== undefined ||
        !isEverybodys(holding, everybodys[at]?.privileges.get(privilege));
    for (const [at, effective] of of(role).entries()) {
      const object = objects[at] as Address;
      const known = classes[at];
      const runs = runsAs[at];
      for (const row of rowsOf(effective, at)) {
        const one = known ? { ...row, object, ...among(known, row.columns) } : { ...row, object };
        if (runs !== undefined) one.runsAs = runs;
        if (row.outside !== undefined) one.outside = schemaIn(object);
        tell(one);
      }
    }
    for (const one of model.through(role)) {
      if (filter.object !== undefined && one.object !== filter.object) continue;
      // Who reads a view because everybody does is told with everybody.
      if (role !== EVERYBODY && comesToAll(model, role, one.by)) continue;
      tell(throughView(role, one, declared));
    }
    if (filter.object !== undefined) continue;
    for (const row of futureRows(role, model.futures(role)))
      if (row.by !== "everybody" || role === EVERYBODY || filter.role !== undefined) tell(row);
  }
  return found;
}

function remembered<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const there = known.get(key);
    if (there !== undefined) return there;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}

/** Every row has all of these fields, in this order: copies of objects of many forms take four times as long. */
const BLANK = {
  role: "",
  object: undefined,
  privileges: [],
  columns: undefined,
  classified: undefined,
  by: "grant",
  via: undefined,
  setRole: undefined,
  rows: undefined,
  allRows: undefined,
  outside: undefined,
  runsAs: undefined,
} as const;

function rowsOfRole(
  role: string,
  { privileges }: Effective,
  namesOf: (columns: ReadonlySet<string>) => readonly string[],
  isTold: (privilege: string, holding: Holding) => boolean,
): AccessRow[] {
  const found = new Map<string, AccessRow & { readonly privileges: string[] }>();
  for (const [privilege, holdings] of privileges) {
    for (const holding of holdings) {
      const { columns, path, by, setRole, rows, allRows, outside } = holding;
      if (by === "superuser" || !isTold(privilege, holding)) continue;
      const named = columns === "all" ? undefined : namesOf(columns);
      const key = `${by} ${setRole} ${allRows} ${outside} ${rows}\0${path.join("\0")}\0\0${named?.join("\0")}`;
      const same = found.get(key);
      if (same) same.privileges.push(privilege);
      else
        found.set(key, {
          ...BLANK,
          role,
          privileges: [privilege],
          columns: named,
          by,
          ...way(path, role),
          setRole,
          rows,
          allRows,
          // Which schema it is depends on the object.
          outside: outside && "",
        });
    }
  }
  return [...found.values()];
}

function way(path: readonly string[], role: string): Pick<AccessRow, "via"> {
  return path.length > 0 ? { via: [...path, role] } : {};
}

/** It reads the view because everybody does, and in no other way. */
function comesToAll(model: AccessModel, role: string, view: Address): boolean {
  const [theirs, all] = [role, EVERYBODY].map((one) => model.of(one, view).privileges.get("select") ?? []);
  return (theirs ?? []).every((holding) => isEverybodys(holding, all));
}

/** Privileges on the same objects in one row. */
function futureRows(role: string, futures: readonly Future[]): AccessRow[] {
  const found = new Map<string, AccessRow>();
  for (const { privileges, of, path, by, setRole, outside } of futures) {
    const row: AccessRow = {
      role,
      privileges,
      by,
      ...way(path, role),
      ...(setRole && { setRole }),
      ...(outside !== undefined && { outside }),
      future: of,
    };
    const key = JSON.stringify({ ...row, privileges: [] });
    const same = found.get(key);
    found.set(key, same ? { ...same, privileges: [...new Set([...same.privileges, ...privileges])] } : row);
  }
  return [...found.values()];
}

function throughView(
  role: string,
  { by, object, columns, rows, setRole, filledBy }: Through,
  declared: Catalog,
): AccessRow {
  const masked = declared.get(by)?.intent?.startsWith("MaskedView/") ?? false;
  return {
    role,
    object,
    privileges: ["select"],
    ...(columns && { columns: [...columns].sort() }),
    ...(masked ? { masked } : classesIn(declared, object, columns)),
    by: "view",
    through: by,
    ...(setRole && { setRole }),
    ...(rows !== "all" && { rows, ...(filledBy !== undefined && { filledBy }) }),
  };
}

/** For who does not ask on which path: what comes on several is one, with the columns of all. */
export function withoutPaths(rows: readonly AccessRow[]): AccessRow[] {
  const single = new Map<string, AccessRow>();
  for (const { via: _, ...row } of rows) {
    for (const privilege of row.privileges) {
      const { columns, classified, privileges, by, ...rest } = row;
      const key = JSON.stringify([privilege, rest]);
      const known = single.get(key);
      const one = { ...row, privileges: [privilege] };
      single.set(key, known ? together(known, one) : one);
    }
  }
  const found = new Map<string, AccessRow>();
  for (const row of single.values()) {
    const { privileges, by, ...rest } = row;
    const key = JSON.stringify([by === "owner", rest]);
    const known = found.get(key);
    found.set(key, known ? { ...known, privileges: [...known.privileges, ...privileges] } : row);
  }
  return [...found.values()];
}

function together(one: AccessRow, other: AccessRow): AccessRow {
  const { columns, ...rest } = one;
  const all = columns && other.columns && [...new Set([...columns, ...other.columns])].sort();
  const classified = { ...one.classified, ...other.classified };
  return {
    ...rest,
    ...(all && { columns: all }),
    ...(Object.keys(classified).length > 0 && { classified }),
    by: other.by === "owner" ? "owner" : one.by,
  };
}

/** The classified among some columns of an object, or among all. */
export function classesIn(
  declared: Catalog,
  object: Address,
  columns: readonly string[] | undefined,
): { readonly classified?: Readonly<Record<string, string>> } {
  const known = declared.get(object)?.spec.columns;
  if (!Array.isArray(known)) return {};
  const all = (known as unknown as { readonly name: string; readonly classification?: string }[]).flatMap(
    ({ name, classification }) => (classification === undefined ? [] : [[name, classification] as const]),
  );
  return among(all.length > 0 ? Object.fromEntries(all) : undefined, columns);
}

function among(
  classes: Readonly<Record<string, string>> | undefined,
  columns: readonly string[] | undefined,
): { readonly classified?: Readonly<Record<string, string>> } {
  if (!classes || !columns) return classes ? { classified: classes } : {};
  const found = Object.entries(classes).filter(([name]) => columns.includes(name));
  return found.length > 0 ? { classified: Object.fromEntries(found) } : {};
}

function reaches(row: AccessRow, { column, classification }: AccessFilter, model: AccessModel): boolean {
  if (row.by === "superuser") return true;
  // Nobody knows the columns of what is not made yet.
  if (row.future !== undefined) return column === undefined && classification === undefined;
  if (classification !== undefined && !Object.values(row.classified ?? {}).includes(classification)) return false;
  if (column === undefined) return true;
  if (row.columns) return row.columns.includes(column);
  return (row.object && model.columns(row.object))?.includes(column) ?? true;
}
