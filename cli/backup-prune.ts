import { listBackups } from "../core/backups/manifest.ts";
import { prunable, prune } from "../core/backups/prune.ts";
import { now } from "../core/clock.ts";
import { schedulesOf, withStores } from "../core/doors/backups.ts";
import { STORES } from "../providers/stores.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

/** Removes what no rule of retention keeps, once the user wants it. */
export async function pruneSchedules(context: Context, ready: readonly Ready[]): Promise<number> {
  const schedules = schedulesOf(ready, context.operands[1], context.io.cwd);
  const { output, secrets } = context;
  for (const kept of schedules) {
    await withStores(kept, { stores: STORES, secrets }, async (stores) => {
      for (const store of stores) {
        const gone = prunable(
          await listBackups(store, kept.ready.source.name, kept.schedule.name),
          kept.schedule,
          now(),
        );
        const names = [...gone.backups.map(({ manifest }) => manifest.id), ...gone.leftovers];
        output.result(
          `${store.name} ${kept.schedule.name}: ${names.length === 0 ? "nothing to remove" : names.join(", ")}\n`,
        );
        if (names.length === 0) continue;
        await confirm(context, `Remove these from ${store.name}?`);
        await prune(gone, store);
      }
    });
  }
  return 0;
}
