/** What a Policy or a PolicyException may call a rule. */
import type { Catalog } from "../core/catalog.ts";
import { CODES } from "../core/codes.ts";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import { nearest } from "../core/names.ts";
import { GUARDRAILS } from "./index.ts";
import { type ObjectOf, objectsOf } from "./objects.ts";

/** Rules that are named and do not exist, each with the nearest that does. */
export function unknownRules(declared: Catalog): Diagnostic[] {
  const policies = objectsOf("Policy", declared);
  const exceptions = objectsOf("PolicyException", declared);
  if (policies.length + exceptions.length === 0) return [];
  const codes = Object.keys(CODES);
  const packs = [...new Set(GUARDRAILS.map(({ pack }) => pack))];
  const own = policies.filter(({ spec }) => spec.rule === undefined).map(({ spec }) => spec.name);
  return [
    ...policies.flatMap((one) => unknown("Policy", one, [...codes, ...packs])),
    ...exceptions.flatMap((one) => unknown("PolicyException", one, [...codes, ...own])),
  ];
}

function unknown(
  kind: string,
  { spec, address, origin }: ObjectOf<"Policy"> | ObjectOf<"PolicyException">,
  known: readonly string[],
): Diagnostic[] {
  const { rule, name } = spec;
  if (rule === undefined || known.includes(rule)) return [];
  const near = nearest(rule, known);
  const detail = near === undefined ? "A rule goes by its code, as messages show it." : `Did you mean ${near}?`;
  return [
    error("UNKNOWN_RULE", `${kind} ${name}: there is no rule ${rule}`, { address, ...(origin && { origin }), detail }),
  ];
}
