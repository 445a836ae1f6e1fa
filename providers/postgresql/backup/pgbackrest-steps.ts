/**
 * The steps of a recovery by pgBackRest: a whole server, up to any moment for which there is a log, beside the one that is
 * damaged.
 */
import type { Recovery, RecoveryOptions } from "../../../core/backups/model.ts";
import { applied, backedUp, datumline, listed, lookAt, PASSWORD_ASKED } from "../../../core/render/recovery.ts";
import { atDatabase, atShell, type Step } from "../../../core/render/steps.ts";
import { shellWord } from "../../../core/shell.ts";
import type { BackupSchedule, DataSource } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";

export function serverRecovery(
  source: DataSource,
  { name, how = {} }: BackupSchedule,
  options: RecoveryOptions,
): Recovery {
  const database = encodeURIComponent(source.connection.database ?? "DATABASE");
  const folder = `/var/lib/${source.name.replaceAll(/[^\w.-]+/g, "_")}_restored`;
  const copy = `postgresql://SUPERUSER@HOST:PORT/${database}`;
  const restore = (at: string): readonly [string, string] =>
    atShell(datumline(options, "backup", "restore", name, "--into-directory", folder, "--at", at));
  const steps: Step[] = [
    {
      title: "Stop what writes.",
      says: "What is written from now on is not in what you restore. Leave the server running if it runs: it archives the rest of its log when it is asked to.",
    },
    {
      title: "Be on the right machine, as the right user.",
      says: `One with \`pgbackrest\`, its configuration \`${how.config ?? "/etc/pgbackrest/pgbackrest.conf"}\`, PostgreSQL of the same major version, and room for the whole server; as the user that the server runs as. The repository is opened with what the configuration says: without its \`cipher-pass\` nobody can open it.`,
    },
    {
      title: "See what there is, and that it is whole.",
      says: "Every moment can be had from the end of the oldest on. `verify` reads the sets and looks for gaps in the log.",
      commands: [listed(name, options)],
    },
    {
      title: "Is the server or its disk gone?",
      says: "Then take all that was archived:",
      commands: [restore("latest")],
    },
    {
      title: "Was something deleted or spoilt?",
      says: "Then take the moment just before, with its time zone. `--at` left out is the backup as it was counted and drilled; an id behind the name takes an older one.",
      commands: [restore("2026-11-21T15:20:00+01:00")],
    },
    {
      title: "Start the copy.",
      says: "With the command that the restore ends with, which says the port as well. Its roles and passwords are those of the original. It archives nothing and follows nobody. If it says that the log ended before the moment that you named, nothing was committed after it: restore into another folder with `--at latest`.",
    },
    lookAt({ url: copy, says: PASSWORD_ASKED }, options),
    {
      title: "Rows of some tables only?",
      says: "Take them out of the copy and put them into the database that runs, then stop the copy and remove its folder:",
      commands: [
        atShell(
          `pg_dump --dbname=${shellWord(copy)} --data-only --table=SCHEMA.TABLE --file=rows.sql`,
          `psql --dbname=LIVE_URL --single-transaction --set=ON_ERROR_STOP=1 --file=rows.sql`,
        ),
      ],
    },
    {
      title: "Put it in place.",
      says: "Otherwise stop both servers, keep the damaged folder, and move the restored one to where it was. In its `postgresql.auto.conf` take out the lines that Datumline set, `archive_mode` and the `recovery_target` lines; put back `postgresql.conf` and `pg_hba.conf` where the original keeps them elsewhere. Then start it, look that it is no longer in recovery, and take a backup: the log goes on along a new timeline.",
      commands: [atDatabase(sql`SELECT pg_is_in_recovery();`), applied(options)],
    },
    {
      title: "Afterwards:",
      says: "a backup of what is there now, and a restore of that which is proved. Remove the damaged folder when nobody needs it as evidence any more.",
      commands: [backedUp(name, options)],
    },
  ];
  return { programs: ["pgbackrest"], steps };
}
