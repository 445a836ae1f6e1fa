/** File systems that are small, or may only be read; gone after the test file. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { skipped } from "./skipping.ts";

const mounts: string[] = [];
afterAll(() => {
  for (const mount of mounts.splice(0)) {
    spawnSync("sh", ["-c", `umount -l ${mount}`]);
    rmSync(mount, { recursive: true, force: true });
  }
});

/** A small file system; undefined where nobody may mount one. */
export function small(options: string): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "datumline-small-"));
  mounts.push(path);
  if (spawnSync("sh", ["-c", `mount -t tmpfs -o ${options} tmpfs ${path}`]).status === 0) return path;
  skipped("a place that is full", "nobody may mount a small file system here");
  return undefined;
}
