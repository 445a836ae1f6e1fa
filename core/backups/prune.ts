/**
 * Removes what no rule keeps, the manifest first, so that what is half removed is no backup any more. Nothing goes unless a
 * newer backup is whole.
 */
import type { BackupSchedule } from "../specs.ts";
import type { Found, Listing } from "./manifest.ts";
import type { Store } from "./model.ts";
import { expendable } from "./retention.ts";

/** Files of a run that never ended are left for a day: the run may be under way somewhere else. */
const LEFT_BEHIND = 24 * 60 * 60 * 1000;

export interface Pruning {
  readonly backups: readonly Found[];
  readonly leftovers: readonly string[];
}

/** What would be removed from a place. */
export function prunable({ backups, leftovers }: Listing, { retention }: BackupSchedule, now: Date): Pruning {
  const good = backups.filter(({ damaged }) => damaged.length === 0);
  const newest = good.at(-1);
  // Without a good one nothing goes: what is damaged may be all there is.
  if (!newest) return { backups: [], leftovers: [] };
  const gone = new Set(
    expendable(
      good.map(({ manifest }) => manifest),
      retention,
      now,
    ).map(({ id }) => id),
  );
  const spoilt = retention
    ? backups.filter((one) => one.damaged.length > 0 && one.manifest.id < newest.manifest.id)
    : [];
  return {
    backups: [...backups.filter(({ manifest }) => gone.has(manifest.id)), ...spoilt],
    leftovers: leftovers.filter((name) => now.getTime() - startOf(name) > LEFT_BEHIND),
  };
}

/** When the run of a file began, by its folder: `…/2026-11-21T03-30-00Z-k3f9/part`. */
function startOf(name: string): number {
  const [, day, hour, minute, second] = /(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z-[0-9a-f]+\//.exec(name) ?? [];
  return day === undefined ? Number.POSITIVE_INFINITY : Date.parse(`${day}T${hour}:${minute}:${second}Z`);
}

export async function prune({ backups, leftovers }: Pruning, store: Store): Promise<void> {
  for (const { names } of backups) {
    await store.remove(names.slice(-1));
    await store.remove(names.slice(0, -1));
  }
  if (leftovers.length > 0) await store.remove(leftovers);
}
