import type { Address } from "./address.ts";
import type { Code } from "./codes.ts";
import type { Remedy } from "./remedy.ts";

/** Where a document stands: a file with a line, or the path of a construct. Lines and columns count from 1. */
export interface Origin {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly construct?: string;
}

export type Severity = "error" | "warning" | "note";

/** A message to the user: what is wrong or worth knowing, where, and what to do. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: Code;
  readonly summary: string;
  /** What to do next, and why. */
  readonly detail?: string;
  readonly address?: Address;
  /** Policy that it breaks, or that decided how much it counts. */
  readonly rule?: string;
  readonly origin?: Origin;
  /** Documents that would close it. */
  readonly closes?: readonly Remedy[];
  /** What no document does of that: a line of SQL to run. */
  readonly byHand?: string;
}

export function error(
  code: Code,
  summary: string,
  more: Omit<Diagnostic, "severity" | "code" | "summary"> = {},
): Diagnostic {
  return { severity: "error", code, summary, ...more };
}

export function warning(
  code: Code,
  summary: string,
  more: Omit<Diagnostic, "severity" | "code" | "summary"> = {},
): Diagnostic {
  return { severity: "warning", code, summary, ...more };
}

export function note(
  code: Code,
  summary: string,
  more: Omit<Diagnostic, "severity" | "code" | "summary"> = {},
): Diagnostic {
  return { severity: "note", code, summary, ...more };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/** `sales.yaml:12:3`, or the path of a construct. */
export function place(origin: Origin | undefined): string | undefined {
  if (!origin) return undefined;
  if (origin.construct) return origin.construct;
  return [origin.file, origin.line, origin.column].filter((part) => part !== undefined).join(":");
}
