/** What is open in a live system, in its forms: rule by rule, with what closes it. */

import type { AccessReport, Hole } from "../access/report.ts";
import { readable } from "../address.ts";
import { shellWords } from "../shell.ts";
import { code, html, prose, table } from "./escape.ts";
import type { Paint } from "./paint.ts";
import { notModelledLine } from "./summary.ts";
import { counted } from "./values.ts";

/** Where the documents were written, where they were. */
type Out = string | undefined;

export function holesText({ holes, notModelled }: AccessReport, out: Out, paint: Paint): string[] {
  if (!holes) return [];
  const blocks = byRule(holes).map(([rule, some]) =>
    [
      `${paint("bold", rule)}`,
      ...some.flatMap((hole) => [`  ${hole.summary}`, ...nextOf(hole).map((line) => `      ${line}`)]),
    ].join("\n"),
  );
  const passedOver = notLookedAt(notModelled);
  const beyond = passedOver.length > 0 ? [[NOT_LOOKED_AT, ...passedOver.map((line) => `  ${line}`)].join("\n")] : [];
  return [paint("bold", headline(holes)), ...blocks, ...closingLine(holes, out), ...beyond];
}

export function holesMarkdown({ holes, notModelled }: AccessReport, out: Out): string[] {
  if (!holes) return [];
  const rows = holes.map((hole) => [code(hole.code), prose(hole.summary), nextOf(hole).map(prose).join("<br>")]);
  const parts = holes.length > 0 ? [table(["Rule", "What is open", "What closes it"], rows)] : [];
  const passedOver = notLookedAt(notModelled).map((line) => `- ${prose(line)}`);
  const beyond = passedOver.length > 0 ? [NOT_LOOKED_AT, passedOver.join("\n")] : [];
  return [`#### ${headline(holes)}`, ...parts, ...closingLine(holes, out).map(prose), ...beyond];
}

export function holesHtml({ holes, notModelled }: AccessReport, out: Out): string[] {
  if (!holes) return [];
  const rows = holes.map(
    (hole) =>
      `<tr><td>${hole.code}</td><td>${html(hole.summary)}</td><td>${nextOf(hole).map(html).join("<br>")}</td></tr>`,
  );
  const passedOver = notLookedAt(notModelled).map((line) => `<li>${html(line)}</li>`);
  const parts = [
    `<h2>${html(headline(holes))}</h2>`,
    ...(rows.length > 0
      ? [`<table><tr><th>Rule</th><th>What is open</th><th>What closes it</th></tr>\n${rows.join("\n")}</table>`]
      : []),
    ...closingLine(holes, out).map((line) => `<p>${html(line)}</p>`),
    ...(passedOver.length > 0 ? [`<p>${NOT_LOOKED_AT}</p>`, `<ul>${passedOver.join("")}</ul>`] : []),
  ];
  return parts;
}

const NOT_LOOKED_AT = "Not modelled, so looked at in part or not at all:";

function notLookedAt(notModelled: AccessReport["notModelled"] = []): string[] {
  return notModelled.map((entry) => notModelledLine(entry, false));
}

function headline(holes: readonly Hole[]): string {
  return holes.length === 0 ? "No guardrail finds a hole." : `${counted(holes.length, "hole")} found`;
}

function byRule(holes: readonly Hole[]): [string, Hole[]][] {
  const found = new Map<string, Hole[]>();
  for (const hole of holes) found.set(hole.code, [...(found.get(hole.code) ?? []), hole]);
  return [...found];
}

/** Documents, and what is left to do by hand; where there is neither, advice. */
function nextOf({ closedBy, byHand, detail }: Hole): string[] {
  const lines = [
    ...(closedBy ? [`closed by ${closedBy.map(readable).join(", ")}`] : []),
    ...(byHand === undefined ? [] : [`by hand: \`${byHand}\``]),
  ];
  return lines.length > 0 || detail === undefined ? lines : [detail];
}

function closingLine(holes: readonly Hole[], out: Out): string[] {
  const closed = holes.filter(({ closedBy }) => closedBy !== undefined).length;
  if (closed === 0) return [];
  const what = `Documents close ${closed} of ${counted(holes.length, "hole")}`;
  return [
    out === undefined
      ? `${what}; \`--out DIR\` writes them.`
      : `${what}; they are in ${out}. Review \`${shellWords(["datumline", "plan", "-f", out])}\`, then apply it.`,
  ];
}
