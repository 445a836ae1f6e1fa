/** What a schedule promises and cannot keep is told by `check`. */
import { expect, test } from "@jest/globals";
import { folderOf } from "../core/backups/manifest.ts";
import { validateDocument } from "../core/documents/validate.ts";
import type { Json } from "../core/schema.ts";

function faults(more: Readonly<Record<string, Json>>): string[] {
  const spec = { name: "nightly", schedule: { cron: "30 3 * * *" }, to: [{ directory: "a" }], ...more };
  return validateDocument({ kind: "BackupSchedule", spec, origin: {} }).map(({ summary }) => summary);
}

const WEEKDAYS = { cron: "0 3 * * 1-5" };
const MONTHLY = { cron: "0 3 1 * *", timeZone: "Europe/Berlin" };

test.each<readonly [Readonly<Record<string, Json>>, string]>([
  [{ rpo: "0h" }, "`rpo` of 0h can never be kept"],
  [{ rto: "0s" }, "`rto` of 0s can never be kept"],
  [{ rpo: "1h" }, "`rpo` of 1h cannot be kept"],
  [{ rpo: "23h" }, "`rpo` of 23h cannot be kept"],
  [{ schedule: WEEKDAYS, rpo: "71h" }, "`rpo` of 71h cannot be kept"],
  [{ schedule: { every: "1h", from: "08:00", to: "18:00" }, rpo: "14h" }, "`rpo` of 14h cannot be kept"],
  [{ schedule: MONTHLY, rpo: "30d" }, "`rpo` of 30d cannot be kept"],
  [{ schedule: { cron: "0 3 1 1 *" }, rpo: "364d" }, "`rpo` of 364d cannot be kept"],
  [{ schedule: { every: "7d" }, retention: { days: 6 } }, "keeps nothing from one run to the next"],
  [{ schedule: { every: "7d" }, retention: { days: 6, count: 0 } }, "keeps nothing from one run to the next"],
  [{ schedule: { every: "6h", from: "22:00" } }, "add `to`"],
  [{ schedule: { every: "6h", to: "22:00" } }, "add `from`"],
  [{ schedule: { every: "6h", from: "22:00", to: "02:00" } }, "is shorter than 6h"],
  [{ to: [{ directory: "a" }, { directory: "./a/" }, { directory: "a" }] }, "`to` names a place twice"],
  [{ to: [{ s3: { bucket: "b", prefix: "p/" } }, { s3: { bucket: "b", prefix: "p" } }] }, "`to` names a place twice"],
])("%j", (more, words) => {
  expect(faults(more)).toEqual([expect.stringContaining(words)]);
});

test.each<Readonly<Record<string, Json>>>([
  { rpo: "24h", rto: "1h" },
  { schedule: { cron: "30 3 * * *", timeZone: "Europe/Berlin" }, rpo: "24h" },
  { schedule: WEEKDAYS, rpo: "72h" },
  { schedule: { every: "1h", from: "08:00", to: "18:00" }, rpo: "15h" },
  { schedule: MONTHLY, rpo: "31d" },
  { schedule: { cron: "* * * * *" }, rpo: "1min" },
  { schedule: { every: "7d" }, retention: { days: 7 } },
  { schedule: { cron: "0 3 1 1 *" }, rpo: "366d" },
  { schedule: { every: "7d" }, retention: { days: 1, weekly: 4 } },
  { schedule: { every: "1d", from: "22:00" } },
  { schedule: { every: "6h", from: "22:00", to: "06:00" } },
  { to: [{ directory: "a" }, { directory: "b" }, { s3: { bucket: "a" } }, { s3: { bucket: "a", prefix: "b" } }] },
])("%j is well", (more) => {
  expect(faults(more)).toEqual([]);
});

test("no name leads out of a place", () => {
  expect([folderOf("..", "."), folderOf("a/b", "...")]).toEqual(["%2E%2E/%2E/", "a%2Fb/.../"]);
});
