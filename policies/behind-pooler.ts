import { readable } from "../core/address.ts";
import type { Guardrail } from "../core/guardrail.ts";
import { objectsOf } from "./objects.ts";
import { customSetting } from "./setting-is-not-a-boundary.ts";

/**
 * In a pool by transaction or statement the next client finds the session of the one before, its settings included. A
 * policy that trusts a setting then shows one tenant's rows to another.
 */
export const policyBehindPooler: Guardrail = {
  code: "POLICY_BEHIND_POOLER",
  pack: "pooling",
  severity: "error",
  find({ desired, declared }) {
    const shared = objectsOf("PoolerAccess", declared).filter(({ spec }) => (spec.mode ?? "session") !== "session");
    if (shared.length === 0) return [];
    const pools = shared.map(({ spec }) => `${spec.name} (${spec.mode})`).join(", ");
    const found = new Map<string, { readonly at: (typeof policies)[number]; readonly setting: string }>();
    const policies = objectsOf("RowPolicy", desired);
    for (const at of policies) {
      const { spec, intent = at.address } = at;
      const setting = customSetting(spec.using ?? "") ?? customSetting(spec.withCheck ?? "");
      if (setting !== undefined && !found.has(`${intent} ${setting}`))
        found.set(`${intent} ${setting}`, { at, setting });
    }
    return [...found.values()].map(({ at: { address, intent = address }, setting }) => ({
      address: intent,
      summary: `${readable(intent)} trusts the setting ${setting}, and clients share sessions in the pool ${pools}: one sees the rows of another`,
      detail: `Set it in each transaction, and nowhere else: SET LOCAL ${setting} = …, or SELECT set_config('${setting}', …, true). A SET without LOCAL stays for the next client. Once the application does so, say it with a Policy: { rule: POLICY_BEHIND_POOLER, severity: note, reason: … }.`,
    }));
  },
};
