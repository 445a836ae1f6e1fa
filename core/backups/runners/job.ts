/** What a scheduler is told: one command at certain times, under a name of its own. */
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
