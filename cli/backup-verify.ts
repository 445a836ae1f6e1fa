import { type Found, type Listing, listBackups } from "../core/backups/manifest.ts";
import type { Findings, Store } from "../core/backups/model.ts";
import { type Verified, verifyBackup } from "../core/backups/verify.ts";
import { error } from "../core/diagnostic.ts";
import { answerOf, type Kept, keyFor, schedulesOf, withStores } from "../core/doors/backups.ts";
import { Refusal } from "../core/errors.ts";
import { STORES } from "../providers/stores/index.ts";
import { placeAsked } from "./backup-options.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

/** Reads backups from end to end: all, or the one that is named. */
export async function verify(context: Context, ready: readonly Ready[]): Promise<number> {
  const { operands, output, secrets } = context;
  const schedules = schedulesOf(ready, context.operands[1], context.io.cwd);
  const [, , id] = operands;
  let bad = 0;
  let seen = 0;
  let silent = 0;
  for (const kept of schedules) {
    const { ready, schedule } = kept;
    const key = await keyFor(kept, secrets);
    await withStores(kept, { stores: STORES, secrets, place: placeAsked(context) }, async (stores) => {
      const listings: (Listing & { readonly store: Store })[] = [];
      for (const store of stores) {
        const listing = await answerOf(
          kept,
          () => listBackups(store, ready.source.name, schedule.name),
          (problems) => output.diagnostics(problems),
        );
        if (!listing) {
          silent += 1;
          continue;
        }
        const isAsked = ({ manifest }: Found): boolean => id === undefined || manifest.id === id;
        listings.push({ store, ...listing, backups: listing.backups.filter(isAsked) });
      }
      const there = await inRepository(kept, listings);
      for (const { store, backups: chosen, unreadable } of listings) {
        for (const name of unreadable.filter((one) => id === undefined || one.includes(`/${id}/`))) {
          bad += 1;
          output.result(`✗ ${store.name} ${name}: is not what was written, or of a newer Datumline\n`);
        }
        if (chosen.length + unreadable.length === 0)
          output.result(`· ${store.name} ${schedule.name}: no backup${id === undefined ? "" : ` ${id}`}\n`);
        for (const found of chosen) {
          seen += 1;
          const total = sizeOf(found);
          const verified = await verifyBackup(found, store, key, output.amount(`Reading ${found.manifest.id}`, total));
          const problems = [...verified.problems, ...(there?.get(found.manifest.id) ?? [])];
          const isBad = problems.length > 0;
          if (isBad) bad += 1;
          const said = isBad ? problems.join("; ") : asWritten(verified, key !== undefined);
          output.result(`${isBad ? "✗" : "✓"} ${store.name} ${schedule.name} ${found.manifest.id}: ${said}\n`);
        }
      }
    });
  }
  if (seen + bad + silent === 0) {
    const what = id === undefined ? "There is no backup to verify" : `There is no backup ${id}`;
    throw new Refusal([error("UNKNOWN_REFERENCE", what, { detail: "`datumline backup list` shows what there is." })]);
  }
  if (bad > 0) return 2;
  return silent > 0 ? 1 : 0;
}

/** What the tool keeps itself is read once, whichever places have a manifest of it. */
async function inRepository(
  { tool: { repository }, schedule }: Kept,
  listings: readonly Listing[],
): Promise<Findings | undefined> {
  const manifests = listings.flatMap(({ backups }) => backups.map(({ manifest }) => manifest));
  return repository?.verify(schedule, [...new Map(manifests.map((one) => [one.id, one])).values()]);
}

function asWritten({ opened, trust }: Verified, isKeyed: boolean): string {
  if (!opened)
    return `as written; not opened, ${isKeyed ? "for it was sealed with another key than is declared" : "for want of the key"}`;
  return isKeyed && trust === "unsigned" ? "as written; not signed with the key" : "as written";
}

function sizeOf({ manifest }: Found): number {
  return manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
}
