import { readable } from "../core/address.ts";
import { warning } from "../core/diagnostic.ts";
import type { Guardrail } from "../core/reconcile.ts";
import type { RowPolicy } from "../core/specs.ts";

/** Several permissive policies for the same role and command are joined by OR: a row that passes any of them is seen. */
export const permissivePoliciesAddUp: Guardrail = (desired) => {
  const tables = new Map<string, { readonly first: string; readonly policies: RowPolicy[] }>();
  for (const [address, { kind, spec }] of desired) {
    const policy = spec as unknown as RowPolicy;
    if (kind !== "RowPolicy" || policy.as === "restrictive" || policy.using === "true") continue;
    const known = tables.get(policy.table);
    if (known) known.policies.push(policy);
    else tables.set(policy.table, { first: address, policies: [policy] });
  }
  return [...tables.values()].flatMap(({ policies }) =>
    policies.flatMap((policy, index) => {
      const others = policies.slice(0, index).filter((other) => meets(policy, other));
      if (others.length === 0) return [];
      const at = [...desired].find(([, { spec }]) => (spec as unknown) === policy);
      if (!at) return [];
      const [address, { origin }] = at;
      const names = others.map(({ name }) => name).join(", ");
      return [
        warning(
          "PERMISSIVE_POLICIES_ADD_UP",
          `${readable(address)} opens rows in addition to ${names}: a row that passes any of them is seen`,
          {
            address,
            ...(origin && { origin }),
            detail:
              "If both are to hold, say `as: restrictive` on one of them and keep one permissive policy that opens.",
          },
        ),
      ];
    }),
  );
};

function meets(one: RowPolicy, other: RowPolicy): boolean {
  const commands = [one.command ?? "all", other.command ?? "all"];
  if (commands[0] !== commands[1] && !commands.includes("all")) return false;
  const [mine, theirs] = [one.to ?? ["public"], other.to ?? ["public"]];
  return mine.includes("public") || theirs.includes("public") || mine.some((role) => theirs.includes(role));
}
