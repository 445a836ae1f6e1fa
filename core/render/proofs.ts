/** What proofs came to, in the forms that people read, and as JSON. JUnit and TAP are files of their own. */
import { type Diagnostic, place } from "../diagnostic.ts";
import { proofName } from "../proofs/collect.ts";
import type { ProofResult } from "../proofs/model.ts";
import { codeOf, isFailure, type ProofReport, tallyOf } from "../proofs/report.ts";
import { cell, code, table } from "./escape.ts";
import { junit } from "./junit.ts";
import { type Paint, painter, type Style } from "./paint.ts";
import { sampleLines } from "./sample.ts";
import { tap } from "./tap.ts";
import { counted } from "./values.ts";

export const PROOF_FORMATS = ["text", "json", "junit", "tap", "markdown"] as const;

export type ProofFormat = (typeof PROOF_FORMATS)[number];

export interface ProofOptions {
  readonly colour?: boolean;
  /** Also those that hold, with what they say. */
  readonly verbose?: boolean;
}

export function renderProofs(
  reports: readonly ProofReport[],
  format: ProofFormat,
  { colour = false, verbose = false }: ProofOptions = {},
): string {
  switch (format) {
    case "text":
      return reports.map((report) => reportText(report, painter(colour), verbose)).join("\n");
    case "json":
      return `${JSON.stringify(reports.length === 1 ? reportJson(reports[0] as ProofReport) : { version: 1, reports: reports.map(reportJson) }, null, 2)}\n`;
    case "junit":
      return junit(reports);
    case "tap":
      return tap(reports);
    case "markdown":
      return reports.map(reportMarkdown).join("\n");
  }
}

const SIGNS: Readonly<Record<"held" | "failed" | "not proved" | "warned", readonly [sign: string, style: Style]>> = {
  held: ["✓", "green"],
  failed: ["✗", "red"],
  "not proved": ["?", "red"],
  warned: ["!", "yellow"],
};

function signOf(result: ProofResult): readonly [sign: string, style: Style] {
  return SIGNS[result.outcome === "failed" && !isFailure(result) ? "warned" : result.outcome];
}

function reportText({ dataSource, target, results }: ProofReport, paint: Paint, verbose: boolean): string {
  const head = `${paint("bold", dataSource)}  ${paint("dim", `${target.engine} ${target.version} at ${target.location}, as ${target.user}`)}`;
  const lines = results.map((result) => resultText(result, paint, verbose));
  return `${[head, lines.join("\n"), paint("bold", verdict(results))].join("\n\n")}\n`;
}

function resultText(result: ProofResult, paint: Paint, verbose: boolean): string {
  const { proof, reasons, seen, sample, milliseconds } = result;
  const [sign, style] = signOf(result);
  const failing = codeOf(result);
  const where = place(proof.origin);
  const says = proof.says && (failing || verbose || proof.rule !== "AccessTest") ? `: ${proof.says}` : "";
  const notes = [
    ...(seen ? [seen] : []),
    ...(verbose ? [`${milliseconds} ms`] : []),
    ...(failing && where ? [where] : []),
  ];
  const head = [
    paint(style, sign),
    ...(failing ? [paint(["bold", style], failing)] : []),
    `${proofName(proof)}${says}`,
    ...(notes.length > 0 ? [paint("dim", `(${notes.join(", ")})`)] : []),
  ].join(" ");
  return [
    head,
    ...reasons.map((reason) => `    ${reason}`),
    ...sampleLines(sample).map((line) => `      ${line}`),
  ].join("\n");
}

/** `12 held, 1 failed, 1 not proved, 1 warning.` */
function verdict(results: readonly ProofResult[]): string {
  const { held, failed, notProved, warned } = tallyOf(results);
  const parts = [
    `${held} held`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(notProved > 0 ? [`${notProved} not proved`] : []),
    ...(warned > 0 ? [counted(warned, "warning")] : []),
  ];
  return `${parts.join(", ")}.`;
}

function reportJson({ version, dataSource, target, results }: ProofReport): object {
  return {
    version,
    dataSource,
    target,
    ...tallyOf(results),
    results: results.map((result) => {
      const { proof, outcome, reasons, seen, sample, milliseconds } = result;
      const { rule, name, says, address, origin, severity } = proof;
      const failing: Diagnostic["code"] | undefined = codeOf(result);
      return {
        name: proofName(proof),
        rule,
        title: name,
        ...(says !== undefined && { says }),
        address,
        ...(origin && { origin }),
        severity,
        outcome,
        ...(failing && { code: failing }),
        reasons,
        ...(seen !== undefined && { seen }),
        ...(sample && { sample }),
        milliseconds,
      };
    }),
  };
}

function reportMarkdown({ dataSource, results }: ProofReport): string {
  const wrong = results.filter(({ outcome }) => outcome !== "held");
  const rows = wrong.map((result) => [
    signOf(result)[0],
    code(proofName(result.proof)),
    codeOf(result) ?? "",
    [...result.reasons, ...sampleLines(result.sample)].map(cell).join("<br>"),
  ]);
  const parts = [
    `### Datumline test: ${code(dataSource)}`,
    `**${cell(verdict(results))}**`,
    ...(rows.length > 0 ? [table(["", "Proof", "Code", "Why"], rows)] : []),
  ];
  return `${parts.join("\n\n")}\n`;
}
