/** Effective access as a list: for each role and object what it can do, on which columns and rows, and on which path. */
import type { Address } from "../address.ts";
import type { Catalog } from "../catalog.ts";
import type { Target } from "../engine.ts";
import { type AccessModel, EVERYBODY, type Holding, type Through } from "./model.ts";

export interface AccessRow {
  /** `public` for everybody. */
  readonly role: string;
  /** Absent where it is everything there is. */
  readonly object?: Address;
  readonly privileges: readonly string[];
  /** Absent for all of them, those to come included. */
  readonly columns?: readonly string[];
  /** Columns among them that are classified, each with its class. */
  readonly classified?: Readonly<Record<string, string>>;
  readonly by: Holding["by"] | "view";
  /** Roles through which it comes, the holder first, the role itself last. */
  readonly via?: readonly string[];
  readonly setRole?: true;
  /** View that shows it with other rights than the reader's. */
  readonly through?: Address;
  readonly masked?: true;
  /** Rows that it meets, where not all. */
  readonly rows?: string;
}

export interface AccessReport {
  readonly version: 1;
  readonly dataSource: string;
  /** Absent where it is computed from the declaration alone. */
  readonly target?: Target;
  readonly rows: readonly AccessRow[];
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
  for (const role of roles) {
    if (model.passes(role)) {
      found.push({ role, privileges: ["every privilege"], by: "superuser" });
      continue;
    }
    for (const object of objects) found.push(...ofObject(model, role, object, declared, filter.role !== undefined));
    for (const one of model.through(role)) {
      if (filter.object !== undefined && one.object !== filter.object) continue;
      // Who reads a view because everybody does is told with everybody.
      if (role !== EVERYBODY && model.of(role, one.by).privileges.get("select")?.by === "everybody") continue;
      found.push(throughView(role, one, declared));
    }
  }
  return found.filter((row) => reaches(row, filter, declared));
}

function ofObject(
  model: AccessModel,
  role: string,
  object: Address,
  declared: Catalog,
  withEverybody: boolean,
): AccessRow[] {
  const { privileges, rows } = model.of(role, object);
  const alike = new Map<string, AccessRow & { readonly privileges: string[] }>();
  for (const [privilege, { columns, path, by, setRole }] of privileges) {
    if (by === "everybody" && role !== EVERYBODY && !withEverybody) continue;
    const named = columns === "all" ? undefined : [...columns].sort();
    const rule = (rows as Readonly<Record<string, string>> | undefined)?.[privilege];
    const row = {
      role,
      object,
      ...(named && { columns: named }),
      ...classesIn(declared, object, named),
      by,
      ...(path.length > 0 && { via: [...path, role] }),
      ...(setRole && { setRole }),
      ...(rule !== undefined && rule !== "all" && { rows: rule }),
    };
    const key = JSON.stringify(row);
    const same = alike.get(key);
    if (same) same.privileges.push(privilege);
    else alike.set(key, { ...row, privileges: [privilege] });
  }
  return [...alike.values()];
}

function throughView(role: string, { by, object, columns, rows }: Through, declared: Catalog): AccessRow {
  const masked = declared.get(by)?.intent?.startsWith("MaskedView/") ?? false;
  return {
    role,
    object,
    privileges: ["select"],
    ...(columns && { columns: [...columns].sort() }),
    ...(masked ? { masked } : classesIn(declared, object, columns)),
    by: "view",
    through: by,
    ...(rows !== "all" && { rows }),
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
  const found = (known as unknown as { readonly name: string; readonly classification?: string }[]).flatMap(
    ({ name, classification }) =>
      classification !== undefined && (columns?.includes(name) ?? true) ? [[name, classification] as const] : [],
  );
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
