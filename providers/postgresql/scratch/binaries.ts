/** The programs of a server, run by a user that may run them: where they lie, or a copy. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** The user that a server runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root; `nobody` exists everywhere and owns nothing. Undefined when we are not root. */
export const SERVER_USER: ServerUser | undefined = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;

export interface Binaries {
  readonly bin: string;
  /** As the server reports it: `18.4`. */
  readonly version: string;
}

/** The folder of the programs of an npm package, as the server's user reaches it. */
export function reachable(found: string, version: string): string {
  const isReachable = SERVER_USER === undefined || isOpenToAll(join(found, "native", "bin", "postgres"));
  const home = isReachable ? found : copied(found, version);
  linkLibraries(home);
  return join(home, "native", "bin");
}

/** A directory for temporary files that the server's user can enter and that leaves room for the name of a socket. */
export function temporaryDirectory(): string {
  const directory = tmpdir();
  return directory.length <= 60 && (SERVER_USER === undefined || isOpenToAll(directory)) ? directory : "/tmp";
}

/** Whether every user can reach and read what lies at a path. */
function isOpenToAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** A checkout below /root, say: the server's user gets a copy, made once per version. */
function copied(source: string, version: string): string {
  const target = join(temporaryDirectory(), `datumline-postgres-${version}`);
  if (!existsSync(target)) {
    const partial = mkdtempSync(`${target}-`);
    cpSync(join(source, "native"), join(partial, "native"), { recursive: true, verbatimSymlinks: true });
    execFileSync("chmod", ["-R", "a+rX", partial]);
    linkLibraries(partial);
    chmodSync(partial, 0o755);
    try {
      renameSync(partial, target);
    } catch {
      // Another process was faster.
      rmSync(partial, { recursive: true, force: true });
    }
  }
  // We are root here, and /tmp is everybody's: run nothing that somebody else has put there.
  const { uid, mode } = lstatSync(target);
  if (uid !== 0 || (mode & 0o022) !== 0) throw new Error(`${target} is not ours; remove it.`);
  return target;
}

/** npm packages cannot hold symbolic links; the package's postinstall script makes them, where scripts may run. */
function linkLibraries(home: string): void {
  const list = join(home, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    if (existsSync(join(home, target))) continue;
    try {
      symlinkSync(basename(source), join(home, target));
    } catch (error) {
      // Two processes may start at once.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
