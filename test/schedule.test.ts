/** One schedule in every form, each read by somebody else: croner, systemd, and a plain count of minutes. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import { Cron } from "croner";
import fc from "fast-check";
import {
  awsText,
  cronText,
  lastBefore,
  nextAfter,
  type Schedule,
  snowflakeText,
  systemdText,
  type Times,
  timesOf,
} from "../core/schedule.ts";
import { unless } from "./support/skipping.ts";

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
const { it } = unless(hasSystemd ? undefined : "there is no systemd-analyze", "timers of systemd");
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

const number = (from: number, to: number) => fc.integer({ min: from, max: to });
const field = (from: number, to: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant("*") },
    { weight: 2, arbitrary: number(from, to).map(String) },
    { weight: 1, arbitrary: number(2, 6).map((step) => `*/${step}`) },
    {
      weight: 1,
      arbitrary: fc.tuple(number(from, to), number(from, to)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(number(from, to), { minLength: 2, maxLength: 4 }).map((all) => all.join(",")),
    },
  );
const crons = fc
  .oneof(
    fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), fc.constant("*")),
    fc.tuple(field(0, 59), field(0, 23), fc.constant("*"), field(1, 12), field(0, 6)),
  )
  .map((fields) => fields.join(" "));
const intervals = fc.record(
  {
    every: fc.constantFrom("5min", "10min", "30min", "1h", "2h", "3h", "6h", "12h", "1d", "7d"),
    from: number(0, 23).map((hour) => `${hour}`.padStart(2, "0").concat(":00")),
    to: number(0, 23).map((hour) => `${hour}`.padStart(2, "0").concat(":00")),
  },
  { requiredKeys: ["every"] },
);
const schedules = fc
  .tuple(
    fc.oneof(
      crons.map((cron): Schedule => ({ cron })),
      intervals,
    ),
    fc.constantFrom(...ZONES),
  )
  .map(([schedule, timeZone]): Schedule => ({ ...schedule, timeZone }));

const START = new Date("2026-02-26T23:17:00Z");

function sound(schedule: Schedule): Times {
  const times = timesOf(schedule);
  if (typeof times === "string") throw new Error(times);
  return times;
}

function runs(pattern: string, timezone: string, count = 4): string[] {
  return new Cron(pattern, { timezone }).nextRuns(count, START).map((at) => at.toISOString());
}

/** Does no clock change on that day? What happens in an hour that is left out or comes twice, each scheduler decides. */
function isSteady(at: string, timeZone: string): boolean {
  const offset = (hours: number): string =>
    new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" })
      .formatToParts(new Date(new Date(at).getTime() + hours * 3_600_000))
      .find(({ type }) => type === "timeZoneName")?.value ?? "";
  return offset(-24) === offset(24);
}

test("what is printed comes at the same times as what was written", () => {
  fc.assert(
    fc.property(crons, fc.constantFrom(...ZONES), (cron, timeZone) => {
      const times = sound({ cron, timeZone });
      expect(runs(cronText(times), timeZone)).toEqual(runs(cron, timeZone));
    }),
    { numRuns: 300 },
  );
});

test("AWS and Snowflake say the same", () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      const times = sound(schedule);
      const [, aws = ""] = /^cron\((.*) \*\)$/.exec(awsText(times)) ?? [];
      const parts = aws.split(" ");
      expect(parts.filter((part) => part === "?")).toHaveLength(1);
      // Days of the week count from 1 there.
      const week = parts[4]?.replaceAll(/\d+/g, (day) => `${Number(day) - 1}`).replace("?", "*");
      const again = [parts[0], parts[1], parts[2]?.replace("?", "*"), parts[3], week].join(" ");
      expect(runs(again, times.timeZone)).toEqual(runs(cronText(times), times.timeZone));
      expect(snowflakeText(times)).toBe(`USING CRON ${cronText(times)} ${times.timeZone}`);
    }),
    { numRuns: 300 },
  );
});

it("systemd comes at the same times", () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      const times = sound(schedule);
      const base = ["calendar", "--iterations=4", "--base-time=2026-02-26 23:17:00 UTC", systemdText(times)];
      const { stdout, stderr } = spawnSync("systemd-analyze", base, { env: { ...process.env, TZ: "UTC" } });
      const found = [...`${stdout}`.matchAll(/(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/g)].map(
        ([, day, time]) => `${day}T${time}.000Z`,
      );
      const wanted = runs(cronText(times), times.timeZone).filter((at) => isSteady(at, times.timeZone));
      const steady = found.filter((at) => isSteady(at, times.timeZone));
      const both = Math.min(steady.length, wanted.length);
      expect([`${stderr}`, steady.slice(0, both)]).toEqual(["", wanted.slice(0, both)]);
    }),
    { numRuns: 60 },
  );
});

test("intervals divide the day from the start of their window", () => {
  const hours = (every: string, from?: string, to?: string) =>
    sound({ every, ...(from && { from }), ...(to && { to }) }).hours;
  expect(hours("6h")).toEqual([0, 6, 12, 18]);
  expect(hours("6h", "22:00", "06:00")).toEqual([4, 22]);
  expect(hours("2h", "22:00", "06:00")).toEqual([0, 2, 4, 22]);
  expect(hours("1h")).toBeUndefined();
  expect(cronText(sound({ every: "15min", from: "08:00", to: "10:00" }))).toBe("*/15 8,9 * * *");
});

test("before and after a moment, over the change to summer time", () => {
  const times = sound({ cron: "30 2 * * *", timeZone: "Europe/Berlin" });
  expect(lastBefore(times, new Date("2026-03-28T12:00:00Z"))?.toISOString()).toBe("2026-03-28T01:30:00.000Z");
  expect(nextAfter(times, new Date("2026-03-29T12:00:00Z"))?.toISOString()).toBe("2026-03-30T00:30:00.000Z");
});

describe("what cannot be is said", () => {
  test.each([
    [{ cron: "0 0 31 2 *" }, "never comes"],
    [{ cron: "0 0 30 2" }, "has 4 fields"],
    [{ cron: "61 * * * *" }, "61 is no minute: it takes 0-59"],
    [{ cron: "* * * * 1-8" }, "is no weekday"],
    [{ cron: "0 0 1 * 1" }, "declare two schedules"],
    [{ cron: "0 0 * * *", timeZone: "Europe/Berlim" }, "there is no time zone"],
    [{ every: "7h" }, "6h does"],
    [{ every: "45min" }, "does not divide an hour evenly"],
    [{ cron: "5-1 * * * *" }, "is no minute"],
  ])("%j", (schedule, words) => {
    expect(timesOf(schedule)).toContain(words);
    expect(typeof timesOf(schedule)).toBe("string");
  });
});
