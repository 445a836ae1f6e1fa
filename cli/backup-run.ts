import { listBackups } from "../core/backups/manifest.ts";
import type { Store } from "../core/backups/model.ts";
import { prunable, prune } from "../core/backups/prune.ts";
import { runBackup } from "../core/backups/run.ts";
import { now } from "../core/clock.ts";
import { type Diagnostic, error, warning } from "../core/diagnostic.ts";
import { type Kept, keyFor, schedulesOf, withStores } from "../core/doors/backups.ts";
import { failure } from "../core/doors/failure.ts";
import { Refusal } from "../core/errors.ts";
import { amountText } from "../core/render/amount.ts";
import { STORES } from "../providers/stores.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";
import { resolveSecrets } from "./sessions.ts";

/** Share of the last backup that must be free beyond its size. */
const ROOM = 1.2;

/** Takes a backup of each schedule, one after the other, and prunes what may go. */
export async function runSchedules(context: Context, ready: readonly Ready[]): Promise<number> {
  const schedules = schedulesOf(ready, context.operands[1], context.io.cwd);
  await resolveSecrets(
    context,
    schedules.map(({ ready }) => ready),
    "connection",
  );
  let worst = 0;
  for (const kept of schedules) {
    try {
      worst = Math.max(worst, await run(context, kept));
    } catch (problem) {
      context.output.diagnostics(failure(problem).diagnostics);
      worst = 1;
    }
  }
  return worst;
}

async function run(context: Context, kept: Kept): Promise<number> {
  const { output, secrets, io } = context;
  const { schedule, tool, ready } = kept;
  const key = await keyFor(kept, secrets);
  const abort = new AbortController();
  void io.interrupted.then(() => abort.abort());
  return withStores(kept, { stores: STORES, secrets }, async (stores) => {
    const before = await expected(stores, kept);
    const { source, declared, url } = ready;
    const started = performance.now();
    const meter = output.amount(`Backing up ${source.name}`, before);
    const { manifest, failed, stored } = await runBackup({
      schedule,
      tool,
      stores,
      key,
      progress: meter,
      context: {
        source,
        declared,
        signal: abort.signal,
        secret: secrets.resolve.bind(secrets),
        ...(url !== undefined && { url }),
      },
    });
    const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    const seconds = (performance.now() - started) / 1000;
    const size = amountText(bytes, "bytes", now());
    const rate = amountText(bytes / seconds, "bytes", now());
    output.result(
      `${source.name}: ${schedule.name} ${manifest.id}: ${size} in ${seconds.toFixed(1)} s (${rate}/s) to ${stored.map(({ name }) => name).join(", ")}\n`,
    );
    for (const store of stored) await pruneOne(context, kept, store);
    output.diagnostics(failed.map(({ store, problem }) => lost(kept, store, problem)));
    return failed.length > 0 ? 1 : 0;
  });
}

/** Bytes of the last backup; refuses where that does not fit any more. */
async function expected(stores: readonly Store[], { ready, schedule, at }: Kept): Promise<number | undefined> {
  let size: number | undefined;
  const full: Diagnostic[] = [];
  for (const store of stores) {
    const { backups } = await listBackups(store, ready.source.name, schedule.name);
    const last = backups.at(-1)?.manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    size ??= last;
    const free = await store.free();
    if (last === undefined || free === undefined || free > last * ROOM) continue;
    const [has, needs] = [amountText(free, "bytes", now()), amountText(last * ROOM, "bytes", now())];
    full.push(
      error("NO_SPACE", `${store.name} has ${has} left, and the next backup of ${schedule.name} needs about ${needs}`, {
        ...at,
        detail: "Free some space, shorten `retention`, or keep backups elsewhere.",
      }),
    );
  }
  if (full.length > 0) throw new Refusal(full);
  return size;
}

async function pruneOne({ output }: Context, { ready, schedule }: Kept, store: Store): Promise<void> {
  const listing = await listBackups(store, ready.source.name, schedule.name);
  const gone = prunable(listing, schedule, now());
  await prune(gone, store);
  for (const { manifest } of gone.backups)
    output.say(`${store.name}: ${manifest.id} removed: nothing keeps it any longer.`);
}

function lost({ schedule, at }: Kept, store: Store, problem: Error): Diagnostic {
  return warning("NOT_STORED", `${schedule.name} is not in ${store.name}: ${problem.message}`, {
    ...at,
    detail: "The other places have it. Mend this one and run again.",
  });
}
