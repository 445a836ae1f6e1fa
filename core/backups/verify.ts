/** Is a backup what was written? Every byte is read; what is encrypted is opened where the key is at hand. */
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Found, partName } from "./manifest.ts";
import type { Store } from "./model.ts";
import { keyName } from "./seal.ts";
import { restored } from "./streams.ts";

export interface Verified {
  readonly id: string;
  readonly store: string;
  /** What is wrong, a line for each part; none where it is good. */
  readonly problems: readonly string[];
  /** Its content was read as well, not only its checksums. */
  readonly opened: boolean;
  readonly bytes: number;
}

export async function verifyBackup(
  { manifest }: Found,
  store: Store,
  key: Buffer | undefined,
  progress: (bytes: number) => void,
): Promise<Verified> {
  const opens = manifest.key === undefined || (key !== undefined && keyName(key) === manifest.key);
  const problems: string[] = [];
  let bytes = 0;
  for (const part of manifest.parts) {
    try {
      const raw = await store.get(partName(manifest, part.name));
      raw.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        progress(bytes);
      });
      const form = opens ? { compression: manifest.compression, key } : { compression: "none" as const };
      const shown = opens ? part : { ...part, name: part.name.replace(/\.sealed$/, "") };
      await pipeline(restored(raw, shown, form), new Writable({ write: (_, __, done) => done() }));
    } catch (problem) {
      problems.push((problem as Error).message);
    }
  }
  return { id: manifest.id, store: store.name, problems, opened: opens, bytes };
}
