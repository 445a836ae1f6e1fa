/** What somebody on call does when data is gone: made of the declaration, so that it fits the estate it is read in. */
import type { Evidence } from "../backups/evidence.ts";
import { type Schedule, systemdText, type Times, timesOf } from "../schedule.ts";
import type { BackupSchedule, DataSource } from "../specs.ts";
import { cell, code, fenced, table } from "./escape.ts";

export interface RunbookSource {
  readonly source: DataSource;
  readonly schedules: readonly BackupSchedule[];
  /** Newest drill that held. */
  readonly drill?: Evidence | undefined;
  /** What stands for `-f` in commands. */
  readonly files: string;
}

export function runbook({ source, schedules, drill, files }: RunbookSource): string {
  const { name, connection, environment, owner, criticality } = source;
  const at = [connection.host, connection.port].filter(Boolean).join(":");
  const facts = [
    ["Where", [at, connection.database].filter(Boolean).join("/") || "as the URL says"],
    ["Environment", environment],
    ["Answers for it", owner],
    ["Criticality", criticality],
    [
      "Last drill that held",
      drill ? `${drill.endedAt}: restored in ${Math.ceil(drill.restoreSeconds)} s` : "none is known",
    ],
  ].flatMap(([what, said]) => (said === undefined ? [] : [[what as string, cell(said)]]));
  return `${[
    `# Recovery of ${cell(name)}`,
    table(["", ""], facts),
    "## What there is",
    table(
      ["Backup", "When", "Where", "At most lost (RPO)", "Back within (RTO)", "Sealed with"],
      schedules.map(scheduleRow),
    ),
    ...schedules.flatMap((schedule) => steps(source, schedule, files)),
    AFTER(files),
  ].join("\n\n")}\n`;
}

function scheduleRow({ name, schedule, to, rpo, rto, encryption }: BackupSchedule): string[] {
  const places = to.map((place) =>
    "directory" in place ? place.directory : `s3://${place.s3.bucket}/${place.s3.prefix ?? ""}`,
  );
  return [
    code(name),
    code(systemdText(timesOf(schedule as Schedule) as Times)),
    places.map(code).join(", "),
    cell(rpo ?? "not said"),
    cell(rto ?? "not said"),
    encryption ? code(JSON.stringify(encryption.key)) : "not sealed",
  ];
}

function steps(source: DataSource, { name, encryption }: BackupSchedule, files: string): string[] {
  const base = `-f ${files} --data-source ${source.name}`;
  const copy = `${source.connection.database ?? source.name}_restored`;
  return [
    `## Restore ${cell(name)}`,
    [
      "1. **Stop what writes.** Take the application offline, or revoke its right to connect, so that nothing is written that the restore will not have.",
      `2. **See what there is.** The newest whole backup comes first:\n\n${fenced(`datumline backup list ${name} ${base}`, "console")}`,
      ...(encryption
        ? [
            `3. **Have the key.** It is looked for where ${code(JSON.stringify(encryption.key))} says; without it nothing can be opened.`,
          ]
        : []),
      `${encryption ? 4 : 3}. **Restore beside the damaged one**, never over it. Roles that the server lacks are named; \`--globals\` makes them, without passwords:\n\n${fenced(
        `datumline backup restore ${name} ${base} --into ${copy} --globals`,
        "console",
      )}`,
      `${encryption ? 5 : 4}. **Look at it.** Does it hold what it should, and for whom?\n\n${fenced(
        `datumline plan ${base} --url postgresql://USER@HOST/${copy}\ndatumline test ${base} --url postgresql://USER@HOST/${copy}`,
        "console",
      )}`,
      `${encryption ? 6 : 5}. **Put it in place.** Rename the damaged database and then the copy; connections to both must be gone:\n\n${fenced(
        `ALTER DATABASE "${source.connection.database ?? "DATABASE"}" RENAME TO "${source.connection.database ?? "DATABASE"}_damaged";\nALTER DATABASE "${copy}" RENAME TO "${source.connection.database ?? "DATABASE"}";`,
        "sql",
      )}`,
    ]
      // What belongs to a step is indented under it.
      .map((step) => step.replaceAll("\n", "\n   ").replaceAll("\n   \n", "\n\n"))
      .join("\n"),
  ];
}

const AFTER = (files: string): string =>
  `## Afterwards\n\nApply the declaration, which sets passwords and what a dump does not hold; then let the application in, take a backup, and run a drill.\n\n${fenced(
    `datumline apply -f ${files}\ndatumline backup run -f ${files}\ndatumline backup drill -f ${files}`,
    "console",
  )}`;
