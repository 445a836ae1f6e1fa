/** What is done alike in every recovery, and the recovery of what somebody else keeps. */
import type { Elsewhere } from "../backups/elsewhere.ts";
import type { Recovery, RecoveryOptions } from "../backups/model.ts";
import { shellWords } from "../shell.ts";
import type { DataSource } from "../specs.ts";
import { atShell, type Step } from "./steps.ts";

/** A command of ours, as it is typed. */
export const datumline = ({ base }: RecoveryOptions, ...words: readonly string[]) =>
  shellWords(["datumline", ...words, ...base]);

/** Commands that show which backups there are, and whether they are whole. */
export const listed = (schedule: string, options: RecoveryOptions) =>
  atShell(datumline(options, "backup", "list", schedule), datumline(options, "backup", "verify", schedule));

/** How commands are led to what was restored: with `--url` nothing of the declared connection is used. */
export interface Way {
  readonly url: string;
  /** What to know of it. */
  readonly says?: string;
  /** What makes it, typed before. */
  readonly first?: string;
  /** Command that prints the password. */
  readonly password?: string | undefined;
}

/** What was restored is looked at before anybody uses it. */
export function lookAt({ url, says = "", first, password }: Way, options: RecoveryOptions): Step {
  const login = password === undefined ? "" : `PGPASSWORD="$(${password})" `;
  return {
    title: "Look at it.",
    says: `A plan that is nearly empty and proofs that hold say that it is what was declared; \`test\` says so where there is nothing to prove. Compare what matters most by hand, such as the newest rows.${says}`,
    commands: [
      atShell(
        ...(first === undefined ? [] : [first]),
        ...["plan", "test"].map((what) => login + datumline(options, what, "--url", url)),
      ),
    ],
  };
}

/** Where nobody can know the password that is asked for. */
export const PASSWORD_ASKED =
  " Where a password is asked for, put it into `PGPASSWORD` or `~/.pgpass`: that of the declaration is not used with `--url`.";

/** Commands that make what is there as it is declared, and try the way in. */
export const applied = (options: RecoveryOptions) =>
  atShell(datumline(options, "apply"), datumline(options, "connect"));

/** Commands that back up what is there now, and prove that it can be restored. */
export const backedUp = (schedule: string, options: RecoveryOptions) =>
  atShell(
    datumline(options, "backup", "run", schedule),
    ...(options.drill === undefined ? [] : [datumline(options, "backup", "drill", options.drill)]),
  );

export function recoveryElsewhere(
  { engine, connection }: DataSource,
  { who, list, restore }: Elsewhere,
  options: RecoveryOptions,
): Recovery {
  const [user, database] = [connection.user ?? "USER", connection.database ?? "DATABASE"].map(encodeURIComponent);
  return {
    programs: ["aws"],
    steps: [
      {
        title: "See what there is.",
        says: `${who} keeps it; what stands in capitals is yours to fill in.`,
        commands: [atShell(list)],
      },
      { title: "Restore into a new instance,", says: "beside the one that is damaged:", commands: [atShell(restore)] },
      lookAt({ url: `${engine}://${user}@NEW_HOST/${database}`, says: PASSWORD_ASKED }, options),
      {
        title: "Put it in place.",
        says: "Rename the instances (`aws rds modify-db-instance --new-db-instance-identifier …`), so that the address stays, or change `connection.host`; then import the new one into the state of Terraform, and apply.",
        commands: [applied(options)],
      },
    ],
  };
}
