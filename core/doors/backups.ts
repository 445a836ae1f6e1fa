/** What every door does alike with the backups of a data source. */
import { dirname, resolve } from "node:path";
import type { Wanted } from "../backups/choose.ts";
import { elsewhere } from "../backups/elsewhere.ts";
import { folderOf, idOf, type Lacking, type Listing, listBackups } from "../backups/manifest.ts";
import type { BackupTool, Made, Recovery, RecoveryOptions, Store } from "../backups/model.ts";
import { madeBy, type Pruning, prunable, prune } from "../backups/prune.ts";
import { keyOf } from "../backups/seal.ts";
import { now } from "../clock.ts";
import { type Diagnostic, error } from "../diagnostic.ts";
import type { Engine } from "../engine.ts";
import { Refusal } from "../errors.ts";
import { recoveryElsewhere } from "../render/recovery.ts";
import type { Json } from "../schema.ts";
import type { Secrets } from "../secret.ts";
import type { BackupSchedule } from "../specs.ts";
import { failure } from "./failure.ts";
import type { Ready } from "./ready.ts";

/** Opens one place, and asks for nothing yet; `place` is what its field says. */
export type OpenStore = (place: Json, secret: Secrets["resolve"]) => Store;

/** A declared schedule, whoever runs it. */
export interface Scheduled {
  readonly ready: Ready;
  readonly schedule: BackupSchedule;
  readonly at: Pick<Diagnostic, "address" | "origin">;
}

/** One that Datumline runs, with all that is needed to work with it. */
export interface Kept extends Scheduled {
  readonly tool: BackupTool;
}

/** The schedules of all data sources that Datumline runs, or those of a name. */
export function schedulesOf(ready: readonly Ready[], name: string | undefined, cwd: string): Kept[] {
  const chosen = declaredSchedules(ready, name, cwd);
  const own = chosen.flatMap((one) => kept(one) ?? []);
  if (own.length > 0) return own;
  throw new Refusal(
    chosen.flatMap(({ ready: { source }, schedule, at }) => {
      const by = elsewhere(source, schedule);
      if (!by) return [];
      const detail = `See what there is with \`${by.list}\`, and restore with \`${by.restore}\`.`;
      return [error("RUN_ELSEWHERE", `${by.who} runs and keeps ${schedule.name} of ${source.name}`, { ...at, detail })];
    }),
  );
}

/** The schedules of all data sources, or those of a name, whoever runs them. */
export function declaredSchedules(ready: readonly Ready[], name: string | undefined, cwd: string): Scheduled[] {
  const all = ready.flatMap((one) => schedulesIn(one, cwd));
  const chosen = name === undefined ? all : all.filter(({ schedule }) => schedule.name === name);
  if (chosen.length > 0) return chosen;
  const known = all.map(({ schedule }) => schedule.name).join(", ");
  const summary = name === undefined ? "No BackupSchedule is declared" : `There is no BackupSchedule ${name}`;
  throw new Refusal([
    error("UNKNOWN_REFERENCE", summary, { detail: known ? `Declared are ${known}.` : "Declare one." }),
  ]);
}

/** The schedules of one data source. */
export function schedulesIn(ready: Ready, cwd: string): Scheduled[] {
  return [...ready.declared].flatMap(([address, { kind, spec, origin }]): Scheduled[] => {
    if (kind !== "BackupSchedule") return [];
    const schedule = spec as unknown as BackupSchedule;
    const at = { address, ...(origin && { origin }) };
    return [{ ready, schedule: placed(schedule, resolve(cwd, dirname(origin?.file ?? "x"))), at }];
  });
}

/** All backups of a schedule in one place, looked for in the repository of its tool as well. */
function backupsIn(store: Store, one: Kept): Promise<Listing> {
  return listBackups(store, one.ready.source.name, one.schedule.name, lackingOf(one));
}

/** What a place has of a schedule; no listing where it does not answer. */
export interface Answer {
  readonly store: Store;
  readonly listing?: Listing;
  readonly problems: readonly Diagnostic[];
}

