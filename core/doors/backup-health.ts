/**
 * How the backups of a data source are, by what is in the places of its schedules, in the folders of their runners and in the
 * evidence of their drills. To look there reads every manifest, so it is done every few minutes at most, and a place that does
 * not answer keeps nobody waiting.
 */

import { isFresh } from "../backups/freshness.ts";
import { type BackupState, type Installed, isOnTime, problemWith } from "../backups/state.ts";
import type { HealthSource, Measurement } from "../health/model.ts";
import { within } from "../kept.ts";
import { type StateOptions, stateOf } from "./backup-state.ts";
import { schedulesIn } from "./backups.ts";
import { failure } from "./failure.ts";
import type { Ready } from "./ready.ts";

const NAME = "last_backup_timestamp_seconds";
/** Milliseconds for which what was found counts. */
const FRESH = 5 * 60_000;
/** Milliseconds that a place has to answer. */
const LIMIT = 5_000;

export function backupHealth(ready: Ready, options: StateOptions): HealthSource {
  let looked: Promise<Measurement[]> | undefined;
  let at = Number.NEGATIVE_INFINITY;
  return {
    async measure() {
      try {
        const schedules = schedulesIn(ready, options.cwd);
        if (schedules.length === 0) return [];
        if (!looked || performance.now() - at > FRESH) {
          at = performance.now();
          looked = Promise.all(schedules.map((one) => stateOf(one, options))).then(measurements);
          looked.catch(() => {
            looked = undefined;
          });
        }
        return await within(LIMIT, `A place of the backups of ${ready.source.name}`, looked);
      } catch (problem) {
        const [first] = failure(problem).diagnostics;
        return [{ name: NAME, missing: first?.summary ?? "" }];
      }
    },
  };
}

function measurements(states: readonly BackupState[]): Measurement[] {
  return [
    ...lastOf(states),
    ...states.flatMap((state) => [...onTime(state), ...installedOf(state), ...provedOf(state)]),
  ];
}

/** The newest of all schedules whose backups Datumline keeps. */
function lastOf(states: readonly BackupState[]): Measurement[] {
  const kept = states.filter(({ elsewhere }) => elsewhere === undefined);
  const [unseen] = kept.flatMap(({ places }) =>
    places.flatMap((one) => (one.problem === undefined ? [] : problemWith(one))),
  );
  if (unseen !== undefined) return [{ name: NAME, missing: unseen }];
  const [last] = kept.flatMap(({ fresh }) => fresh?.newest ?? []).sort((a, b) => (a.id < b.id ? 1 : -1));
  if (last) return [{ name: NAME, value: Date.parse(last.startedAt) / 1000, note: `${last.schedule}, ${last.id}` }];
  if (kept.length === 0) return [{ name: NAME, missing: `${states[0]?.elsewhere}`, yet: true }];
  return [{ name: NAME, value: 0, note: "there is no good backup" }];
}

function onTime(state: BackupState): Measurement[] {
  const { schedule, fresh, places } = state;
  if (!fresh) return [];
  const { missed, awaits } = fresh;
  const about = { name: "backup_on_time", labels: { schedule } } as const;
  const unseen = places.find(({ problem }) => problem !== undefined);
  // What the others have says nothing of that one.
  if (unseen && isOnTime(state)) return [{ ...about, missing: problemWith(unseen) }];
  const behind = places.flatMap((one) => (one.fresh && !isFresh(one.fresh) ? [one.place] : []));
  const late = isFresh(fresh) && behind.length > 0 ? `not in ${behind.join(", ")}` : undefined;
  const note = late ?? (missed ? `missed: ${missed}` : awaits ? `the first is due on ${awaits}` : undefined);
  const value = isOnTime(state) ? 1 : 0;
  return [{ ...about, value, ...(note !== undefined && { note }) }];
}

/** Of the schedule itself, and of its drills. */
function installedOf({ schedule, installed, drills }: BackupState): Measurement[] {
  const all: readonly (readonly [string, Installed])[] = [
    [schedule, installed],
    ...drills.map((one) => [one.drill, one.installed] as const),
  ];
  return all.flatMap(([runs, { state, files, why }]): Measurement[] => {
    const about = { name: "backup_runner_installed", labels: { runs } } as const;
    if (state === "no runner") return [];
    if (state === "cannot be seen") return [{ ...about, missing: why ?? "" }];
    return [{ ...about, value: state === "as declared" ? 1 : 0, ...(files.length > 0 && { note: files.join(", ") }) }];
  });
}

function provedOf({ drills }: BackupState): Measurement[] {
  return drills.flatMap(({ drill, newest, faults, elsewhere }): Measurement[] => {
    const labels = { drill };
    if (elsewhere !== undefined) return [];
    const [first] = faults;
    const proved: Measurement =
      newest || first !== undefined
        ? {
            name: "restore_proved",
            labels,
            value: faults.length === 0 ? 1 : 0,
            ...(first !== undefined && { note: first }),
          }
        : {
            name: "restore_proved",
            labels,
            missing: "No restore was tried yet: run `datumline backup drill`.",
            yet: true,
          };
    if (!newest) return [proved];
    const { endedAt, backup } = newest;
    return [
      { name: "last_restore_timestamp_seconds", labels, value: Date.parse(endedAt) / 1000, note: backup },
      proved,
    ];
  });
}
