import { readable } from "../core/address.ts";
import type { Guardrail } from "../core/guardrail.ts";
import { pieces } from "./words.ts";

/**
 * A row policy that trusts a session setting filters, and does not keep anybody out who can run SQL. Of an intent, which
 * may be many policies, it is told once.
 */
export const settingIsNotABoundary: Guardrail = {
  code: "SETTING_IS_NOT_A_BOUNDARY",
  pack: "row-security",
  find({ desired }) {
    const told = new Set<string>();
    return [...desired].flatMap(([address, { kind, spec, intent = address }]) => {
      if (kind !== "RowPolicy") return [];
      const setting = [spec.using, spec.withCheck].map((text) => customSetting((text ?? "") as string)).find(Boolean);
      if (setting === undefined || told.has(`${intent} ${setting}`)) return [];
      told.add(`${intent} ${setting}`);
      return [
        {
          address: intent,
          summary: `${readable(intent)} trusts the setting ${setting}, which whoever runs SQL can change`,
          detail:
            "It holds only where a trusted application is the only one to connect as these roles. For people with SQL access compare with current_user, look current_user up in a table of who may see what, or ask pg_has_role.",
        },
      ];
    });
  },
};

/** A setting with a dot in its name is the application's own: whoever runs SQL can set it to anything. */
export function customSetting(text: string): string | undefined {
  // Most conditions mention none, and are not taken apart.
  if (!/current_setting/i.test(text)) return undefined;
  const all = [...pieces(text)];
  return all.find(
    ({ kind, text: name }, at) =>
      kind === "text" && name.includes(".") && all[at - 1]?.text === "(" && all[at - 2]?.text === "current_setting",
  )?.text;
}
