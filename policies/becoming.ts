/**
 * Roles that are not bound to be who they logged in as: what a rule says by the name of the role, they choose.
 * https://www.postgresql.org/docs/current/sql-set-role.html
 */
import { readable } from "../core/address.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import type { Role, RowPolicy } from "../core/specs.ts";
import { sqlPart } from "./by-hand.ts";
import { rolesIn, withGroups } from "./memberships.ts";
import { objectsOf } from "./objects.ts";
import { boundBy, goesByName, some, standing } from "./row-secured.ts";

type Roles = ReadonlyMap<string, Role>;

/** A login that may take on several roles which policies tell apart. What it inherits it sees at once, and is no choice. */
export const roleIsNotABoundary: Guardrail = {
  code: "ROLE_IS_NOT_A_BOUNDARY",
  pack: "row-security",
  find(judged) {
    const policies = policiesOf(judged);
    if (policies.length === 0) return [];
    const roles = rolesIn(judged.desired, judged.live);
    return objectsOf("Role", judged.desired).flatMap(({ address: at, spec }): Finding[] => {
      if (!spec.login || spec.superuser || !spec.memberOf) return [];
      const others = toldApart(spec.name, policies, roles);
      if (others.length < 2) return [];
      return [
        {
          address: at,
          summary: `${spec.name} may become ${some(others)}: whoever runs SQL in its session chooses`,
          detail:
            "After SET ROLE there is RESET ROLE and another SET ROLE, and a cursor goes on as whom it was opened. It holds where only a trusted application runs SQL as this role, and leaves no cursor open (DISCARD ALL) before it serves somebody else. Give people a login of their own.",
        },
      ];
    });
  },
};

/** Roles that it may take on and for which policies mean other rows; not the groups of these. */
function toldApart(login: string, policies: readonly RowPolicy[], roles: Roles): string[] {
  const reached = reachedBy(login, roles, ({ set }) => set !== false);
  const inherits = roles.get(login)?.inherit !== false;
  const inherited = reachedBy(login, roles, ({ inherit }) => inherit ?? inherits);
  const found = new Map<string, string>();
  for (const role of reached) {
    if (role === login || isGroupOfAnother(role, login, reached, roles)) continue;
    const groups = withGroups([role, "public"], roles);
    const own = policies.filter((policy) => boundBy(policy).some((to) => groups.has(to)));
    if (own.some(goesByName)) found.set(`by name ${role}`, role);
    else {
      const opened = own.filter((policy) => !boundBy(policy).some((to) => to === "public" || inherited.has(to)));
      const same = opened.map(({ table, name }) => `${table}/${name}`).sort();
      if (opened.length > 0) found.set(JSON.stringify(same), role);
    }
  }
  return [...found.values()];
}

function isGroupOfAnother(group: string, login: string, reached: ReadonlySet<string>, roles: Roles): boolean {
  return [...reached].some((role) => role !== login && role !== group && withGroups([role], roles).has(group));
}

type Membership = Exclude<NonNullable<Role["memberOf"]>[number], string>;

function reachedBy(login: string, roles: Roles, leads: (membership: Membership) => boolean): Set<string> {
  const found = new Set([login]);
  for (const name of found)
    for (const of of roles.get(name)?.memberOf ?? []) {
      const membership = typeof of === "string" ? { role: of } : of;
      if (leads(membership)) found.add(membership.role);
    }
  return found;
}

/** Who may make roles makes one under the name that a rule asks for, and takes it on. */
export const roleMakesRoles: Guardrail = {
  code: "ROLE_MAKES_ROLES",
  pack: "roles",
  find(judged) {
    const byName = policiesOf(judged).filter(goesByName);
    if (byName.length === 0) return [];
    return objectsOf("Role", judged.desired).flatMap(({ address: at, spec }): Finding[] => {
      if (!spec.login || !spec.createrole || spec.superuser) return [];
      return [
        {
          address: at,
          summary: `${readable(at)} can connect and make roles, while who sees what goes by the name of the role (${some(
            byName.map(({ table, name }) => `${table}/${name}`),
            3,
          )})`,
          detail:
            "It makes a role under a name that the rules know and takes it on. Let a role without login and members make roles.",
          // Whoever is left without a role that makes roles has nobody to make one: that is decided by hand.
          byHand: `ALTER ROLE ${sqlPart(spec.name)} NOCREATEROLE;`,
        },
      ];
    });
  },
};

/** The write-ahead log holds every row, and no policy is asked for it. */
export const loginReplicates: Guardrail = {
  code: "LOGIN_REPLICATES",
  pack: "roles",
  find: ({ desired }) =>
    objectsOf("Role", desired).flatMap(({ address: at, spec }): Finding[] => {
      if (!spec.login || !spec.replication || spec.superuser) return [];
      return [
        {
          address: at,
          summary: `${readable(at)} can connect and is given every row by the log`,
          detail:
            "Replication passes over policies and grants alike. Leave it to the role of a replica, let pg_hba.conf admit that from nowhere else, and say so in a PolicyException.",
          byHand: `ALTER ROLE ${sqlPart(spec.name)} NOREPLICATION; -- unless a replica connects as it`,
        },
      ];
    }),
};

function policiesOf({ desired, live }: Judged): RowPolicy[] {
  return standing("RowPolicy", desired, live).map(({ spec }) => spec);
}
