/**
 * Groups of roles. Each is a member of the one below it, so that a privilege is granted once. What exists is granted one
 * by one; what the owners will make by their default privileges, and theirs alone: a default privilege is about the role
 * that creates. https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
 */
import { address } from "../../core/address.ts";
import type { Amendment, LowerContext, Lowered, Lowering, ProofContext } from "../../core/engine.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { type Group, groupsOf, roleTemplate as template } from "../../core/kinds/role-template.ts";
import { nameParts } from "../../core/names.ts";
import { matchesAny } from "../../core/ownership.ts";
import type { Proof } from "../../core/proofs/model.ts";
import type { Json } from "../../core/schema.ts";
import type { DefaultPrivilege, Grant, Role, RoleTemplate } from "../../core/specs.ts";
import { openExceptions } from "./exceptions.ts";
import { type KnownRelation, knownRelations } from "./known-tables.ts";
import { type NativeObject, native } from "./lowering.ts";
import { onlyReading } from "./prove/only-reading.ts";

export const roleTemplate: Lowering<RoleTemplate> = { lower, proofs };

/** That the groups of readers only read follows from their grants; that their members do is proved here. */
function proofs(spec: RoleTemplate, context: ProofContext): Proof[] {
  const members = (spec.members?.reader ?? []).map((member) => (typeof member === "string" ? member : member.role));
  return groupsOf(spec).flatMap(({ schema, level, name }) => {
    if (level !== "reader") return [];
    const tables = [...context.desired.values()].flatMap(({ kind, spec: grant }) => {
      const { to, privileges, on } = grant as unknown as Grant;
      const reads = kind === "Grant" && to === name && privileges.includes("select") && on.table !== undefined;
      return reads && nameParts(on.table)[0] === schema ? [on.table] : [];
    });
    const pairs = members.flatMap((member) => tables.map((table) => [member, table] as const));
    return [...onlyReading(pairs, context)].map(
      ([as, objects]): Proof => ({
        rule: "RoleTemplate",
        name: `${schema} as ${as}`,
        says: `${as}, a member of ${name}, writes nothing in ${schema}`,
        address: template.address(spec),
        severity: "error",
        claim: { sort: "reads only", as, objects },
      }),
    );
  });
}

interface Rights {
  readonly schema: readonly string[];
  readonly tables: readonly string[];
  readonly sequences: readonly string[];
}

/** What a level has beyond the one below it. */
const RIGHTS: Readonly<Record<Group["level"], Rights>> = {
  reader: { schema: ["usage"], tables: ["select"], sequences: ["select"] },
  writer: { schema: [], tables: ["delete", "insert", "update"], sequences: ["update", "usage"] },
  owner: { schema: ["create"], tables: ["references", "trigger", "truncate"], sequences: [] },
};
const RELATIONS: ReadonlySet<string> = new Set(["Table", "View", "MaterializedView", "Sequence"]);

function lower(spec: RoleTemplate, context: LowerContext): Lowered {
  const groups = groupsOf(spec);
  const relations = [...knownRelations(context, RELATIONS)].filter(([name]) => !matchesAny(spec.except, name)).sort();
  const objects = groups.flatMap((group): NativeObject[] => {
    const rights = below(group, groups);
    const here = relations.filter(([, { schema }]) => schema === group.schema);
    return [
      ...rights.schema.map((privilege) => grant(group.name, { schema: group.schema }, privilege)),
      ...here.flatMap(([name, relation]) => onRelation(group, name, relation, rights, context)),
      ...ownersOf(spec, group, groups).flatMap((owner) => future(group, owner, rights)),
    ].filter((each) => !context.declared.has(addressOf(each)));
  });
  return {
    objects: [...rolesOf(spec, groups), ...distinct(objects)],
    amend: membersOf(spec, groups),
    diagnostics: [...new Set(groups.map(({ schema }) => schema))].flatMap((schema) => {
      const own = groups.filter((group) => group.schema === schema);
      const owners = [...new Set(own.flatMap((group) => ownersOf(spec, group, groups)))];
      const excepting = { except: spec.except, roles: own.map(({ name }) => name), owners, schemas: [schema] };
      return openExceptions({ ...excepting, kinds: RELATIONS, takes: () => true }, context);
    }),
  };
}

