/** What a schedule promises, held against when it runs: what cannot be kept is told before anybody relies on it. */
import { milliseconds } from "../duration.ts";
import { hash } from "../hash.ts";
import { type Schedule, type Times, timesOf } from "../schedule.ts";
import type { BackupSchedule } from "../specs.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Two years and a leap day, in which a gap between two runs is looked for. */
const FROM = Date.UTC(2027, 0, 1);
const UNTIL = Date.UTC(2029, 0, 1);

/** A window that says nothing, or less than it seems to. */
export function windowFaults({ every, from, to }: Schedule): string[] {
  if (every === undefined || (from === undefined && to === undefined)) return [];
  const interval = milliseconds(every);
  // At what hour a daily run comes.
  if (interval >= DAY) return [];
  if (from === undefined || to === undefined)
    return [
      `schedule: a window has \`from\` and \`to\`: add \`${from === undefined ? "from" : "to"}\`, or leave both out`,
    ];
  const hours = (Number(to.slice(0, 2)) - Number(from.slice(0, 2)) + 24) % 24 || 24;
  return hours * HOUR < interval
    ? [
        `schedule: the window from ${from} to ${to} is shorter than ${every}: it would run once a day; say \`every: 1d\``,
      ]
    : [];
}

/** Bounds that no run can keep, and places that are one. */
export function boundFaults({ schedule, rpo, rto, retention = {}, to = [] }: BackupSchedule): string[] {
  const times = timesOf(schedule as Schedule);
  // What is wrong with it has been told.
  if (typeof times === "string") return [];
  const { days, ...others } = retention;
  const onlyDays = days !== undefined && days > 0 && Object.values(others).every((each) => each === 0);
  const places = to.map((place) =>
    hash("directory" in place ? plain(place.directory) : { ...place.s3, prefix: plain(place.s3.prefix ?? "") }),
  );
  return [
    ...Object.entries({ rpo, rto }).flatMap(([name, bound]) =>
      bound !== undefined && milliseconds(bound) === 0 ? [`\`${name}\` of ${bound} can never be kept`] : [],
    ),
    ...(rpo !== undefined && milliseconds(rpo) > 0 && hasGap(times, milliseconds(rpo))
      ? [`\`rpo\` of ${rpo} cannot be kept: more time passes between two runs; let it run more often`]
      : []),
    ...(onlyDays && hasGap(times, days * DAY)
      ? [`\`retention\` of ${days} days keeps nothing from one run to the next: give it more days, or a \`count\``]
      : []),
    ...(new Set(places).size < places.length ? ["`to` names a place twice: a second copy belongs elsewhere"] : []),
  ];
}

/** Does more time than this ever pass between two runs? Changes of a clock are left out: they are an hour, once. */
function hasGap(times: Times, most: number): boolean {
  let last: number | undefined;
  for (let day = FROM; day < UNTIL; day += DAY)
    for (const run of runsOn(times, day)) {
      if (last !== undefined && run - last > most) return true;
      last = run;
    }
  return last === undefined || UNTIL - last > most;
}

function runsOn({ minutes, hours, days, months, weekdays }: Times, day: number): number[] {
  const on = new Date(day);
  const isOne = (days?.includes(on.getUTCDate()) ?? true) && (weekdays?.includes(on.getUTCDay()) ?? true);
  if (!isOne || !(months?.includes(on.getUTCMonth() + 1) ?? true)) return [];
  const each = hours ?? Array.from({ length: 24 }, (_, hour) => hour);
  return each.flatMap((hour) => minutes.map((minute) => day + hour * HOUR + minute * MINUTE));
}

/** The same folder, however it is written. */
function plain(path: string): string {
  return path
    .replaceAll(/\/+/g, "/")
    .replaceAll(/(^|\/)(\.\/)+/g, "$1")
    .replace(/(?<=.)\/$/, "");
}
