/**
 * Removes what no rule keeps, the manifest first, so that what is half removed is no backup any more. Nothing goes unless a
 * newer backup is whole.
 */
import type { BackupSchedule } from "../specs.ts";
import { type Found, type Listing, timeOf } from "./manifest.ts";
import type { Manifest, Store } from "./model.ts";
import { expendable } from "./retention.ts";

/** Files of a run that never ended are left for days: the run may be under way somewhere else, and a long one. */
const LEFT_BEHIND = 3 * 24 * 60 * 60 * 1000;

export interface Pruning {
  readonly backups: readonly Found[];
  readonly leftovers: readonly string[];
}

/** What would be removed from a place. `own` is the backup that has just been made: no run before it is under way. */
export function prunable(
  { backups, leftovers }: Listing,
  { retention }: BackupSchedule,
  now: Date,
  own?: string,
): Pruning {
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
    leftovers: leftovers.filter((name) => {
      const id = runOf(name);
      return (own !== undefined && id < own) || now.getTime() - timeOf(id) > LEFT_BEHIND;
    }),
  };
}

/** Would more than half of the good ones go at once? So it is after a clock has jumped ahead, and nobody should decide alone. */
export function isMuch({ backups }: Listing, pruning: Pruning): boolean {
  const isGood = ({ damaged }: Found): boolean => damaged.length === 0;
  const gone = pruning.backups.filter(isGood).length;
  return gone > 1 && gone > backups.filter(isGood).length / 2;
}

/** `warehouse/nightly/2026-11-21T03-30-00Z-k3f9/part` */
function runOf(name: string): string {
  return name.split("/")[2] as string;
}

/** `release` removes what the tool keeps itself of a backup; until its manifest has gone as well it is told as damaged. */
export async function prune(
  { backups, leftovers }: Pruning,
  store: Store,
  release?: (manifest: Manifest) => Promise<void>,
): Promise<void> {
  // What builds upon others is newer than they are, and goes before them.
  for (const { names, manifest } of [...backups].sort((a, b) => (a.manifest.id < b.manifest.id ? 1 : -1))) {
    await release?.(manifest);
    await store.remove(names.slice(-1));
    await store.remove(names.slice(0, -1));
  }
  if (leftovers.length > 0) await store.remove(leftovers);
}
