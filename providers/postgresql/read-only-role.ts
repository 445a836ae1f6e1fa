/**
 * A role that reads. What is there is granted one by one, so that `except` can leave something out; what the owners will
 * make is granted by their default privileges, which know no exceptions. CONNECT is everybody's unless it was taken from
 * PUBLIC, and the name of the database is not known here: where it was taken, grant it.
 * https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
 */
import { address } from "../../core/address.ts";
import type { LowerContext, Lowering } from "../../core/engine.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { nameParts } from "../../core/names.ts";
import { matchesAny } from "../../core/ownership.ts";
import type { DefaultPrivilege, Grant, ReadOnlyRole, Role } from "../../core/specs.ts";
import { openExceptions } from "./exceptions.ts";
import { knownRelations } from "./known-tables.ts";
import { type NativeObject, native } from "./lowering.ts";
import { reads } from "./ways.ts";

export const readOnlyRole: Lowering<ReadOnlyRole> = {
  // Its password is nothing that a catalog shows.
  fills: true,
  lower: (spec, context) => {
    const { schemas, of, except: _, ...rest } = spec;
    const role: Role = rest;
    const grant = (on: Grant["on"], privilege: string): NativeObject =>
      native<Grant>("Grant", { to: spec.name, privileges: [privilege], on });
    const names = readsOf(spec, context);
    return {
      objects: [
        native("Role", role),
        ...schemas.filter((schema) => !declares(spec, { schema }, context)).map((schema) => grant({ schema }, "usage")),
        ...names.filter((table) => !declares(spec, { table }, context)).map((table) => grant({ table }, "select")),
        ...of.flatMap((owner) => schemas.flatMap((schema) => future(spec.name, owner, schema, context))),
      ],
      diagnostics: openExceptions(
        { except: spec.except, kinds: RELATIONS, roles: [spec.name], owners: of, schemas, takes: reads },
        context,
      ),
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
function readsOf(spec: ReadOnlyRole, context: LowerContext): string[] {
  const { schemas, of, except } = spec;
  return [...knownRelations(context, RELATIONS)]
    .filter(([name, { schema, owner }]) => {
      return schemas.includes(schema) && (owner === undefined || of.includes(owner)) && !matchesAny(except, name);
    })
    .map(([name]) => name)
    .sort();
}

const RELATIONS: ReadonlySet<string> = new Set(["Table", "View", "MaterializedView"]);
