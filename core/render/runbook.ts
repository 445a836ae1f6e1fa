/** What somebody on call does when data is gone: made of the declaration, so that it fits the estate it is read in. */
import { elsewhere } from "../backups/elsewhere.ts";
import type { Evidence } from "../backups/evidence.ts";
import type { Recovery } from "../backups/model.ts";
import { type Schedule, systemdText, type Times, timesOf } from "../schedule.ts";
import type { BackupSchedule, DataSource } from "../specs.ts";
import { cell, code, prose, table } from "./escape.ts";
import { secretInWords } from "./secret-in-words.ts";
import { numbered } from "./steps.ts";

export interface RunbookSource {
  readonly source: DataSource;
  readonly schedules: readonly RunbookSchedule[];
  /** Newest drill that held. */
  readonly drill?: Evidence | undefined;
  /** Where the declaration is. */
  readonly files: readonly string[];
}

export interface RunbookSchedule {
  readonly schedule: BackupSchedule;
  readonly recovery: Recovery;
}

export function runbook({ source, schedules, drill, files }: RunbookSource): string {
  const { name } = source;
  return `${[
    `# Recovery of ${cell(name)}`,
    table(["", ""], facts(source, drill)),
    "## Before you begin",
    needs(source, schedules, files),
    "## What there is",
    table(
      ["Backup", "When", "Where", "At most lost (RPO)", "Back within (RTO)", "Sealed with"],
      schedules.map(({ schedule }) => scheduleRow(source, schedule)),
    ),
    ...schedules.flatMap(({ schedule, recovery }) => [`## Restore ${cell(schedule.name)}`, numbered(recovery.steps)]),
  ].join("\n\n")}\n`;
}

function facts({ connection, environment, owner, criticality }: DataSource, drill: Evidence | undefined): string[][] {
  const at = [connection.host, connection.port].filter(Boolean).join(":");
  const place = [at, connection.database].filter(Boolean).join("/");
  const rows = [
    [
      "Where",
      place ||
        (connection.url ? `the URL in ${secretInWords(connection.url)}` : "the server that libpq's environment names"),
    ],
    ["Environment", environment],
    ["Ask first", owner ?? "nobody is named: say `owner` in the DataSource"],
    ["Criticality", criticality],
    [
      "Last restore that was proved",
      drill
        ? `${drill.endedAt}, of ${drill.backup}, in ${Math.ceil(drill.restoreSeconds)} s`
        : "none is known: do not promise a time",
    ],
  ];
  return rows.flatMap(([what, said]) => (said === undefined ? [] : [[what as string, prose(said)]]));
}

/** What whoever is on call must have at hand; looked for before anything is stopped. */
function needs(
  { name, connection }: DataSource,
  schedules: readonly RunbookSchedule[],
  files: readonly string[],
): string {
  const keys = schedules.flatMap(({ schedule: { encryption, name: of } }) =>
    encryption ? [`the key of ${of}: ${secretInWords(encryption.key)}`] : [],
  );
  const logins = [connection.url, connection.password].flatMap((secret) => (secret ? [secretInWords(secret)] : []));
  const programs = [...new Set(schedules.flatMap(({ recovery }) => recovery.programs))].map((one) => `\`${one}\``);
  const paths = files.map((path) => `\`${path}\``);
  const lines = [
    `This declaration, under ${paths.join(" and ")}, and \`datumline\` with ${programs.join(", ")}, on a machine that reaches the server.`,
    ...(logins.length > 0 ? [`The login: ${logins.join(", ")}. It must be able to make databases.`] : []),
    ...keys.map((key) => `${key.charAt(0).toUpperCase()}${key.slice(1)}.`),
    `Somebody who decides. What was written to ${name} after the backup is lost. All of it is restored beside what is there, so nothing is lost by trying.`,
  ];
  return lines.map((line) => `- ${prose(line)}`).join("\n");
}

function scheduleRow(source: DataSource, schedule: BackupSchedule): string[] {
  const { name, to = [], rpo, rto, encryption } = schedule;
  const by = elsewhere(source, schedule);
  const places = to.map((place) =>
    "directory" in place ? place.directory : `s3://${place.s3.bucket}/${place.s3.prefix ?? ""}`,
  );
  return [
    code(name),
    code(systemdText(timesOf(schedule.schedule as Schedule) as Times)),
    by ? cell(by.who) : places.map(code).join(", "),
    cell(rpo ?? "not said"),
    cell(rto ?? "not said"),
    encryption ? prose(secretInWords(encryption.key)) : by ? cell("a key of AWS") : "not sealed",
  ];
}
