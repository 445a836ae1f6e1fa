/** What a run may do, and how a plan that goes beyond it ends. */
import { type Diagnostic, hasErrors } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { type Allowance, allowance, exceeded, GUARDRAIL_CODES, parseAllow } from "../core/guard.ts";
import type { Plan } from "../core/plan.ts";
import type { Context } from "./context.ts";

/** Refuses hazards that do not exist. */
export function allowed({ options }: Context): Allowance["allow"] {
  const { allow, diagnostics } = parseAllow(options.allow);
  if (hasErrors(diagnostics)) throw new Refusal(diagnostics, 1);
  return allow;
}

/** The limits of the declaration and of the run. */
export function allowanceFor({ options, io }: Context, plan: Plan, allow: Allowance["allow"]): Allowance {
  return allowance(plan.source, { allow, maxDrops: options.maxDrops, maxRevokes: options.maxRevokes, cwd: io.cwd });
}

/** What a plan exceeds, told already when it is made. */
export function excessOf(context: Context, plan: Plan): Diagnostic[] {
  return exceeded(plan, allowanceFor(context, plan, "all"));
}

/** 1 where something is wrong, 3 where a guardrail alone stands in the way, 0 where nothing does. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): 0 | 1 | 3 {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return 0;
  return errors.every(({ code, rule }) => rule !== undefined || GUARDRAIL_CODES.has(code)) ? 3 : 1;
}
