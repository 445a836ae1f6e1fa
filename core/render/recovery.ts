/** What is done alike in every recovery, and the recovery of what somebody else keeps. */
import type { Elsewhere } from "../backups/elsewhere.ts";
import type { Recovery, RecoveryOptions } from "../backups/model.ts";
import type { DataSource } from "../specs.ts";
import { atShell, type Step } from "./steps.ts";

/** Commands that show which backups there are, and whether they are whole. */
export const listed = (schedule: string, { base }: RecoveryOptions) =>
  atShell(`datumline backup list ${schedule} ${base}`, `datumline backup verify ${schedule} ${base}`);

/** What was restored is looked at before anybody uses it. */
export function lookAt(url: string, { base }: RecoveryOptions): Step {
  return {
    title: "Look at it.",
    says: "A plan that is nearly empty and proofs that hold say that it is what was declared. Compare what matters most by hand, such as the newest rows.",
    commands: [atShell(`datumline plan ${base} --url ${url}`, `datumline test ${base} --url ${url}`)],
  };
}

/** Commands that make what is there as it is declared, and try the way in. */
export const applied = ({ base }: RecoveryOptions) => atShell(`datumline apply ${base}`, `datumline connect ${base}`);

/** Commands that back up what is there now, and prove that it can be restored. */
export const backedUp = (schedule: string, { base, drill }: RecoveryOptions) =>
  atShell(
    `datumline backup run ${schedule} ${base}`,
    ...(drill === undefined ? [] : [`datumline backup drill ${drill} ${base}`]),
  );

export function recoveryElsewhere(
  { engine, connection }: DataSource,
  { who, list, restore }: Elsewhere,
  options: RecoveryOptions,
): Recovery {
  const { user = "USER", database = "DATABASE" } = connection;
  return {
    programs: ["aws"],
    steps: [
      {
        title: "See what there is.",
        says: `${who} keeps it; what stands in capitals is yours to fill in.`,
        commands: [atShell(list)],
      },
      { title: "Restore into a new instance,", says: "beside the one that is damaged:", commands: [atShell(restore)] },
      lookAt(`${engine}://${user}@NEW_HOST/${database}`, options),
      {
        title: "Put it in place.",
        says: "Rename the instances (`aws rds modify-db-instance --new-db-instance-identifier …`), so that the address stays, or change `connection.host`; then import the new one into the state of Terraform, and apply.",
        commands: [applied(options)],
      },
    ],
  };
}
