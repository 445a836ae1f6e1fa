/** What a drill saw, for a person in a hurry and for one who asks a year later. */

import type { Evidence } from "../backups/evidence.ts";
import { shellWords } from "../shell.ts";
import { amountText } from "./amount.ts";
import { html } from "./escape.ts";
import { page } from "./page.ts";
import { painter } from "./paint.ts";
import { counted } from "./values.ts";

export function evidenceText(
  evidence: Evidence,
  { colour, files }: { readonly colour: boolean; readonly files: readonly string[] },
): string {
  const paint = painter(colour);
  const { drill, dataSource, problems } = evidence;
  const verdict = problems.length === 0 ? paint("green", "✓ it can be restored") : paint("red", "✗ it does not hold");
  return `${[
    `${paint("bold", `${dataSource} ${drill}`)}: ${verdict}`,
    ...facts(evidence).map(([what, said]) => `  ${what.padEnd(16)} ${said}`),
    ...problems.map((one) => `  ${paint("red", "✗")} ${one}`),
    `  evidence         ${files.join(", ")}`,
  ].join("\n")}\n`;
}

export function evidenceHtml(evidence: Evidence): string {
  const { drill, dataSource, schedule, problems, tables } = evidence;
  const row = (cells: readonly string[]): string =>
    `<tr>${cells.map((each) => `<td>${html(each)}</td>`).join("")}</tr>`;
  return page(`Restore drill ${drill} of ${dataSource}`, [
    `<h1>Restore drill ${html(drill)} of ${html(dataSource)}</h1>`,
    `<p class="verdict">${problems.length === 0 ? "The backup could be restored, and holds what it should." : "It does not hold."}</p>`,
    ...(problems.length > 0
      ? [
          `<ul>${problems.map((one) => `<li class="error">${html(one)}</li>`).join("")}</ul>`,
          `<p>Until one holds, nobody knows that this data can be brought back. <code>${html(shellWords(["datumline", "backup", "verify", schedule]))}</code> reads every backup from end to end; <code>${html(shellWords(["datumline", "backup", "drill", drill]))}</code> tries the newest again.</p>`,
        ]
      : []),
    `<table>${facts(evidence).map(row).join("\n")}</table>`,
    ...(tables.compared.length > 0
      ? [
          "<h2>Tables</h2>",
          `<table><tr><th>Table</th><th>Rows</th><th>Hash</th></tr>${tables.compared
            .map(({ table, rows, hash }) => row([table, `${rows}`, hash]))
            .join("\n")}</table>`,
        ]
      : []),
  ]);
}

function facts(evidence: Evidence): (readonly [string, string])[] {
  if (evidence.brokenOff) return [["tried", evidence.startedAt]];
  const {
    backup,
    schedule,
    place,
    into,
    serverVersion,
    restoreSeconds,
    dataAgeSeconds,
    objects,
    tables,
    proofs,
    left,
    startedAt,
  } = evidence;
  const span = (seconds: number): string => amountText(seconds, "seconds", new Date(0));
  return [
    ["backup", `${backup} of ${schedule}, from ${place}`],
    ["tried", startedAt],
    ["restored into", `${into}, version ${serverVersion}`],
    ["restore took", span(restoreSeconds)],
    ["data lost", `what was written in the ${span(dataAgeSeconds)} since the backup`],
    ["objects", `${counted(objects.compared, "object")} compared, ${objects.differences.length} different`],
    [
      "tables",
      `${counted(tables.compared.length, "table")} counted and hashed, ${tables.differences.length} different`,
    ],
    ["proofs", proofs ? `${proofs.held} held, ${proofs.failed.length} did not` : "not tried"],
    ...(left ? [["not looked at", left.join("; ")] as const] : []),
  ];
}