/** All places are asked before anything is done in one: what is a leftover depends on what the others have. */
export function answersOf(stores: readonly Store[], one: Kept): Promise<Answer[]> {
  return Promise.all(
    stores.map(async (store) => {
      let problems: readonly Diagnostic[] = [];
      const tell = (found: readonly Diagnostic[]): void => {
        problems = found;
      };
      const listing = await answerOf(one, () => backupsIn(store, one), tell);
      return { store, problems, ...(listing && { listing }) };
    }),
  );
}

/** What runs that did not end made in the repository of their tool, as far as a place knows of them. */
export async function leftIn(
  listing: Listing,
  answers: readonly Answer[],
  { ready, schedule, tool: { repository } }: Kept,
): Promise<{ readonly made: readonly Made[]; readonly isCertain: boolean }> {
  if (!repository || listing.leftovers.length === 0) return { made: [], isCertain: true };
  const listings = answers.flatMap((answer) => answer.listing ?? []);
  const marked = await repository.marked(schedule, folderOf(ready.source.name, schedule.name));
  // A place that does not answer may have the manifest.
  return { made: madeBy(listing, listings, marked), isCertain: listings.length === answers.length };
}

/** What a backup of a schedule is chosen by. */
export function wantedOf(one: Kept): Omit<Wanted, "id" | "key" | "before"> {
  const { ready, schedule } = one;
  return {
    dataSource: ready.source.name,
    schedule: schedule.name,
    tool: schedule.how?.tool ?? "pg_dump",
    lacking: lackingOf(one),
  };
}

/** What the tool of a schedule no longer has of its backups. */
export function lackingOf({ tool: { repository }, schedule }: Kept): Lacking | undefined {
  return repository && ((manifests) => repository.lacking(schedule, manifests));
}

/** What would be removed from a place; what something else builds upon in the repository of its tool stays. */
export async function prunableIn(
  listing: Listing,
  answers: readonly Answer[],
  one: Kept,
  own?: string,
): Promise<Pruning> {
  const { schedule, tool } = one;
  const all = prunable(listing, schedule, now(), own);
  if (!tool.repository || all.backups.length + all.leftovers.length === 0) return all;
  const left = await leftIn(listing, answers, one);
  const old = new Set(all.leftovers.map(idOf));
  const made = left.isCertain ? left.made.filter(({ id }) => old.has(id)) : [];
  const going = [...all.backups.map(({ manifest }) => manifest), ...made];
  const removable = new Set((await tool.repository.removable(schedule, going)).map(({ id }) => id));
  // What was made is known by the files of its run: they stay as long as it does.
  const staying = new Set(left.made.map(({ id }) => id).filter((id) => !removable.has(id)));
  return {
    backups: all.backups.filter(({ manifest }) => removable.has(manifest.id)),
    leftovers: all.leftovers.filter((name) => !staying.has(idOf(name))),
    made: made.filter(({ id }) => removable.has(id)),
  };
}

/** Removes it, there and in the repository of its tool. */
export function pruneIn(gone: Pruning, store: Store, { schedule, tool: { repository } }: Kept): Promise<void> {
  return prune(gone, store, repository && ((made) => repository.remove(schedule, made)));
}

/** With its tool; undefined where somebody else runs it. */
export function kept(one: Scheduled): Kept | undefined {
  const { ready, schedule, at } = one;
  return elsewhere(ready.source, schedule) ? undefined : { ...one, tool: toolOf(ready.engine, schedule, at) };
}

/** How what a schedule made is got back, whoever keeps it. */
export function recoveryOf(one: Scheduled, options: RecoveryOptions): Recovery {
  const { ready, schedule, at } = one;
  const by = elsewhere(ready.source, schedule);
  if (by) return recoveryElsewhere(ready.source, by, options);
  return toolOf(ready.engine, schedule, at).recovery(ready.source, schedule, options);
}

