/**
 * When something runs, in one form for every scheduler: minutes, hours, days and months at which it does, all of which
 * must hold. A restriction of the day of the month and of the day of the week at once is refused: cron takes either,
 * systemd both, and AWS neither. https://man7.org/linux/man-pages/man5/crontab.5.html
 */

import { Cron } from "croner";

/** As a document writes it: `cron`, or `every` with a window of whole hours. */
export interface Schedule {
  readonly cron?: string;
  readonly every?: string;
  /** `22:00` */
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
}

/** Sorted numbers; undefined for every one there is. */
type Every = undefined;
type Numbers = readonly number[] | Every;

export interface Times {
  readonly minutes: readonly number[];
  readonly hours: Numbers;
  /** Of the month, from 1. */
  readonly days: Numbers;
  /** From 1. */
  readonly months: Numbers;
  /** From 0, Sunday. */
  readonly weekdays: Numbers;
  /** As the IANA database names it. */
  readonly timeZone: string;
}

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly words?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: readonly Field[] = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day", from: 1, to: 31 },
  { name: "month", from: 1, to: 12, words: MONTHS },
  { name: "weekday", from: 0, to: 7, words: WEEKDAYS },
];
const SHORT: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};
const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The times of a schedule, or what is wrong with it in words. */
export function timesOf({ cron, every, from, to, timeZone = "UTC" }: Schedule): Times | string {
  if (!isTimeZone(timeZone)) return `there is no time zone ${timeZone}; write one such as Europe/Berlin`;
  const times = cron === undefined ? timesOfInterval(every as string, from, to) : timesOfCron(cron);
  return typeof times === "string" ? times : { ...times, timeZone };
}

function timesOfCron(text: string): Omit<Times, "timeZone"> | string {
  const parts = (SHORT[text.trim().toLowerCase()] ?? text).trim().split(/\s+/);
  if (parts.length !== 5)
    return `${text} has ${parts.length} fields, and a schedule has five: minute hour day month weekday`;
  const read: Numbers[] = [];
  for (const [at, field] of FIELDS.entries()) {
    const numbers = numbersOf(parts[at] as string, field);
    if (typeof numbers === "string") return `${text}: ${numbers}`;
    read.push(numbers);
  }
  const [minutes, hours, days, months, sevens] = read as [Numbers, Numbers, Numbers, Numbers, Numbers];
  const weekdays = sevens && sorted(sevens.map((day) => day % 7));
  if (days && weekdays && weekdays.length < 7)
    return `${text} restricts the day of the month and of the week, and schedulers do not agree whether one or both must hold: declare two schedules`;
  const longest = Math.max(...(months ?? [1]).map((month) => DAYS_OF_MONTHS[month - 1] as number));
  if (days && Math.min(...days) > longest) return `${text} never comes: no such month has a day ${Math.min(...days)}`;
  return {
    minutes: minutes ?? range(0, 59),
    hours,
    days,
    months,
    weekdays: weekdays?.length === 7 ? undefined : weekdays,
  };
}

/** Numbers of one field: `*`, `5`, `1-5`, `mon-fri`, each with a step, and lists of them. */
function numbersOf(text: string, { name, from, to, words }: Field): Numbers | string {
  const found = new Set<number>();
  const wrong = `${text} is no ${name}: it takes ${from}-${to}`;
  for (const part of text.toLowerCase().split(",")) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return wrong;
    const [, all, first, last, step] = match;
    const number = (word: string): number => {
      const at = words?.indexOf(word) ?? -1;
      return at >= 0 ? at + (name === "month" ? 1 : 0) : /^\d+$/.test(word) ? Number(word) : Number.NaN;
    };
    const low = all ? from : number(first as string);
    const high = all ? to : last !== undefined ? number(last) : step === undefined ? low : to;
    const by = Number(step ?? 1);
    if (!(low >= from && high <= to && low <= high && by > 0)) return wrong;
    for (let each = low; each <= high; each += by) found.add(each);
  }
  const numbers = sorted([...found]);
  return numbers.length === to - from + 1 ? undefined : numbers;
}

const SPAN = /^(\d+)(min|h|d)$/;
const DAY = 24 * 60;

