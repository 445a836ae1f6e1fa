import { bytesOf } from "../core/backups/manifest.ts";
import type { Store } from "../core/backups/model.ts";
import { isMuch, withoutBackups } from "../core/backups/prune.ts";
import { runBackup } from "../core/backups/run.ts";
import { now } from "../core/clock.ts";
import { type Diagnostic, warning } from "../core/diagnostic.ts";
import {
  type Answer,
  answersOf,
  type Kept,
  keyFor,
  prunableIn,
  pruneIn,
  schedulesOf,
  withStores,
} from "../core/doors/backups.ts";
import { failure } from "../core/doors/failure.ts";
import { Refusal } from "../core/errors.ts";
import { amountText } from "../core/render/amount.ts";
import { shellWords } from "../core/shell.ts";
import { STORES } from "../providers/stores/index.ts";
import { expected } from "./backup-room.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";
import { interruption } from "./interruption.ts";
import { resolveSecrets } from "./sessions.ts";

/** Takes a backup of each schedule, one after the other, and prunes what may go. */
export async function runSchedules(context: Context, ready: readonly Ready[]): Promise<number> {
  const schedules = schedulesOf(ready, context.operands[1], context.io.cwd);
  await resolveSecrets(
    context,
    schedules.map(({ ready }) => ready),
    "connection",
  );
  let worst = 0;
  const signal = interruption(context.io);
  for (const kept of schedules) {
    signal.throwIfAborted();
    try {
      worst = Math.max(worst, await run(context, kept, signal));
    } catch (problem) {
      signal.throwIfAborted();
      context.output.diagnostics(failure(problem).diagnostics);
      worst = 1;
    }
  }
  return worst;
}

async function run(context: Context, kept: Kept, signal: AbortSignal): Promise<number> {
  const { output, secrets } = context;
  const { schedule, tool, ready } = kept;
  const key = await keyFor(kept, secrets);
  return withStores(kept, { stores: STORES, secrets }, async (stores) => {
    const { size: before, roomy, full, notes: narrow } = await expected(stores, kept, secrets);
    if (full.length > 0 && roomy.length === 0) throw new Refusal(full);
    output.diagnostics(narrow);
    const { source, declared, url } = ready;
    const started = performance.now();
    const meter = output.amount(`Backing up ${source.name}`, tool.repository ? undefined : before);
    const { manifest, failed, stored, notes } = await runBackup({
      schedule,
      tool,
      stores: roomy,
      key,
      progress: meter,
      context: {
        source,
        declared,
        progress: meter,
        signal,
        secret: secrets.resolve.bind(secrets),
        ...(url !== undefined && { url }),
      },
    });
    const bytes = bytesOf(manifest);
    const seconds = (performance.now() - started) / 1000;
    const size = amountText(bytes, "bytes", now());
    const rate = amountText(bytes / seconds, "bytes", now());
    output.result(
      `${source.name}: ${schedule.name} ${manifest.id}: ${size} in ${seconds.toFixed(1)} s (${rate}/s) to ${stored.map(({ name }) => name).join(", ")}\n`,
    );
    output.diagnostics([
      ...notes.map((one) => ({ ...kept.at, ...one })),
      ...full,
      ...failed.map(({ store, problem }) => lost(kept, store, problem)),
    ]);
    const answers = await answersOf(tool.repository ? stores : stored, kept);
    const own = answers.filter(({ store }) => stored.includes(store));
    for (const answer of own) await pruneOne(context, kept, answer, answers, manifest.id);
    return failed.length + full.length > 0 || own.some(({ listing }) => !listing) ? 1 : 0;
  });
}

/** What is left of runs before its own goes as well: whoever held its turn is gone. */
async function pruneOne(
  { output }: Context,
  kept: Kept,
  { store, listing, problems }: Answer,
  answers: readonly Answer[],
  own: string,
): Promise<void> {
  output.diagnostics(problems);
  if (!listing) return;
  const { schedule, at } = kept;
  const all = await prunableIn(listing, answers, kept, own);
  const isHeld = isMuch(listing, all);
  if (isHeld) output.diagnostics([held(schedule.name, store, { ...all, of: listing.backups.length }, at)]);
  const gone = isHeld ? withoutBackups(all) : all;
  await pruneIn(gone, store, kept);
  if (gone.leftovers.length > 0)
    output.say(`${store.name}: ${gone.leftovers.length} files removed of runs that did not end.`);
  for (const { label } of gone.made ?? []) output.say(`${label} removed from the repository: its run did not end.`);
  for (const { manifest } of gone.backups)
    output.say(`${store.name}: ${manifest.id} removed: nothing keeps it any longer.`);
}

function held(
  schedule: string,
  { name }: Store,
  { backups, of }: { readonly backups: readonly unknown[]; readonly of: number },
  at: Kept["at"],
): Diagnostic {
  const detail = `Look at the clock. \`${shellWords(["datumline", "backup", "prune", schedule])}\` shows them, and removes them once you say so.`;
  return warning("PRUNE_HELD", `${backups.length} of ${of} backups in ${name} would go at once, and stay`, {
    ...at,
    detail,
  });
}

function lost({ schedule, at }: Kept, store: Store, problem: Error): Diagnostic {
  const [first] = failure(problem).diagnostics;
  return warning("NOT_STORED", `${schedule.name} is not in ${store.name}: ${problem.message}`, {
    ...at,
    detail: `The other places have it. Mend this one and run again.${first?.detail ? `\n${first.detail}` : ""}`,
  });
}
