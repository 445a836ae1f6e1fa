import { readable } from "../core/address.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import { nameParts } from "../core/names.ts";
import { Behind } from "./behind-texts.ts";
import { objectsOf } from "./objects.ts";
import { sharedPools } from "./shared-sessions.ts";
import { type Piece, pieces } from "./words.ts";

/**
 * In a pool by transaction or statement the next client finds the session of the one before, its settings included. A
 * policy that trusts a setting, by itself or in what it calls, then shows one tenant's rows to another.
 */
export const policyBehindPooler: Guardrail = {
  code: "POLICY_BEHIND_POOLER",
  pack: "pooling",
  severity: "error",
  find(judged) {
    const pools = sharedPools(judged);
    if (pools === undefined) return [];
    const behind = new Behind(judged);
    const found = new Map<string, Finding>();
    for (const { address, spec, intent = address } of objectsOf("RowPolicy", judged.desired)) {
      const [schema] = nameParts(spec.table) as [string];
      for (const text of [spec.using ?? "", spec.withCheck ?? ""])
        for (const one of behind.of(text, schema))
          for (const setting of settingsIn(one.text)) {
            const same = `${intent} ${setting}`;
            if (found.has(same)) continue;
            const what = setting === COMPUTED ? "a setting whose name is computed" : `the setting ${setting}`;
            const through = one.through === undefined ? "" : `, in ${one.through},`;
            found.set(same, {
              address: intent,
              summary: `${readable(intent)} trusts ${what}${through} and clients share sessions in the pool ${pools}: one sees the rows of another`,
              detail: detail(setting === COMPUTED ? "…" : setting),
            });
          }
    }
    return [...found.values()];
  },
};

function detail(setting: string): string {
  return `Set it in each transaction, and nowhere else: SET LOCAL ${setting} = …, or SELECT set_config('${setting}', …, true). A SET without LOCAL stays for the next client. Once the application does so, say it with a Policy: { rule: POLICY_BEHIND_POOLER, severity: note, reason: … }.`;
}

const COMPUTED = "";

/** Settings of the application's own that a text reads; one whose name only shows when it runs is told as such. */
function settingsIn(text: string): readonly string[] {
  // Most texts read none, and are not taken apart.
  if (!/current_setting/i.test(text)) return [];
  const all: readonly Piece[] = [...pieces(text)];
  return all.flatMap((piece, at) => {
    if (piece.text !== "current_setting" || piece.kind === "text" || all[at + 1]?.text !== "(") return [];
    const name = all[at + 2];
    if (name?.kind !== "text") return [COMPUTED];
    return name.text.includes(".") ? [name.text] : [];
  });
}
