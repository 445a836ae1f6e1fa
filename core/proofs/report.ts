/** The outcome of a run of proofs, and what it comes to. */
import type { Code } from "../codes.ts";
import { type Diagnostic, error, warning } from "../diagnostic.ts";
import type { Target } from "../engine.ts";
import { proofName } from "./collect.ts";
import type { ProofResult } from "./model.ts";

export interface ProofReport {
  readonly version: 1;
  readonly dataSource: string;
  readonly target: Target;
  readonly results: readonly ProofResult[];
}

/** Does it fail the run? A violation that is only a warning does not; a check that did not run does, whatever it is. */
export function isFailure({ outcome, proof }: ProofResult): boolean {
  return outcome === "not proved" || (outcome === "failed" && proof.severity === "error");
}

export function codeOf({ outcome, proof }: ProofResult): Code | undefined {
  if (outcome === "held") return undefined;
  if (outcome === "not proved") return "NOT_PROVED";
  return proof.claim.sort === "quality" ? "CHECK_FAILED" : "PROOF_FAILED";
}

export interface ProofTally {
  readonly held: number;
  readonly failed: number;
  readonly notProved: number;
  readonly warned: number;
}

export function tallyOf(results: readonly ProofResult[]): ProofTally {
  const count = (is: (result: ProofResult) => boolean): number => results.filter(is).length;
  return {
    held: count(({ outcome }) => outcome === "held"),
    failed: count((result) => result.outcome === "failed" && isFailure(result)),
    notProved: count(({ outcome }) => outcome === "not proved"),
    warned: count((result) => result.outcome === "failed" && !isFailure(result)),
  };
}

/** What did not hold, as diagnostics: for a run that is about something else, such as an apply. */
export function diagnosticsOf(results: readonly ProofResult[]): Diagnostic[] {
  return results.flatMap((result) => {
    const code = codeOf(result);
    if (!code) return [];
    const { proof, reasons } = result;
    const make = isFailure(result) ? error : warning;
    return make(code, `${proofName(proof)} ${result.outcome === "failed" ? "does not hold" : "is not proved"}`, {
      detail: reasons.join("\n"),
      address: proof.address,
      ...(proof.origin && { origin: proof.origin }),
    });
  });
}
