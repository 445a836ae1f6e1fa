/** Runs plans one after the other, once all of them may run and the user wants it. */
import { type ApplyOptions, apply } from "../core/apply.ts";
import type { Catalog } from "../core/catalog.ts";
import { type Diagnostic, note } from "../core/diagnostic.ts";
import { failure } from "../core/doors/failure.ts";
import { inTurns, writes } from "../core/doors/run.ts";
import type { Engine, Inspection, Session } from "../core/engine.ts";
import { type Allowance, guard } from "../core/guard.ts";
import { type Plan, tally } from "../core/plan.ts";
import type { ProofReport } from "../core/proofs/report.ts";
import { counted } from "../core/render/values.ts";
import { allowanceFor, exitCodeOf } from "./allowance.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import { showPlans } from "./report.ts";

/** A plan on an open connection. */
export interface Task {
  readonly session: Session;
  readonly engine: Engine;
  readonly plan: Plan;
  readonly probes: Catalog;
  readonly recheck?: ApplyOptions["recheck"];
  /** Proves what is declared, inside the change or where there is none; throws where it does not hold. */
  readonly prove?: (inspection?: Inspection) => Promise<ProofReport>;
}

export async function execute(context: Context, tasks: readonly Task[], allow: Allowance["allow"]): Promise<number> {
  const { output } = context;
  const plans = tasks.map(({ plan }) => plan);
  showPlans(context, plans);
  const refused = plans.flatMap((plan) => guard(plan, allowanceFor(context, plan, allow)));
  const warnings = plans.flatMap(({ diagnostics }) => diagnostics.filter(({ severity }) => severity !== "error"));
  output.diagnostics([...warnings, ...refused]);
  if (refused.length > 0) return exitCodeOf(refused);
  const todo = inTurns(tasks.filter(({ plan }) => writes(plan))).flat();
  for (const { plan, prove } of tasks) if (prove && !writes(plan)) output.say(proved(plan, await prove()));
  if (todo.length === 0) return 0;
  await confirm(context, question(todo.map(({ plan }) => plan)));
  for (const [index, task] of todo.entries()) {
    try {
      output.say(await applyOne(context, task));
    } catch (problem) {
      const { diagnostics, exitCode } = failure(problem);
      output.diagnostics([...diagnostics, ...others(todo, index)]);
      return exitCode;
    }
  }
  return 0;
}

function question(plans: readonly Plan[]): string {
  const targets = plans.map(({ dataSource, target }) => `${dataSource} (${target.location})`);
  return plans.some(({ steps }) => steps.length > 0)
    ? `Apply this to ${targets.join(", ")}?`
    : `Nothing changes but the ledger, which learns what was found. Write it to ${targets.join(", ")}?`;
}

async function applyOne({ output }: Context, task: Task): Promise<string> {
  const { session, engine, plan, probes, recheck, prove } = task;
  const started = performance.now();
  const { statements } = await apply(session, engine, plan, {
    probes,
    progress: output.progress(`Applying to ${plan.dataSource}`),
    ...(recheck && { recheck }),
    ...(prove && { prove: async (inspection) => output.say(proved(plan, await prove(inspection))) }),
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (plan.steps.length === 0)
    return `${plan.dataSource}: the ledger knows what was found; nothing else was changed (${seconds} s).`;
  return `${plan.dataSource}: ${done(plan)} (${counted(statements, "statement")}, ${seconds} s).`;
}

function proved({ dataSource }: Plan, { results }: ProofReport): string {
  return `${dataSource}: ${counted(results.length, "proof")}, none refuted.`;
}

function done({ steps }: Plan): string {
  const { create, alter, replace, rename, drop } = tally(steps);
  return `applied: ${create} created, ${alter} altered, ${replace} replaced, ${rename} renamed, ${drop} dropped`;
}

/** Which data sources were done before one failed, and which were not begun. */
function others(todo: readonly Task[], failed: number): Diagnostic[] {
  if (todo.length === 1) return [];
  const names = (tasks: readonly Task[]): string => tasks.map(({ plan }) => plan.dataSource).join(", ") || "none";
  const summary = `Applied: ${names(todo.slice(0, failed))}. Failed: ${names(todo.slice(failed, failed + 1))}. Not begun: ${names(todo.slice(failed + 1))}.`;
  return [
    note("STATEMENT_FAILED", summary, {
      detail: "Run again when the cause is mended; what was applied shows as no change.",
    }),
  ];
}
