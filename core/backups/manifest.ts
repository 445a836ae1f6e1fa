/** Where a backup lies in a place, and how it is known. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { MANIFEST_VERSION, type Manifest, type Store } from "./model.ts";

const MANIFEST = "manifest.json";

/** `warehouse/nightly/`: everything of one schedule begins so. */
export function folderOf(dataSource: string, schedule: string): string {
  return `${encodeURIComponent(dataSource)}/${encodeURIComponent(schedule)}/`;
}

/** Sorts by time, and no two runs have the same. */
export function newId(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(":", "-")}Z-${randomBytes(2).toString("hex")}`;
}

export function partName(manifest: Pick<Manifest, "dataSource" | "schedule" | "id">, part: string): string {
  return `${folderOf(manifest.dataSource, manifest.schedule)}${manifest.id}/${part}`;
}

/** What makes it a backup: written when everything else is there. */
export async function publish(manifest: Manifest, store: Store): Promise<void> {
  const content = Readable.from([Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`)]);
  await store.put(partName(manifest, MANIFEST), content);
}

/** A backup as a place has it. */
export interface Found {
  readonly manifest: Manifest;
  /** Names of all its files, the manifest last. */
  readonly names: readonly string[];
  /** Parts that are not there, or not of the size that was written. */
  readonly damaged: readonly string[];
}

export interface Listing {
  /** Oldest first. */
  readonly backups: readonly Found[];
  /** Files of runs that never ended; no backup. */
  readonly leftovers: readonly string[];
  /** Manifests that cannot be read. */
  readonly unreadable: readonly string[];
}

/** All backups of a schedule in one place, whole or not. */
export async function listBackups(store: Store, dataSource: string, schedule: string): Promise<Listing> {
  const folder = folderOf(dataSource, schedule);
  const runs = new Map<string, { readonly name: string; readonly bytes: number }[]>();
  for (const file of await store.list(folder)) {
    const [id = ""] = file.name.slice(folder.length).split("/");
    runs.set(id, [...(runs.get(id) ?? []), file]);
  }
  const backups: Found[] = [];
  const leftovers: string[] = [];
  const unreadable: string[] = [];
  for (const [id, files] of [...runs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = files.map(({ name }) => name);
    const own = `${folder}${id}/${MANIFEST}`;
    if (!names.includes(own)) {
      leftovers.push(...names);
      continue;
    }
    const manifest = await read(store, own);
    if (!manifest || manifest.id !== id) {
      unreadable.push(own);
      continue;
    }
    const sizes = new Map(files.map(({ name, bytes }) => [name, bytes]));
    const damaged = manifest.parts.filter(({ name, bytes }) => sizes.get(partName(manifest, name)) !== bytes);
    backups.push({
      manifest,
      names: [...names.filter((name) => name !== own), own],
      damaged: damaged.map(({ name }) => name),
    });
  }
  return { backups, leftovers, unreadable };
}

async function read(store: Store, name: string): Promise<Manifest | undefined> {
  try {
    const manifest = JSON.parse(await text(await store.get(name))) as Manifest;
    return manifest.version === MANIFEST_VERSION && Array.isArray(manifest.parts) ? manifest : undefined;
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}
