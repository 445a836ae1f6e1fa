/**
 * A plan that found nothing to do is remembered with what it stood on. While neither the documents nor the live system
 * have moved, it still holds, and saying so costs one look at a fingerprint. Forgetting it costs a full plan, no more.
 */
import type { Address } from "./address.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { now } from "./clock.ts";
import { hasErrors } from "./diagnostic.ts";
import type { Session } from "./engine.ts";
import { isPast } from "./expiry.ts";
import { PLAN_VERSION, type Plan } from "./plan.ts";
import type { DataSource } from "./specs.ts";

export interface Remembered {
  readonly source: DataSource;
  readonly plan: Plan;
  /** Taken before the inspection, so that whatever moved since shows. */
  readonly fingerprint: string;
  /** Declared objects whose secrets or rows the fingerprint does not cover, and the state that they were in. */
  readonly probes: readonly (readonly [Address, DataObject])[];
  readonly state: string;
}

/** Did the plan find nothing to do, so that it is worth remembering? */
export function isSettled(plan: Plan): boolean {
  return plan.steps.length === 0 && !hasErrors(plan.diagnostics);
}

/** Do modules have a say, of which nobody can tell whether they would say the same again? */
export function asksModules(declared: Catalog): boolean {
  return [...declared.values()].some(({ kind, spec }) => kind === "Policy" && spec.module !== undefined);
}

/** The empty plan, if it still holds. */
export async function recall(session: Session, remembered: Remembered): Promise<Plan | undefined> {
  const { changesAt } = remembered.plan;
  if (changesAt !== undefined && isPast(changesAt, now())) return undefined;
  if ((await session.fingerprint()) !== remembered.fingerprint) return undefined;
  const probes = new Map(remembered.probes);
  if (probes.size > 0 && (await session.probe(probes)) !== remembered.state) return undefined;
  return remembered.plan;
}

/** What was written by `JSON.stringify` of a list of them; undefined for anything else. */
export function readRemembered(text: string): Remembered[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const sound =
      Array.isArray(value) &&
      value.every((one) => one?.plan?.version === PLAN_VERSION && typeof one.fingerprint === "string");
    return sound ? (value as Remembered[]) : undefined;
  } catch {
    return undefined;
  }
}
