/**
 * A role that reads. What is there is granted one by one, so that `except` can leave something out; what the owners will
 * make is granted by their default privileges, which know no exceptions. CONNECT is everybody's unless it was taken from
 * PUBLIC, and the name of the database is not known here: where it was taken, grant it.
 * https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
 */
import { address } from "../../core/address.ts";
import type { DataObject } from "../../core/catalog.ts";
import { type Diagnostic, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowering } from "../../core/engine.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { formatName, nameParts } from "../../core/names.ts";
import { matchesAny } from "../../core/ownership.ts";
import type { DefaultPrivilege, Grant, ReadOnlyRole, Role } from "../../core/specs.ts";
import { type NativeObject, native } from "./lowering.ts";
import { id, named } from "./quote.ts";

export const readOnlyRole: Lowering<ReadOnlyRole> = {
  // Its password is nothing that a catalog shows.
  fills: true,
  lower: (spec, context) => {
    const { schemas, of, except: _, ...rest } = spec;
    const role: Role = rest;
    const grant = (on: Grant["on"], privilege: string): NativeObject =>
      native<Grant>("Grant", { to: spec.name, privileges: [privilege], on });
    const reads = readsOf(spec, context);
    return {
      objects: [
        native("Role", role),
        ...schemas.filter((schema) => !declares(spec, { schema }, context)).map((schema) => grant({ schema }, "usage")),
        ...reads.filter((table) => !declares(spec, { table }, context)).map((table) => grant({ table }, "select")),
        ...of.flatMap((owner) => schemas.flatMap((schema) => future(spec.name, owner, schema, context))),
      ],
      diagnostics: exceptions(spec, context),
    };
  },
};

function future(to: string, owner: string, schema: string, { declared }: LowerContext): NativeObject[] {
  const rule: DefaultPrivilege = { owner, schema, on: "tables", to, privileges: ["select"] };
  const made = native("DefaultPrivilege", rule);
  return declared.has(addressOf(made)) ? [] : [made];
}

/** Does another document give it this, so that it is not to be given twice? */
function declares({ name }: ReadOnlyRole, on: Grant["on"], { declared }: LowerContext): boolean {
  const privilege = on.schema === undefined ? "select" : "usage";
  if (declared.has(addressOf(native<Grant>("Grant", { to: name, privileges: [privilege], on })))) return true;
  const view = on.table === undefined ? undefined : declared.get(address("MaskedView", nameParts(on.table)));
  return ((view?.spec.to ?? []) as readonly string[]).includes(name);
}

function addressOf({ kind, spec }: NativeObject): ReturnType<typeof address> {
  const known = KINDS.get(kind);
  if (!known) throw new Error(`internal: no kind named ${kind}`);
  return known.address(spec);
}

/** Names of the tables and views that it reads now, in order. */
export function readsOf(spec: ReadOnlyRole, context: LowerContext): string[] {
  const { schemas, of, except } = spec;
  return [...relations(context)]
    .filter(([name, { schema, owner }]) => {
      return schemas.includes(schema) && (owner === undefined || of.includes(owner)) && !matchesAny(except, name);
    })
    .map(([name]) => name)
    .sort();
}

interface Relation {
  readonly schema: string;
  readonly owner: string | undefined;
}

const RELATIONS: ReadonlySet<string> = new Set(["Table", "View", "MaterializedView"]);

/** What is declared, and what is there; without an owner where nobody has been told to own it. */
function relations({ declared, live }: LowerContext): Map<string, Relation> {
  const found = new Map<string, Relation>();
  for (const { kind, spec } of live.values()) {
    if (RELATIONS.has(kind)) found.set(name(spec), relation(spec));
  }
  const wanted = [...declared.values()].filter(isRelation);
  // A table that is renamed is there under its former name until then.
  for (const { spec } of wanted) {
    if (typeof spec.renamedFrom === "string") found.delete(name({ ...spec, name: spec.renamedFrom }));
  }
  for (const { spec } of wanted) {
    const now = found.get(name(spec));
    found.set(name(spec), { ...relation(spec), owner: (spec.owner as string | undefined) ?? now?.owner });
  }
  return found;
}

function isRelation({ kind }: DataObject): boolean {
  return RELATIONS.has(kind) || (KINDS.get(kind)?.as?.some((as) => RELATIONS.has(as)) ?? false);
}

function relation(spec: DataObject["spec"]): Relation {
  return { schema: spec.schema as string, owner: spec.owner as string | undefined };
}

function name(spec: DataObject["spec"]): string {
  return formatName([spec.schema as string, spec.name as string]);
}

function exceptions(spec: ReadOnlyRole, context: LowerContext): Diagnostic[] {
  const { except = [], of, schemas } = spec;
  if (except.length === 0 || context.live.size === 0) return [];
  const there = relations(context);
  const open = except.filter((pattern) => pattern.includes("*") || !there.has(pattern));
  const given = [...context.live].flatMap(([at, { kind, spec: grant }]) => {
    const { to, privileges, on } = grant as unknown as Grant;
    if (kind !== "Grant" || to !== spec.name || !on.table || !privileges.includes("select")) return [];
    // Some columns of what is left out, or what another document says, was meant.
    if (on.columns || context.declared.has(at)) return [];
    return matchesAny(except, on.table) ? [on.table] : [];
  });
  return [
    ...(open.length > 0 ? [forFuture(spec.name, open, of, schemas)] : []),
    ...given.map((table) =>
      warning("NOT_SUPPORTED", `${spec.name} may read ${table}, which \`except\` names`, {
        detail: `Where this plan does not take it away, somebody else or a default privilege gave it: REVOKE SELECT ON ${named(table).text} FROM ${id(spec.name).text};`,
      }),
    ),
  ];
}

function forFuture(
  role: string,
  names: readonly string[],
  of: readonly string[],
  schemas: readonly string[],
): Diagnostic {
  return warning(
    "NOT_SUPPORTED",
    `PostgreSQL's default privileges know no exceptions: a new table named like ${names.map(quoted).join(", ")} is readable by ${role} as soon as ${of.join(", ")} makes it in ${schemas.join(", ")}`,
    { detail: "Keep such tables in a schema of their own, or plan again after each migration." },
  );
}
