import { readable } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import { warning } from "../core/diagnostic.ts";
import type { Guardrail } from "../core/reconcile.ts";
import { key, mentions } from "./mentions.ts";

/**
 * A view reads with its owner's rights and a materialized view with those of whoever refreshed it: the row policies of
 * its readers do not apply. Views that an intent made are the intent's own business; it says so itself.
 */
export const viewBypassesRowSecurity: Guardrail = (desired, live) => {
  const secured = tablesWithRowSecurity(desired, live);
  if (secured.size === 0) return [];
  return [...desired].flatMap(([address, { kind, spec, origin, intent }]) => {
    if ((kind !== "View" && kind !== "MaterializedView") || spec.securityInvoker || intent) return [];
    const mentioned = mentions(spec.query as string, spec.schema as string);
    const tables = [...mentioned].flatMap((name) => secured.get(name) ?? []);
    if (tables.length === 0) return [];
    const next =
      kind === "View"
        ? "Say `securityInvoker: true` (PostgreSQL 15 and newer), or restate the rule in the query."
        : "It keeps rows for everybody who may read it: restate the rule in a view over it, or grant it to those who may see all.";
    return [
      warning(
        "VIEW_BYPASSES_ROW_SECURITY",
        `${readable(address)} shows rows of ${tables.join(", ")} that the row policies of its readers would hide`,
        {
          address,
          ...(origin && { origin }),
          detail: next,
        },
      ),
    ];
  });
};

function tablesWithRowSecurity(desired: Catalog, live: Catalog): Map<string, string> {
  const found = new Map<string, string>();
  for (const catalog of [live, desired]) {
    for (const { kind, spec } of catalog.values()) {
      if (kind !== "Table") continue;
      const name = key(spec.schema as string, spec.name as string);
      if (spec.rowSecurity === "on" || spec.rowSecurity === "forced") found.set(name, `${spec.schema}.${spec.name}`);
      else found.delete(name);
    }
  }
  return found;
}
