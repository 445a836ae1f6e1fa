/**
 * When a data source was last backed up, by what is in the places of its schedules. To look there reads every manifest, so it
 * is done every few minutes at most, and a place that does not answer keeps nobody waiting.
 */

import { listBackups } from "../backups/manifest.ts";
import type { Manifest } from "../backups/model.ts";
import type { HealthSource, Measurement } from "../health/model.ts";
import { within } from "../kept.ts";
import type { Secrets } from "../secret.ts";
import { type Kept, type OpenStore, schedulesIn, withStores } from "./backups.ts";
import { failure } from "./failure.ts";
import type { Ready } from "./ready.ts";

const NAME = "last_backup_timestamp_seconds";
/** Milliseconds for which what was found counts. */
const FRESH = 5 * 60_000;
/** Milliseconds that a place has to answer. */
const LIMIT = 5_000;

export interface BackupHealthOptions {
  readonly stores: Readonly<Record<string, OpenStore>>;
  readonly secrets: Secrets;
  /** Folder that the paths of documents start from. */
  readonly cwd: string;
}

export function lastBackup(ready: Ready, options: BackupHealthOptions): HealthSource {
  const schedules = schedulesIn(ready, options.cwd);
  let looked: Promise<Measurement> | undefined;
  let at = Number.NEGATIVE_INFINITY;
  return {
    async measure() {
      if (schedules.length === 0) return [];
      if (!looked || performance.now() - at > FRESH) {
        at = performance.now();
        looked = newest(schedules, options);
        looked.catch(() => {
          looked = undefined;
        });
      }
      try {
        return [await within(LIMIT, `A place of the backups of ${ready.source.name}`, looked)];
      } catch (problem) {
        const [first] = failure(problem).diagnostics;
        return [{ name: NAME, missing: first?.summary ?? "" }];
      }
    },
  };
}

async function newest(schedules: readonly Kept[], options: BackupHealthOptions): Promise<Measurement> {
  const found = await Promise.all(schedules.map((kept) => goodOf(kept, options)));
  const [last] = found.flat().sort((a, b) => (a.id < b.id ? 1 : -1));
  if (!last) return { name: NAME, value: 0, note: "there is no good backup" };
  return { name: NAME, value: Date.parse(last.startedAt) / 1000, note: `${last.schedule}, ${last.id}` };
}

/** Whole ones, in whichever place. */
function goodOf(kept: Kept, options: BackupHealthOptions): Promise<Manifest[]> {
  const { ready, schedule } = kept;
  return withStores(kept, options, async (stores) => {
    const listings = await Promise.all(stores.map((store) => listBackups(store, ready.source.name, schedule.name)));
    return listings.flatMap(({ backups }) =>
      backups.filter(({ damaged }) => damaged.length === 0).map(({ manifest }) => manifest),
    );
  });
}
