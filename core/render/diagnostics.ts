/** Diagnostics as people and machines read them. */
import { readable } from "../address.ts";
import { type Diagnostic, place, type Severity } from "../diagnostic.ts";
import { type Paint, painter } from "./paint.ts";

const STYLES = { error: ["bold", "red"], warning: ["bold", "yellow"], note: ["bold", "cyan"] } as const;

/** `sales.yaml:12:3: error CODE: summary`, what to do in the lines below. */
export function diagnosticText(diagnostic: Diagnostic, paint: Paint = painter(false)): string {
  const { severity, code, summary, detail, origin, address } = diagnostic;
  const where = place(origin);
  const about = address && !summary.includes(address.slice(address.indexOf("/") + 1)) ? ` (${readable(address)})` : "";
  const head = `${where ? `${paint("bold", where)}: ` : ""}${paint(STYLES[severity], `${severity} ${code}`)}: ${summary}${about}`;
  return detail === undefined ? head : `${head}\n${indented(detail)}`;
}

/** Several of them; what to do about a row of the same is said once, below the last. */
export function diagnosticTexts(diagnostics: readonly Diagnostic[], paint?: Paint): string[] {
  return diagnostics.map((diagnostic, index) => {
    const next = diagnostics[index + 1];
    const { detail, ...head } = diagnostic;
    const repeated = next?.code === diagnostic.code && next.detail === detail;
    return diagnosticText(repeated ? head : diagnostic, paint);
  });
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : `    ${line}`))
    .join("\n");
}

/** One diagnostic as one line of JSON. */
export function diagnosticJson(diagnostic: Diagnostic): string {
  return JSON.stringify(diagnostic);
}

const WEIGHT: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

/** Each once; notes first and errors last, where people look first. */
export function inReadingOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const once = new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic]));
  return [...once.values()].sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
}
