/** Roles that row policies do not hold for. */
import { readable } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import { warning } from "../core/diagnostic.ts";
import type { Guardrail } from "../core/reconcile.ts";
import type { Role, Table } from "../core/specs.ts";

/** A login that passes every check: whoever gets hold of its password has everything. */
export const loginPassesChecks: Guardrail = (desired) =>
  [...desired].flatMap(([address, { kind, spec, origin }]) => {
    const { login, superuser, bypassrls } = spec as unknown as Role;
    if (kind !== "Role" || !login || !(superuser || bypassrls)) return [];
    return [
      warning(
        "LOGIN_PASSES_CHECKS",
        `${readable(address)} can connect and ${superuser ? "passes every check" : "passes every row policy"}`,
        {
          address,
          ...(origin && { origin }),
          detail: `Take \`${superuser ? "superuser" : "bypassrls"}\` from it. What needs it for a while becomes a role without login by SET ROLE.`,
        },
      ),
    ];
  });

/** Policies do not hold for the owner unless row security is forced; an owner that connects reads every row. */
export const ownerBypassesRowSecurity: Guardrail = (desired, live) => {
  const logins = loginsIn(desired, live);
  return [...desired].flatMap(([address, { kind, spec, origin }]) => {
    const { rowSecurity, owner: declared } = spec as unknown as Table;
    const owner = declared ?? (live.get(address)?.spec.owner as string | undefined);
    if (kind !== "Table" || rowSecurity !== "on" || owner === undefined || !logins.has(owner)) return [];
    return [
      warning(
        "OWNER_BYPASSES_ROW_SECURITY",
        `${readable(address)}: its policies do not hold for ${owner}, who owns it and can connect`,
        {
          address,
          ...(origin && { origin }),
          detail: "Say `rowSecurity: forced`, or give it an owner without login and members.",
        },
      ),
    ];
  });
};

/** Roles that can connect, and roles that one that can connect is a member of. */
function loginsIn(desired: Catalog, live: Catalog): Set<string> {
  const roles = new Map<string, Role>();
  for (const catalog of [live, desired])
    for (const { kind, spec } of catalog.values())
      if (kind === "Role") roles.set(spec.name as string, spec as unknown as Role);
  const found = new Set([...roles.values()].filter(({ login }) => login).map(({ name }) => name));
  for (const name of found)
    for (const of of roles.get(name)?.memberOf ?? []) found.add(typeof of === "string" ? of : of.role);
  return found;
}
