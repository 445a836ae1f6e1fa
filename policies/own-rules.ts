/** Rules that a document writes as conditions on the fields of objects, as declared and as a plan would leave them. */
import { type Address, kindOf, readable } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import { type Conditions, failing, meets } from "../core/conditions.ts";
import type { Finding, Judged } from "../core/guardrail.ts";
import type { Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { matchesAny } from "../core/ownership.ts";
import type { Schema } from "../core/schema.ts";
import type { Policy } from "../core/specs.ts";

type Candidate = readonly [address: Address, spec: Spec];
type Match = NonNullable<Policy["match"]>;

export function ownFindings(policy: Policy, judged: Judged): Finding[] {
  const { match = {}, require, forbid, says, detail } = policy;
  return candidates(match, judged).flatMap(([address, spec]) => {
    const schema = KINDS.get(kindOf(address))?.schema ?? {};
    if (!isMeant(address, spec, schema, match)) return [];
    const wrong = require ? failing(spec, require, schema) : [];
    const banned = forbid ? meets(spec, forbid, schema) : require === undefined;
    if (wrong.length === 0 && !banned) return [];
    const found = says ?? inWords(wrong, forbid);
    const next = detail ?? `The policy ${policy.name} says so${policy.comment ? `: ${policy.comment}` : "."}`;
    return [{ address, summary: `${readable(address)}: ${found}`, detail: next }];
  });
}

/** What is declared, written and native alike; or what the plan does, where the rule speaks of that. */
function candidates({ action, hazard }: Match, { declared, desired, live, plan }: Judged): Candidate[] {
  if (!action && !hazard) {
    const native = [...desired].filter(([address, { found }]) => !found && !declared.has(address));
    return [...declared, ...native].map(([address, { spec }]) => [address, meant(address, spec, [declared, live])]);
  }
  const steps = (plan?.steps ?? []).filter((step) => {
    if (action && !(action as readonly string[]).includes(step.action)) return false;
    const hazards = step.statements.flatMap(({ hazards: each = [] }) => each);
    return !hazard || hazards.some(({ code }) => hazard.includes(code));
  });
  return steps.map(({ address, spec }) => [address, spec ?? live.get(address)?.spec ?? {}]);
}

/** Together with what it leaves to others. */
function meant(address: Address, spec: Spec, [declared, live]: readonly [Catalog, Catalog]): Spec {
  const { meaning } = KINDS.get(kindOf(address)) ?? {};
  return meaning ? meaning(spec, declared.values(), live.values()) : spec;
}

function isMeant(address: Address, spec: Spec, schema: Schema, { kind, name, where }: Match): boolean {
  if (kind && !kind.includes(kindOf(address))) return false;
  if (name !== undefined && !matchesAny([name], address.slice(address.indexOf("/") + 1))) return false;
  return !where || meets(spec, where, schema);
}

function inWords(wrong: readonly string[], forbid: Conditions | undefined): string {
  if (wrong.length > 0) return `${wrong.join(", ")} not as required`;
  return forbid ? `${Object.keys(forbid).join(", ")} as forbidden` : "not allowed";
}
