import { address } from "../core/address.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import { formatName } from "../core/names.ts";
import { sqlPart } from "./by-hand.ts";
import { key } from "./mentions.ts";
import { grantsByTable, rowSecured, some } from "./row-secured.ts";
import { tableKey } from "./tables.ts";

/**
 * Policies hold for the children of a table where they are read through it, and not where they are read by themselves.
 * https://www.postgresql.org/docs/current/ddl-inherit.html
 */
export const childWithoutRowSecurity: Guardrail = {
  code: "CHILD_WITHOUT_ROW_SECURITY",
  pack: "row-security",
  find(judged) {
    const open = (judged.inspection?.children ?? []).filter(({ rowSecurity }) => rowSecurity === "off");
    if (open.length === 0) return [];
    const secured = rowSecured(judged.desired, judged.live);
    const grants = grantsByTable(judged.desired, judged.live);
    return open.flatMap(({ schema, name, of }): Finding[] => {
      const parents = of.filter((parent) => secured.has(tableKey(parent)));
      const to = (grants.get(key(schema, name)) ?? []).map((grant) => grant.to);
      if (parents.length === 0 || to.length === 0) return [];
      const full = formatName([schema, name]);
      return [
        {
          address: address("Table", [schema, name]),
          summary: `Table ${full} is granted to ${some(to)} past the policies of ${some(parents)}, of which it holds rows`,
          detail:
            "Whoever reads it by itself is asked by its own policies alone, and it has none. Revoke what is granted on it, since reading through the other table takes nothing on this one; or switch its row security on.",
          byHand: `ALTER TABLE ${sqlPart(schema)}.${sqlPart(name)} ENABLE ROW LEVEL SECURITY;`,
        },
      ];
    });
  },
};