function toolOf({ name, backups = {} }: Engine, { how = {} }: BackupSchedule, at: Kept["at"]): BackupTool {
  const { tool: wanted = "pg_dump" } = how;
  const tool = backups[wanted];
  if (tool) return tool;
  const known = Object.keys(backups).join(", ");
  const detail = known ? `Say \`tool\` of \`how\`: ${known}.` : "Declare the schedule for another data source.";
  throw new Refusal([error("NOT_SUPPORTED", `Datumline does not back up ${name} with ${wanted}`, { ...at, detail })]);
}

/** Folders are relative to the document that names them. */
function placed(schedule: BackupSchedule, folder: string): BackupSchedule {
  const to = schedule.to?.map((place) =>
    "directory" in place ? { directory: resolve(folder, place.directory) } : place,
  );
  const { how } = schedule;
  const config = how?.config === undefined ? undefined : resolve(folder, how.config);
  return { ...schedule, ...(to && { to }), ...(how && config !== undefined && { how: { ...how, config } }) };
}

/** One place of a schedule, as somebody names it: its number, or its name. */
export interface PlaceAsked {
  readonly said: string;
  /** The same as a path. */
  readonly path: string;
}

interface PlacesOptions {
  readonly stores: Readonly<Record<string, OpenStore>>;
  readonly secrets: Secrets;
  /** All of them where it is absent. */
  readonly place?: PlaceAsked | undefined;
}

/** Opens the places of a schedule, works with them, and closes them whatever happens. */
export async function withStores<T>(
  { schedule, at }: Scheduled,
  { stores, secrets, place: asked }: PlacesOptions,
  work: (opened: readonly Store[]) => Promise<T>,
): Promise<T> {
  const opened: Store[] = [];
  try {
    for (const place of schedule.to ?? []) {
      const [[field = "", value] = []] = Object.entries(place);
      const open = stores[field];
      if (!open) throw unknownPlace(field, Object.keys(stores));
      opened.push(open(value as Json, secrets.resolve.bind(secrets)));
    }
    return await work(asked ? [placeOf(asked, schedule.name, opened)] : opened);
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    throw new Refusal(
      problem.diagnostics.map((one) => ({ ...at, ...one })),
      problem.exitCode,
    );
  } finally {
    await Promise.all(opened.map((store) => store.close()));
  }
}

/** To open a place asks for nothing yet, so the others need not answer. */
function placeOf({ said, path }: PlaceAsked, schedule: string, opened: readonly Store[]): Store {
  const names = [said, path].map((name) => name.replace(/(?<=.)\/+$/, ""));
  const found = opened.find(({ name }, at) => said === `${at + 1}` || names.includes(name.replace(/(?<=.)\/+$/, "")));
  if (found) return found;
  const known = opened.map(({ name }, at) => `${at + 1} (${name})`).join(", ");
  const detail = `Its places are ${known}.`;
  throw new Refusal([error("UNKNOWN_REFERENCE", `${schedule} is not kept in ${said}`, { detail })]);
}

function unknownPlace(field: string, known: readonly string[]): Refusal {
  const detail = `Backups are kept in ${known.join(", ")}.`;
  return new Refusal([error("NOT_SUPPORTED", `Datumline keeps no backups in ${field}`, { detail })]);
}

/** The key that backups are sealed with; undefined where none is declared. */
export async function keyFor({ schedule, at }: Kept, secrets: Secrets): Promise<Buffer | undefined> {
  const { encryption } = schedule;
  if (!encryption) return undefined;
  const key = keyOf(await secrets.resolve(encryption.key));
  if (key) return key;
  const detail = "Write 32 bytes as 64 hexadecimal digits or as base64: `openssl rand -hex 32` makes some.";
  throw new Refusal([error("WRONG_TYPE", `The key of ${schedule.name} is no key`, { ...at, detail })]);
}

/** What a place answers; undefined where it does not, which is told: the others are asked all the same. */
export async function answerOf<T>(
  { at }: Kept,
  ask: () => Promise<T>,
  tell: (problems: readonly Diagnostic[]) => void,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (problem) {
    tell(failure(problem).diagnostics.map((one) => ({ ...at, ...one })));
    return undefined;
  }
}
