import { type Diagnostic, error, warning } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";
import { type Found, type Lacking, listBackups, MANIFEST, idOf as nameOfRun, partName } from "./manifest.ts";
import type { Store } from "./model.ts";
import { trustOf } from "./signature.ts";

export interface Wanted {
  readonly dataSource: string;
  readonly schedule: string;
  readonly id?: string | undefined;
  /** Tool that it is restored with, which must have made it; any where it is absent. */
  readonly tool?: string;
  /** Key that is declared; what was not signed with it is told or passed over. */
  readonly key?: Buffer | undefined;
  /** What its tool no longer has. */
  readonly lacking?: Lacking | undefined;
  /** Moment that it is to lead to: it must have ended before. */
  readonly before?: Date | undefined;
}

/** A backup in one place. */
export interface Candidate {
  readonly found: Found;
  readonly store: Store;
}

export interface Chosen extends Candidate {
  /** The same in every place that has it whole, in the order of the places: itself first. */
  readonly copies: readonly Candidate[];
  /** What was passed over on the way, and what is to be known of the one that was chosen. */
  readonly notes: readonly Diagnostic[];
}

/** The backup of an id, or the newest that is whole, in the first place that has it whole. */
export async function chooseBackup(stores: readonly Store[], wanted: Wanted): Promise<Chosen> {
  const { dataSource, schedule, id, tool, key, lacking, before } = wanted;
  const all: Candidate[] = [];
  const notes: Diagnostic[] = [];
  const unreadable: Unreadable[] = [];
  for (const store of stores) {
    try {
      const listing = await listBackups(store, dataSource, schedule, lacking);
      for (const found of listing.backups) all.push({ found, store });
      unreadable.push(...listing.unreadable.map((name) => ({ name, store })));
    } catch (problem) {
      // The others may have it.
      if (!(problem instanceof Refusal)) throw problem;
      notes.push(...problem.diagnostics);
    }
  }
  const named = all.filter(({ found }) => id === undefined || found.manifest.id === id);
  const asked = named.filter(({ found }) => tool === undefined || Object.hasOwn(found.manifest.tools, tool));
  if (named.length > 0 && asked.length === 0) throw madeOtherwise(named, tool ?? "");
  const isForged = ({ found }: Candidate): boolean => trustOf(found.manifest, key) === "forged";
  notes.push(...asked.filter(isForged).map(forged));
  const good = asked.filter((one) => !isSpoilt(one) && !isForged(one));
  const fit = good.filter((one) => before === undefined || readyFrom(one) <= before.getTime());
  if (good.length > 0 && fit.length === 0) throw tooEarly(good);
  const newest = fit.map(idOf).sort().at(-1);
  const copies = fit.filter((one) => idOf(one) === newest);
  const [best] = copies;
  if (best) {
    const isUnsigned = key !== undefined && trustOf(best.found.manifest, key) === "unsigned";
    const isPassed = (one: Candidate): boolean => isSpoilt(one) && !good.some((other) => idOf(other) > idOf(one));
    const instead = `${best.store.name} has ${idOf(best)} whole.`;
    const illegible = unreadable.filter(
      ({ name }) => nameOfRun(name) >= idOf(best) && (id ?? nameOfRun(name)) === nameOfRun(name),
    );
    notes.push(
      ...asked.filter(isPassed).map((one) => lacks(one, instead)),
      ...illegible.map((one) => spoilt(one, instead)),
    );
    return { ...best, copies, notes: [...notes, ...(isUnsigned ? [unsigned(best)] : [])] };
  }
  throw new Refusal([...notes, ...nothing(wanted, asked, unreadable)]);
}

function madeOtherwise(named: readonly Candidate[], tool: string): Refusal {
  const tools = new Set(named.flatMap(({ found }) => Object.keys(found.manifest.tools)));
  const detail = `They were made with ${[...tools].join(", ")}: say so in \`how\` of the schedule to restore one.`;
  return new Refusal([error("RESTORE_REFUSED", `None of these backups was made with ${tool}`, { detail })]);
}

