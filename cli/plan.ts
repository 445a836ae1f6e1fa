import type { Plan } from "../core/plan.ts";
import { allowed, excessOf, exitCodeOf } from "./allowance.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";
import { planAndRemember, recalled } from "./recall.ts";
import { showPlans } from "./report.ts";
import { resolveSecrets, withSessions } from "./sessions.ts";

/** What would change; changes nothing. */
export async function plan(context: Context): Promise<number> {
  allowed(context);
  const read = await readDeclaration(context);
  const known = await recalled(context, read);
  if (known) return report(context, known);
  const ready = await read.load();
  await resolveSecrets(context, ready);
  return report(context, await withSessions(context, ready, true, (opened) => planAndRemember(context, read, opened)));
}

function report(context: Context, plans: readonly Plan[]): number {
  showPlans(context, plans);
  const found = plans.flatMap((one) => [...one.diagnostics, ...excessOf(context, one)]);
  context.output.diagnostics(found);
  const refused = exitCodeOf(found);
  if (refused !== 0) return refused;
  return context.options.detailedExitcode && plans.some(({ steps }) => steps.length > 0) ? 2 : 0;
}
