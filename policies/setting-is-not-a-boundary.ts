import { readable } from "../core/address.ts";
import { warning } from "../core/diagnostic.ts";
import type { Guardrail } from "../core/reconcile.ts";

/** A setting with a dot in its name is the application's own: whoever runs SQL can set it to anything. */
const CUSTOM_SETTING = /current_setting\s*\(\s*'([^'.]+\.[^']+)'/i;

/** A row policy that trusts a session setting filters, and does not keep anybody out who can run SQL. */
export const settingIsNotABoundary: Guardrail = (desired) =>
  [...desired].flatMap(([address, { kind, spec, origin }]) => {
    if (kind !== "RowPolicy") return [];
    const setting = CUSTOM_SETTING.exec(`${spec.using ?? ""} ${spec.withCheck ?? ""}`)?.[1];
    if (setting === undefined) return [];
    return [
      warning(
        "SETTING_IS_NOT_A_BOUNDARY",
        `${readable(address)} trusts the setting ${setting}, which whoever runs SQL can change`,
        {
          address,
          ...(origin && { origin }),
          detail: `It holds only where a trusted application is the only one to connect as these roles. For people with SQL access compare with current_user, or ask pg_has_role.`,
        },
      ),
    ];
  });
