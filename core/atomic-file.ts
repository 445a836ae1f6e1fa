/** Files that are there whole or not at all, whenever the process or the machine stops. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

export interface AtomicOptions {
  /** Permissions. @default those that the file has, or what the process gives */
  readonly mode?: number;
}

/** Writes a file beside its place and moves it there; its owner stays. Throws what the system says. */
export function writeAtomically(path: string, content: string | Uint8Array, { mode }: AtomicOptions = {}): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const known = statSync(path, { throwIfNoEntry: false });
  const temporary = join(folder, `.datumline-${process.pid}-${Date.now()}`);
  try {
    const handle = openSync(temporary, "wx", mode ?? (known && known.mode & 0o7777) ?? 0o666);
    try {
      writeSync(handle, typeof content === "string" ? Buffer.from(content) : content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    // What the process creates is cut by its umask.
    const wanted = mode ?? (known && known.mode & 0o7777);
    if (wanted !== undefined) chmodSync(temporary, wanted);
    if (known && process.getuid?.() === 0) chownSync(temporary, known.uid, known.gid);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (problem) {
    rmSync(temporary, { force: true });
    throw problem;
  }
}

/** A file that was moved is there after a crash only once its folder is written as well. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
