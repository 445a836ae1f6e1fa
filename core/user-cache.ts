/** The user's cache: what is in it may be deleted at any time, and is used only where nobody else could have written it. */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** `$XDG_CACHE_HOME/datumline`, or `~/.cache/datumline`. */
export function userCache(): string {
  const { XDG_CACHE_HOME, HOME, USERPROFILE } = process.env;
  return join(XDG_CACHE_HOME || join(HOME || USERPROFILE || tmpdir(), ".cache"), "datumline");
}

/** Nobody else could have written it. Throws where there is nothing. */
export function isOurs(path: string): boolean {
  const { uid, mode } = statSync(path);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

/** Whole or not at all: a run that reads meanwhile sees the former file or the new one. Nothing in a folder of others. */
export function writeCached(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOurs(folder)) return;
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, content, { mode: 0o600, flag: "wx" });
  renameSync(temporary, path);
}
