/** A plan as one page that needs nothing else: no script, no other file, nothing loaded. */
import { readable } from "../address.ts";
import { place } from "../diagnostic.ts";
import type { Plan, Step } from "../plan.ts";
import { inReadingOrder } from "./diagnostics.ts";
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

const CSS = `body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem;margin-bottom:0}h2{font-size:1.1rem;margin-top:2rem}p.where{color:#57606a;margin-top:.2rem}
.verdict{font-weight:600}.hazards{border:2px solid #cf222e;border-radius:6px;padding:.2rem 1rem}.hazard,.error{color:#cf222e;font-weight:600}.warning{color:#9a6700;font-weight:600}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d0d7de}
details{border-bottom:1px solid #d0d7de;padding:.4rem 0}summary{cursor:pointer}pre{background:#f6f8fa;padding:.6rem;overflow:auto;border-radius:6px}code,pre{font:13px/1.45 ui-monospace,monospace}
.sign{display:inline-block;width:1.4rem;font-weight:700}.create{color:#1a7f37}.alter{color:#9a6700}.replace{color:#8250df}.rename{color:#0969da}.drop{color:#cf222e}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}td,th,details{border-color:#30363d}p.where{color:#8b949e}}`;

export function plansHtml(plans: readonly Plan[]): string {
  const title = `Datumline: ${plans.map((plan) => plan.dataSource).join(", ")}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${text(title)}</title>
<style>${CSS}</style>
</head>
<body>
${plans.map(planBody).join("\n")}
</body>
</html>
`;
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
