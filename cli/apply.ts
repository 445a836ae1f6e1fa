/** Plans what is declared, or takes a plan file, and runs it: all data sources or, where one is refused, none. */
import { error } from "../core/diagnostic.ts";
import { reachedBy } from "../core/doors/reach.ts";
import { recheck } from "../core/doors/run.ts";
import { openNames } from "../core/doors/sessions.ts";
import { Refusal } from "../core/errors.ts";
import type { Allowance } from "../core/guard.ts";
import type { Plan } from "../core/plan.ts";
import { probesOf } from "../core/plan-file.ts";
import { probes } from "../core/reconcile.ts";
import { ENGINES } from "../providers/index.ts";
import { allowed } from "./allowance.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";
import { execute, type Task } from "./execute.ts";
import { readPlans } from "./plan-input.ts";
import { proving, refuseUnprovable } from "./prove.ts";
import { reached } from "./reach.ts";
import { declarationOf, planAll, type Reachable, resolveSecrets, withSessions } from "./sessions.ts";

export async function apply(context: Context): Promise<number> {
  const allow = allowed(context);
  const [file] = context.operands;
  if (file === undefined) return applyDeclaration(context, allow);
  const { options } = context;
  if (options.file.length > 0 || options.app !== undefined || options.mode !== undefined) {
    const detail = "A plan is applied as it is; leave out `-f`, `--app` and `--mode`, or leave out the plan.";
    throw new Refusal([error("USAGE", "`apply` takes a plan file or a declaration, not both", { detail })]);
  }
  if (options.prove) {
    const detail =
      "A plan holds what is done, not what must hold then: apply the declaration with `-f`, or run `datumline test` after it.";
    throw new Refusal([error("USAGE", "`--prove` needs the declaration, and a plan file holds none", { detail })]);
  }
  return applyPlans(context, file, allow);
}

async function applyDeclaration(context: Context, allow: Allowance["allow"]): Promise<number> {
  const read = await readDeclaration(context);
  const ready = await read.load();
  await resolveSecrets(context, ready);
  return withSessions(context, ready, false, async (opened) => {
    const plans = await planAll(context, opened);
    if (context.options.prove) {
      await resolveSecrets(context, ready, "proofs");
      for (const [index, one] of opened.entries()) refuseUnprovable(one.ready, one.session, plans[index] as Plan);
    }
    const tasks = opened.map(
      ({ ready: one, session }, index): Task => ({
        session,
        engine: one.engine,
        plan: plans[index] as Plan,
        probes: probes(one.declared, one.engine),
        recheck: recheck(session, one.engine, declarationOf(context, one)),
        ...(context.options.prove && { prove: proving(context, one, session, plans[index] as Plan) }),
      }),
    );
    return execute(context, tasks, allow);
  });
}

async function applyPlans(context: Context, file: string, allow: Allowance["allow"]): Promise<number> {
  const ready = await Promise.all((await chosen(context, file)).map((plan) => reachable(context, plan)));
  await resolveSecrets(
    context,
    ready.map(({ plan, ...one }) => ({ ...one, declared: probesOf(plan) })),
  );
  for (const { plan } of ready)
    openNames(
      context.secrets,
      plan.steps.flatMap(({ spec }) => (spec ? [spec] : [])),
    );
  return withSessions(context, ready, false, async (opened) => {
    const tasks = opened.map(
      ({ ready: { engine, plan }, session }): Task => ({ session, engine, plan, probes: probesOf(plan) }),
    );
    return execute(context, tasks, allow);
  });
}

async function chosen(context: Context, file: string): Promise<readonly Plan[]> {
  const { dataSource, url } = context.options;
  const all = readPlans(context, file);
  const plans = dataSource === undefined ? all : all.filter((plan) => plan.dataSource === dataSource);
  const names = all.map((plan) => plan.dataSource).join(", ");
  if (plans.length === 0) {
    throw new Refusal([
      error("UNKNOWN_DATA_SOURCE", `The plan holds no data source ${dataSource}`, { detail: `It holds ${names}.` }),
    ]);
  }
  if (url !== undefined && plans.length > 1) {
    const detail = `Say which with \`--data-source NAME\`; it holds ${names}.`;
    throw new Refusal([
      error("AMBIGUOUS_DATA_SOURCE", "`--url` stands for one data source, and the plan holds several", { detail }),
    ]);
  }
  return plans;
}

async function reachable(
  context: Context,
  plan: Plan,
): Promise<Reachable & { readonly origin: undefined; readonly plan: Plan }> {
  const load = ENGINES.get(plan.engine);
  if (!load) {
    const detail = `The engines are ${[...ENGINES.keys()].join(", ")}.`;
    throw new Refusal([error("UNKNOWN_ENGINE", `The plan is for an engine ${plan.engine}`, { detail })]);
  }
  const url = await reached(context);
  const source = url ? reachedBy(plan.source, url) : plan.source;
  const others = new Map((plan.others ?? []).map((other) => [other.name, other]));
  return { source, origin: undefined, engine: await load(), url: url?.url, others, plan };
}
