/** Ways around a mask, as far as the declaration tells: a reader who may read the table as well sees what is masked. */
import { type Address, address } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext } from "../../core/engine.ts";
import { formatName, nameParts } from "../../core/names.ts";
import type { Grant, MaskedView, ReadOnlyRole, Role, Table } from "../../core/specs.ts";
import { nameOf } from "./lowering.ts";
import { readsOf } from "./read-only-role.ts";

/** A way from a reader to the table. */
interface Way {
  readonly says: string;
  readonly mend: string;
}

/** Says of each reader how it can read the masked columns of the table itself. */
export function bypasses(spec: MaskedView, table: Table | undefined, context: LowerContext): Diagnostic[] {
  const shown = spec.columns ? new Set(spec.columns) : undefined;
  const hidden = Object.keys(spec.mask).filter((name) => shown?.has(name) ?? true);
  if (hidden.length === 0) return [];
  const from = sameName(spec.from);
  const owner =
    table?.owner ?? (context.live.get(address("Table", nameParts(spec.from)))?.spec.owner as string | undefined);
  const grants = grantsOn(from, context)
    .map(({ grant }) => grant)
    .filter(({ privileges }) => privileges.some(reads));
  return (spec.to ?? []).flatMap((reader) => {
    for (const [role, through] of rolesOf(reader, context)) {
      const way = ownWay(role, owner, context) ?? granted(role, hidden, grants) ?? readOnly(role, from, context);
      if (way) return [bypassed(spec, reader, role, through, way)];
    }
    return [];
  });
}

function bypassed(spec: MaskedView, reader: string, role: string, through: string | undefined, way: Way): Diagnostic {
  const who =
    role === reader ? reader : `${reader}, ${role === "public" ? "like everybody" : `a member of ${through ?? role}`},`;
  return error("MASK_BYPASSED", `The masks of ${quoted(nameOf(spec))} hide nothing from ${who} ${way.says}`, {
    detail: `${way.mend}, or take ${quoted(reader)} out of \`to\`.`,
  });
}

/** The role, whatever it is a member of, and PUBLIC; with the path to each. */
function rolesOf(reader: string, context: LowerContext): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>([[reader, undefined]]);
  for (const [role, path] of found) {
    for (const group of groupsOf(role, context)) {
      if (!found.has(group)) found.set(group, path === undefined ? group : `${path} and so of ${group}`);
    }
  }
  return found.set("public", undefined);
}

function groupsOf(role: string, context: LowerContext): string[] {
  return (roleOf(role, context)?.memberOf ?? []).flatMap((of) => {
    if (typeof of === "string") return [of];
    // Who neither inherits nor may SET ROLE has nothing of the group, unless as its admin: that grants itself the rest.
    return of.inherit === false && of.set === false && !of.admin ? [] : [of.role];
  });
}

function roleOf(name: string, { declared, live }: LowerContext): (Role & Partial<ReadOnlyRole>) | undefined {
  const at = address("Role", name);
  const found = declared.get(at) ?? declared.get(address("ReadOnlyRole", name)) ?? live.get(at);
  return found?.spec as unknown as Role | undefined;
}

function ownWay(role: string, owner: string | undefined, context: LowerContext): Way | undefined {
  if (role === owner) return { says: "who owns the table", mend: "Give the table another `owner`" };
  if (role === "pg_read_all_data" || role === "pg_write_all_data") {
    return { says: "which reads every table", mend: `Take the membership of ${quoted(role)} away` };
  }
  if (roleOf(role, context)?.superuser) {
    return { says: "who is a superuser", mend: `Take \`superuser\` from ${quoted(role)}` };
  }
  return undefined;
}

interface Given {
  readonly address: Address;
  readonly object: DataObject;
  readonly grant: Grant;
}

const GIVEN = new WeakMap<Catalog, ReadonlyMap<string, readonly Given[]>>();

/** Declared grants by the table that they are on; a catalog is gone through once, however many views it has. */
function grantsOn(table: string, { declared }: LowerContext): readonly Given[] {
  const known = GIVEN.get(declared) ?? grantsByTable(declared);
  GIVEN.set(declared, known);
  return known.get(table) ?? [];
}

function grantsByTable(declared: Catalog): Map<string, Given[]> {
  const found = new Map<string, Given[]>();
  for (const [at, object] of declared) {
    const grant = object.spec as unknown as Grant;
    if (object.kind !== "Grant" || grant.on.table === undefined) continue;
    const table = sameName(grant.on.table);
    const given = { address: at, object, grant };
    const same = found.get(table);
    if (same) same.push(given);
    else found.set(table, [given]);
  }
  return found;
}

function reads(privilege: string): boolean {
  return privilege === "select" || privilege === "all" || privilege === "all privileges";
}

function granted(role: string, hidden: readonly string[], grants: readonly Grant[]): Way | undefined {
  for (const { to, on } of grants) {
    const seen = on.columns ? hidden.filter((name) => on.columns?.includes(name)) : hidden;
    if (to !== role || seen.length === 0) continue;
    const what = on.columns ? `(${seen.join(", ")}) of ${on.table}` : `all of ${on.table}`;
    return {
      says: `who may read ${what}`,
      mend: on.columns
        ? `Take ${seen.map(quoted).join(", ")} out of the Grant`
        : "Grant only the columns that are not masked",
    };
  }
  return undefined;
}

function readOnly(role: string, table: string, context: LowerContext): Way | undefined {
  const intent = context.declared.get(address("ReadOnlyRole", role));
  if (!intent || !readsOf(intent.spec as unknown as ReadOnlyRole, context).includes(table)) return undefined;
  return { says: `who reads ${table} as a ReadOnlyRole`, mend: `Name ${quoted(table)} under its \`except\`` };
}

/** `SELECT` is all that a masked view is for. */
export function writers(spec: MaskedView, context: LowerContext): Diagnostic[] {
  const view = nameOf(spec);
  return grantsOn(view, context)
    .filter(({ grant }) => grant.privileges.some(writes))
    .map(({ address: at, object: { origin }, grant: { to } }) =>
      warning(
        "WRITES_THROUGH_MASK",
        `${to} would write to ${spec.from} through ${quoted(view)}, with its owner's rights`,
        {
          address: at,
          ...(origin && { origin }),
          detail: "Grant only `select` on the view, and what may be written on the table itself.",
        },
      ),
    );
}

function writes(privilege: string): boolean {
  return /^(all|all privileges|insert|update|delete)$/.test(privilege);
}

/** A reference in the one way in which its parts can be written. */
function sameName(reference: string): string {
  return formatName(nameParts(reference));
}
