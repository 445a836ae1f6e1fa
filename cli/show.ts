import type { Context } from "./context.ts";
import { readPlans } from "./plan-input.ts";
import { showPlans } from "./report.ts";

/** A plan file in another form. */
export async function show(context: Context): Promise<number> {
  showPlans(context, readPlans(context, context.operands[0] as string), { diagnostics: true });
  return 0;
}
