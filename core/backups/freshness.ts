/** How old the newest good backup may be, and is; and whether the last run that should have been was. */
import { milliseconds } from "../duration.ts";
import { lastBefore, type Schedule, type Times, timesOf } from "../schedule.ts";
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
}

/** A run takes its time, and is missed only past this. */
const PATIENCE = 60 * 60 * 1000;

export function freshness(schedule: BackupSchedule, good: readonly Manifest[], now: Date): Freshness {
  const newest = [...good].sort((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
  const age = newest && now.getTime() - Date.parse(newest.startedAt);
  const times = timesOf(schedule.schedule as Schedule) as Times;
  const due = lastBefore(times, new Date(now.getTime() - PATIENCE));
  const missed = due && (!newest || Date.parse(newest.startedAt) < due.getTime() - PATIENCE) ? due : undefined;
  const bound = schedule.rpo === undefined ? Number.POSITIVE_INFINITY : milliseconds(schedule.rpo);
  return {
    ...(newest && { newest }),
    ...(age !== undefined && { age }),
    withinRpo: age !== undefined && age <= bound,
    ...(missed && { missed: missed.toISOString() }),
  };
}
