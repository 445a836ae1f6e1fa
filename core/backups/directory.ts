/** A folder that keeps backups: what is written is there whole, on the disk, or not at all. */
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { syncFolder } from "../atomic-file.ts";
import { MissingPart, type Store } from "./model.ts";

/** Names that begin so are under way, or were left behind by what was killed. */
const PARTIAL = ".partial-";

export function directoryStore(path: string): Store {
  const root = resolve(path);
  return {
    name: root,
    async put(name, content, progress) {
      const target = join(root, name);
      const folder = dirname(target);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const temporary = join(folder, `${PARTIAL}${process.pid}-${Date.now()}`);
      let bytes = 0;
      content.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        progress?.(bytes);
      });
      try {
        await pipeline(content, createWriteStream(temporary, { flags: "wx", mode: 0o600, flush: true }));
        renameSync(temporary, target);
        syncFolder(folder);
        return bytes;
      } catch (problem) {
        rmSync(temporary, { force: true });
        throw problem;
      }
    },
    async get(name) {
      const from = join(root, name);
      if (!statSync(from, { throwIfNoEntry: false })) throw new MissingPart(name, root);
      return createReadStream(from, { highWaterMark: 1 << 20 });
    },
    async list(prefix) {
      return filesBelow(root, "").filter(({ name }) => name.startsWith(prefix));
    },
    async remove(names) {
      for (const name of names) rmSync(join(root, name), { force: true });
      for (const folder of new Set(names.map((name) => dirname(join(root, name))))) removeEmpty(folder, root);
    },
    async free() {
      mkdirSync(root, { recursive: true, mode: 0o700 });
      const { bavail, bsize } = statfsSync(root);
      return bavail * bsize;
    },
    async close() {},
  };
}

function filesBelow(root: string, under: string): { readonly name: string; readonly bytes: number }[] {
  const folder = join(root, under);
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = under === "" ? entry.name : `${under}/${entry.name}`;
      if (entry.isDirectory()) return filesBelow(root, name);
      if (!entry.isFile() || entry.name.startsWith(PARTIAL)) return [];
      return [{ name, bytes: statSync(join(root, name)).size }];
    });
}

function removeEmpty(folder: string, root: string): void {
  if (folder === root || !statSync(folder, { throwIfNoEntry: false })) return;
  for (const name of readdirSync(folder)) if (name.startsWith(PARTIAL)) rmSync(join(folder, name), { force: true });
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}
