/** Backups of one database into one folder, in this process. */
import { spawnSync } from "node:child_process";
import { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import pg from "pg";
import { directoryStore } from "../../core/backups/directory.ts";
import { type Found, type Listing, listBackups, partName } from "../../core/backups/manifest.ts";
import type { Manifest, RestoreContext, Store } from "../../core/backups/model.ts";
import { prunable, prune } from "../../core/backups/prune.ts";
import { type RunResult, runBackup } from "../../core/backups/run.ts";
import { restored } from "../../core/backups/streams.ts";
import { type Verified, verifyBackup } from "../../core/backups/verify.ts";
import type { BackupSchedule } from "../../core/specs.ts";
import { pgDump } from "../../providers/postgresql/backup/pg-dump.ts";

/** Of the servers that are backed up: the pg_dump of Debian reads no newer ones. */
export const MAJOR = 15;

export const NIGHTLY: BackupSchedule = { name: "nightly", schedule: { cron: "0 3 * * *" } };

/** Why there can be no backups here; undefined where there can. */
export function noBackups(): string | undefined {
  const version = `${spawnSync("pg_dump", ["--version"]).stdout ?? ""}`.trim();
  const isThere = Number(/\d+/.exec(version)?.[0]) >= MAJOR && spawnSync("zstd", ["--version"]).status === 0;
  return isThere ? undefined : `pg_dump ${MAJOR} and zstd are needed, and there is ${version || "no pg_dump"}`;
}

export interface RunMore {
  readonly schedule?: Partial<BackupSchedule>;
  readonly stores?: readonly Store[];
  readonly key?: Buffer;
  readonly signal?: AbortSignal;
  readonly lockTimeout?: number;
  readonly progress?: (bytes: number) => void;
}

export interface RestoreMore
  extends Partial<Pick<RestoreContext, "globals" | "only" | "overwrite" | "signal" | "tell">> {
  readonly key?: Buffer;
  /** Before a part is opened. */
  readonly opening?: (part: string) => void;
  /** In place of what a part holds. */
  readonly changed?: (part: string, content: string) => string;
}

export interface Backups {
  readonly store: Store;
  run(more?: RunMore): Promise<RunResult>;
  restore(manifest: Manifest, into: string, more?: RestoreMore): Promise<void>;
  list(): Promise<Listing>;
  found(manifest: Manifest): Promise<Found>;
  verify(manifest: Manifest, key?: Buffer): Promise<Verified>;
}

export function backupsOf(url: string, kept: string): Backups {
  const store = directoryStore(kept);
  const list = (): Promise<Listing> => listBackups(store, "warehouse", "nightly");
  const found = async ({ id }: Manifest): Promise<Found> => {
    const one = (await list()).backups.find(({ manifest }) => manifest.id === id);
    if (!one) throw new Error(`${id} is not listed`);
    return one;
  };
  const source = { name: "warehouse", engine: "postgresql", connection: {} };
  const secret = async (): Promise<string> => "";
  return {
    store,
    list,
    found,
    run({ schedule, stores = [store], key, signal, lockTimeout, progress = () => undefined } = {}) {
      const spec: BackupSchedule = { ...NIGHTLY, to: [{ directory: kept }], ...schedule };
      const connection = lockTimeout === undefined ? {} : { lockTimeout };
      return runBackup({
        schedule: spec,
        tool: pgDump,
        context: {
          source: { ...source, connection },
          url,
          secret,
          declared: new Map(),
          signal: signal ?? new AbortController().signal,
        },
        stores,
        key,
        progress,
      });
    },
    restore: (manifest, into, { key, opening, changed, ...more } = {}) =>
      pgDump.restore(manifest, {
        source,
        url,
        database: into,
        secret,
        async open(part) {
          opening?.(part.name);
          const raw = await store.get(partName(manifest, part.name));
          const content = restored(raw, part, { compression: manifest.compression, key });
          return changed ? Readable.from([Buffer.from(changed(part.name, await textOf(content)))]) : content;
        },
        globals: false,
        overwrite: false,
        signal: new AbortController().signal,
        ...more,
      }),
    verify: async (manifest, key) => verifyBackup(await found(manifest), store, key, () => undefined),
  };
}

/** Asks a database of the server that a URL leads to. */
export async function askIn(url: string, database: string, text: string): Promise<pg.QueryResult> {
  const at = new URL(url);
  at.pathname = `/${database}`;
  const client = new pg.Client(at.href);
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

/** Holds a lock on a table, which pg_dump waits for, until the work is done or lets go of it. */
export async function holding<T>(
  url: string,
  table: string,
  work: (letGo: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const holder = new pg.Client(url);
  holder.on("error", () => undefined);
  await holder.connect();
  try {
    await holder.query(`BEGIN; LOCK TABLE ${table}`);
    return await work(() => holder.query("ROLLBACK"));
  } finally {
    await holder.end();
  }
}

/** Removes all but the newest. */
export async function pruneAll({ list, store }: Backups): Promise<void> {
  await prune(prunable(await list(), { ...NIGHTLY, retention: { count: 1 } }, new Date()), store);
}