/** A group that several schemas share is one role. */
function rolesOf(spec: RoleTemplate, groups: readonly Group[]): NativeObject[] {
  const names = [...new Set(groups.map(({ name }) => name))];
  return names.map((name) => {
    const lower = groups.filter((group) => group.name === name).flatMap((group) => next(group, groups)?.name ?? []);
    const memberOf = [...new Set(lower)].filter((group) => group !== name).sort();
    return native<Role>("Role", {
      name,
      ...(memberOf.length > 0 && { memberOf }),
      ...(spec.comment !== undefined && { comment: spec.comment }),
      ...(spec.protect && { protect: true }),
    });
  });
}

/** The group that it is a member of: the next below it. */
function next(group: Group, groups: readonly Group[]): Group | undefined {
  const own = groups.filter(({ schema }) => schema === group.schema);
  return own[own.indexOf(group) - 1];
}

const LEVELS = ["reader", "writer", "owner"] as const;

/** The rights of a level, with those of levels below it that no group has. */
function below(group: Group, groups: readonly Group[]): Rights {
  const from = next(group, groups);
  const levels = LEVELS.slice(from ? LEVELS.indexOf(from.level) + 1 : 0, LEVELS.indexOf(group.level) + 1);
  const all = (of: keyof Rights): string[] => levels.flatMap((level) => RIGHTS[level][of]);
  return { schema: all("schema"), tables: all("tables"), sequences: all("sequences") };
}

function grant(to: string, on: Grant["on"], privilege: string): NativeObject {
  return native<Grant>("Grant", { to, privileges: [privilege], on });
}

function onRelation(
  { name: to }: Group,
  name: string,
  { kind, owner }: KnownRelation,
  rights: Rights,
  { declared }: LowerContext,
): NativeObject[] {
  if (owner === to) return [];
  if (kind === "Sequence") return rights.sequences.map((privilege) => grant(to, { sequence: name }, privilege));
  // Who reads only some columns of it does not read all of it; and who reads a masked view was named there.
  const parts = nameParts(name);
  const limited = declared.has(address("ColumnAccess", parts, to));
  const masked = ((declared.get(address("MaskedView", parts))?.spec.to ?? []) as readonly string[]).includes(to);
  const privileges = kind === "Table" ? rights.tables : rights.tables.filter((privilege) => privilege === "select");
  return privileges
    .filter((privilege) => privilege !== "select" || !(limited || masked))
    .map((privilege) => grant(to, { table: name }, privilege));
}

/** Who makes things: the roles that are said to, and whoever becomes the group of owners. */
function ownersOf({ owners = [] }: RoleTemplate, group: Group, groups: readonly Group[]): string[] {
  const own = groups.filter(({ schema, level }) => schema === group.schema && level === "owner");
  return [...new Set([...owners, ...own.map(({ name }) => name)])].filter((owner) => owner !== group.name);
}

function future({ name: to, schema }: Group, owner: string, rights: Rights): NativeObject[] {
  return (["tables", "sequences"] as const).flatMap((on) =>
    rights[on].map((privilege) =>
      native<DefaultPrivilege>("DefaultPrivilege", { owner, schema, on, to, privileges: [privilege] }),
    ),
  );
}

/** Membership is declared on the member, which may be another document's or nobody's. */
function membersOf({ members = {} }: RoleTemplate, groups: readonly Group[]): Amendment[] {
  const found = new Map<string, Amendment>();
  for (const { level, name } of groups) {
    for (const member of members[level] ?? []) {
      const { role, ...options } = typeof member === "string" ? { role: member } : member;
      const fields = { memberOf: [{ role: name, ...options }] as unknown as Json };
      found.set(`${role} ${name}`, { address: address("Role", role), fields });
    }
  }
  return [...found.values()];
}

function distinct(objects: readonly NativeObject[]): NativeObject[] {
  return [...new Map(objects.map((each) => [addressOf(each), each])).values()];
}

function addressOf({ kind, spec }: NativeObject): ReturnType<typeof address> {
  const known = KINDS.get(kind);
  if (!known) throw new Error(`internal: no kind named ${kind}`);
  return known.address(spec);
}
