/**
 * Whose privileges a role has. A membership hands them on when it is inherited: by the option of the membership since
 * PostgreSQL 16, by the attribute of the member before. With SET, a role can become the group and do what the group can;
 * being a superuser and BYPASSRLS are never inherited, and are had that way alone.
 * https://www.postgresql.org/docs/current/role-membership.html
 */
import { EVERYBODY } from "../../../core/access/model.ts";
import type { Catalog } from "../../../core/catalog.ts";
import type { Role } from "../../../core/specs.ts";
import type { Surroundings } from "./privileges.ts";

/** From a role that has something towards one that has it through it, which is left out: `["admin", "ops"]`. */
type Path = readonly string[];

/** One role that a role can act as: itself first, then those that it can SET ROLE to, nearest first. */
export interface Way {
  /** The role that acts. */
  readonly role: string;
  /** From it to the role asked about; empty where it is that role. */
  readonly path: Path;
  readonly superuser: boolean;
  readonly bypassrls: boolean;
  /** Roles whose privileges it has without doing anything, each with the path from there; itself first. */
  readonly holders: ReadonlyMap<string, Path>;
}

/** All ways of one role. */
interface Ways {
  readonly ways: readonly [Way, ...Way[]];
  /** Those of them that have something which it has not itself. */
  readonly beyond: readonly [Way, ...Way[]];
  /** Roles whose privileges are had on any of them. */
  readonly reach: ReadonlySet<string>;
}

interface Edge {
  readonly to: string;
  readonly inherit: boolean;
  readonly set: boolean;
}

export class RoleGraph {
  /** Those that the catalog holds. */
  readonly names: readonly string[];
  readonly #roles = new Map<string, Role>();
  readonly #edges = new Map<string, Edge[]>();
  readonly #ways = new Map<string, Ways>();

  constructor(catalog: Catalog, { major, databaseOwner, otherRoles = [] }: Surroundings) {
    const roles = [...catalog.values()]
      .filter(({ kind }) => kind === "Role")
      .map(({ spec }) => spec as unknown as Role);
    this.names = roles.map(({ name }) => name).sort();
    for (const role of [...otherRoles, ...roles]) {
      this.#roles.set(role.name, role);
      const edges = (role.memberOf ?? []).map((of): Edge => {
        const { role: to, inherit = true, set = true } = typeof of === "string" ? { role: of } : of;
        return { to, inherit: major >= 16 ? inherit : role.inherit !== false, set: major >= 16 ? set : true };
      });
      this.#edges.set(role.name, edges);
    }
    // Whoever owns the database is a member of this role by itself.
    if (databaseOwner !== undefined && major >= 14) {
      const inherit = major >= 16 || this.#roles.get(databaseOwner)?.inherit !== false;
      const edge = { to: "pg_database_owner", inherit, set: true };
      this.#edges.set(databaseOwner, [...(this.#edges.get(databaseOwner) ?? []), edge]);
    }
  }

  /** Is anything known of it? Nobody can tell what a role can do that is only named. */
  knows(name: string): boolean {
    return this.#roles.has(name);
  }

  /** The role as it acts without SET ROLE. */
  itself(name: string): Way {
    return this.of(name).ways[0];
  }

  of(name: string): Ways {
    const known = this.#ways.get(name);
    if (known) return known;
    const become = name === EVERYBODY ? new Map([[name, []]]) : this.#reach(name, ({ set }) => set);
    const ways = [...become].map(([role, path]) => this.#way(role, path)) as [Way, ...Way[]];
    const [itself, ...others] = ways;
    const reach = new Set(ways.flatMap(({ holders }) => [...holders.keys()]));
    const found: Ways = { ways, beyond: [itself, ...others.filter((other) => hasMore(other, itself))], reach };
    this.#ways.set(name, found);
    return found;
  }

  /** Equal where two roles differ in nothing but their names. */
  key(name: string): string {
    return JSON.stringify(
      this.of(name).ways.map(({ path, superuser, bypassrls, holders }) => [
        path,
        superuser,
        bypassrls,
        [...holders.values()],
      ]),
    );
  }

  #way(role: string, path: Path): Way {
    const { superuser = false, bypassrls = false } = this.#roles.get(role) ?? {};
    const holders: ReadonlyMap<string, Path> =
      role === EVERYBODY ? new Map() : this.#reach(role, ({ inherit }) => inherit);
    return { role, path, superuser, bypassrls, holders };
  }

  /** Itself and all that edges of a sort lead to, each with its shortest path; nearest first. */
  #reach(name: string, takes: (edge: Edge) => boolean): Map<string, Path> {
    const found = new Map<string, Path>([[name, []]]);
    for (const [role, path] of found) {
      for (const edge of this.#edges.get(role) ?? []) {
        if (takes(edge) && !found.has(edge.to)) found.set(edge.to, [edge.to, ...path]);
      }
    }
    return found;
  }
}

function hasMore(other: Way, itself: Way): boolean {
  if (itself.superuser) return false;
  return (
    other.superuser ||
    (other.bypassrls && !itself.bypassrls) ||
    [...other.holders.keys()].some((role) => !itself.holders.has(role))
  );
}
