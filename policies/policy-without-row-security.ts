import { readable } from "../core/address.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import { formatName } from "../core/names.ts";
import { type ObjectOf, objectsOf } from "./objects.ts";
import { some } from "./row-secured.ts";
import { tableKey, tablesIn } from "./tables.ts";

/**
 * A policy of a table whose row security is off is kept and never asked.
 * https://www.postgresql.org/docs/current/ddl-rowsecurity.html
 */
export const policyWithoutRowSecurity: Guardrail = {
  code: "POLICY_WITHOUT_ROW_SECURITY",
  pack: "row-security",
  find({ desired, live }) {
    const policies = new Map<string, ObjectOf<"RowPolicy">[]>();
    for (const policy of objectsOf("RowPolicy", desired)) {
      const at = tableKey(policy.spec.table);
      policies.set(at, [...(policies.get(at) ?? []), policy]);
    }
    if (policies.size === 0) return [];
    const tables = tablesIn(desired, live);
    return [...policies].flatMap(([at, all]): Finding[] => {
      const [first] = all;
      const table = tables.get(at)?.table;
      if (!first || !table || (table.rowSecurity ?? "off") !== "off") return [];
      const { schema, name } = table;
      return [
        {
          address: first.address,
          summary: `${some(all.map(({ address }) => readable(address)))} ${all.length > 1 ? "are" : "is"} never asked: row security of ${formatName([schema, name])} is off`,
          detail:
            "Say `rowSecurity: forced` on the table, or `on` where its owner is to see every row; a RowAccess does so by itself.",
          closes: [{ kind: "Table", spec: { schema, name, rowSecurity: "forced" } }],
        },
      ];
    });
  },
};
