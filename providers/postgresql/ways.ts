/** Ways by which a role comes to columns of a table that it should not read, as far as catalogs tell. */
import { type Address, address, kindOf, readable } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import { place } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { NativeContext } from "../../core/engine.ts";
import { formatName, nameParts } from "../../core/names.ts";
import type { Grant, Role } from "../../core/specs.ts";

export interface Way {
  /** The role that has it: the reader, a group, `public`. */
  readonly role: string;
  /** Groups between the reader and the role, in words. */
  readonly through: string | undefined;
  readonly says: string;
  readonly mend: string;
  /** Nobody declares it: it is there, and the plan may take it away. */
  readonly live: boolean;
}

export interface Kept {
  readonly table: string;
  /** Columns that are not to be read. */
  readonly columns: readonly string[];
  /** What they are: `masked`. */
  readonly word: string;
}

/** The first way there is, declared ones before those that are merely there. */
export function wayTo(reader: string, kept: Kept, native: NativeContext): Way | undefined {
  let there: Way | undefined;
  for (const [role, { path, live }] of rolesOf(reader, native)) {
    for (const way of waysOf(role, kept, native)) {
      const found = { role, through: path, ...way, live: live || way.live };
      if (!found.live) return found;
      there ??= found;
    }
  }
  return there;
}

/** `reader, a member of group,` */
export function who(reader: string, { role, through }: Way): string {
  if (role === reader) return reader;
  return `${reader}, ${role === "public" ? "like everybody" : `a member of ${through ?? role}`},`;
}

interface Path {
  readonly path: string | undefined;
  readonly live: boolean;
}

/** The role, whatever it is a member of, and PUBLIC; with the path to each. */
export function rolesOf(reader: string, native: Pick<NativeContext, "desired" | "live">): ReadonlyMap<string, Path> {
  const found = new Map<string, Path>([[reader, { path: undefined, live: false }]]);
  for (const [role, { path, live }] of found) {
    for (const [group, isLive] of groupsOf(role, native)) {
      const known = found.get(group);
      if (known && (!known.live || live || isLive)) continue;
      found.set(group, { path: path === undefined ? group : `${path} and so of ${group}`, live: live || isLive });
    }
  }
  return found.set("public", { path: undefined, live: false });
}

/** Groups of a role; true for those that it is in only because others put it there. */
function groupsOf(role: string, { desired, live }: Pick<NativeContext, "desired" | "live">): [string, boolean][] {
  const at = address("Role", role);
  const [declared, there] = [desired.get(at), live.get(at)];
  return [
    ...memberships(declared).map((group): [string, boolean] => [group, false]),
    ...memberships(there).map((group): [string, boolean] => [group, declared !== undefined]),
  ];
}

function memberships(object: DataObject | undefined): string[] {
  const role = object?.spec as Role | undefined;
  return (role?.memberOf ?? []).flatMap((of) => {
    if (typeof of === "string") return [of];
    // Who neither inherits nor may SET ROLE has nothing of the group, unless as its admin: that grants itself the rest.
    return of.inherit === false && of.set === false && !of.admin ? [] : [of.role];
  });
}

export function roleNamed(name: string, { desired, live }: Pick<NativeContext, "desired" | "live">): Role | undefined {
  const at = address("Role", name);
  return (desired.get(at) ?? live.get(at))?.spec as unknown as Role | undefined;
}

type Own = Omit<Way, "role" | "through">;

function* waysOf(role: string, kept: Kept, native: NativeContext): Generator<Own> {
  const table = address("Table", nameParts(kept.table));
  const owner = native.desired.get(table)?.spec.owner ?? native.live.get(table)?.spec.owner;
  if (role === owner) yield { says: "who owns the table", mend: "Give the table another `owner`", live: false };
  if (role === "pg_read_all_data" || role === "pg_write_all_data") {
    const mend = `Take the membership of ${quoted(role)} away`;
    yield { says: "which reads every table", mend, live: false };
  }
  if (roleNamed(role, native)?.superuser) {
    yield { says: "who is a superuser", mend: `Take \`superuser\` from ${quoted(role)}`, live: false };
  }
  for (const given of grantsOn(kept.table, native.desired)) yield* granted(role, kept, given, false);
  for (const given of grantsOn(kept.table, native.live)) {
    if (native.desired.has(given.address) || native.unwanted.has(given.address)) continue;
    yield* granted(role, kept, given, true);
  }
}

function* granted(
  role: string,
  kept: Kept,
  { object: { intent, origin }, grant }: Given,
  live: boolean,
): Generator<Own> {
  const { to, on, privileges } = grant;
  const seen = on.columns ? kept.columns.filter((name) => on.columns?.includes(name)) : kept.columns;
  if (to !== role || seen.length === 0 || !privileges.some(reads)) return;
  const by = intent && kindOf(intent);
  if (by !== undefined && !on.columns && EXCEPTING.has(by)) {
    const mend = `Name ${quoted(kept.table)} under its \`except\``;
    yield { says: `who reads ${kept.table} as a ${by}`, mend, live };
    return;
  }
  const what = on.columns ? `(${seen.join(", ")}) of ${on.table}` : `all of ${on.table}`;
  // Whoever mends it looks for the document that was written, not for what became of it.
  const where = origin === undefined ? "" : ` (${place(origin)})`;
  const from = `${intent === undefined ? "the Grant" : readable(intent)}${where}`;
  const declared = on.columns
    ? `Take ${seen.map(quoted).join(", ")} out of ${from}`
    : `Grant only the columns that are not ${kept.word}${where && `, in ${from}`}`;
  const mend = live ? `Revoke SELECT on ${what} from ${to}` : declared;
  yield { says: `who may read ${what}`, mend, live };
}

/** Intents that grant on every table of a schema, but for those that they except. */
const EXCEPTING: ReadonlySet<string> = new Set(["ReadOnlyRole", "RoleTemplate"]);

export interface Given {
  readonly address: Address;
  readonly object: DataObject;
  readonly grant: Grant;
}

const GIVEN = new WeakMap<Catalog, ReadonlyMap<string, readonly Given[]>>();

/** Grants by the table that they are on; a catalog is gone through once, however many ask. */
export function grantsOn(table: string, catalog: Catalog): readonly Given[] {
  const known = GIVEN.get(catalog) ?? grantsByTable(catalog);
  GIVEN.set(catalog, known);
  return known.get(sameName(table)) ?? [];
}

function grantsByTable(catalog: Catalog): Map<string, Given[]> {
  const found = new Map<string, Given[]>();
  for (const [at, object] of catalog) {
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

export function reads(privilege: string): boolean {
  return privilege === "select" || privilege === "all" || privilege === "all privileges";
}

/** A reference in the one way in which its parts can be written. */
export function sameName(reference: string): string {
  return formatName(nameParts(reference));
}
