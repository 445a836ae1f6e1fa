/** Roles that row policies do not hold for. */
import { readable } from "../core/address.ts";
import type { Guardrail } from "../core/guardrail.ts";
import type { Role, Table } from "../core/specs.ts";
import { sqlPart } from "./by-hand.ts";
import { loginsIn } from "./memberships.ts";

/** A login that passes every check: whoever gets hold of its password has everything. */
export const loginPassesChecks: Guardrail = {
  code: "LOGIN_PASSES_CHECKS",
  pack: "roles",
  find: ({ desired }) =>
    [...desired].flatMap(([address, { kind, spec }]) => {
      const { name, login, superuser, bypassrls } = spec as unknown as Role;
      if (kind !== "Role" || !login || !(superuser || bypassrls)) return [];
      return [
        {
          address,
          summary: `${readable(address)} can connect and ${superuser ? "passes every check" : "passes every row policy"}`,
          detail: `Take \`${superuser ? "superuser" : "bypassrls"}\` from it. What needs it for a while becomes a role without login by SET ROLE.`,
          // Whoever is left without a superuser has nobody to make one: that is decided by hand.
          ...(superuser
            ? { byHand: `ALTER ROLE ${sqlPart(name)} NOSUPERUSER NOBYPASSRLS;` }
            : { closes: [{ kind: "Role", spec: { name, bypassrls: false } }] }),
        },
      ];
    }),
};

/** Policies do not hold for the owner unless row security is forced; an owner that connects reads every row. */
export const ownerBypassesRowSecurity: Guardrail = {
  code: "OWNER_BYPASSES_ROW_SECURITY",
  pack: "row-security",
  find({ desired, live }) {
    const logins = loginsIn(desired, live);
    return [...desired].flatMap(([address, { kind, spec }]) => {
      const { schema, name, rowSecurity, owner: declared } = spec as unknown as Table;
      const owner = declared ?? (live.get(address)?.spec.owner as string | undefined);
      if (kind !== "Table" || rowSecurity !== "on" || owner === undefined || !logins.has(owner)) return [];
      return [
        {
          address,
          summary: `${readable(address)}: its policies do not hold for ${owner}, who owns it and can connect`,
          detail: "Say `rowSecurity: forced`, or give it an owner without login and members.",
          closes: [{ kind: "Table", spec: { schema, name, rowSecurity: "forced" } }],
        },
      ];
    });
  },
};
