/** Which backups may go. The newest good one never does, whatever is declared and whatever the clock says. */
import type { BackupSchedule } from "../specs.ts";
import type { Manifest } from "./model.ts";

type Retention = NonNullable<BackupSchedule["retention"]>;
type Kept = Pick<Manifest, "id" | "startedAt">;

const DAY = 24 * 60 * 60 * 1000;

/** A day, a week, a month, a year in UTC as a text that tells it from every other. */
const PERIODS = {
  daily: (at: Date) => at.toISOString().slice(0, 10),
  weekly: (at: Date) => `${Math.floor((at.getTime() / DAY + 3) / 7)}`,
  monthly: (at: Date) => at.toISOString().slice(0, 7),
  yearly: (at: Date) => at.toISOString().slice(0, 4),
} as const;

/** The backups that no rule keeps, oldest first. Without rules all are kept. */
export function expendable<B extends Kept>(backups: readonly B[], retention: Retention | undefined, now: Date): B[] {
  const newestFirst = [...backups].sort((a, b) => (a.id < b.id ? 1 : -1));
  if (!retention || newestFirst.length === 0) return [];
  const kept = new Set<B>([newestFirst[0] as B, ...newestFirst.slice(0, retention.count ?? 0)]);
  const young = now.getTime() - (retention.days ?? 0) * DAY;
  if (retention.days) for (const one of newestFirst) if (new Date(one.startedAt).getTime() >= young) kept.add(one);
  for (const [name, period] of Object.entries(PERIODS)) {
    const wanted = retention[name as keyof typeof PERIODS] ?? 0;
    const seen = new Set<string>();
    for (const one of newestFirst) {
      const of = period(new Date(one.startedAt));
      if (seen.has(of) || seen.size >= wanted) continue;
      seen.add(of);
      kept.add(one);
    }
  }
  return newestFirst.filter((one) => !kept.has(one)).reverse();
}
