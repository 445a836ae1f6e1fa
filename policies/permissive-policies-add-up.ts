import { type Address, readable } from "../core/address.ts";
import type { Guardrail } from "../core/guardrail.ts";
import type { RowPolicy } from "../core/specs.ts";

/** Several permissive policies for the same role and command are joined by OR: a row that passes any of them is seen. */
export const permissivePoliciesAddUp: Guardrail = {
  code: "PERMISSIVE_POLICIES_ADD_UP",
  pack: "row-security",
  find({ desired }) {
    const tables = new Map<string, (readonly [Address, RowPolicy])[]>();
    for (const [address, { kind, spec }] of desired) {
      const policy = spec as unknown as RowPolicy;
      if (kind !== "RowPolicy" || policy.as === "restrictive" || policy.using === "true") continue;
      const known = tables.get(policy.table);
      if (known) known.push([address, policy]);
      else tables.set(policy.table, [[address, policy]]);
    }
    return [...tables.values()].flatMap((policies) =>
      policies.flatMap(([address, policy], index) => {
        const others = policies.slice(0, index).filter(([, other]) => meets(policy, other));
        if (others.length === 0) return [];
        const names = others.map(([, { name }]) => name).join(", ");
        return [
          {
            address,
            summary: `${readable(address)} opens rows in addition to ${names}: a row that passes any of them is seen`,
            detail:
              "If both are to hold, say `as: restrictive` on one of them and keep one permissive policy that opens.",
          },
        ];
      }),
    );
  },
};

function meets(one: RowPolicy, other: RowPolicy): boolean {
  const commands = [one.command ?? "all", other.command ?? "all"];
  if (commands[0] !== commands[1] && !commands.includes("all")) return false;
  const [mine, theirs] = [one.to ?? ["public"], other.to ?? ["public"]];
  return mine.includes("public") || theirs.includes("public") || mine.some((role) => theirs.includes(role));
}
