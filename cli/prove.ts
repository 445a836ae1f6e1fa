/** `apply --prove`: what is declared is proved before the change is kept. */
import { error, note } from "../core/diagnostic.ts";
import { proveOrRefuse, provesInside } from "../core/doors/prove.ts";
import { writes } from "../core/doors/run.ts";
import type { Session } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { diagnosticsOf } from "../core/proofs/report.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";
import type { Task } from "./execute.ts";

/** Refuses where a change could not be undone once a proof has failed. */
export function refuseUnprovable({ engine, source }: Ready, session: Session, plan: Plan): void {
  const alone = plan.steps
    .flatMap(({ statements }) => statements)
    .filter(({ transactional }) => transactional === false);
  if (!session.prove || (provesInside(engine, session) && alone.length === 0)) return;
  const reason =
    alone.length > 0
      ? `the plan holds what no transaction can hold: ${alone.map(({ sql }) => sql.split("\n")[0]).join("; ")}`
      : `the engine ${engine.name} cannot undo a change`;
  throw new Refusal([
    error("NOT_SUPPORTED", `${source.name} cannot be proved inside the change: ${reason}`, {
      detail: "Apply without `--prove`, and run `datumline test` after it.",
    }),
  ]);
}

/** Proves inside the change; where there is none, by itself. */
export function proving(
  { output, options }: Context,
  ready: Ready,
  session: Session,
  plan: Plan,
): NonNullable<Task["prove"]> {
  const { source, engine, declared } = ready;
  return async (inspection) => {
    const progress = output.progress(`Proving ${source.name}`);
    try {
      const report = await proveOrRefuse(
        { dataSource: source.name, engine, session, declared, only: options.only, progress },
        inspection,
      );
      output.diagnostics(diagnosticsOf(report.results));
      return report;
    } catch (problem) {
      if (!(problem instanceof Refusal) || problem.exitCode !== 2 || !writes(plan)) throw problem;
      const undone = note("PROOF_FAILED", `Nothing was applied to ${source.name}: the change was undone`);
      throw new Refusal([...problem.diagnostics, undone], 2);
    }
  };
}
