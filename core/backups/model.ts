/**
 * Backups as they are kept, whatever made them and wherever they are: a folder of parts for each, and a manifest that is
 * written last. What has no manifest is no backup; what a manifest says and is not so is told by `verify`.
 */
import type { Readable } from "node:stream";
import type { Catalog } from "../catalog.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { BackupSchedule, DataSource } from "../specs.ts";
import type { SecretReference } from "../sql.ts";

/** Version of the manifest's format. */
export const MANIFEST_VERSION = 1;

/** One file of a backup. */
export interface Part {
  /** Name in the folder of the backup, such as `database.dump.zst`. */
  readonly name: string;
  /** What is in it. */
  readonly holds: "database" | "globals" | "declaration" | "catalog";
  /** Bytes as they are stored. */
  readonly bytes: number;
  /** SHA-256 of them, in hex. */
  readonly sha256: string;
}

/** What one table held when it was backed up. */
export interface TableCheck {
  readonly table: string;
  readonly rows: number;
  /** Hash of its rows, whatever their order. */
  readonly hash: string;
}

export interface Manifest {
  readonly version: typeof MANIFEST_VERSION;
  /** `2026-11-21T03-30-00Z-k3f9`: sorts by time. */
  readonly id: string;
  readonly dataSource: string;
  readonly schedule: string;
  readonly engine: string;
  /** Names the system that it was taken from. */
  readonly identity: string;
  /** Database that it is of. */
  readonly database: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly serverVersion: string;
  /** Tools and their versions. */
  readonly tools: Readonly<Record<string, string>>;
  readonly format: string;
  readonly compression: "zstd" | "gzip" | "none";
  /** Hash by which the key that encrypted it is known, and nothing else; absent where it is not encrypted. */
  readonly key?: string;
  readonly parts: readonly Part[];
  /** Fingerprint of the live catalog as it was. */
  readonly catalog?: string;
  readonly checks: readonly TableCheck[];
  /** Where the log of the server stood, in the engine's words. */
  readonly position?: string;
  /** Of a tool that keeps its backups itself: what it calls it. */
  readonly label?: string;
}

/** A place that keeps files by name; names have parts with `/`. */
export interface Store {
  /** For people, without secrets: `/var/backups`, `s3://bucket/prefix`. */
  readonly name: string;
  /** Keeps all of a stream under a name, or nothing; gives the number of bytes. */
  put(name: string, content: Readable, progress?: (bytes: number) => void): Promise<number>;
  /** Throws a MissingPart where there is none. */
  get(name: string): Promise<Readable>;
  /** Names that begin so, in order, with their sizes. */
  list(prefix: string): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
  remove(names: readonly string[]): Promise<void>;
  /** Bytes that are left; undefined where nobody can tell. */
  free(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** A place does not hold what a manifest says it holds. */
export class MissingPart extends Error {
  constructor(name: string, store: string) {
    super(`${store} has no ${name}`);
    this.name = "MissingPart";
  }
}

/** What an engine and its tools do for a backup. */
export interface BackupTool {
  /** Programs that it needs for a server of a major version and that are not to be found, each with its package. */
  missing(schedule: BackupSchedule, major: number): Promise<readonly Diagnostic[]>;
  /** Dumps, part by part; each stream must be read to its end, and fails where the tool does. */
  take(schedule: BackupSchedule, context: BackupContext): Promise<Taken>;
  /** Puts parts back into a database that was made for it and is empty. */
  restore(manifest: Manifest, context: RestoreContext): Promise<void>;
  /** A server of its own for a drill, thrown away with all that is in it. */
  scratch(manifest: Manifest): Promise<Scratch>;
  /** Counts and hashes rows again, in a database that was restored. */
  count(url: string, patterns: readonly string[]): Promise<readonly TableCheck[]>;
  /** Drops a database that was restored for a drill. */
  drop(url: string, database: string): Promise<void>;
}

export interface Scratch {
  /** URL of one of its databases. */
  url(database?: string): string;
  stop(): Promise<void>;
}

/** How a tool reaches a system. */
export interface Reach {
  readonly source: DataSource;
  /** Stands for the connection of the document. */
  readonly url?: string;
  readonly secret: (reference: SecretReference) => Promise<string>;
}

export interface BackupContext extends Reach {
  readonly declared: Catalog;
  readonly signal: AbortSignal;
}

export interface Taken {
  readonly facts: Pick<Manifest, "identity" | "database" | "serverVersion" | "tools" | "format"> &
    Partial<Pick<Manifest, "catalog" | "position" | "label">>;
  /** Not compressed by Datumline where the tool has done it. */
  readonly parts: AsyncIterable<{
    readonly name: string;
    readonly holds: Part["holds"];
    readonly content: Readable;
    readonly compressed: boolean;
  }>;
  /** Rows counted and hashed in the same snapshot; asked once all parts are read. */
  checks(): Promise<readonly TableCheck[]>;
  close(): Promise<void>;
}

/** `source` and `url` lead to the server. */
export interface RestoreContext extends Reach {
  /** Name of the new database. */
  readonly database: string;
  /** Opens a part, decrypted, decompressed and checked as it is read. */
  open(part: Part): Promise<Readable>;
  /** Only these: schemas, or tables as `schema.name`. */
  readonly only?: { readonly schemas?: readonly string[]; readonly tables?: readonly string[] };
  /** Roles that are in the backup and not on the server are made; without it they are told and the restore refused. */
  readonly globals: boolean;
  /** Drops a database of that name first. */
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
}