/** An interval comes at the same times every day, or on one day of each week. */
function timesOfInterval(every: string, from?: string, to?: string): Omit<Times, "timeZone"> | string {
  const [, count, unit] = SPAN.exec(every) ?? [];
  const step = Number(count) * ({ min: 1, h: 60, d: DAY }[unit as string] ?? Number.NaN);
  const none = { days: undefined, months: undefined, weekdays: undefined };
  const [start = 0, end = start] = [from, to].map((time) =>
    time === undefined ? undefined : Number(time.slice(0, 2)),
  );
  if (step === 7 * DAY) return { ...none, minutes: [0], hours: [start], weekdays: [0] };
  const divides = step < 60 ? 60 % step === 0 : step % 60 === 0 && DAY % step === 0;
  if (!divides) return `${every} does not divide ${step < 60 ? "an hour" : "a day"} evenly; ${nearestOf(step)} does`;
  const hours = hoursBetween(start, end);
  if (step < 60)
    return { ...none, minutes: range(0, 59, step), hours: hours.length === 24 ? undefined : sorted(hours) };
  const taken = hours.filter((_, at) => (at * 60) % step === 0);
  return { ...none, minutes: [0], hours: taken.length === 24 ? undefined : sorted(taken) };
}

const EVEN = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, DAY, 7 * DAY];

function nearestOf(step: number): string {
  const [best = DAY] = [...EVEN].sort((a, b) => Math.abs(a - step) - Math.abs(b - step));
  return best < 60 ? `${best}min` : best < DAY ? `${best / 60}h` : `${best / DAY}d`;
}

/** From an hour up to another, which is left out, past midnight where it must; a whole day where they are the same. */
function hoursBetween(start: number, end: number): number[] {
  const count = (end - start + 24) % 24 || 24;
  return range(0, count - 1).map((hour) => (start + hour) % 24);
}

/** As crontab, Kubernetes and Snowflake read it. The time zone is said beside it. */
export function cronText({ minutes, hours, days, months, weekdays }: Times): string {
  return [cronField(minutes, 60), cronField(hours), cronField(days), cronField(months), cronField(weekdays)].join(" ");
}

/** As AWS reads it: six fields, days of the week from 1, Sunday, and one of both days left open by `?`. */
export function awsText({ minutes, hours, days, months, weekdays }: Times): string {
  const week = weekdays?.map((day) => day + 1);
  const dates = weekdays ? ["?", cronField(months), cronField(week)] : [cronField(days), cronField(months), "?"];
  return `cron(${[cronField(minutes, 60), cronField(hours), ...dates].join(" ")} *)`;
}

/** As a systemd timer reads it, time zone included: `Mon,Tue *-*-* 03:00:00 Europe/Berlin`. */
export function systemdText({ minutes, hours, days, months, weekdays, timeZone }: Times): string {
  const plain = (numbers: Numbers, count?: number): string =>
    !numbers || numbers.length === count ? "*" : numbers.map((each) => `${each}`.padStart(2, "0")).join(",");
  const week = weekdays?.map((day) => capital(WEEKDAYS[day] as string)).join(",");
  const date = `*-${plain(months)}-${plain(days)}`;
  return [week, date, `${plain(hours)}:${plain(minutes, 60)}:00`, timeZone].filter(Boolean).join(" ");
}

/** As a Snowflake task reads it, time zone included. */
export function snowflakeText(times: Times): string {
  return `USING CRON ${cronText(times)} ${times.timeZone}`;
}

/** `*`, `*\/15`, `1-5`, or a list. */
function cronField(numbers: Numbers, count?: number): string {
  if (!numbers || numbers.length === count) return "*";
  const [first = 0, second] = numbers;
  if (numbers.length === 1 || second === undefined) return `${first}`;
  const step = second - first;
  const isEven = numbers.every((each, at) => each === first + at * step);
  if (isEven && step > 1 && count !== undefined && first === 0 && count === numbers.length * step) return `*/${step}`;
  if (isEven && step === 1 && numbers.length > 2) return `${first}-${numbers.at(-1)}`;
  return numbers.join(",");
}

function range(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => from + at * step);
}

function sorted(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** As the database of time zones spells it: schedulers look for a file of that name. */
function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    // An older name is known as the newer one.
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}

/** The last time before a moment at which it ran or should have; undefined where it never did. */
export function lastBefore(times: Times, moment: Date): Date | undefined {
  return new Cron(cronText(times), { timezone: times.timeZone }).previousRuns(1, moment)[0];
}

/** The next time after a moment. */
export function nextAfter(times: Times, moment: Date): Date | undefined {
  return new Cron(cronText(times), { timezone: times.timeZone }).nextRun(moment) ?? undefined;
}
