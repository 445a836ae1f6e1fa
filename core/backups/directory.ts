/** A folder that keeps backups: what is written is there whole, on the disk, or not at all. */
import {
  accessSync,
  constants,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { syncFolder } from "../atomic-file.ts";
import { markNoDocuments } from "../no-documents.ts";
import { placeFailed } from "./faults.ts";
import { MissingPart, type Store, type StoredFile } from "./model.ts";
import { AHEAD } from "./programs.ts";

/** Names that begin so are under way, or were left behind by what was killed: no file of a backup. */
const PARTIAL = ".partial-";

export function directoryStore(path: string): Store {
  const root = resolve(path);
  const attempted = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (problem) {
      throw placeFailed(root, problem);
    }
  };
  return {
    name: root,
    put: (name, content, progress) =>
      attempted(async () => {
        const target = join(root, name);
        const folder = dirname(target);
        makeFolder(folder);
        markNoDocuments(root);
        const temporary = join(folder, `${PARTIAL}${process.pid}-${Date.now()}`);
        let bytes = 0;
        content.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          progress?.(bytes);
        });
        try {
          await pipeline(content, createWriteStream(temporary, { ...AHEAD, flags: "wx", mode: 0o600, flush: true }));
          renameSync(temporary, target);
          syncFolder(folder);
          return bytes;
        } catch (problem) {
          rmSync(temporary, { force: true });
          throw problem;
        }
      }),
    get: (name) =>
      attempted(async () => {
        try {
          return (await open(join(root, name))).createReadStream(AHEAD);
        } catch (problem) {
          throw (problem as NodeJS.ErrnoException).code === "ENOENT" ? new MissingPart(name, root) : problem;
        }
      }),
    list: (prefix) =>
      attempted(() => filesBelow(root, "").filter(({ name }) => name.startsWith(prefix) && name !== prefix)),
    remove: (names) =>
      attempted(() => {
        for (const name of names) if (!name.endsWith("/")) rmSync(join(root, name), { force: true });
        for (const folder of new Set(names.map((name) => resolve(root, name.slice(0, name.lastIndexOf("/"))))))
          removeEmpty(folder, root);
      }),
    free: () =>
      attempted(() => {
        mkdir(root);
        const { bavail, bsize } = statfsSync(root);
        return bavail * bsize;
      }),
    async close() {},
  };
}

/** Where a file system can only be read, Node says of its folders that they are not there. */
function mkdir(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (problem) {
    let above = folder;
    while (!existsSync(above)) above = dirname(above);
    accessSync(above, constants.W_OK);
    throw problem;
  }
}

/** A folder that was made is there after a crash only once the one above it is written as well. */
function makeFolder(folder: string): void {
  const first = mkdir(folder);
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made));
}

/** A folder with nothing in it is told with a `/` at its end: whoever made it, or emptied it, was killed. */
function filesBelow(root: string, under: string): StoredFile[] {
  const entries = entriesOf(join(root, under));
  if (entries.length === 0 && under !== "") return [{ name: `${under}/`, bytes: 0, isUnfinished: true }];
  return entries.flatMap((entry) => {
    const name = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(root, name);
    const known = entry.isFile() ? statSync(join(root, name), { throwIfNoEntry: false }) : undefined;
    if (!known) return [];
    return [{ name, bytes: known.size, ...(entry.name.startsWith(PARTIAL) && { isUnfinished: true as const }) }];
  });
}

/** Nothing for a folder that is not there, or no more. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw problem;
  }
}

/** The folder, and those above it that are empty then; a file that is there by now keeps its folder. */
function removeEmpty(folder: string, root: string): void {
  for (let empty = folder; empty !== root; empty = dirname(empty)) {
    try {
      rmdirSync(empty);
    } catch (problem) {
      const { code } = problem as NodeJS.ErrnoException;
      if (code === "ENOTEMPTY" || code === "EEXIST") return;
      if (code !== "ENOENT") throw problem;
    }
  }
}
