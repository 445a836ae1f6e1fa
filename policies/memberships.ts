/** Roles and what they are members of. */
import type { Catalog } from "../core/catalog.ts";
import type { Role } from "../core/specs.ts";
import { once } from "./once.ts";

/** Roles by name; of one that is declared and there the declared one. */
export const rolesIn = once((desired, live): ReadonlyMap<string, Role> => {
  const found = new Map<string, Role>();
  for (const catalog of [live, desired])
    for (const { kind, spec } of catalog.values())
      if (kind === "Role") found.set(spec.name as string, spec as unknown as Role);
  return found;
});

/** The roles themselves, and all that they are members of. */
export function withGroups(names: Iterable<string>, roles: ReadonlyMap<string, Role>): Set<string> {
  const found = new Set(names);
  for (const name of found)
    for (const of of roles.get(name)?.memberOf ?? []) found.add(typeof of === "string" ? of : of.role);
  return found;
}

/** Roles that can connect, and roles that one that can connect is a member of. */
export function loginsIn(desired: Catalog, live: Catalog): Set<string> {
  const roles = rolesIn(desired, live);
  return withGroups(
    [...roles.values()].filter(({ login }) => login).map(({ name }) => name),
    roles,
  );
}
