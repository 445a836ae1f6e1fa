/**
 * Three things that are told apart, because each can be well while the others are not: what is to run it is installed as
 * declared, the newest backup is as new as it should be, and a restore of it was proved.
 */

import { type Diagnostic, error } from "../diagnostic.ts";
import { shellWords } from "../shell.ts";
import type { Evidence } from "./evidence.ts";
import { type Freshness, isFresh } from "./freshness.ts";
import type { Listing } from "./manifest.ts";
import type { Made } from "./model.ts";

/** Is what runs it there as declared? */
export interface Installed {
  readonly state: "as declared" | "differs" | "missing" | "cannot be seen" | "no runner";
  /** Scheduler and data source of its files. */
  readonly runner?: { readonly as: string; readonly on: string };
  /** Files that are missing or differ. */
  readonly files: readonly string[];
  /** Why they cannot be seen from here. */
  readonly why?: string;
  /** When they were last written. */
  readonly since?: string;
}

/** The newest restore of a drill, and what is wrong with it. */
export interface Proved {
  readonly drill: string;
  readonly installed: Installed;
  readonly newest?: Pick<Evidence, "backup" | "endedAt" | "restoreSeconds" | "problems" | "brokenOff">;
  /** Why it does not count as proved: it did not hold, is too old, was not run when it should. */
  readonly faults: readonly string[];
  /** Who tries it where Datumline does not, and where to look. */
  readonly elsewhere?: string;
}

export interface PlaceState extends Listing {
  readonly place: string;
  /** What runs that did not end left in the repository of their tool. */
  readonly made: readonly Made[];
  /** By its own backups alone; absent where it could not be looked at. */
  readonly fresh?: Freshness;
  /** Good backups of other places that it does not have whole. */
  readonly lacks: readonly string[];
  /** Why it could not be looked at. */
  readonly problem?: string;
}

/** All that is known of one schedule. */
export interface BackupState {
  readonly dataSource: string;
  readonly schedule: string;
  readonly rpo?: string;
  readonly rto?: string;
  readonly installed: Installed;
  readonly places: readonly PlaceState[];
  /** Absent where Datumline does not keep the backups, or cannot look at them. */
  readonly fresh?: Freshness;
  /** Who keeps them then, and where to look. */
  readonly elsewhere?: string;
  readonly drills: readonly Proved[];
}

type At = Pick<Diagnostic, "address" | "origin">;

/** What is wrong with a place that could not be looked at, with its name once. */
export function problemWith({ place, problem = "" }: Pick<PlaceState, "place" | "problem">): string {
  return problem.startsWith(place) ? problem : `${place}: ${problem}`;
}

/** Does every place that can be looked at hold what it should? */
export function isOnTime({ fresh, places }: BackupState): boolean {
  return [fresh, ...places.map((place) => place.fresh)].every((one) => one === undefined || isFresh(one));
}

/** What is wrong, each with what to do; `places` says where the schedule and its drills are declared. */
export function stateFaults(
  state: BackupState,
  { schedule: at, drills }: { readonly schedule: At; readonly drills: ReadonlyMap<string, At> },
): Diagnostic[] {
  const { dataSource, schedule, installed, fresh, rpo } = state;
  return [
    ...notInstalled(`The runner of ${schedule} of ${dataSource}`, installed, at),
    ...state.places.flatMap((one) =>
      one.problem === undefined
        ? []
        : [
            error("PLACE_FAILED", `A place of ${schedule} cannot be looked at: ${problemWith(one)}`, {
              ...at,
              detail: "Mend the way there; until then nobody knows what it holds.",
            }),
          ],
    ),
    ...(fresh && !isFresh(fresh)
      ? [overdue(`${schedule} of ${dataSource}`, schedule, fresh, rpo, at)]
      : state.places.flatMap(({ place, fresh: own, lacks }) =>
          own && !isFresh(own)
            ? [missing(`${schedule} of ${dataSource} in ${place}`, schedule, own, rpo, lacks, at)]
            : [],
        )),
    ...(fresh?.ahead ? [ahead(`${schedule} of ${dataSource}`, fresh.ahead, at)] : []),
    ...state.drills.flatMap((proved) => {
      const where = drills.get(proved.drill) ?? at;
      return [
        ...notInstalled(`The runner of ${proved.drill} of ${dataSource}`, proved.installed, where),
        ...proved.faults.map((fault) =>
          error("RESTORE_NOT_PROVED", `${proved.drill} of ${dataSource}: ${fault}`, {
            ...where,
            detail: `Run \`${shellWords(["datumline", "backup", "drill", proved.drill])}\`; the page beside its evidence says what it saw.`,
          }),
        ),
      ];
    }),
  ];
}

function notInstalled(what: string, { state, files, runner }: Installed, at: At): Diagnostic[] {
  if (state !== "differs" && state !== "missing") return [];
  const how = state === "missing" ? "is not installed" : "is not as declared";
  return [
    error("RUNNER_DIFFERS", `${what} ${how} on ${runner?.on}: ${files.join(", ")}`, {
      ...at,
      detail: `\`${shellWords(["datumline", "plan", "--data-source", runner?.on ?? ""])}\` shows what differs, and \`apply\` installs it.`,
    }),
  ];
}

function ahead(what: string, id: string, at: At): Diagnostic {
  return error("BACKUP_AHEAD", `${what}: the backup ${id} began later than it is now`, {
    ...at,
    detail:
      "Set the clock right: of this machine, or of the one that takes the backups. Until then it does not count as the newest.",
  });
}

/** Where other places have them, the runner is not what is to be looked at. */
function missing(
  what: string,
  schedule: string,
  fresh: Freshness,
  rpo: string | undefined,
  lacks: readonly string[],
  at: At,
): Diagnostic {
  const count = lacks.length;
  const others = count === 0 ? "" : `Other places have ${count} good ${count === 1 ? "one" : "ones"} that it lacks. `;
  const run = shellWords(["datumline", "backup", "run", schedule]);
  return error("BACKUP_OVERDUE", `${what}: ${known(fresh, rpo)}`, {
    ...at,
    detail: `${others}See that the place is the right one and mounted; \`${run}\` keeps the next one there as well.`,
  });
}

/** What there is, and what there should be. */
function known({ newest, missed }: Freshness, rpo: string | undefined): string {
  const there = newest ? `the newest good backup is ${newest.id}` : "there is no good backup";
  return there + (missed ? `, no run since the one due on ${missed}` : newest ? `, older than ${rpo}` : "");
}

function overdue(what: string, schedule: string, fresh: Freshness, rpo: string | undefined, at: At): Diagnostic {
  const { newest, missed } = fresh;
  const run = `\`${shellWords(["datumline", "backup", "run", schedule])}\``;
  return error("BACKUP_OVERDUE", `${what}: ${known(fresh, rpo)}`, {
    ...at,
    detail:
      newest || missed
        ? `See what the runner says (\`journalctl\`, the logs of the job), and run ${run}.`
        : `Nobody can tell since when it should have run: take the first with ${run}.`,
  });
}
