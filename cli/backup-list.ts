import { freshness } from "../core/backups/freshness.ts";
import { listBackups } from "../core/backups/manifest.ts";
import { now } from "../core/clock.ts";
import { error } from "../core/diagnostic.ts";
import { schedulesOf, withStores } from "../core/doors/backups.ts";
import { failure } from "../core/doors/failure.ts";
import { type BackupsReport, type PlaceReport, renderBackups } from "../core/render/backups.ts";
import { STORES } from "../providers/stores.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

/** What there is of each schedule, and whether it is as new as it should be. */
export async function list(context: Context, ready: readonly Ready[]): Promise<number> {
  const { options, output, secrets } = context;
  const schedules = schedulesOf(ready, context.operands[1], context.io.cwd);
  const reports: BackupsReport[] = [];
  for (const kept of schedules) {
    const { ready, schedule } = kept;
    const places = await withStores(kept, { stores: STORES, secrets }, (stores) =>
      Promise.all(
        stores.map(async (store): Promise<PlaceReport> => {
          try {
            const listing = await listBackups(store, ready.source.name, schedule.name);
            return { place: store.name, ...listing };
          } catch (problem) {
            const [first] = failure(problem).diagnostics;
            return { place: store.name, backups: [], leftovers: [], unreadable: [], problem: first?.summary ?? "" };
          }
        }),
      ),
    );
    const good = places.flatMap(({ backups }) => backups.filter(({ damaged }) => damaged.length === 0));
    const fresh = freshness(
      schedule,
      good.map(({ manifest }) => manifest),
      now(),
    );
    reports.push({ dataSource: ready.source.name, schedule: schedule.name, rpo: schedule.rpo, places, fresh });
    if (fresh.withinRpo && !fresh.missed) continue;
    const what = fresh.newest ? `the newest good backup is ${fresh.newest.id}` : "there is no good backup";
    const why = fresh.missed ? `no run since the one due on ${fresh.missed}` : `older than ${schedule.rpo}`;
    output.diagnostics([
      error("BACKUP_OVERDUE", `${schedule.name} of ${ready.source.name}: ${what}, ${why}`, {
        ...kept.at,
        detail: "See what the runner says (`journalctl`, the logs of the job), and run `datumline backup run`.",
      }),
    ]);
  }
  output.result(
    renderBackups(reports, options.format === "json" ? "json" : "text", { now: now(), colour: output.colour }),
  );
  return reports.every(({ fresh }) => fresh.withinRpo && !fresh.missed) ? 0 : 2;
}
