/**
 * Programs and folders that last no longer than this process, however it ends, SIGKILL included: a shell beside each holds a
 * pipe to us, and when that closes without a word it ends the program or removes the folder.
 */
import { type ChildProcess, type IOType, type SpawnOptions, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stream } from "node:stream";

/** The program takes the shell's place, so what is known of it by its process stays true; nobody waits for the watcher. */
const WATCHED = `
( (read -r _ <&3 || kill "$$") </dev/null >/dev/null 2>&1 & )
exec "$@" 3<&-
`;

export interface OwnedOptions extends Pick<SpawnOptions, "env" | "signal" | "cwd" | "uid" | "gid"> {
  readonly stdio: readonly [IOType, IOType | Stream, IOType];
}

/** Starts a program that is ended when this process is gone. */
export function spawnOwned(path: string, words: readonly string[], { stdio, ...options }: OwnedOptions): ChildProcess {
  const child = spawn("/bin/sh", ["-c", WATCHED, "sh", path, ...words], { ...options, stdio: [...stdio, "pipe"] });
  const life = child.stdio[3] as Socket;
  life.on("error", () => undefined);
  child.once("exit", () => life.end("\n", () => life.destroy()));
  return child;
}

/** What is still writing into it is being ended at the same time, so removal is tried again. */
const KEPT = `
read -r _ && exit
for attempt in 1 2 3 4 5 6 7 8 9; do
  rm -rf "$1"
  sleep 0.2
  [ -e "$1" ] || exit
done
`;

export interface OwnedFolder {
  readonly path: string;
  remove(): void;
}

/** A temporary folder that nobody else may enter; `purpose` is a part of its name. */
export function ownedFolder(purpose: string): OwnedFolder {
  const path = join(tmpdir(), `datumline-${purpose}-${randomBytes(6).toString("hex")}`);
  // The watcher first: there is no moment at which the folder has none.
  const watcher = spawn("/bin/sh", ["-c", KEPT, "sh", path], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  const life = watcher.stdin as Socket;
  life.on("error", () => undefined);
  watcher.unref();
  life.unref();
  mkdirSync(path, { mode: 0o700 });
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
      life.end("\n");
    },
  };
}
