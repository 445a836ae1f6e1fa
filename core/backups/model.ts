/**
 * Backups as they are kept, whatever made them and wherever they are: a folder of parts for each, and a manifest that is
 * written last. What has no manifest is no backup; what a manifest says and is not so is told by `verify`.
 */
import type { Readable } from "node:stream";
import type { Catalog } from "../catalog.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";
import type { Step } from "../render/steps.ts";
import type { BackupSchedule, DataSource } from "../specs.ts";
import type { SecretReference } from "../sql.ts";
import { damaged } from "./faults.ts";

/** Version of the manifest's format. Those of version 1 have neither checksum nor code, and are read as they are. */
export const MANIFEST_VERSION = 2;

/** One file of a backup. */
export interface Part {
  /** Name in the folder of the backup, such as `database.dump.zst`. */
  readonly name: string;
  /** What is in it. */
  readonly holds: "database" | "globals" | "declaration" | "catalog" | "properties";
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
  readonly version: 1 | typeof MANIFEST_VERSION;
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
  /** The schemas that it holds, where it does not hold all. */
  readonly schemas?: readonly string[];
  /** Where the log of the server stood, in the engine's words. */
  readonly position?: string;
  /** Of a tool that keeps its data in a repository of its own: what it calls the backup there. */
  readonly label?: string;
  /** What else is known of it there. */
  readonly repository?: InRepository;
  /** Code that only the key makes over all of the above; absent where no key is declared. */
  readonly mac?: string;
  /** SHA-256 of all of the above as it is written, in hex. */
  readonly checksum?: string;
}

/** What a tool keeps of a backup in a repository of its own. */
export interface InRepository {
  /** Which of several repositories. */
  readonly number: number;
  /** Labels of the backups that it builds upon. */
  readonly needs: readonly string[];
  /** Bytes that it added there. */
  readonly bytes: number;
  /** Bytes of what it is restored to. */
  readonly restoredBytes: number;
  /** From then on every moment can be restored for which there is a log. */
  readonly endedAt: string;
  /** Segments of the log that lead to its position, the first and the last, and the bytes of each. */
  readonly log: { readonly first: string; readonly last: string; readonly segmentBytes: number };
  /** Role that may do everything, for whoever looks into a copy. */
  readonly superuser: string;
}

/** A backup in the repository of a tool, by the id of the run that made it. */
export type Made = Pick<Manifest, "id" | "label"> & { readonly repository?: Pick<InRepository, "number"> };

/** A file as a place has it. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  /** It was begun and has not ended; nobody can read it. */
  readonly isUnfinished?: true;
}

