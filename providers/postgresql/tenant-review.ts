/** Who comes to rows of other tenants all the same. */
import { type Diagnostic, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { NativeContext } from "../../core/engine.ts";
import type { Role, TenantIsolation } from "../../core/specs.ts";
import { concern } from "./row-review.ts";
import { rolesOf } from "./ways.ts";
import { selfService, unlimited } from "./ways-past.ts";

export function reviewTenants(spec: TenantIsolation, tables: readonly string[], native: NativeContext): Diagnostic[] {
  const { name, mapping, bypass = [], to: bound = ["public"] } = spec;
  const passes = (role: string): boolean => [...rolesOf(role, native).keys()].some((of) => bypass.includes(of));
  const asked = { binds: (role: string) => !passes(role), otherwise: "or name the role under `bypass`" };
  const concerned = { ...asked, binds: (role: string) => !passes(role) && concern(bound, [role], native) };
  const looked = mapping && { table: mapping.table, columns: [mapping.user, mapping.key] };
  return [
    ...tables.flatMap((table) => unlimited(table, asked, native)),
    ...(looked ? selfService(name, looked, concerned, native) : []),
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
