import { error } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";
import { type Found, listBackups } from "./manifest.ts";
import type { Store } from "./model.ts";

export interface Chosen {
  readonly found: Found;
  readonly store: Store;
}

/** The backup of an id, or the newest that is whole, in the first place that has it. */
export async function chooseBackup(
  stores: readonly Store[],
  of: { readonly dataSource: string; readonly schedule: string; readonly id?: string | undefined },
): Promise<Chosen> {
  const { dataSource, schedule, id } = of;
  const all: Chosen[] = [];
  for (const store of stores)
    for (const found of (await listBackups(store, dataSource, schedule)).backups) all.push({ found, store });
  const fit = all.filter(({ found }) => found.damaged.length === 0 && (id === undefined || found.manifest.id === id));
  const [best] = fit.sort((a, b) => (a.found.manifest.id < b.found.manifest.id ? 1 : -1));
  if (best) return best;
  const spoilt = all.find(({ found }) => found.manifest.id === id);
  const missing = id === undefined ? `There is no whole backup of ${schedule}` : `There is no backup ${id}`;
  const summary = spoilt ? `The backup ${id} lacks ${spoilt.found.damaged.join(", ")}` : missing;
  throw new Refusal([error("UNKNOWN_REFERENCE", summary, { detail: "`datumline backup list` shows what there is." })]);
}
