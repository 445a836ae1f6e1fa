/** Looks at all that is known of one schedule: its runner, its places, the evidence of its drills. */
import { dirname, resolve } from "node:path";
import type { Address } from "../address.ts";
import { elsewhere } from "../backups/elsewhere.ts";
import { evidenceOf } from "../backups/evidence.ts";
import { dueRun, freshness } from "../backups/freshness.ts";
import type { Manifest } from "../backups/model.ts";
import type { BackupState, Installed, PlaceState, Proved } from "../backups/state.ts";
import type { DataObject } from "../catalog.ts";
import { now } from "../clock.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { milliseconds } from "../duration.ts";
import { type Schedule, timesOf } from "../schedule.ts";
import type { RestoreDrill } from "../specs.ts";
import {
  type Answer,
  answersOf,
  type Kept,
  kept,
  leftIn,
  type OpenStore,
  type Scheduled,
  withStores,
} from "./backups.ts";
import { failure } from "./failure.ts";
import { type InstalledOptions, installed } from "./installed.ts";
import type { Ready } from "./ready.ts";

export interface StateOptions extends InstalledOptions {
  readonly stores: Readonly<Record<string, OpenStore>>;
  /** Folder that the paths of documents start from. */
  readonly cwd: string;
}

/** A drill of a schedule, as it is declared. */
interface Drilled {
  readonly object: DataObject;
  readonly drill: RestoreDrill;
  readonly at: Pick<Diagnostic, "address" | "origin">;
}

export async function stateOf(one: Scheduled, options: StateOptions): Promise<BackupState> {
  const { ready, schedule, at } = one;
  const { source, declared } = ready;
  const object = declared.get(at.address as Address) as DataObject;
  const by = elsewhere(source, schedule);
  const [runner, places, drills] = await Promise.all([
    installed(ready, object, options),
    by ? [] : placesOf(one, options),
    Promise.all(drillsOf(one).map((drilled) => provedOf(one, drilled, options))),
  ]);
  const unseen = places.some(({ problem }) => problem !== undefined);
  const good = places.flatMap(goodOf);
  const freshOf = (manifests: readonly Manifest[]) => freshness(schedule, manifests, now(), sinceOf(runner));
  return {
    dataSource: source.name,
    schedule: schedule.name,
    ...(schedule.rpo !== undefined && { rpo: schedule.rpo }),
    ...(schedule.rto !== undefined && { rto: schedule.rto }),
    installed: runner,
    places: places.map((place): PlaceState => {
      if (place.problem !== undefined) return { ...place, lacks: [] };
      const own = goodOf(place);
      const ids = new Set(own.map(({ id }) => id));
      const lacks = [...new Set(good.map(({ id }) => id))].filter((id) => !ids.has(id)).sort();
      // Where others have some, the first run is not what an empty one waits for.
      return {
        ...place,
        lacks,
        fresh: own.length === 0 && good.length > 0 ? freshness(schedule, own, now()) : freshOf(own),
      };
    }),
    ...(by && { elsewhere: `${by.who} keeps them: ${by.list}` }),
    // What is in a place that cannot be looked at, nobody knows.
    ...(!by && (good.length > 0 || !unseen) && { fresh: freshOf(good) }),
    drills,
  };
}

/** The drills of a schedule, each with its place. */
export function drillsOf({ ready: { declared }, schedule }: Scheduled): Drilled[] {
  return [...declared].flatMap(([address, object]): Drilled[] => {
    const drill = object.spec as unknown as RestoreDrill;
    if (object.kind !== "RestoreDrill" || drill.of !== schedule.name) return [];
    return [{ object, drill, at: { address, ...(object.origin && { origin: object.origin }) } }];
  });
}

/** A place, before it is held against the others. */
type Looked = Omit<PlaceState, "lacks" | "fresh">;

function goodOf({ backups }: Looked): Manifest[] {
  return backups.filter(({ damaged }) => damaged.length === 0).map(({ manifest }) => manifest);
}

async function placesOf(one: Scheduled, options: StateOptions): Promise<Looked[]> {
  const own = kept(one);
  if (!own) return [];
  return withStores(own, options, async (stores) => {
    const answers = await answersOf(stores, own);
    return Promise.all(answers.map((answer) => placeOf(answer, answers, own)));
  });
}

async function placeOf({ store, listing, problems }: Answer, answers: readonly Answer[], own: Kept): Promise<Looked> {
  const nothing = { place: store.name, backups: [], leftovers: [], made: [], unreadable: [] };
  if (!listing) return { ...nothing, problem: problems[0]?.summary ?? "" };
  try {
    const { made, isCertain } = await leftIn(listing, answers, own);
    return { place: store.name, ...listing, made: isCertain ? made : [] };
  } catch (problem) {
    return { ...nothing, problem: failure(problem).diagnostics[0]?.summary ?? "" };
  }
}

async function provedOf(one: Scheduled, { object, drill, at }: Drilled, options: StateOptions): Promise<Proved> {
  const { ready, schedule } = one;
  const runner = await installed(ready, object, options);
  const by = elsewhere(ready.source, schedule);
  if (by) {
    return {
      drill: drill.name,
      installed: runner,
      faults: [],
      elsewhere: `${by.who} tries it, and compares nothing: ${by.drills}`,
    };
  }
  const folder = resolve(options.cwd, dirname(at.origin?.file ?? "x"), drill.evidence ?? "evidence");
  const seen = evidenceOf(folder, ready.source.name).filter((each) => each.drill === drill.name);
  const newest = seen.at(-1);
  return {
    drill: drill.name,
    installed: runner,
    ...(newest && {
      newest: {
        backup: newest.backup,
        endedAt: newest.endedAt,
        restoreSeconds: newest.restoreSeconds,
        problems: newest.problems,
        ...(newest.brokenOff && { brokenOff: newest.brokenOff }),
      },
    }),
    faults: [
      ...(newest?.problems.slice(0, 1).map((problem) => `the last restore did not hold: ${problem}`) ?? []),
      ...tooOld(ready, seen.findLast(({ problems }) => problems.length === 0)?.endedAt, folder),
      ...missed(drill, runner, newest?.startedAt),
    ],
  };
}

/** What deletes data would be refused. */
function tooOld({ source: { manage } }: Ready, last: string | undefined, folder: string): string[] {
  const within = manage?.requireDrill?.within;
  if (within === undefined) return [];
  if (last === undefined)
    return [`\`requireDrill\` asks for a restore that held within ${within}, and there is none in ${folder}`];
  const isOld = now().getTime() - Date.parse(last) > milliseconds(within);
  return isOld ? [`\`requireDrill\` asks for a restore that held within ${within}, and the last was on ${last}`] : [];
}

function missed({ schedule }: RestoreDrill, runner: Installed, last: string | undefined): string[] {
  const times = schedule && timesOf(schedule as Schedule);
  if (!times || typeof times === "string") return [];
  const due = dueRun(times, { now: now(), since: sinceOf(runner), last: last ? new Date(last) : undefined });
  return due.missed ? [`no restore was tried since the one due on ${due.missed}`] : [];
}

/** When what runs it was put there, where it is as declared. */
function sinceOf({ state, since }: Installed): Date | undefined {
  return state === "as declared" && since !== undefined ? new Date(since) : undefined;
}
