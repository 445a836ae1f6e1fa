import { readable } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import type { RowPolicy } from "../core/specs.ts";
import { comparedColumns, leadingColumns, policyIndex, tableKey, tablesIn } from "./tables.ts";

/** A column that a policy compares is looked up for every query of every role that the policy is for. */
export const missingPolicyIndex: Guardrail = {
  code: "POLICY_WITHOUT_INDEX",
  pack: "performance",
  find: ({ desired, live }) => unindexed(desired, live),
};

function unindexed(desired: Catalog, live: Catalog): Finding[] {
  const policies = [...desired].filter(([, { kind }]) => kind === "RowPolicy");
  if (policies.length === 0) return [];
  const leading = leadingColumns(desired, live);
  const tables = tablesIn(desired, live);
  return policies.flatMap(([address, { spec }]) => {
    const { table, using } = spec as unknown as RowPolicy;
    const at = tableKey(table);
    const columns = comparedColumns(using ?? "", tables.get(at)?.table);
    const missing = columns.filter((column) => !leading.get(at)?.has(column));
    if (missing.length === 0) return [];
    return [
      {
        address,
        summary: `${readable(address)} looks ${missing.join(", ")} up, which no index leads with`,
        detail: `Declare an Index on ${table} (${missing[0]}), or every query of these roles reads the whole table.`,
        closes: missing.flatMap((column) => policyIndex(table, column)),
      },
    ];
  });
}
