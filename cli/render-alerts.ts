import { alertRules } from "../core/health/alerts.ts";
import type { Context } from "./context.ts";
import { measuredSources } from "./measured-sources.ts";

/** Alert rules for Prometheus. */
export async function renderAlerts(context: Context): Promise<number> {
  context.output.result(alertRules(await measuredSources(context)));
  return 0;
}
