/** Proofs that nobody declares, because they follow from native objects: default deny, and roles that only read. */
import { type Address, address } from "../../../core/address.ts";
import type { ProofContext } from "../../../core/engine.ts";
import { nameParts } from "../../../core/names.ts";
import type { Proof } from "../../../core/proofs/model.ts";
import type { Grant, RowPolicy, Table } from "../../../core/specs.ts";
import { access } from "../access/engine.ts";
import { nameOf } from "../lowering.ts";

export function followingProofs(context: ProofContext): readonly Proof[] {
  return [...defaultDeny(context), ...readsOnly(context)];
}

/** A table with row security shows a role that no policy names nothing, or what the policies for everybody open. */
function defaultDeny({ desired }: ProofContext): Proof[] {
  const policies = new Map<string, RowPolicy[]>();
  for (const { kind, spec } of desired.values()) {
    if (kind !== "RowPolicy" || !forEverybody(spec as unknown as RowPolicy)) continue;
    const policy = spec as unknown as RowPolicy;
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
          granted: true,
          on: name,
          command: "select",
          plant: { into: name, rows: [{}] },
          timeout: "60s",
          ...(opened === "none" ? { expect: { none: true } } : { allowEmpty: true, expect: { only: opened.only } }),
        },
      },
    ];
  });
}

function forEverybody({ to = ["public"], command = "all" }: RowPolicy): boolean {
  return to.includes("public") && (command === "all" || command === "select");
}

/** Permissive policies are joined by OR, restrictive ones by AND. */
function openedBy(policies: readonly RowPolicy[]): "none" | "all" | { readonly only: string } {
  const conditions = (as: RowPolicy["as"]): string[] =>
    policies.filter((policy) => (policy.as ?? "permissive") === as).map(({ using = "true" }) => using);
  const [open, narrow] = [conditions("permissive"), conditions("restrictive")];
  if (open.length === 0) return "none";
  if (open.some((using) => using.trim() === "true") && narrow.length === 0) return "all";
  // Each on lines of its own: a text may end in a comment.
  const any = open.map((using) => `(${using}\n)`).join(" OR ");
  return { only: [`(${any})`, ...narrow.map((using) => `(${using}\n)`)].join(" AND ") };
}

/** A role that is given nothing but to read an object writes nothing to it, one proof for each role. */
function readsOnly({ desired, inspection: { catalog: live, facts, target } }: ProofContext): Proof[] {
  const declared = access.of(desired, facts, target);
  const present = access.of(live, facts, target);
  const byRole = new Map<string, Set<string>>();
  for (const { kind, spec } of desired.values()) {
    const { to, privileges, on } = spec as unknown as Grant;
    if (kind !== "Grant" || on.table === undefined || !privileges.includes("select")) continue;
    const object = relationAt(on.table, desired) ?? relationAt(on.table, live);
    if (!object || mayWrite(declared, to, object)) continue;
    // Of who is not declared, such as the owner of somebody else's tables, the live system tells.
    if (to !== "public" && present.roles.includes(to) && isAbove(present, to, object)) continue;
    byRole.set(to, (byRole.get(to) ?? new Set<string>()).add(on.table));
  }
  return [...byRole].map(([role, objects]) => ({
    rule: "ReadsOnly",
    name: role,
    says: `${role === "public" ? "everybody" : role} writes nothing where only reading is declared`,
    address: address("Role", role),
    severity: "error",
    claim: { sort: "reads only", as: role, objects: [...objects].sort() },
  }));
}

type Model = ReturnType<typeof access.of>;

const WRITES = ["insert", "update", "delete"];

function mayWrite(model: Model, role: string, object: Address): boolean {
  if (model.passes(role)) return true;
  const { privileges } = model.of(role, object);
  return WRITES.some((privilege) => privileges.has(privilege));
}

/** As owner or superuser, which no declaration of a privilege makes or takes away. */
function isAbove(model: Model, role: string, object: Address): boolean {
  if (model.passes(role)) return true;
  const { privileges } = model.of(role, object);
  return WRITES.some((privilege) => ["owner", "superuser"].includes(privileges.get(privilege)?.by ?? ""));
}

/** Materialized views cannot be written by anybody. */
function relationAt(name: string, catalog: ProofContext["desired"]): Address | undefined {
  return ["Table", "View"].map((kind) => address(kind, nameParts(name))).find((at) => catalog.has(at));
}
