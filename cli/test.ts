import { error } from "../core/diagnostic.ts";
import { proveAll } from "../core/doors/prove.ts";
import type { Session } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import { isFailure, type ProofReport } from "../core/proofs/report.ts";
import { type ProofFormat, renderProofs } from "../core/render/proofs.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";
import { resolveSecrets, withSessions } from "./sessions.ts";

/** Proves what is declared on the live systems, and changes nothing there. */
export async function test(context: Context): Promise<number> {
  const { options, output } = context;
  const { load } = await readDeclaration(context);
  const ready = await load();
  await resolveSecrets(context, ready, "proofs");
  const reports = await withSessions(context, ready, true, async (opened) => {
    const made: ProofReport[] = [];
    for (const { ready: one, session } of opened) {
      const progress = output.progress(`Proving ${one.source.name}`);
      const { source, engine, declared } = one;
      const { only } = options;
      const report = await proveAll({ dataSource: source.name, engine, session, declared, only, progress });
      // Some of them say nothing of the whole.
      if (only.length === 0) await remember(session, report);
      made.push(report);
    }
    return made;
  });
  if (reports.every(({ results }) => results.length === 0)) throw nothing(options.only);
  const format = (options.format ?? "text") as ProofFormat;
  output.result(renderProofs(reports, format, { colour: output.colour, verbose: options.verbose }));
  return reports.some(({ results }) => results.some(isFailure)) ? 2 : 0;
}

/** For `datumline health`. */
async function remember({ ledger }: Session, { results }: ProofReport): Promise<void> {
  const failed = results.filter(isFailure).length;
  if (results.length > 0) await ledger?.proved?.(results.length - failed, failed);
}

function nothing(only: readonly string[]): Refusal {
  if (only.length > 0) {
    const detail = "Names read `AccessTest/a title`, as the text of `datumline test` shows them.";
    return new Refusal([error("NOTHING_TO_PROVE", `No proof is named ${only.join(" or ")}`, { detail })]);
  }
  const detail =
    "Declare an AccessTest or a QualityCheck. Tables with row security, masked views and grants are proved by themselves.";
  return new Refusal([error("NOTHING_TO_PROVE", "There is nothing to prove", { detail })]);
}
