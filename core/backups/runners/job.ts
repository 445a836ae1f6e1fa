/** What a scheduler is told: one command at certain times, under a name of its own. */
import { hash } from "../../hash.ts";
import type { Times } from "../../schedule.ts";
import type { BackupSchedule, File, RestoreDrill } from "../../specs.ts";

export type Runner = NonNullable<BackupSchedule["runner"]>;

export interface Job {
  /** `datumline-backup-warehouse-nightly`: letters, digits and hyphens, as every scheduler takes it. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** The command and its arguments, none of them a secret. */
  readonly command: readonly string[];
  readonly times: Times;
  readonly runner: Runner;
  /** What is backed up, or restored, and the name of the job that backs it up. */
  readonly schedule: BackupSchedule;
  readonly backup: string;
  /** Where it is a restore that is tried. */
  readonly drill?: RestoreDrill;
}

/** The files of one scheduler for a job. */
export type Printer = (job: Job) => readonly File[];

/** In one line, wherever a title stands. */
export function titleOf(title: string): string {
  return title.replaceAll(/\p{Cc}+/gu, " ");
}

/** Schedulers take letters, digits and hyphens. What has others stays apart from all else by its hash. */
export function plainName(...parts: readonly string[]): string {
  const name = parts
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return parts.every((part) => /^[\w .-]+$/.test(part)) ? name : `${name}-${suffix(parts)}`;
}

/** A name that is no longer than a scheduler takes it. */
export function within(name: string, longest: number): string {
  return name.length <= longest ? name : `${name.slice(0, longest - 9)}-${suffix(name)}`;
}

function suffix(of: unknown): string {
  return hash(of)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "0")
    .slice(0, 8);
}
