/** What a data source with backups asks of those that hold the files of schedulers. */
import type { Document } from "../../document.ts";
import type { Kind, Spec } from "../../kind.ts";
import { KINDS } from "../../kinds/index.ts";
import { canonical } from "../../objects.ts";
import { type Schedule, timesOf } from "../../schedule.ts";
import type { BackupSchedule, DataSource, RestoreDrill } from "../../specs.ts";
import { cron } from "./cron.ts";
import { fetched, githubActions } from "./github-actions.ts";
import { type Job, type Printer, plainName, type Runner } from "./job.ts";
import { kubernetes } from "./kubernetes.ts";
import { systemd } from "./systemd.ts";
import { terraform } from "./terraform.ts";

const PRINTERS: Readonly<Record<Runner["as"], Printer>> = {
  systemd,
  cron,
  kubernetes,
  "github-actions": githubActions,
  terraform,
};

/** As much of a document, or of what is declared, as says what is run. */
type Said = Pick<Document, "kind" | "spec"> & Partial<Pick<Document, "origin">>;

export function runnerFiles(source: DataSource, documents: readonly Said[]): Document[] {
  return documents.flatMap((document) => filesFor(source, document, documents));
}

/** The files of one schedule or drill, in whatever form it was written. */
export function filesFor(source: DataSource, document: Said, among: readonly Said[]): Document[] {
  const job = jobOf(source, document, among);
  if (!job) return [];
  const { on, as } = job.runner;
  return PRINTERS[as](job).map(
    (file): Document => ({
      kind: "File",
      spec: file as unknown as Spec,
      dataSource: on,
      origin: document.origin ?? {},
    }),
  );
}

function jobOf(source: DataSource, { kind, spec }: Said, among: readonly Said[]): Job | undefined {
  if (kind !== "BackupSchedule" && kind !== "RestoreDrill") return undefined;
  const own = settled<BackupSchedule | RestoreDrill>(kind, spec);
  const drill = "of" in own ? own : undefined;
  const schedule = "of" in own ? scheduleOf(own, among) : own;
  const times = own.schedule && timesOf(own.schedule as Schedule);
  const { runner } = own;
  // What is wrong with it has been told.
  if (!runner || !schedule || !times || typeof times === "string") return undefined;
  const { declaration = "." } = runner;
  const [verb, title] = drill ? ["drill", "Restore drill"] : ["run", "Backup"];
  const backup = plainName("datumline-backup", source.name, schedule.name);
  return {
    name: drill ? plainName("datumline-drill", source.name, drill.name) : backup,
    title: `${title} ${own.name} of ${source.name}`,
    command: [
      ...commandOf(schedule, runner),
      "backup",
      verb,
      own.name,
      "-f",
      declaration,
      "--data-source",
      source.name,
      "--quiet",
    ],
    times,
    runner,
    schedule,
    backup,
    ...(drill && { drill }),
  };
}

/** A machine that is made anew for each run has none installed. */
function commandOf(schedule: BackupSchedule, { as, command }: Runner): readonly string[] {
  return command ?? (as === "github-actions" ? fetched(schedule) : ["datumline"]);
}

function scheduleOf({ of }: RestoreDrill, among: readonly Said[]): BackupSchedule | undefined {
  const said = among.find(({ kind, spec }) => kind === "BackupSchedule" && spec.name === of);
  return said && settled<BackupSchedule>(said.kind, said.spec);
}

/** Equal specs, however they were written, make equal files. */
function settled<S>(kind: string, spec: Spec): S {
  return canonical((KINDS.get(kind) as Kind).schema, spec) as unknown as S;
}
