/** Every output of a plan is a rendering of the plan file. */
import type { Plan } from "../plan.ts";
import { plansToJson } from "../plan-file.ts";
import { plansHtml } from "./html.ts";
import { plansMarkdown } from "./markdown.ts";
import { plansSql } from "./sql.ts";
import { plansText, type TextOptions } from "./text.ts";

export const PLAN_FORMATS = ["text", "markdown", "json", "sql", "html"] as const;

export type PlanFormat = (typeof PLAN_FORMATS)[number];

export function renderPlans(plans: readonly Plan[], format: PlanFormat, options: TextOptions = {}): string {
  switch (format) {
    case "text":
      return plansText(plans, options);
    case "markdown":
      return plansMarkdown(plans);
    case "json":
      return plansToJson(plans);
    case "sql":
      return plansSql(plans);
    case "html":
      return plansHtml(plans);
  }
}
