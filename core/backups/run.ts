/**
 * One run: every part is read once from its tool and goes to all places at the same time, and each place gets the manifest
 * only when it has all parts. A place that fails does not take the others with it.
 */
import { PassThrough, Readable } from "node:stream";
import { unlessAborted } from "../abort.ts";
import { now } from "../clock.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { BackupSchedule } from "../specs.ts";
import { BEGUN, type Head, idsIn, MANIFEST, newId, partName, publish, runName } from "./manifest.ts";
import {
  type BackupContext,
  type BackupTool,
  MANIFEST_VERSION,
  type Manifest,
  type Part,
  type Store,
} from "./model.ts";
import { AHEAD } from "./programs.ts";
import { keyName } from "./seal.ts";
import { signed } from "./signature.ts";
import { SEALED, SUFFIXES, stored } from "./streams.ts";

export interface RunOptions {
  readonly schedule: BackupSchedule;
  readonly tool: BackupTool;
  readonly context: Omit<BackupContext, "begin">;
  readonly stores: readonly Store[];
  readonly key?: Buffer | undefined;
  readonly progress: (bytes: number) => void;
}

export interface RunResult {
  readonly manifest: Manifest;
  readonly stored: readonly Store[];
  readonly failed: readonly { readonly store: Store; readonly problem: Error }[];
  /** What the tool says of it. */
  readonly notes: readonly Diagnostic[];
}

export async function runBackup(options: RunOptions): Promise<RunResult> {
  const { schedule, tool, context, key } = options;
  const startedAt = now();
  const run = new Spread(options, startedAt);
  const taken = await tool.take(schedule, { ...context, begin: () => run.begin() });
  try {
    const head = await run.head();
    const parts: Part[] = [];
    for await (const part of taken.parts) parts.push(await run.keep(head, part));
    const checks = await unlessAborted(context.signal, taken.checks());
    const { compression = "zstd" } = schedule.how ?? {};
    const unsigned: Manifest = {
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
    const manifest = signed(unsigned, key);
    await run.publish(manifest);
    return { manifest, stored: run.alive, failed: run.failed, notes: taken.notes ?? [] };
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
  readonly #startedAt: Date;
  readonly #names: string[] = [];
  #head: Promise<Head> | undefined;
  #bytes = 0;

  constructor(options: RunOptions, startedAt: Date) {
    this.#options = options;
    this.#startedAt = startedAt;
    this.alive = options.stores;
  }

  /** What it is called; to be asked for once nobody else runs, so that ids sort in the order of the runs. */
  head(): Promise<Head> {
    this.#head ??= this.#named();
    return this.#head;
  }

  async #named(): Promise<Head> {
    const { context, schedule } = this.#options;
    const of = { dataSource: context.source.name, schedule: schedule.name };
    return { id: newId(this.#startedAt, await this.#ids(of)), ...of };
  }

  /** Where no place can be told, nothing is made that none of them would know of. */
  async begin(): Promise<string> {
    const head = await this.head();
    for (const store of this.alive) {
      const content = Readable.from([Buffer.from(`${this.#startedAt.toISOString()}\n`)]);
      await store.put(partName(head, BEGUN), content).catch((problem: Error) => this.#lose(store, problem));
    }
    this.#needsOne();
    return runName(head);
  }

  /** Of all runs that the places know of; one that cannot tell is lost to this run. */
  async #ids({ dataSource, schedule }: Omit<Head, "id">): Promise<readonly string[]> {
    const known = this.alive.map((store) =>
      idsIn(store, dataSource, schedule).catch(async (problem: Error): Promise<readonly string[]> => {
        await this.#lose(store, problem);
        return [];
      }),
    );
    const ids = (await Promise.all(known)).flat();
    this.#needsOne();
    return ids;
  }

  async keep(
    head: Head,
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
      const branch = new PassThrough(AHEAD);
      content.pipe(branch);
      content.on("error", (problem: Error) => {
        broken = problem;
        branch.destroy(problem);
      });
      return store.put(full, branch).catch(async (problem: Error) => {
        content.unpipe(branch);
        branch.destroy();
        if (!broken) await this.#lose(store, problem);
        // What nobody reads any more would stand still.
        if (this.alive.length === 0) content.destroy();
      });
    });
    await Promise.all(puts);
    if (broken) throw broken;
    this.#needsOne();
    this.#bytes += bytes;
    return { name, holds: part.holds, ...sum() };
  }

  async publish(manifest: Manifest): Promise<void> {
    this.#names.unshift(partName(manifest, MANIFEST));
    for (const store of this.alive) {
      try {
        await publish(manifest, store);
      } catch (problem) {
        await this.#lose(store, problem as Error);
      }
    }
    this.#needsOne();
    // The run has ended, whichever places it has lost on the way.
    for (const { store } of this.failed) await store.remove([partName(manifest, BEGUN)]).catch(() => undefined);
  }

  async discard(): Promise<void> {
    await Promise.all(this.alive.map((store) => this.#remove(store)));
  }

  /** Best effort: what stays is a leftover, which is told and pruned, never a backup. */
  async #remove(store: Store): Promise<void> {
    for (const name of this.#names) await store.remove([name]).catch(() => undefined);
  }

  async #lose(store: Store, problem: Error): Promise<void> {
    this.alive = this.alive.filter((one) => one !== store);
    this.failed.push({ store, problem });
    await this.#remove(store);
  }

  #needsOne(): void {
    if (this.alive.length === 0) throw this.failed[0]?.problem ?? new Error("internal: no place to keep a backup in");
  }
}
