/** Proofs of a data source: what is to be proved, tried on its open connection. */
import type { Catalog } from "../catalog.ts";
import { hasErrors } from "../diagnostic.ts";
import type { Engine, Inspection, ProofContext, Session } from "../engine.ts";
import { Refusal } from "../errors.ts";
import { lower } from "../lower.ts";
import { chosen, proofsOf } from "../proofs/collect.ts";
import type { ProofResult } from "../proofs/model.ts";
import { diagnosticsOf, isFailure, type ProofReport } from "../proofs/report.ts";

export interface Proving {
  readonly dataSource: string;
  readonly engine: Engine;
  readonly session: Session;
  readonly declared: Catalog;
  /** Only proofs of these names; all where there are none. */
  readonly only?: readonly string[];
  readonly progress?: (done: number, total: number) => void;
}

/** Tries all of them. `inspection`: where one was made already. */
export async function proveAll(
  { dataSource, engine, session, declared, only = [], progress }: Proving,
  inspection?: Inspection,
): Promise<ProofReport> {
  // Where nothing can be proved nothing is declared to be: such a document was refused.
  if (!session.prove) return { version: 1, dataSource, target: session.target, results: [] };
  const inspected = inspection ?? (await session.inspect(new Map()));
  const { desired, diagnostics } = lower(declared, engine, inspected);
  if (hasErrors(diagnostics)) throw new Refusal(diagnostics.filter(({ severity }) => severity === "error"));
  const context: ProofContext = { declared, desired, inspection: inspected };
  const proofs = chosen(proofsOf(engine, context), only);
  const results: ProofResult[] = [];
  for await (const result of session.prove(proofs, context)) {
    results.push(result);
    progress?.(results.length, proofs.length);
  }
  const place = new Map(proofs.map((proof, index) => [proof, index]));
  results.sort((a, b) => (place.get(a.proof) ?? 0) - (place.get(b.proof) ?? 0));
  return { version: 1, dataSource, target: session.target, results };
}

/** For an apply: refuses where something does not hold. */
export async function proveOrRefuse(proving: Proving, inspection?: Inspection): Promise<ProofReport> {
  const report = await proveAll(proving, inspection);
  if (report.results.some(isFailure)) throw new Refusal(diagnosticsOf(report.results), 2);
  return report;
}

/** Can it be proved inside the change itself, which is undone where something does not hold? */
export function provesInside({ capabilities }: Engine, session: Session): boolean {
  return capabilities.transactions && session.prove !== undefined;
}
