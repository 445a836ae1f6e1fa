import { type Found, listBackups } from "../core/backups/manifest.ts";
import { verifyBackup } from "../core/backups/verify.ts";
import { error } from "../core/diagnostic.ts";
import { keyFor, schedulesOf, withStores } from "../core/doors/backups.ts";
import { Refusal } from "../core/errors.ts";
import { STORES } from "../providers/stores.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

/** Reads backups from end to end: all, or the one that is named. */
export async function verify(context: Context, ready: readonly Ready[]): Promise<number> {
  const { operands, output, secrets } = context;
  const schedules = schedulesOf(ready, context.operands[1], context.io.cwd);
  const [, , id] = operands;
  let bad = 0;
  let seen = 0;
  for (const kept of schedules) {
    const { ready, schedule } = kept;
    const key = await keyFor(kept, secrets);
    await withStores(kept, { stores: STORES, secrets }, async (stores) => {
      for (const store of stores) {
        const { backups, unreadable } = await listBackups(store, ready.source.name, schedule.name);
        const chosen = id === undefined ? backups : backups.filter(({ manifest }) => manifest.id === id);
        for (const name of unreadable) {
          bad += 1;
          output.result(`✗ ${store.name} ${name}: its manifest cannot be read\n`);
        }
        for (const found of chosen) {
          seen += 1;
          const total = sizeOf(found);
          const { problems, opened } = await verifyBackup(
            found,
            store,
            key,
            output.amount(`Reading ${found.manifest.id}`, total),
          );
          if (problems.length > 0) bad += 1;
          const said =
            problems.length > 0
              ? problems.join("; ")
              : opened
                ? "as written"
                : "as written; not opened, for want of the key";
          output.result(
            `${problems.length > 0 ? "✗" : "✓"} ${store.name} ${schedule.name} ${found.manifest.id}: ${said}\n`,
          );
        }
      }
    });
  }
  if (seen + bad === 0) {
    const what = id === undefined ? "There is no backup to verify" : `There is no backup ${id}`;
    throw new Refusal([error("UNKNOWN_REFERENCE", what, { detail: "`datumline backup list` shows what there is." })]);
  }
  return bad > 0 ? 2 : 0;
}

function sizeOf({ manifest }: Found): number {
  return manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
}
