/** How old the newest good backup may be, and is; and whether the last run that should have been was. */
import { milliseconds } from "../duration.ts";
import { lastBefore, nextAfter, type Schedule, type Times, timesOf } from "../schedule.ts";
import type { BackupSchedule } from "../specs.ts";
import type { Manifest } from "./model.ts";

export interface Freshness {
  /** Newest good backup; absent where there is none. */
  readonly newest?: Manifest;
  /** Milliseconds since it began. */
  readonly age?: number;
  readonly withinRpo: boolean;
  /** The run that should have been and of which there is nothing. */
  readonly missed?: string;
  /** A good backup that says it began later than it is now: one of two clocks is wrong, so it is not the newest. */
  readonly ahead?: string;
  /** There is no backup because the first run is still to come, then. */
  readonly awaits?: string;
}

/** Milliseconds that the clocks of two machines may be apart. */
const SKEW = 5 * 60 * 1000;

/** Is it as new as it should be? */
export function isFresh({ withinRpo, missed, awaits }: Freshness): boolean {
  return awaits !== undefined || (withinRpo && missed === undefined);
}

/** `since`: when what runs it was installed; undefined where nobody knows. */
export function freshness(
  schedule: BackupSchedule,
  good: readonly Manifest[],
  now: Date,
  since?: Date | undefined,
): Freshness {
  const inOrder = [...good].sort((a, b) => (a.id < b.id ? -1 : 1));
  const isAhead = ({ startedAt }: Manifest): boolean => Date.parse(startedAt) > now.getTime() + SKEW;
  const newest = inOrder.filter((one) => !isAhead(one)).at(-1);
  const ahead = inOrder.filter(isAhead).at(-1);
  const age = newest && now.getTime() - Date.parse(newest.startedAt);
  const times = timesOf(schedule.schedule as Schedule) as Times;
  const bound = schedule.rpo === undefined ? Number.POSITIVE_INFINITY : milliseconds(schedule.rpo);
  return {
    ...(newest && { newest }),
    ...(ahead && { ahead: ahead.id }),
    ...(age !== undefined && { age }),
    withinRpo: age !== undefined && age <= bound,
    ...dueRun(times, { now, since, last: newest && new Date(newest.startedAt) }),
  };
}

/** A run takes its time, and is missed only past this. */
const PATIENCE = 60 * 60 * 1000;

/**
 * The run that is missing, or the first that is to come. What nobody can have run before it was installed was not missed; where
 * nobody knows since when it is, a run counts as due once one before it has been.
 */
export function dueRun(
  times: Times,
  { now, since, last }: { readonly now: Date; readonly since: Date | undefined; readonly last: Date | undefined },
): Pick<Freshness, "missed" | "awaits"> {
  const due = lastBefore(times, new Date(now.getTime() - PATIENCE));
  const wasDue = due !== undefined && (since ? since <= due : last !== undefined);
  if (!wasDue) {
    const first = !last && since && nextAfter(times, since);
    return first ? { awaits: first.toISOString() } : {};
  }
  if (last && last.getTime() >= due.getTime() - early(times, due)) return {};
  return { missed: due.toISOString() };
}

/** By how much a run may come before its time and still be it, and not the one before: clocks differ, and people are quicker. */
function early(times: Times, due: Date): number {
  const before = lastBefore(times, due);
  return before ? Math.min(PATIENCE, (due.getTime() - before.getTime()) / 2) : PATIENCE;
}
