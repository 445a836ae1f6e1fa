/** What a data source with backups asks of those that hold the files of schedulers. */
import type { Document } from "../../document.ts";
import type { Spec } from "../../kind.ts";
import { type Schedule, timesOf } from "../../schedule.ts";
import type { BackupSchedule, DataSource } from "../../specs.ts";
import { cron } from "./cron.ts";
import { githubActions } from "./github-actions.ts";
import type { Job, Printer, Runner } from "./job.ts";
import { kubernetes } from "./kubernetes.ts";
import { systemd } from "./systemd.ts";

const PRINTERS: Readonly<Record<Runner["as"], Printer>> = {
  systemd,
  cron,
  kubernetes,
  "github-actions": githubActions,
};

export function runnerFiles(source: DataSource, documents: readonly Document[]): Document[] {
  return documents.flatMap(({ kind, spec, origin }) => {
    const schedule = spec as unknown as BackupSchedule;
    const { runner } = schedule;
    if (kind !== "BackupSchedule" || !runner) return [];
    const times = timesOf(schedule.schedule as Schedule);
    // What is wrong with it has been told.
    if (typeof times === "string") return [];
    const { command = ["datumline"], declaration, on } = runner;
    const job: Job = {
      name: plainName(`datumline-backup-${source.name}-${schedule.name}`),
      title: `Backup ${schedule.name} of ${source.name}`,
      command: [...command, "backup", "run", schedule.name, "-f", declaration, "--data-source", source.name, "--quiet"],
      times,
      runner,
    };
    return PRINTERS[runner.as](job).map(
      (file): Document => ({ kind: "File", spec: file as unknown as Spec, dataSource: on, origin }),
    );
  });
}

/** Schedulers take letters, digits and hyphens. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}
