/** What default privileges promise of objects that do not exist yet. https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html */
import { EVERYBODY, type Future } from "../../../core/access/model.ts";
import type { Catalog, DataObject } from "../../../core/catalog.ts";
import type { DefaultPrivilege } from "../../../core/specs.ts";
import type { RoleGraph, Way } from "./roles.ts";

/** One promise, and the schema that it is about where it is about one. */
export interface Promised {
  readonly role: string;
  readonly privileges: readonly string[];
  readonly of: string;
  readonly schema?: string;
}

export function promiseOf({ kind, spec }: DataObject): Promised | undefined {
  if (kind !== "DefaultPrivilege") return undefined;
  const { owner, schema, on, to, privileges, revoked } = spec as unknown as DefaultPrivilege;
  if (revoked) return undefined;
  const of = `new ${on} that ${owner} makes${schema === undefined ? "" : ` in ${schema}`}`;
  return { role: to, privileges, of, ...(schema !== undefined && on !== "schemas" && { schema }) };
}

export function promisesIn(catalog: Catalog): Promised[] {
  const found = [...catalog.values()].flatMap((object) => promiseOf(object) ?? []);
  return found.sort((one, other) => (one.of < other.of ? -1 : 1));
}

/** Each promise once, on the nearest way; without SET ROLE where there is such a way. */
export function futuresOf(
  role: string,
  promises: readonly Promised[],
  roles: RoleGraph,
  uses: (way: Way, schema: string) => boolean,
): Future[] {
  return promises.flatMap(({ role: to, privileges, of, schema }): Future[] => {
    const way = roles.of(role).ways.find(({ holders }) => to === EVERYBODY || holders.has(to));
    if (!way) return [];
    const path = [...(way.holders.get(to) ?? []), ...way.path];
    return [
      {
        privileges,
        of,
        path,
        by: to === EVERYBODY ? "everybody" : "grant",
        ...(way.path.length > 0 && { setRole: true as const }),
        ...(schema !== undefined && !uses(way, schema) && { outside: schema }),
      },
    ];
  });
}
