/** Proofs in the Test Anything Protocol, version 14; of several data sources each is a subtest. https://testanything.org/tap-version-14-specification.html */
import { stringify } from "yaml";
import { place } from "../diagnostic.ts";
import { proofName } from "../proofs/collect.ts";
import type { ProofResult } from "../proofs/model.ts";
import { codeOf, isFailure, type ProofReport } from "../proofs/report.ts";

export function tap(reports: readonly ProofReport[]): string {
  const [only] = reports;
  if (only && reports.length === 1) return `TAP version 14\n${plan(only.results)}`;
  const subtests = reports.map(({ dataSource, results }, index) => {
    const passed = !results.some(isFailure);
    const name = description(dataSource);
    return `# Subtest: ${name}\n${indented(plan(results), "    ")}${passed ? "ok" : "not ok"} ${index + 1} - ${name}\n`;
  });
  return `TAP version 14\n1..${reports.length}\n${subtests.join("")}`;
}

function plan(results: readonly ProofResult[]): string {
  return `1..${results.length}\n${results.map((result, index) => point(result, index + 1)).join("")}`;
}

function point(result: ProofResult, number: number): string {
  const line = `${isFailure(result) ? "not ok" : "ok"} ${number} - ${description(proofName(result.proof))}\n`;
  if (result.outcome === "held") return line;
  return `${line}${indented(`---\n${stringify(details(result))}...\n`, "  ")}`;
}

function details(result: ProofResult): object {
  const { proof, reasons, sample, milliseconds } = result;
  const at = place(proof.origin);
  return {
    message: reasons.join("\n"),
    severity: isFailure(result) ? "fail" : "comment",
    code: codeOf(result),
    ...(proof.says !== undefined && { says: proof.says }),
    ...(at !== undefined && { at }),
    ...(sample && {
      sample: sample.rows.map((row) => Object.fromEntries(sample.columns.map((name, n) => [name, row[n] ?? null]))),
    }),
    duration_ms: milliseconds,
  };
}

/** One line in which no `#` begins a directive. */
function description(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("\\", "\\\\").replaceAll("#", "\\#");
}

function indented(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}
