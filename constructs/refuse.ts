import type { Diagnostic } from "../core/diagnostic.ts";
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";

/** Throws what is wrong; the message names the construct, because it may be all that a reader of a stack trace sees. */
export function refuseAll(construct: string, diagnostics: readonly Diagnostic[]): never {
  const refusal = new Refusal(diagnostics.map((diagnostic) => ({ ...diagnostic, origin: { construct } })));
  refusal.message = diagnostics
    .map(({ code, summary, detail }) => `${construct}: ${summary}${detail ? `. ${detail}` : ""} [${code}]`)
    .join("\n");
  // The stack was taken with the message of before.
  Error.captureStackTrace(refusal, refuseAll);
  throw refusal;
}

/** Throws the one thing that is wrong with a construct. */
export function refuse(
  construct: string,
  summary: string,
  detail: string,
  code: Diagnostic["code"] = "CONSTRUCT",
): never {
  return refuseAll(construct, [error(code, summary, { detail })]);
}