/** A place that keeps files by name; names have parts with `/`. */
export interface Store {
  /** For people, without secrets: `/var/backups`, `s3://bucket/prefix`. */
  readonly name: string;
  /** Keeps all of a stream under a name, or nothing; gives the number of bytes. */
  put(name: string, content: Readable, progress?: (bytes: number) => void): Promise<number>;
  /** Throws a MissingPart where there is none. */
  get(name: string): Promise<Readable>;
  /** What has a name that begins so, in order. */
  list(prefix: string): Promise<readonly StoredFile[]>;
  /** By the names of a list, unfinished ones as well. */
  remove(names: readonly string[]): Promise<void>;
  /** Bytes that are left; undefined where nobody can tell. */
  free(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** A place does not hold what a manifest says it holds. */
export class MissingPart extends Refusal {
  constructor(name: string, store: string) {
    super(damaged(store, `has no ${name}`).diagnostics);
    this.name = "MissingPart";
  }
}

/** What an engine and its tools do for a backup. */
export interface BackupTool {
  /** Dumps, part by part; each stream must be read to its end, and fails where the tool does. */
  take(schedule: BackupSchedule, context: BackupContext): Promise<Taken>;
  /** Bytes of all that would be read, before anything is; absent where its places keep little of it. */
  size?(reach: Reach): Promise<number>;
  /** Puts parts back into a database that is made for it; absent where it restores whole servers alone. */
  restore?(manifest: Manifest, context: RestoreContext): Promise<void>;
  /** Puts a whole server, as it was at a moment, into a folder; absent where it restores databases alone. */
  recover?(manifest: Manifest, context: RecoverContext): Promise<Recovered>;
  /** A copy for a drill, thrown away with all that is in it. */
  copy(manifest: Manifest, context: CopyContext): Promise<Copy>;
  /** Counts and hashes rows again, in a database that was restored. */
  count(url: string, patterns: readonly string[]): Promise<readonly TableCheck[]>;
  /**
   * What belongs to a database that was restored and is no object in it, by name, as the part `properties` has it of the original;
   * absent where the tool copies whole servers.
   */
  properties?(url: string): Promise<object>;
  /** What somebody on call does to get back what it made; nothing is asked for it. */
  recovery(source: DataSource, schedule: BackupSchedule, options: RecoveryOptions): Recovery;
  /** Where it keeps its data itself; absent where the places have all of it. */
  readonly repository?: Repository;
}

export interface RecoveryOptions {
  /** What every command is given, word by word: `-f warehouse/ --data-source warehouse`. */
  readonly base: readonly string[];
  /** Drill that tries restores of the schedule; undefined where none is declared. */
  readonly drill: string | undefined;
}

export interface Recovery {
  /** What must be installed where the commands are typed. */
  readonly programs: readonly string[];
  /** In the order in which they are safe. */
  readonly steps: readonly Step[];
}

/** What a tool has in a repository of its own, held against manifests; findings are by the id of a backup. */
export interface Repository {
  /** What is not there any more, by a look at what it lists. */
  lacking(schedule: BackupSchedule, manifests: readonly Manifest[]): Promise<Findings>;
  /** Everything that is wrong with them, every byte being read. */
  verify(schedule: BackupSchedule, manifests: readonly Manifest[]): Promise<Findings>;
  /** What runs made there whose marks (`BackupContext.begin`) begin so; nothing of a tool that cannot mark. */
  marked(schedule: BackupSchedule, prefix: string): Promise<readonly Made[]>;
  /** Those that can go together: nothing that stays, whoever made it, builds upon them. */
  removable(schedule: BackupSchedule, made: readonly Made[]): Promise<readonly Made[]>;
  /** Removes one; does nothing where it is gone already. */
  remove(schedule: BackupSchedule, made: Made): Promise<void>;
}

export type Findings = ReadonlyMap<string, readonly string[]>;

/** A database that was restored for a drill. */
export interface Copy {
  readonly url: string;
  readonly database: string;
  /** Takes it away, with the server where that was made for it. */
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
  /** Told how many bytes a tool has read that keeps them itself. */
  readonly progress?: (bytes: number) => void;
  /**
   * For a tool with a repository, once nobody else runs and before it makes anything there: tells the places that the run has
   * begun, and gives what marks that as its own.
   */
  begin(): Promise<string>;
  readonly signal: AbortSignal;
}

export interface Taken {
  readonly facts: Pick<Manifest, "identity" | "database" | "serverVersion" | "tools" | "format"> &
    Partial<Pick<Manifest, "catalog" | "schemas" | "position" | "label" | "repository">>;
  /** Not compressed by Datumline where the tool has done it. */
  readonly parts: AsyncIterable<{
    readonly name: string;
    readonly holds: Part["holds"];
    readonly content: Readable;
    readonly compressed: boolean;
  }>;
  /** Rows counted and hashed in the same snapshot; asked once all parts are read. */
  checks(): Promise<readonly TableCheck[]>;
  /** What is to be known of it. */
  readonly notes?: readonly Diagnostic[];
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
  /** Told what was found and done beside the restore itself. */
  readonly tell?: (line: string) => void;
  readonly signal: AbortSignal;
}

/** `source` and `url` lead to the server that was backed up, which may be gone. */
export interface RecoverContext extends Reach {
  readonly schedule: BackupSchedule;
  /** Not there, or empty. */
  readonly directory: string;
  /** A moment with its time zone, or all that was archived; by default the position of the backup. */
  readonly at?: string;
  /** That the server listens on when it is started. @default one that nobody listens on */
  readonly port?: number;
  readonly tell?: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A server that is there and does not run. */
export interface Recovered {
  /** Command that starts it. */
  readonly start: string;
  readonly port: number;
}

/** `source` and `secret` are those of the drill. */
export interface CopyContext extends Pick<RestoreContext, "source" | "secret" | "open" | "signal"> {
  readonly schedule: BackupSchedule;
  /** Server that the copy is made on; by default one of its own. */
  readonly into?: string | undefined;
  /** Name of the copy, where it can be chosen. */
  readonly name: string;
}