/** Moments are told in seconds there: one that is over for certain. */
function readyFrom({ found: { manifest } }: Candidate): number {
  return Date.parse(manifest.repository?.endedAt ?? manifest.endedAt) + 1000;
}

function tooEarly(good: readonly Candidate[]): Refusal {
  const first = new Date(Math.min(...good.map(readyFrom))).toISOString();
  const detail = `Name a moment from ${first} on, or \`--at latest\`.`;
  return new Refusal([error("TARGET_UNREACHABLE", "No backup had ended at that moment", { detail })]);
}

function idOf({ found }: Candidate): string {
  return found.manifest.id;
}

function isSpoilt({ found }: Candidate): boolean {
  return found.damaged.length > 0;
}

function lacks({ found, store }: Candidate, detail: string): Diagnostic {
  const { damaged, manifest } = found;
  return error("BACKUP_DAMAGED", `${store.name} lacks ${damaged.join(", ")} of the backup ${manifest.id}`, { detail });
}

/** A manifest that is not what was written. */
interface Unreadable {
  readonly name: string;
  readonly store: Store;
}

function spoilt({ name, store }: Unreadable, detail: string): Diagnostic {
  return error("BACKUP_DAMAGED", `${name} in ${store.name} is not what was written`, { detail });
}

function nothing({ dataSource, schedule, id }: Wanted, asked: readonly Candidate[], unreadable: readonly Unreadable[]) {
  const detail = "`datumline backup list` shows what there is.";
  const said = asked.filter(isSpoilt).map((one) => lacks(one, detail));
  const own = id === undefined ? undefined : partName({ dataSource, schedule, id }, MANIFEST);
  const told = unreadable.filter(({ name }) => own === undefined || name === own).map((one) => spoilt(one, detail));
  const missing = id === undefined ? `There is no whole backup of ${schedule}` : `There is no backup ${id}`;
  const isThere = id !== undefined && asked.length + told.length > 0;
  return [...said, ...told, ...(isThere ? [] : [error("UNKNOWN_REFERENCE", missing, { detail })])];
}

function forged({ found, store }: Candidate): Diagnostic {
  const detail =
    "Somebody without the key changed its manifest. Take another backup, and look into who may write to the place.";
  return error("BACKUP_FORGED", `${MANIFEST} of ${found.manifest.id} in ${store.name} was not made with its key`, {
    detail,
  });
}

function unsigned({ found, store }: Candidate): Diagnostic {
  const detail =
    "It is of an older Datumline, of a time without a key, or somebody took the code away: nothing proves that it is what was backed up.";
  return warning("BACKUP_UNSIGNED", `The backup ${found.manifest.id} in ${store.name} is not signed with the key`, {
    detail,
  });
}

/**
 * Works with the first copy that is what was written: a byte that flipped is seen only when it is read, and another place may
 * have the same backup whole. Once it is done, `tell` hears of those
 * that were not.
 */
export async function fromSound<T>(
  { copies }: Chosen,
  work: (copy: Candidate) => Promise<T>,
  tell: (problem: Diagnostic) => void,
): Promise<T> {
  const problems: Diagnostic[] = [];
  for (const copy of copies) {
    try {
      const done = await work(copy);
      const detail = `It was taken from ${copy.store.name} instead. \`datumline backup verify\` reads every copy.`;
      for (const problem of problems) tell({ ...problem, detail });
      return done;
    } catch (problem) {
      const told = ofPlace(problem);
      if (told.length === 0 || copies.length === 1) throw problem;
      const named = (summary: string): string => `${idOf(copy)} in ${copy.store.name}: ${summary}`;
      problems.push(...told.map((one) => ({ ...one, summary: named(one.summary) })));
    }
  }
  throw new Refusal(problems);
}

/** What is wrong with a copy, or its place; nothing where it is something else. */
function ofPlace(problem: unknown): readonly Diagnostic[] {
  const diagnostics = problem instanceof Refusal ? problem.diagnostics : [];
  return diagnostics.filter(({ code }) => code === "BACKUP_DAMAGED" || code === "PLACE_FAILED");
}
