/** One process at a time, by a file that names it: where a system has no locks of its own. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { error } from "./diagnostic.ts";
import { Refusal } from "./errors.ts";

const WAIT = 100;

/** Waits for its turn; gives what ends it. A lock whose process is gone from this machine counts for nothing. */
export async function takeLock(path: string, patience: number): Promise<() => void> {
  const own = JSON.stringify({ pid: process.pid, host: hostname() });
  const until = performance.now() + patience;
  for (;;) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, own, { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (problem) {
      const { code } = problem as NodeJS.ErrnoException;
      if (code !== "EEXIST") throw new Refusal([unwritable(path, code)]);
    }
    if (isStale(path)) rmSync(path, { force: true });
    else if (performance.now() > until) throw new Refusal([busy(path)]);
    else await new Promise((done) => setTimeout(done, WAIT));
  }
}

function isStale(path: string): boolean {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, "utf8")) as { readonly pid: number; readonly host: string };
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function unwritable(path: string, code: string | undefined) {
  return error("NOT_WRITTEN", `${path} cannot be written: ${code}`, {
    detail:
      "Run as a user who may write into its folder: whoever changes what lies there keeps others away by this file.",
  });
}

function busy(path: string) {
  return error("BUSY", `Another run holds ${path}`, {
    detail: "Wait for it to end. If no other run is under way, on no other machine either, remove the file.",
  });
}
