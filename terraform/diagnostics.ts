/** What Datumline has to say, as Terraform shows it: `CODE: summary`, then the place and what to do. */
import { place, type Diagnostic as Told } from "../core/diagnostic.ts";
import { failure } from "../core/doors/failure.ts";
import type { Secrets } from "../core/secret.ts";
import type { Diagnostic } from "./plugin/provider.ts";

/** Attribute that a code is about; `spec` for all others. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  HAZARD_NOT_ALLOWED: "allow",
  UNKNOWN_HAZARD: "allow",
  TOO_MANY_DROPS: "max_drops",
  TOO_MANY_REVOKES: "max_revokes",
  UNKNOWN_VALUE: "values",
};

/** The command line has options where Terraform has attributes. */
const IN_TERRAFORM: readonly (readonly [RegExp, string])[] = [
  [/run again with --allow ([\w,]+)\./, "allow it: `allow = [$1]`."],
  [/`maxDrops` or `--max-drops`/g, "`maxDrops` of the DataSource or `max_drops`"],
  [/`maxRevokes` or `--max-revokes`/g, "`maxRevokes` of the DataSource or `max_revokes`"],
  [/Run again/g, "Apply again"],
];

export function inTerraform(text: string): string {
  const worded = IN_TERRAFORM.reduce((words, [from, to]) => words.replace(from, to), text);
  return worded.replace(/`allow = \[([\w,]+)\]`/, (_, codes: string) => `\`allow = [${quotedList(codes)}]\``);
}

function quotedList(codes: string): string {
  return codes
    .split(",")
    .map((code) => `"${code}"`)
    .join(", ");
}

/** Terraform knows errors and warnings only. Notes are for a terminal, but what is excepted is told in every plan. */
export function told(diagnostics: readonly Told[], secrets?: Secrets): Diagnostic[] {
  const redact = (text: string): string => secrets?.redact(text) ?? text;
  const once = new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic]));
  return [...once.values()].flatMap(({ severity, code, summary, detail, origin }) => {
    if (severity === "note" && code !== "EXCEPTED") return [];
    const where = place(origin);
    const lines = [...(where ? [`At ${where}.`] : []), ...(detail ? [inTerraform(detail)] : [])];
    return {
      severity: severity === "note" ? ("warning" as const) : severity,
      summary: redact(`${code}: ${summary}`),
      ...(lines.length > 0 && { detail: redact(lines.join("\n")) }),
      attribute: ATTRIBUTES[code] ?? "spec",
    };
  });
}

/** What was thrown, told. */
export function thrown(problem: unknown, secrets?: Secrets): Diagnostic[] {
  return told(failure(problem).diagnostics, secrets);
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}
