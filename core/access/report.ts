/** Effective access as a list: for each role and object what it can do, on which columns and rows, and on which path. */
import type { Address } from "../address.ts";
import type { Catalog } from "../catalog.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Target } from "../engine.ts";
import { type AccessModel, type Effective, EVERYBODY, type Holding, type Through } from "./model.ts";

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
    if (reaches(row, filter, declared)) found.push(row);
  };
  const namesOf = remembered((columns: ReadonlySet<string>) => [...columns].sort());
  const classes = objects.map((object) => classesIn(declared, object, undefined).classified);
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
    // Most objects give a role the very same, which is put together once.
    const rowsOf = remembered((effective: Effective) =>
      rowsOfRole(role, effective, namesOf, filter.role !== undefined),
    );
    const each = filter.object === undefined ? model.ofEach(role) : [model.of(role, filter.object)];
    for (const [at, effective] of each.entries()) {
      const object = objects[at] as Address;
      const known = classes[at];
      for (const row of rowsOf(effective))
        tell(known ? { ...row, object, ...among(known, row.columns) } : { ...row, object });
    }
    for (const one of model.through(role)) {
      if (filter.object !== undefined && one.object !== filter.object) continue;
      // Who reads a view because everybody does is told with everybody.
      if (role !== EVERYBODY && isEverybodys(model.of(role, one.by).privileges.get("select"))) continue;
      tell(throughView(role, one, declared));
    }
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
} as const;

function rowsOfRole(
  role: string,
  { privileges }: Effective,
  namesOf: (columns: ReadonlySet<string>) => readonly string[],
  withEverybody: boolean,
): AccessRow[] {
  const found = new Map<string, AccessRow & { readonly privileges: string[] }>();
  for (const [privilege, holdings] of privileges) {
    for (const { columns, path, by, setRole, rows } of holdings) {
      if (by === "superuser" || (by === "everybody" && !setRole && role !== EVERYBODY && !withEverybody)) continue;
      const named = columns === "all" ? undefined : namesOf(columns);
      const key = `${by} ${setRole} ${rows}\0${path.join("\0")}\0\0${named?.join("\0")}`;
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
        });
    }
  }
  return [...found.values()];
}

function way(path: readonly string[], role: string): Pick<AccessRow, "via"> {
  return path.length > 0 ? { via: [...path, role] } : {};
}

/** It has it because everybody does, and in no other way. */
function isEverybodys(holdings: readonly Holding[] = []): boolean {
  return holdings.every(({ by, setRole }) => by === "everybody" && !setRole);
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

function reaches(row: AccessRow, { column, classification }: AccessFilter, declared: Catalog): boolean {
  if (row.by === "superuser") return true;
  if (classification !== undefined && !Object.values(row.classified ?? {}).includes(classification)) return false;
  if (column === undefined) return true;
  if (row.columns) return row.columns.includes(column);
  const known = row.object && declared.get(row.object)?.spec.columns;
  return !Array.isArray(known) || known.some((one) => (one as { readonly name: string }).name === column);
}
