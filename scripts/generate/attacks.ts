import { readFileSync } from "node:fs";
import { ATTACKS, FAMILIES } from "../../test/support/attacks/index.ts";
import type { Attack, Family } from "../../test/support/attacks/model.ts";

const HEADING = "## What holds, and what does not\n";

/** The page about access with the section on ways around it as they are tried; the rest is as it stands. */
export function accessPage(): string {
  const page = readFileSync(new URL("../../docs/access.md", import.meta.url), "utf8");
  const start = page.indexOf(HEADING);
  if (start < 0) throw new Error(`docs/access.md has no section "${HEADING.trim()}"`);
  const next = page.indexOf("\n## ", start + HEADING.length);
  return page.slice(0, start) + section() + (next < 0 ? "" : page.slice(next));
}

function section(): string {
  const words = ATTACKS.map((attack) => outcomeOf(attack).word);
  const counts = [...new Set(words)].map((word) => `${words.filter((one) => one === word).length} are ${word}`);
  return `${HEADING}
<!-- Generated from test/support/attacks by \`npm run generate\`. -->

Ways around what is declared here, each tried by a login on PostgreSQL with an estate that was applied (\`npx jest
test/attacks.test.ts\`): ${counts.join(", ")}.

- **blocked**: what comes back holds nothing that it should not.
- **reported**: it works, and every plan tells of it where it is so; \`datumline explain CODE\` says what to do.
${words.includes("open") ? "- **open**: it works, and nothing tells of it yet.\n" : ""}
${FAMILIES.map(table).join("\n")}`;
}

function table({ title, attacks }: Family): string {
  const rows = attacks.map((attack) => {
    const { word, code } = outcomeOf(attack);
    return `| ${cell(attack.way)} | ${word}${code === undefined ? "" : `: \`${code}\``} | ${cell(attack.why)} |\n`;
  });
  return `### ${title}\n\n| way | outcome | why |\n|---|---|---|\n${rows.join("")}`;
}

function outcomeOf(attack: Attack): { readonly word: string; readonly code?: string } {
  if (attack.outcome === "blocked") return { word: "blocked" };
  return attack.code === undefined ? { word: "open" } : { word: "reported", code: attack.code };
}

/** A bar in a cell would end it. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
