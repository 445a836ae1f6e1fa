/** A plan as one page that needs nothing else: no script, no other file, nothing loaded. */
import { readable } from "../address.ts";
import { place } from "../diagnostic.ts";
import type { Plan, Step } from "../plan.ts";
import { inReadingOrder } from "./diagnostics.ts";
import { page } from "./page.ts";
import {
  accessLines,
  affected,
  allowOption,
  byKind,
  distinctHazards,
  endedSql,
  notModelledLine,
  ordered,
  outcome,
  stepTitle,
  targetLine,
  unmanagedName,
} from "./summary.ts";
import { SIGNS, shownChange } from "./values.ts";

export function plansHtml(plans: readonly Plan[]): string {
  return page(`Datumline: ${plans.map((plan) => plan.dataSource).join(", ")}`, plans.map(planBody));
}

function planBody(plan: Plan): string {
  return [
    `<h1>${text(plan.dataSource)}</h1>`,
    `<p class="where">${text(targetLine(plan))}</p>`,
    `<p class="verdict">${text(outcome(plan))}</p>`,
    ...diagnostics(plan),
    ...hazards(plan),
    ...access(plan),
    ...(plan.steps.length > 0 ? ["<h2>Changes</h2>", ...plan.steps.map(stepDetails)] : []),
    ...(plan.observed.length > 0
      ? [
          "<h2>Differs, and is only observed</h2>",
          ...plan.observed.map((step) => stepDetails({ ...step, statements: [] })),
        ]
      : []),
    ...(plan.unmanaged.length > 0
      ? [folded(`Unmanaged, left alone: ${byKind(plan.unmanaged)}`, items(plan.unmanaged.map(unmanagedName)))]
      : []),
    ...(plan.notModelled.length > 0
      ? [folded("Not modelled, left alone", items(plan.notModelled.map((entry) => notModelledLine(entry, true))))]
      : []),
  ].join("\n");
}

function diagnostics(plan: Plan): string[] {
  const found = inReadingOrder(plan.diagnostics).reverse();
  if (found.length === 0) return [];
  const rows = found.map(({ severity, code, summary, detail, origin }) => {
    const where = place(origin);
    const head = `<span class="${severity}">${severity} ${text(code)}</span>${where ? ` at <code>${text(where)}</code>` : ""}: ${text(summary)}`;
    return `<li>${head}${detail ? `<br>${text(detail).replaceAll("\n", "<br>")}` : ""}</li>`;
  });
  return [`<ul>${rows.join("\n")}</ul>`];
}

function hazards(plan: Plan): string[] {
  const found = distinctHazards(plan);
  if (found.length === 0) return [];
  const rows = found.map(({ step, hazard }) => {
    const cells = [
      `<span class="hazard">${text(hazard.code)}</span>`,
      code(readable(step.address)),
      text(hazard.message),
      text((hazard.affects ?? []).join(", ")),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  return [
    `<section class="hazards"><h2>Hazards</h2><table><tr><th>Hazard</th><th>Object</th><th>What</th><th>Affects</th></tr>${rows.join("\n")}</table><p>To apply: ${code(allowOption(plan) ?? "")}</p></section>`,
  ];
}

function access(plan: Plan): string[] {
  const { lines } = accessLines(plan, true);
  return lines.length > 0 ? [`<section class="access"><h2>Access</h2>${items(lines)}</section>`] : [];
}

function stepDetails(step: Step): string {
  const where = place(step.origin);
  const from = [step.intent && readable(step.intent), where].filter(Boolean).join(", ");
  const changes =
    step.action === "create" || step.action === "drop"
      ? []
      : (step.fields ?? []).map((change) => shownChange(step.address, change));
  const body = [
    ...(from ? [`<p class="where">${text(from)}</p>`] : []),
    ...(step.reason ? [`<p>${text(step.reason)}</p>`] : []),
    ...changes.map(({ field, line, lines }) =>
      line === undefined
        ? `<p>${code(field)}</p><pre>${text((lines ?? []).join("\n"))}</pre>`
        : `<p>${code(field)}: ${code(line)}</p>`,
    ),
    ...ordered(step).map((statement) => {
      const dangers = (statement.hazards ?? []).map(
        (hazard) =>
          `<p><span class="hazard">${text(hazard.code)}</span> ${text(hazard.message)} ${text(affected(hazard))}</p>`,
      );
      return `${dangers.join("")}<pre>${text(endedSql(statement))}</pre>`;
    }),
  ];
  const title = `<span class="sign ${step.action}">${SIGNS[step.action]}</span>${code(stepTitle(step))}`;
  return `<details${step.action === "create" ? "" : " open"}><summary>${title}</summary>${body.join("\n")}</details>`;
}

function folded(title: string, body: string): string {
  return `<details><summary>${text(title)}</summary>${body}</details>`;
}

function items(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${text(line)}</li>`).join("")}</ul>`;
}

function code(value: string): string {
  return `<code>${text(value)}</code>`;
}

function text(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
