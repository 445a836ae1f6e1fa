import { CODES } from "../../core/codes.ts";
import type { Guardrail } from "../../core/guardrail.ts";
import { GUARDRAILS, GUESSES } from "../../policies/index.ts";

/** The page of all built-in rules, pack by pack. */
export function guardrailPage(): string {
  const packs = [...new Set(GUARDRAILS.map(({ pack }) => pack))].sort();
  return `<!-- Generated from policies/index.ts and core/codes.ts by \`npm run generate\`; not to be edited by hand. -->

# Built-in guardrails

Each is a warning, or what stands beside it, until a [Policy](policy.md) says otherwise, of the rule by its code or of all rules of a
pack. \`datumline explain CODE\` says the same. [Guardrails](../guardrails.md) says how to use them.
${packs.map((pack) => section(pack, GUARDRAILS)).join("")}
## Guesses

Told by \`datumline access --url\` alone, where somebody looks at a live system, and never by a plan.

${table(GUESSES)}
[All kinds](README.md)
`;
}

function section(pack: string, all: readonly Guardrail[]): string {
  return `\n## ${pack}\n\n${table(all.filter((guardrail) => guardrail.pack === pack))}`;
}

function table(guardrails: readonly Guardrail[]): string {
  const rows = guardrails.map(
    ({ code, severity }) =>
      `| \`${code}\`${severity ? ` (${severity})` : ""} | ${CODES[code].replaceAll("|", "\\|")} |\n`,
  );
  return `| code | what it means, and what to do |\n|---|---|\n${rows.join("")}`;
}
