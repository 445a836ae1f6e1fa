/**
 * One run: every part is read once from its tool and goes to all places at the same time, and each place gets the manifest
 * only when it has all parts. A place that fails does not take the others with it.
 */
import { PassThrough, type Readable } from "node:stream";
import { now } from "../clock.ts";
import type { BackupSchedule } from "../specs.ts";
import { newId, partName, publish } from "./manifest.ts";
import {
  type BackupContext,
  type BackupTool,
  MANIFEST_VERSION,
  type Manifest,
  type Part,
  type Store,
} from "./model.ts";
import { keyName } from "./seal.ts";
import { SEALED, SUFFIXES, stored } from "./streams.ts";

export interface RunOptions {
  readonly schedule: BackupSchedule;
  readonly tool: BackupTool;
  readonly context: BackupContext;
  readonly stores: readonly Store[];
  readonly key?: Buffer | undefined;
  readonly progress: (bytes: number) => void;
}

export interface RunResult {
  readonly manifest: Manifest;
  readonly stored: readonly Store[];
  readonly failed: readonly { readonly store: Store; readonly problem: Error }[];
}

export async function runBackup(options: RunOptions): Promise<RunResult> {
  const { schedule, tool, context, key } = options;
  const startedAt = now();
  const taken = await tool.take(schedule, context);
  const run = new Spread(options);
  try {
    const head = { id: newId(startedAt), dataSource: context.source.name, schedule: schedule.name };
    const parts: Part[] = [];
    for await (const part of taken.parts) parts.push(await run.keep(head, part));
    const checks = await taken.checks();
    const { compression = "zstd" } = schedule.how ?? {};
    const manifest: Manifest = {
      version: MANIFEST_VERSION,
      ...head,
      engine: context.source.engine,
      startedAt: startedAt.toISOString(),
      endedAt: now().toISOString(),
      ...taken.facts,
      compression,
      ...(key && { key: keyName(key) }),
      parts,
      checks,
    };
    await run.publish(manifest);
    return { manifest, stored: run.alive, failed: run.failed };
  } catch (problem) {
    await run.discard();
    throw problem;
  } finally {
    await taken.close();
  }
}

/** The places of a run, of which some may fail on the way. */
class Spread {
  readonly failed: { readonly store: Store; readonly problem: Error }[] = [];
  alive: readonly Store[];
  readonly #options: RunOptions;
  readonly #names: string[] = [];
  #bytes = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.alive = options.stores;
  }

  async keep(
    head: Pick<Manifest, "id" | "dataSource" | "schedule">,
    part: {
      readonly name: string;
      readonly holds: Part["holds"];
      readonly content: Readable;
      readonly compressed: boolean;
    },
  ): Promise<Part> {
    const { schedule, key, progress } = this.#options;
    const { compression = "zstd", level } = schedule.how ?? {};
    const form = { compression: part.compressed ? ("none" as const) : compression, level, key };
    const { content, sum } = stored(part.content, form);
    const name = `${part.name}${SUFFIXES[form.compression]}${key ? SEALED : ""}`;
    const full = partName(head, name);
    this.#names.push(full);
    let broken: Error | undefined;
    const before = this.#bytes;
    let bytes = 0;
    content.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      progress(before + bytes);
    });
    const puts = this.alive.map((store) => {
      const branch = new PassThrough();
      content.pipe(branch);
      content.on("error", (problem: Error) => {
        broken = problem;
        branch.destroy(problem);
      });
      return store.put(full, branch).catch((problem: Error) => {
        content.unpipe(branch);
        branch.destroy();
        if (!broken) this.#lose(store, problem);
        // What nobody reads any more would stand still.
        if (this.alive.length === 0) content.destroy();
      });
    });
    await Promise.all(puts);
    if (broken) throw broken;
    if (this.alive.length === 0) throw this.failed[0]?.problem ?? new Error("internal: no place to keep a backup in");
    this.#bytes += bytes;
    return { name, holds: part.holds, ...sum() };
  }

  async publish(manifest: Manifest): Promise<void> {
    for (const store of this.alive) {
      try {
        await publish(manifest, store);
      } catch (problem) {
        this.#lose(store, problem as Error);
      }
    }
    if (this.alive.length === 0) throw this.failed[0]?.problem ?? new Error("internal: nothing was published");
  }

  /** Best effort: what stays is a leftover, which is told and pruned, never a backup. */
  async discard(): Promise<void> {
    await Promise.all(this.#options.stores.map((store) => store.remove(this.#names).catch(() => undefined)));
  }

  #lose(store: Store, problem: Error): void {
    this.alive = this.alive.filter((one) => one !== store);
    this.failed.push({ store, problem });
  }
}
