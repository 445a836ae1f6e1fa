/**
 * Is the live system still the one that was planned with? Terraform makes every plan twice, once to show it and once to
 * apply it; whoever changed something in between is told so here, before Terraform takes it for a fault of the provider.
 */
import { type Diagnostic, error } from "../core/diagnostic.ts";
import { readKept } from "./kept.ts";
import { keptHash, noteName, readNote, removeNote, writeNote } from "./notes.ts";
import type { Planned } from "./planning.ts";
import type { PlanRequest, Values } from "./plugin/provider.ts";
import { hasApplied } from "./running.ts";

export interface Moment {
  readonly request: PlanRequest;
  readonly config: Values;
  readonly planned: Planned;
  /** Read in this very walk, so that nothing lies in between. */
  readonly justRead: boolean;
}

export interface Staleness {
  readonly stale?: Diagnostic;
  /** This plan was shown before, with all that is to be said of it. */
  readonly shown: boolean;
}

export function staleness(moment: Moment): Staleness {
  const { request, config, planned, justRead } = moment;
  const { fingerprint: live, outcome, plan } = planned;
  const name = noteName(config, request.prior, plan.target.identity);
  const keptBefore = readKept(request.private);
  const before = keptBefore.identity === plan.target.identity ? keptBefore.fingerprint : undefined;
  const note = readNote(name);
  const mine = note?.kept === keptHash(request.private) ? note : undefined;
  // A plan that was not refreshed was made from the live system, not from what was kept long ago.
  const seen = mine?.fingerprint ?? before;
  const fresh = justRead || seen === undefined || seen === live || isOwnDoing(mine?.outcome, outcome);
  if (fresh || !isSecondTime(request, before, mine?.fingerprint)) {
    if (!request.deferralAllowed) writeNote(name, { fingerprint: live, outcome, kept: keptHash(request.private) });
    return { shown: request.deferralAllowed && mine !== undefined };
  }
  // Should this walk not be the second, then the next plan is not held up by it.
  removeNote(name);
  const stale = error("STALE_PLAN", "The live system has changed since the plan was made", {
    detail: "Nothing was applied. Plan again and review it.",
  });
  return { stale, shown: true };
}

/** Another declaration of this run changed something, and the plan is the one that was shown. */
function isOwnDoing(shown: string | undefined, now: string): boolean {
  return hasApplied() && (shown === undefined || shown === now);
}

/**
 * Terraform says so, in the versions that do; or the plan that is noted was made from the same as was kept. A plan that
 * was told not to refresh is made from what was kept long ago, and is no second one.
 */
function isSecondTime(
  { deferralAllowed }: PlanRequest,
  before: string | undefined,
  noted: string | undefined,
): boolean {
  return deferralAllowed || (before !== undefined && noted === before);
}

/** The plan was applied: what comes next is another one. */
export function settled(config: Values, prior: Values | null, { plan }: Planned): void {
  removeNote(noteName(config, prior, plan.target.identity));
}
