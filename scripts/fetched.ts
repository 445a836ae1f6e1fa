/** What tests need and no machine has by itself, fetched once and kept beside the dependencies. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../node_modules/.cache/datumline-fetched", import.meta.url));

/**
 * A folder with these packages, made at the first time; undefined where they cannot be had, which is said. `install` puts
 * them there, and gives what went wrong.
 */
export function fetched(
  name: string,
  packages: readonly string[],
  install: (folder: string) => string | undefined,
): string | undefined {
  const hash = createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 12);
  const folder = join(CACHE, `${name}-${hash}`);
  const done = join(folder, "complete");
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const missing = install(folder);
  if (missing === undefined) {
    writeFileSync(done, "");
    return folder;
  }
  process.stderr.write(`SKIPPED: ${name}: ${missing}\n`);
  return undefined;
}

/** What a command that failed said last. */
export function failing(program: string, args: readonly string[], cwd = "."): string | undefined {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd });
  if (status === 0) return undefined;
  return error ? `${program}: ${error.message}` : `${program}: ${`${stdout}${stderr}`.trim().split("\n").at(-1)}`;
}
