import type { Listing } from "../core/backups/manifest.ts";
import type { Store } from "../core/backups/model.ts";
import type { Pruning } from "../core/backups/prune.ts";
import { verifyBackup } from "../core/backups/verify.ts";
import { error } from "../core/diagnostic.ts";
import { answersOf, prunableIn, pruneIn, schedulesOf, withStores } from "../core/doors/backups.ts";
import { Refusal } from "../core/errors.ts";
import { STORES } from "../providers/stores/index.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

/** Removes what no rule of retention keeps, once the user wants it. */
export async function pruneSchedules(context: Context, ready: readonly Ready[]): Promise<number> {
  const schedules = schedulesOf(ready, context.operands[1], context.io.cwd);
  const { output, secrets } = context;
  let silent = 0;
  for (const kept of schedules) {
    await withStores(kept, { stores: STORES, secrets }, async (stores) => {
      const answers = await answersOf(stores, kept);
      for (const { store, listing, problems } of answers) {
        output.diagnostics(problems);
        if (!listing) {
          silent += 1;
          continue;
        }
        const gone = await prunableIn(listing, answers, kept);
        const names = [...gone.backups.map(({ manifest }) => manifest.id), ...gone.leftovers, ...labelsOf(gone)];
        output.result(
          `${store.name} ${kept.schedule.name}: ${names.length === 0 ? "nothing to remove" : names.join(", ")}\n`,
        );
        if (names.length === 0) continue;
        await confirm(context, `Remove these from ${store.name}?`, {
          summary: "Nothing was removed",
          first: "Review what would go",
        });
        if (gone.backups.length > 0) await mustBeGood(context, listing, store);
        await pruneIn(gone, store, kept);
      }
    });
  }
  return silent > 0 ? 1 : 0;
}

/** As the tool of a schedule calls what runs left in its repository. */
function labelsOf({ made = [] }: Pruning): string[] {
  return made.flatMap(({ label }) => label ?? []);
}

/** Sizes do not show a byte that flipped: before others go, the newest that stays is read from end to end. */
async function mustBeGood({ output }: Context, { backups }: Listing, store: Store): Promise<void> {
  const newest = backups.findLast(({ damaged }) => damaged.length === 0);
  if (!newest) return;
  const { id } = newest.manifest;
  const { problems } = await verifyBackup(newest, store, undefined, output.amount(`Reading ${id}`, undefined));
  if (problems.length === 0) return;
  const detail = "Nothing was removed. Take a new backup, or remove this one by hand, and prune again.";
  throw new Refusal([error("BACKUP_DAMAGED", `${store.name} ${id}: ${problems.join("; ")}`, { detail })]);
}
