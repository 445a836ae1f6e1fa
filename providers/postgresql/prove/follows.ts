/** Proofs that nobody declares, because they follow from native objects: default deny, and roles that only read. */
import { roleName } from "../../../core/access/words.ts";
import { address } from "../../../core/address.ts";
import type { ProofContext } from "../../../core/engine.ts";
import type { Proof } from "../../../core/proofs/model.ts";
import type { Grant, RowPolicy, Table } from "../../../core/specs.ts";
import { nameOf } from "../lowering.ts";
import { onlyReading } from "./only-reading.ts";
import { holds, openedBy } from "./opened.ts";

export function followingProofs(context: ProofContext): readonly Proof[] {
  return [...defaultDeny(context), ...readsOnly(context)];
}

/** Only policies for everybody hold for a role that no policy names. */
const NOBODY: ReadonlySet<string> = new Set();

/** A table with row security shows a role that no policy names nothing, or what the policies for everybody open. */
function defaultDeny({ desired }: ProofContext): Proof[] {
  const policies = new Map<string, RowPolicy[]>();
  for (const { kind, spec } of desired.values()) {
    const policy = spec as unknown as RowPolicy;
    if (kind !== "RowPolicy" || !holds(policy, "select", NOBODY)) continue;
    policies.set(policy.table, [...(policies.get(policy.table) ?? []), policy]);
  }
  return [...desired].flatMap(([at, { kind, spec, origin }]): Proof[] => {
    const table = spec as unknown as Table;
    if (kind !== "Table" || (table.rowSecurity !== "on" && table.rowSecurity !== "forced")) return [];
    const name = nameOf(table);
    const opened = openedBy(policies.get(name) ?? []);
    // Where everybody is meant to see every row there is nothing to hide.
    if (opened === "all") return [];
    return [
      {
        rule: "DefaultDeny",
        name,
        says:
          opened === "none"
            ? "a role that no policy names sees no row"
            : "a role that no policy names sees what is open to everybody",
        address: at,
        ...(origin && { origin }),
        severity: "error",
        claim: {
          sort: "access",
          as: "public",
          granted: ["select"],
          on: name,
          command: "select",
          plant: [{ into: name, rows: [{}] }],
          timeout: "60s",
          ...(opened === "none" ? { expect: { none: true } } : { allowEmpty: true, expect: { only: opened.only } }),
        },
      },
    ];
  });
}

/** A role that is given nothing but to read an object writes nothing to it. */
function readsOnly(context: ProofContext): Proof[] {
  const given = [...context.desired.values()].flatMap(({ kind, spec }): [string, string][] => {
    const { to, privileges, on } = spec as unknown as Grant;
    return kind === "Grant" && on.table !== undefined && privileges.includes("select") ? [[to, on.table]] : [];
  });
  return [...onlyReading(given, context)].map(([role, objects]) => ({
    rule: "ReadsOnly",
    name: role,
    says: `${roleName(role)} writes nothing where only reading is declared`,
    address: address("Role", role),
    severity: "error",
    claim: { sort: "reads only", as: role, objects },
  }));
}
