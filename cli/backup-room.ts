/**
 * Is there room for a backup, before anything of it is made? The last one tells how large the next will be. Before the first
 * there is only the size of the database, of which a dump has the rows and not the indexes, and smaller: what cannot fit is
 * refused, what may not is told.
 */
import { listBackups } from "../core/backups/manifest.ts";
import type { Store } from "../core/backups/model.ts";
import { now } from "../core/clock.ts";
import { type Diagnostic, error, warning } from "../core/diagnostic.ts";
import type { Kept } from "../core/doors/backups.ts";
import { Refusal } from "../core/errors.ts";
import { amountText } from "../core/render/amount.ts";
import type { Secrets } from "../core/secret.ts";

/** Share of the last backup that must be free. */
const ROOM = 1.2;
/** Share of a database that a dump of all of it has at least, and seldom exceeds; compressed, and as it is. */
const LEAST = { compressed: 0.02, plain: 0.1 };
const USUAL = { compressed: 0.5, plain: 1 };

interface Expected {
  /** Bytes of the last backup. */
  readonly size: number | undefined;
  /** Places where that fits once more, or that cannot tell: the run tells what is wrong with them. */
  readonly roomy: readonly Store[];
  readonly full: readonly Diagnostic[];
  readonly notes: readonly Diagnostic[];
}

export async function expected(stores: readonly Store[], kept: Kept, secrets: Secrets): Promise<Expected> {
  const { ready, schedule } = kept;
  let size: number | undefined;
  let whole: Promise<number | undefined> | undefined;
  const roomy: Store[] = [];
  const full: Diagnostic[] = [];
  const notes: Diagnostic[] = [];
  for (const store of stores) {
    const [last, free] = await sizes(store, ready.source.name, schedule.name);
    size ??= last;
    whole ??= last === undefined && free !== undefined ? databaseSize(kept, secrets) : undefined;
    const found =
      free === undefined ? undefined : lackOf(store, { last: last ?? size, whole: await whole, free }, kept);
    if (found?.severity === "error") full.push(found);
    else roomy.push(store);
    if (found?.severity === "warning") notes.push(found);
  }
  return { size, roomy, full, notes };
}

interface Sizes {
  readonly last: number | undefined;
  /** Of the database. */
  readonly whole: number | undefined;
  readonly free: number;
}

function lackOf({ name }: Store, { last, whole, free }: Sizes, { schedule, at }: Kept): Diagnostic | undefined {
  const amount = (bytes: number): string => amountText(bytes, "bytes", now());
  const detail = "Free some space, shorten `retention`, or keep backups elsewhere.";
  const left = `${name} has ${amount(free)} left`;
  if (last !== undefined) {
    const needs = last * ROOM;
    if (free > needs) return undefined;
    const summary = `${left}, and the next backup of ${schedule.name} needs about ${amount(needs)}`;
    return error("NO_SPACE", summary, { ...at, detail });
  }
  if (whole === undefined) return undefined;
  const form = schedule.how?.compression === "none" ? "plain" : "compressed";
  const summary = `${left}, and the database has ${amount(whole)}`;
  // Of a part of it nobody knows how much that is.
  const isWhole = schedule.what?.schemas === undefined && schedule.what?.except === undefined;
  if (isWhole && free < whole * LEAST[form])
    return error("NO_SPACE", `${summary}: its first backup cannot fit`, { ...at, detail });
  return free < whole * USUAL[form]
    ? warning("NO_SPACE", `${summary}: its first backup may not fit`, { ...at, detail })
    : undefined;
}

async function databaseSize({ tool, ready }: Kept, secrets: Secrets): Promise<number | undefined> {
  const { source, url } = ready;
  return tool.size?.({ source, secret: secrets.resolve.bind(secrets), ...(url !== undefined && { url }) });
}

/** Bytes of the last backup, and those that are left; nothing where the place does not answer. */
async function sizes(store: Store, dataSource: string, schedule: string): Promise<(number | undefined)[]> {
  try {
    const { backups } = await listBackups(store, dataSource, schedule);
    const last = backups.at(-1)?.manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    return [last, await store.free()];
  } catch (problem) {
    if (problem instanceof Refusal) return [];
    throw problem;
  }
}
