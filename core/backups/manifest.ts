/** Where a backup lies in a place, and how it is known. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { damaged } from "./faults.ts";
import { type Findings, MANIFEST_VERSION, type Manifest, MissingPart, type Store, type StoredFile } from "./model.ts";
import { isWhole, rendered } from "./signature.ts";

/** Name of the file in the folder of a backup that makes it one. */
export const MANIFEST = "manifest.json";

/**
 * File that a run whose tool has a repository leaves before anything else. Without a manifest the run did not end, and what is
 * marked as its own in the repository is a leftover as well.
 */
export const BEGUN = "begun";

/** `warehouse/nightly/`: everything of one schedule begins so. */
export function folderOf(dataSource: string, schedule: string): string {
  return `${folderName(dataSource)}/${folderName(schedule)}/`;
}

/** Names of one or two dots would lead out of the folder. */
function folderName(name: string): string {
  return encodeURIComponent(name).replace(/^\.{1,2}$/, (dots) => "%2E".repeat(dots.length));
}

/**
 * Sorts by time, and no two runs have the same. It sorts behind all that are there as well: after a clock went back the
 * newest is still the newest, so `startedAt` tells the time and not the id.
 */
export function newId(at: Date, ids: readonly string[] = []): string {
  const last = Math.max(...ids.map(timeOf).filter(Number.isFinite));
  const from = new Date(Math.max(at.getTime(), last + 1000));
  return `${from.toISOString().slice(0, 19).replaceAll(":", "-")}Z-${randomBytes(2).toString("hex")}`;
}

/** Milliseconds that an id names; not a number for what is none. */
export function timeOf(id: string): number {
  const [, day, hour, minute, second] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z-[0-9a-f]+$/.exec(id) ?? [];
  return Date.parse(`${day}T${hour}:${minute}:${second}Z`);
}

/** The ids of all runs of which a place has anything. */
export async function idsIn(store: Store, dataSource: string, schedule: string): Promise<readonly string[]> {
  return (await store.list(folderOf(dataSource, schedule))).map(({ name }) => idOf(name));
}

/** What a run is called everywhere. */
export type Head = Pick<Manifest, "dataSource" | "schedule" | "id">;

/** `warehouse/nightly/2026-11-21T03-30-00Z-k3f9` */
export function runName({ dataSource, schedule, id }: Head): string {
  return `${folderOf(dataSource, schedule)}${id}`;
}

export function partName(head: Head, part: string): string {
  return `${runName(head)}/${part}`;
}

/** Id of the run that a file is of: `warehouse/nightly/2026-11-21T03-30-00Z-k3f9/part`. */
export function idOf(name: string): string {
  return name.split("/")[2] as string;
}

/** What makes it a backup: written when everything else is there. Fails where the place has lost a part meanwhile. */
export async function publish(manifest: Manifest, store: Store): Promise<void> {
  await store.put(partName(manifest, MANIFEST), Readable.from([Buffer.from(rendered(manifest))]));
  const lost = lacking(manifest, await store.list(partName(manifest, "")));
  if (lost.length > 0) throw damaged(store.name, `has lost ${lost.join(", ")} of ${manifest.id} during the run`);
}

/** Parts that are not there, or not of the size that was written. */
function lacking(manifest: Manifest, files: readonly StoredFile[]): readonly string[] {
  const sizes = new Map(files.map(({ name, bytes }) => [name, bytes]));
  return manifest.parts
    .filter(({ name, bytes }) => sizes.get(partName(manifest, name)) !== bytes)
    .map(({ name }) => name);
}

/** Bytes that are kept of it, wherever they are. */
export function bytesOf({ parts, repository }: Pick<Manifest, "parts" | "repository">): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, repository?.bytes ?? 0);
}

/** A backup as a place has it. */
export interface Found {
  readonly manifest: Manifest;
  /** Names of all its files, the manifest last. */
  readonly names: readonly string[];
  /** Parts that are not there, or not of the size that was written, and what its tool no longer has of it. */
  readonly damaged: readonly string[];
}

export interface Listing {
  /** Oldest first. */
  readonly backups: readonly Found[];
  /** Files of runs that never ended; no backup. */
  readonly leftovers: readonly string[];
  /** Manifests that are not what was written, or of a newer Datumline. Their backups are neither used nor removed. */
  readonly unreadable: readonly string[];
}

/** What is missing of backups outside of the place, by their ids. */
export type Lacking = (manifests: readonly Manifest[]) => Promise<Findings>;

/** All backups of a schedule in one place, whole or not; `elsewhere` looks for what their tool keeps itself. */
export async function listBackups(
  store: Store,
  dataSource: string,
  schedule: string,
  elsewhere?: Lacking,
): Promise<Listing> {
  const folder = folderOf(dataSource, schedule);
  const runs = new Map<string, StoredFile[]>();
  const backups: Found[] = [];
  const leftovers: string[] = [];
  for (const file of await store.list(folder)) {
    const id = idOf(file.name);
    if (file.isUnfinished) leftovers.push(file.name);
    else runs.set(id, [...(runs.get(id) ?? []), file]);
  }
  const unreadable: string[] = [];
  for (const [id, files] of [...runs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = files.map(({ name }) => name);
    const own = `${folder}${id}/${MANIFEST}`;
    if (!names.includes(own)) {
      leftovers.push(...names);
      continue;
    }
    const written = await read(store, own);
    // Somebody prunes at the same time.
    if (written === undefined) continue;
    const manifest = manifestOf(written);
    if (!manifest || partName(manifest, MANIFEST) !== own) {
      unreadable.push(own);
      continue;
    }
    backups.push({
      manifest,
      names: [...names.filter((name) => name !== own), own],
      damaged: lacking(manifest, files),
    });
  }
  const gone = await elsewhere?.(backups.map(({ manifest }) => manifest));
  const told = backups.map((one) => ({ ...one, damaged: [...one.damaged, ...(gone?.get(one.manifest.id) ?? [])] }));
  return { backups: told, leftovers, unreadable };
}

async function read(store: Store, name: string): Promise<string | undefined> {
  try {
    return await text(await store.get(name));
  } catch (problem) {
    if (problem instanceof MissingPart) return undefined;
    throw problem;
  }
}

/** Undefined for a text that is no manifest, or not the one that was written. */
function manifestOf(written: string): Manifest | undefined {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(written);
  } catch {
    return undefined;
  }
  const isKnown = manifest?.version === 1 || manifest?.version === MANIFEST_VERSION;
  return isKnown && Array.isArray(manifest.parts) && isWhole(manifest, written) ? manifest : undefined;
}
