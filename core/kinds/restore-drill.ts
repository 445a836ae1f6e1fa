import { address } from "../address.ts";
import { NAME, SCHEDULE, SECRET } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { RUNNER, runnerFaults } from "../runner-fields.ts";
import { flag, object, reference, set, text } from "../schema.ts";
import type { RestoreDrill } from "../specs.ts";

export const restoreDrill = defineKind<RestoreDrill>({
  name: "RestoreDrill",
  rank: 121,
  keeps: true,
  summary:
    "A restore that is tried: into a throw-away server, compared with the declaration and with what was counted, proved, timed, and thrown away. What was seen is kept as evidence.",
  fields: {
    name: NAME,
    of: reference("Backup that is restored.", "BackupSchedule", { parts: 1, orders: false }),
    schedule: SCHEDULE,
    runner: RUNNER,
    into: object("Where it is restored; by default an embedded server that is made for it.", {
      url: { ...SECRET, description: `Server, in which a new database is made and dropped. ${SECRET.description}` },
    }),
    tables: set("Tables whose rows are hashed; by default those that the schedule checks.", text("Table or pattern.")),
    proofs: flag("Runs the proofs and quality checks of the declaration on the copy.", true),
    evidence: text("Folder for the evidence, a JSON file and a page; relative to the document.", {
      default: "evidence",
    }),
  },
  required: ["name", "of"],
  address: (spec) => address("RestoreDrill", spec.name),
  scope: () => ({}),
  check,
});

function check(drill: RestoreDrill): string[] {
  const { schedule, runner } = drill;
  return [
    ...runnerFaults(drill),
    ...(schedule && !runner
      ? ["`schedule` without `runner`: nobody would run it; add a `runner`, or take both out"]
      : []),
    ...(runner && !schedule ? ["`runner` without `schedule`: it would not know when; add a `schedule`"] : []),
  ];
}
