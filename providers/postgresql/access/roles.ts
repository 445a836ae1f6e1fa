/**
 * Whose privileges a role has. A membership hands them on when it is inherited: by the option of the membership since
 * PostgreSQL 16, by the attribute of the member before. With SET, a role can become the group and do what the group can.
 * https://www.postgresql.org/docs/current/role-membership.html
 */
import type { Catalog } from "../../../core/catalog.ts";
import type { Role } from "../../../core/specs.ts";

/** A role whose privileges another one has. */
export interface Holder {
  readonly role: string;
  /** From the holder to the role asked about. */
  readonly path: readonly string[];
  readonly setRole: boolean;
}

/** Facts that stand in no object of the catalog. */
export interface ServerFacts {
  readonly major: number;
  readonly databaseOwner?: string | undefined;
}

interface Edge {
  readonly to: string;
  readonly inherit: boolean;
  readonly set: boolean;
}

export class RoleGraph {
  readonly names: readonly string[];
  readonly #roles = new Map<string, Role>();
  readonly #edges = new Map<string, Edge[]>();
  readonly #holders = new Map<string, readonly Holder[]>();
  readonly #inherited = new Map<string, ReadonlyMap<string, readonly string[]>>();

  constructor(catalog: Catalog, { major, databaseOwner }: ServerFacts) {
    for (const { kind, spec } of catalog.values()) {
      if (kind !== "Role") continue;
      const role = spec as unknown as Role;
      this.#roles.set(role.name, role);
      const edges = (role.memberOf ?? []).map((of): Edge => {
        const { role: to, inherit = true, set = true } = typeof of === "string" ? { role: of } : of;
        return { to, inherit: major >= 16 ? inherit : role.inherit !== false, set: major >= 16 ? set : true };
      });
      this.#edges.set(role.name, edges);
    }
    // Whoever owns the database is a member of this role by itself.
    if (databaseOwner !== undefined && major >= 14) {
      const edge = { to: "pg_database_owner", inherit: true, set: true };
      this.#edges.set(databaseOwner, [...(this.#edges.get(databaseOwner) ?? []), edge]);
    }
    this.names = [...this.#roles.keys()].sort();
  }

  attributes(name: string): Partial<Role> {
    return this.#roles.get(name) ?? {};
  }

  /** The roles whose privileges a role has without doing anything, itself first, each with its shortest path. */
  inherited(name: string): ReadonlyMap<string, readonly string[]> {
    let found = this.#inherited.get(name);
    if (!found) {
      found = this.#reach(name, ({ inherit }) => inherit);
      this.#inherited.set(name, found);
    }
    return found;
  }

  /** The same, and what it comes to by SET ROLE. */
  holders(name: string): readonly Holder[] {
    const known = this.#holders.get(name);
    if (known) return known;
    const found = new Map<string, Holder>();
    for (const [role, path] of this.inherited(name)) found.set(role, { role, path, setRole: false });
    for (const [become, way] of this.#reach(name, ({ set }) => set)) {
      for (const [role, path] of this.inherited(become)) {
        if (!found.has(role)) found.set(role, { role, path: [...path, ...way.slice(1)], setRole: true });
      }
    }
    const holders = [...found.values()];
    this.#holders.set(name, holders);
    return holders;
  }

  #reach(name: string, takes: (edge: Edge) => boolean): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, readonly string[]>([[name, [name]]]);
    for (const [role, path] of found) {
      for (const edge of this.#edges.get(role) ?? []) {
        if (takes(edge) && !found.has(edge.to)) found.set(edge.to, [edge.to, ...path]);
      }
    }
    return found;
  }
}
