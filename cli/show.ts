import { renderPlans } from "../core/render/plan.ts";
import type { Context } from "./context.ts";
import { readPlans } from "./plan-input.ts";

/** A plan file in another form. */
export async function show(context: Context): Promise<number> {
  const { options, operands, output } = context;
  const plans = readPlans(context, operands[0] as string);
  output.result(renderPlans(plans, options.format ?? "text", { colour: output.colour, verbose: options.verbose }));
  return 0;
}
