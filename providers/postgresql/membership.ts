/**
 * Membership is a fact about two roles; it is declared on the member. Options of a membership exist since PostgreSQL 16.
 * https://www.postgresql.org/docs/current/sql-grant.html#SQL-GRANT-DESCRIPTION-ROLES
 */
import { address } from "../../core/address.ts";
import type { FieldChange, Hazard, PlanContext, Statement } from "../../core/engine.ts";
import type { Role } from "../../core/specs.ts";
import { EMPTY, join, type Sql, sql } from "../../core/sql.ts";
import { id } from "./quote.ts";

export type Membership = Exclude<NonNullable<Role["memberOf"]>[number], string>;

export function membershipFields(fields: readonly FieldChange[]): FieldChange[] {
  return fields.filter(({ path }) => path[0] === "memberOf");
}

/** Grants of all memberships of a new role, or of those that changed. */
export function memberships(
  spec: Role,
  fields: readonly FieldChange[] | undefined,
  context: PlanContext,
  before?: Role,
): Statement[] {
  const groups = new Map(
    (spec.memberOf ?? []).map((of): [string, Membership] =>
      typeof of === "string" ? [of, { role: of }] : [of.role, of],
    ),
  );
  if (!fields) return [...groups.values()].map((of) => give(spec.name, of, context, EMPTY));
  const statements: Statement[] = [];
  for (const name of new Set(fields.map(({ path }) => path[1] as string))) {
    const group = groups.get(name);
    const gone = fields.some(({ path, to }) => path[1] === name && path.length === 2 && to === undefined);
    // Every grantor's grant is a fact of its own; a REVOKE that names none leaves those of others in place.
    for (const by of grantors(before, name)) {
      if (gone) statements.push(take(spec.name, name, by));
      else if (group) statements.push(...regive(spec.name, group, fields, context, by));
    }
  }
  return statements;
}

function grantors(before: Role | undefined, group: string): Sql[] {
  const names = before?.grantors?.[group];
  return names ? names.map((name) => sql` GRANTED BY ${id(name)}`) : [EMPTY];
}

function regive(
  member: string,
  group: Membership,
  fields: readonly FieldChange[],
  context: PlanContext,
  by: Sql,
): Statement[] {
  const lost = fields.some(({ path, from }) => path[1] === group.role && path[2] === "admin" && from === true);
  const granted = give(member, group, context, by);
  if (!lost || context.target.versionNumber >= 160000) return [granted];
  return [{ sql: sql`REVOKE ADMIN OPTION FOR ${id(group.role)} FROM ${id(member)}`, phase: "restrict" }, granted];
}

function give(member: string, group: Membership, context: PlanContext, by: Sql): Statement {
  const hazards: Hazard[] = context.isNew(address("Role", group.role))
    ? []
    : [{ code: "WIDENS_ACCESS", message: `${member} gets what ${group.role} may do`, affects: [member] }];
  return {
    sql: sql`GRANT ${id(group.role)} TO ${id(member)}${options(group, context)}${by}`,
    phase: "expose",
    hazards,
  };
}

function options(group: Membership, context: PlanContext): Sql {
  if (context.target.versionNumber < 160000) return group.admin ? sql` WITH ADMIN OPTION` : EMPTY;
  const words = [
    group.admin ? sql`ADMIN TRUE` : sql`ADMIN FALSE`,
    group.inherit === false ? sql`INHERIT FALSE` : sql`INHERIT TRUE`,
    group.set === false ? sql`SET FALSE` : sql`SET TRUE`,
  ];
  return sql` WITH ${join(words)}`;
}

function take(member: string, group: string, by: Sql): Statement {
  return {
    sql: sql`REVOKE ${id(group)} FROM ${id(member)}${by}`,
    phase: "restrict",
    hazards: [{ code: "NARROWS_ACCESS", message: `${member} loses what ${group} may do`, affects: [member] }],
  };
}
