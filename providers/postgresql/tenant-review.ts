/** Who comes to rows of other tenants all the same: no policy applies to TRUNCATE, nor to who passes them all. */
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { NativeContext } from "../../core/engine.ts";
import type { Role, TenantIsolation } from "../../core/specs.ts";
import { grantsOn } from "./ways.ts";

export function reviewTenants(spec: TenantIsolation, tables: readonly string[], native: NativeContext): Diagnostic[] {
  const { bypass = [] } = spec;
  return [
    ...tables.flatMap((table) => truncating(table, bypass, native)),
    ...[...native.desired.values()].flatMap(({ kind, spec: fields }) => {
      const role = fields as unknown as Role;
      if (kind !== "Role" || !(role.superuser || role.bypassrls) || bypass.includes(role.name)) return [];
      const why = role.superuser ? "is a superuser" : "has `bypassrls`";
      return [
        warning("ACCESS_VOID", `${quoted(spec.name)} keeps no row of any tenant from ${role.name}, who ${why}`, {
          detail: `Take that away; or, where it is meant, name ${quoted(role.name)} under \`bypass\`.`,
        }),
      ];
    }),
  ];
}

function truncating(table: string, bypass: readonly string[], native: NativeContext): Diagnostic[] {
  const told = new Set<string>();
  return [native.desired, native.live].flatMap((catalog) =>
    grantsOn(table, catalog).flatMap(({ address, grant: { to, privileges } }) => {
      const there = catalog === native.live;
      if (!privileges.includes("truncate") || bypass.includes(to) || told.has(to)) return [];
      if (there && native.unwanted.has(address)) return [];
      told.add(to);
      const severity = there && !native.desired.has(address) ? warning : error;
      return [
        severity("ACCESS_VOID", `${to} may TRUNCATE ${quoted(table)}, the rows of every tenant`, {
          detail:
            "Row policies do not apply to TRUNCATE. Grant `delete` instead (of a RoleTemplate, leave `owner` out of `levels`), or name the role under `bypass`.",
        }),
      ];
    }),
  );
}
