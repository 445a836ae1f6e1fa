/**
 * Removes what no rule keeps, the manifest first, so that what is half removed is no backup any more. Nothing goes unless a
 * newer backup is whole.
 */
import type { BackupSchedule } from "../specs.ts";
import { type Found, idOf, type Listing, timeOf } from "./manifest.ts";
import type { Made, Store } from "./model.ts";
import { expendable } from "./retention.ts";

/** Files of a run that never ended are left for days: the run may be under way somewhere else, and a long one. */
const LEFT_BEHIND = 3 * 24 * 60 * 60 * 1000;

export interface Pruning {
  readonly backups: readonly Found[];
  readonly leftovers: readonly string[];
  /** What their runs made in the repository of a tool. */
  readonly made?: readonly Made[];
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
      const id = idOf(name);
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

/** The same without its backups; what runs made that did not end stays as well, for those may build upon it. */
export function withoutBackups({ leftovers, made = [] }: Pruning): Pruning {
  const runs = new Set(made.map(({ id }) => id));
  return { backups: [], leftovers: leftovers.filter((name) => !runs.has(idOf(name))) };
}

/**
 * What is marked in the repository of a tool as made by runs that left files in a place and a manifest in none. Who begins a run
 * tells the places first, so what the files of a place know nothing of is nobody's leftover: it was made by somebody else, or its
 * manifest was lost with the place and it is all that there is.
 */
export function madeBy({ leftovers }: Listing, listings: readonly Listing[], marked: readonly Made[]): readonly Made[] {
  const begun = new Set(leftovers.map(idOf));
  const manifests = listings.flatMap(({ backups }) => backups.map(({ manifest }) => manifest));
  const ended = new Set([
    ...manifests.map(({ id }) => id),
    ...listings.flatMap(({ unreadable }) => unreadable.map(idOf)),
  ]);
  const named = new Set(manifests.map(({ label }) => label));
  return marked.filter(({ id, label }) => begun.has(id) && !ended.has(id) && !named.has(label));
}

/** `release` removes what the tool keeps itself of a backup; until its manifest has gone as well it is told as damaged. */
export async function prune(
  { backups, leftovers, made = [] }: Pruning,
  store: Store,
  release?: (made: Made) => Promise<void>,
): Promise<void> {
  const all = [
    ...backups.map(({ manifest, names }) => ({ made: manifest, names })),
    ...made.map((one) => ({ made: one, names: [] })),
  ];
  // What builds upon others is newer than they are, and goes before them.
  for (const { made, names } of all.sort((a, b) => (a.made.id < b.made.id ? 1 : -1))) {
    await release?.(made);
    if (names.length === 0) continue;
    await store.remove(names.slice(-1));
    await store.remove(names.slice(0, -1));
  }
  if (leftovers.length > 0) await store.remove(leftovers);
}
