/** A plan as a comment of a pull request: the verdict first, then dangers, then what changes, the SQL folded away. */
import { readable } from "../address.ts";
import { place } from "../diagnostic.ts";
import type { Plan, Step } from "../plan.ts";
import { inReadingOrder } from "./diagnostics.ts";
import { cell, code, fenced, html, prose, table } from "./escape.ts";
import { planSql } from "./sql.ts";
import {
  accessLines,
  allowOption,
  byKind,
  distinctHazards,
  notModelledLine,
  outcome,
  SHOWN_NAMES,
  targetLine,
  unmanagedName,
} from "./summary.ts";
import { SIGNS, shownChange } from "./values.ts";

/** Forges refuse comments of much more than 65,000 characters. */
const LONGEST = 60_000;
const SHOWN_CHANGES = 200;

export function planMarkdown(plan: Plan): string {
  const parts = [
    `### Datumline: ${code(plan.dataSource)}`,
    `**${cell(outcome(plan))}**  \n${cell(targetLine(plan))}`,
    ...diagnosticsPart(plan),
    ...hazardsPart(plan),
    ...accessPart(plan),
    ...stepsPart("Changes", plan.steps),
    ...stepsPart("Differs, and is only observed", plan.observed),
    ...unmanagedPart(plan),
    ...notModelledPart(plan),
  ];
  const body = parts.join("\n\n");
  if (plan.steps.length === 0) return `${body}\n`;
  const sql = planSql(plan).trimEnd();
  const statements = plan.steps.reduce((sum, step) => sum + step.statements.length, 0);
  const folded =
    body.length + sql.length > LONGEST
      ? "The SQL is too long for a comment: `datumline show PLAN.json --format sql` prints it."
      : details(`SQL: ${statements} statements`, fenced(sql, "sql"));
  return `${body}\n\n${folded}\n`;
}

export function plansMarkdown(plans: readonly Plan[]): string {
  return plans.map(planMarkdown).join("\n");
}

function diagnosticsPart({ diagnostics }: Plan): string[] {
  if (diagnostics.length === 0) return [];
  const lines = inReadingOrder(diagnostics)
    .reverse()
    .map(({ severity, code: word, summary, detail, origin }) => {
      const where = place(origin);
      const next = detail ? `  \n  ${prose(detail).replaceAll("\n", "  \n  ")}` : "";
      return `- **${severity}** ${code(word)}${where ? ` at ${code(where)}` : ""}: ${prose(summary)}${next}`;
    });
  return [lines.join("\n")];
}

function hazardsPart(plan: Plan): string[] {
  const found = distinctHazards(plan);
  if (found.length === 0) return [];
  return [
    "#### :warning: Hazards",
    table(
      ["Hazard", "Object", "What", "Affects"],
      found.map(({ step, hazard }) => [
        code(hazard.code),
        code(readable(step.address)),
        prose(hazard.message),
        (hazard.affects ?? []).map(code).join(", "),
      ]),
    ),
    `To apply: ${code(allowOption(plan) ?? "")}`,
  ];
}

function accessPart(plan: Plan): string[] {
  const { lines, more } = accessLines(plan, false);
  if (lines.length === 0) return [];
  const rest = more > 0 ? [`- … ${more} more`] : [];
  return ["#### Access", [...lines.map((line) => `- ${prose(line)}`), ...rest].join("\n")];
}

function stepsPart(title: string, steps: Plan["observed"]): string[] {
  if (steps.length === 0) return [];
  const rows = steps
    .slice(0, SHOWN_CHANGES)
    .map((step) => [SIGNS[step.action], code(readable(step.address)), changes(step)]);
  const more = steps.length > SHOWN_CHANGES ? [`… and ${steps.length - SHOWN_CHANGES} more.`] : [];
  return [`#### ${title}`, table(["", "Object", "Change"], rows), ...more];
}

function changes(step: Omit<Step, "statements">): string {
  const from = step.from ? [`formerly ${code(readable(step.from))}`] : [];
  const reason = step.reason ? [prose(step.reason)] : [];
  if (step.action === "create" || step.action === "drop") return [step.action, ...reason].join("<br>");
  const fields = (step.fields ?? []).map((change) => {
    const { field, line } = shownChange(step.address, change);
    return line === undefined ? `${code(field)} changes` : `${code(field)}: ${code(line)}`;
  });
  return [...from, ...reason, ...fields].join("<br>") || step.action;
}

function unmanagedPart({ unmanaged }: Plan): string[] {
  if (unmanaged.length === 0) return [];
  const shown = unmanaged.slice(0, SHOWN_NAMES * 5).map((one) => `- ${code(unmanagedName(one))}`);
  const more = unmanaged.length - shown.length;
  return [
    details(
      `Unmanaged, left alone: ${byKind(unmanaged)}`,
      [...shown, ...(more > 0 ? [`- … ${more} more`] : [])].join("\n"),
    ),
  ];
}

function notModelledPart({ notModelled }: Plan): string[] {
  if (notModelled.length === 0) return [];
  const lines = notModelled.map((entry) => `- ${cell(notModelledLine(entry, false))}`);
  return [details("Not modelled, left alone", lines.join("\n"))];
}

function details(summary: string, body: string): string {
  return `<details><summary>${html(summary)}</summary>\n\n${body}\n\n</details>`;
}
