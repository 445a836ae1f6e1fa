/** A restore is tried by who makes the backup: AWS what AWS Backup keeps, Datumline what it keeps itself. */
import { isByAws } from "../core/aws-fields.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import type { BackupSchedule, RestoreDrill } from "../core/specs.ts";
import { objectsOf } from "./objects.ts";

export const drillUnfit: Guardrail = {
  code: "DRILL_UNFIT",
  pack: "backups",
  severity: "error",
  find: ({ declared }) => {
    const schedules = new Map(objectsOf("BackupSchedule", declared).map(({ spec }) => [spec.name, spec]));
    return objectsOf("RestoreDrill", declared).flatMap(({ address, spec }): Finding[] => {
      const schedule = schedules.get(spec.of);
      const [why, detail] = (schedule && unfit(spec, schedule)) ?? [];
      return why === undefined
        ? []
        : [{ address, summary: `${spec.name} cannot be run: ${why}`, ...(detail && { detail }) }];
    });
  },
};

function unfit(drill: RestoreDrill, schedule: BackupSchedule): readonly [why: string, detail: string] | undefined {
  const { runner, into, tables } = drill;
  const { name, how } = schedule;
  if (!isByAws(schedule)) {
    if (runner?.as !== "terraform") return undefined;
    return [
      `AWS restores what AWS Backup keeps, and Datumline keeps ${name}`,
      "Take one of the schedulers in `runner`.",
    ];
  }
  if (how?.tool === "rds")
    return [
      `${name} is kept by RDS, of which AWS tries no restore`,
      "Say `tool: aws-backup` there, or drill a schedule of `pg_dump` beside it.",
    ];
  if (runner?.as !== "terraform")
    return [
      `AWS Backup keeps ${name}, and only AWS restores it`,
      "Say `runner: { on: …, as: terraform }` and a `schedule`: a restore testing plan is made of it.",
    ];
  if (into || tables)
    return [
      "AWS restores into an instance of its own and compares nothing",
      "Leave `into` and `tables` out, or drill a schedule of `pg_dump` beside it.",
    ];
  return undefined;
}
