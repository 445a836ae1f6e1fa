import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Runs jest as a script of its own; where results are collected, its own go there under a name. Its exit code. */
export function jest(name: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const folder = process.env.DATUMLINE_RESULTS;
  const collected = folder === undefined ? [] : ["--json", `--outputFile=${join(folder, `${name}.json`)}`];
  const { status } = spawnSync("npx", ["jest", ...args, ...collected], {
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return status ?? 1;
}
