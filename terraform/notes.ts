/**
 * What a plan was made from, noted beside Terraform's own data, for the walk that applies it. Terraform gives a provider
 * no place for it when an object is created or its state was not refreshed; without the note a live system that changed
 * in between would be reported as a fault of the provider. A note holds hashes only, and losing it costs a better message.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hash } from "../core/hash.ts";
import type { Private, Values } from "./plugin/provider.ts";

export interface Note {
  /** Of the live system. */
  readonly fingerprint: string;
  /** Of what the plan shows. */
  readonly outcome: string;
  /** Of what Terraform kept for the plan: the same note for another plan of the same text is not for this one. */
  readonly kept: string;
}

const KEPT_DAYS = 30;

function folder(): string {
  return join(process.env.TF_DATA_DIR || ".terraform", "datumline");
}

/** Name of the note on a plan of one object for one live system; what is written nowhere has no part in it. */
export function noteName(config: Values, prior: Values | null, identity: string): string {
  const { password: _, url: __, ...open } = config;
  return hash(JSON.stringify([open, prior, identity]));
}

export function keptHash(kept: Private): string {
  return hash(kept ?? "");
}

export function writeNote(name: string, note: Note): void {
  try {
    const at = folder();
    mkdirSync(at, { recursive: true });
    const temporary = join(at, `${name}.${process.pid}`);
    writeFileSync(temporary, JSON.stringify(note), { mode: 0o600 });
    renameSync(temporary, join(at, `${name}.json`));
    forgetOld(at);
  } catch {
    // A folder that cannot be written costs a better message, nothing else.
  }
}

export function readNote(name: string): Note | undefined {
  try {
    const note = JSON.parse(readFileSync(join(folder(), `${name}.json`), "utf8")) as Note;
    return [note.fingerprint, note.outcome, note.kept].every((part) => typeof part === "string") ? note : undefined;
  } catch {
    return undefined;
  }
}

export function removeNote(name: string): void {
  rmSync(join(folder(), `${name}.json`), { force: true });
}

function forgetOld(at: string): void {
  const oldest = Date.now() - KEPT_DAYS * 24 * 60 * 60 * 1000;
  for (const file of readdirSync(at)) if (statSync(join(at, file)).mtimeMs < oldest) rmSync(join(at, file));
}
