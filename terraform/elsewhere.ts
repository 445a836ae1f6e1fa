/**
 * Plans of this process that are still to be applied, for the plans of what leads there: Terraform plans what is pointed to
 * first. In the walk that applies it has been applied by then, and what is found says the same.
 */
import type { Ready } from "../core/doors/ready.ts";
import type { ChangesElsewhere } from "../core/engine.ts";
import type { Plan } from "../core/plan.ts";
import type { DataSource } from "../core/specs.ts";

const ahead = new Map<string, Plan>();

/** It is planned, and not applied yet. */
export function isAhead({ source }: Ready, plan: Plan): void {
  ahead.set(placeOf(source), plan);
}

/** It is applied: what is found there is what it is. */
export function isDone({ source }: Ready): void {
  ahead.delete(placeOf(source));
}

/** What is still to be applied to the data sources that one may lead to. */
export function changesAhead({ others }: Ready): ChangesElsewhere {
  const steps = [...(others ?? [])].flatMap(([name, source]) => {
    const plan = ahead.get(placeOf(source));
    return plan ? [[name, plan.steps] as const] : [];
  });
  return new Map(steps);
}

function placeOf({ name, connection: { host, port, database } }: DataSource): string {
  return JSON.stringify([name, host, port, database]);
}
