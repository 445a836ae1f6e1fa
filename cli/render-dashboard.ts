import { dashboard } from "../core/health/dashboard.ts";
import type { Context } from "./context.ts";
import { measuredSources } from "./measured-sources.ts";

/** A dashboard for Grafana. */
export async function renderDashboard(context: Context): Promise<number> {
  context.output.result(`${JSON.stringify(dashboard(await measuredSources(context)), null, 2)}\n`);
  return 0;
}
