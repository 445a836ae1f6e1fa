/** Is a backup what was written? Every byte is read; what is encrypted is opened where the key is at hand. */
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Refusal } from "../errors.ts";
import { type Found, MANIFEST, partName } from "./manifest.ts";
import type { Store } from "./model.ts";
import { opens } from "./seal.ts";
import { type Trust, trustOf } from "./signature.ts";
import { restored } from "./streams.ts";

export interface Verified {
  readonly id: string;
  readonly store: string;
  /** What is wrong, a line for each part; none where it is good. */
  readonly problems: readonly string[];
  /** Its content was read as well, not only its checksums. */
  readonly opened: boolean;
  /** Whether its manifest was made with the key. */
  readonly trust: Trust;
  readonly bytes: number;
}

export async function verifyBackup(
  { manifest }: Found,
  store: Store,
  key: Buffer | undefined,
  progress: (bytes: number) => void,
): Promise<Verified> {
  const opened = opens(manifest.key, key);
  const trust = trustOf(manifest, key);
  const problems = trust === "forged" ? [`${MANIFEST} was not made with its key: somebody changed it`] : [];
  let bytes = 0;
  for (const part of manifest.parts) {
    try {
      const raw = await store.get(partName(manifest, part.name));
      raw.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        progress(bytes);
      });
      const form = opened ? { compression: manifest.compression, key } : { compression: "none" as const };
      const shown = opened ? part : { ...part, name: part.name.replace(/\.sealed$/, "") };
      await pipeline(restored(raw, shown, form), new Writable({ write: (_, __, done) => done() }));
    } catch (problem) {
      // What is wrong with the machine, or with Datumline, is not wrong with the backup.
      if (!(problem instanceof Refusal)) throw problem;
      problems.push(problem.message);
    }
  }
  return { id: manifest.id, store: store.name, problems, opened, trust, bytes };
}
