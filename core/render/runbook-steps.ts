/**
 * The steps of one recovery, in the order in which they are safe: nothing is overwritten until what was restored has been
 * looked at, and what was there is kept until somebody is sure.
 */
import { type Elsewhere, elsewhere } from "../backups/elsewhere.ts";
import type { BackupSchedule, DataSource } from "../specs.ts";
import { cell } from "./escape.ts";
import { serverSteps } from "./runbook-server.ts";
import { secretPlace } from "./secret-place.ts";
import { console, numbered, type Step, sql } from "./steps.ts";

const LOOK =
  "A plan that is nearly empty and proofs that hold say that it is what was declared. Compare what matters most by hand, such as the newest rows.";

interface Options {
  /** What stands for `-f` in commands. */
  readonly files: string;
  /** Drill that tries restores of the schedule; undefined where none is declared. */
  readonly drill: string | undefined;
}

export function recovery(source: DataSource, schedule: BackupSchedule, options: Options): string[] {
  return [`## Restore ${cell(schedule.name)}`, numbered(stepsOf(source, schedule, options))];
}

function stepsOf(source: DataSource, schedule: BackupSchedule, { files, drill }: Options): Step[] {
  const by = elsewhere(source, schedule);
  if (schedule.how?.tool === "pgbackrest") return serverSteps(source, schedule, files);
  const base = `-f ${files} --data-source ${source.name}`;
  return by ? ofOthers(source, base, by) : ofOurs(source, schedule, base, drill);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Names of the estate, or what to put in their place. */
function namesOf({ name, connection }: DataSource) {
  const { host, port, user, database } = connection;
  const server = [host ?? "HOST", port].filter(Boolean).join(":");
  const live = database ?? "DATABASE";
  return {
    live,
    copy: `${database ?? name}_restored`,
    damaged: `${live}_damaged`,
    url: (of: string): string => `postgresql://${user ?? "USER"}@${server}/${of}`,
  };
}

function closed(database: string): string {
  return `ALTER DATABASE ${quoted(database)} CONNECTION LIMIT 0;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(database)} AND pid <> pg_backend_pid();`;
}

function ofOurs(
  source: DataSource,
  { name, encryption }: BackupSchedule,
  base: string,
  drill: string | undefined,
): Step[] {
  const { live, copy, damaged, url } = namesOf(source);
  const unknown = live === "DATABASE" ? " `DATABASE` stands for the one that the connection names." : "";
  return [
    {
      title: "Keep others out.",
      says: `While they write, they write what the restore will not have. As a superuser, connected to \`postgres\`, if the server still answers. Superusers get in past the limit, so stop what logs in as one.${unknown}`,
      commands: [sql(closed(live))],
    },
    {
      title: "See what there is, and that it is whole.",
      says: "The newest comes first. One that is `DAMAGED` is passed over; `verify` reads all of them from end to end.",
      commands: [console(`datumline backup list ${name} ${base}\ndatumline backup verify ${name} ${base}`)],
    },
    ...(encryption
      ? [
          {
            title: "Have the key.",
            says: `It is looked for in ${secretPlace(encryption.key)}, and \`list\` names the key of each backup. If it is lost, nobody can open what it sealed: look for older versions of it where it is kept, ask ${source.owner ?? "who answers for the data"}, and take a backup that was sealed with another key, a replica, or a snapshot of the disk instead.`,
          },
        ]
      : []),
    {
      title: "Restore beside the damaged one,",
      says: `never over it. Without an id behind the name it takes the newest. Roles that the server lacks are made by \`--globals\`, without passwords. Onto another server: add \`--url ${url("postgres").replace(/@[^/]+/, "@NEW_HOST")}\`.`,
      commands: [console(`datumline backup restore ${name} ${base} --into ${copy} --globals`)],
    },
    {
      title: "Look at it.",
      says: LOOK,
      commands: [console(`datumline plan ${base} --url ${url(copy)}\ndatumline test ${base} --url ${url(copy)}`)],
    },
    {
      title: "Rows of some tables only?",
      says: "Then leave the database where it is: copy them over from the copy (`pg_dump --data-only --table …` of the copy, and `psql` with what it gives), open the database again (`CONNECTION LIMIT -1`), and drop the copy.",
    },
    {
      title: "Put it in place.",
      says: "Otherwise, connected to `postgres`; nobody may be connected to either:",
      commands: [
        sql(
          `${closed(live)}\nALTER DATABASE ${quoted(live)} RENAME TO ${quoted(damaged)};\nALTER DATABASE ${quoted(copy)} RENAME TO ${quoted(live)};`,
        ),
      ],
    },
    {
      title: "Make it as declared, and let others in.",
      says: "`apply` sets passwords and what a dump does not hold. Poolers in front keep connections to what was there: `RECONNECT` on the console of PgBouncer, or restart it. Then start what writes.",
      commands: [console(`datumline apply ${base}\ndatumline connect ${base}`)],
    },
    {
      title: "Was it the wrong one?",
      says: "As long as the damaged one is there, rename both back, and restore another: `backup restore` takes an id behind the name.",
    },
    {
      title: "Afterwards:",
      says: "a backup of what is there now, and a drill of it. Drop the damaged one when nobody needs it as evidence any more.",
      commands: [
        console(
          `datumline backup run ${name} ${base}${drill === undefined ? "" : `\ndatumline backup drill ${drill} ${base}`}`,
        ),
        sql(`DROP DATABASE ${quoted(damaged)};`),
      ],
    },
  ];
}

function ofOthers({ connection }: DataSource, base: string, { who, list, restore }: Elsewhere): Step[] {
  const { user = "USER", database = "DATABASE" } = connection;
  const url = `postgresql://${user}@NEW_HOST/${database}`;
  return [
    {
      title: "See what there is.",
      says: `${who} keeps it; what stands in capitals is yours to fill in.`,
      commands: [console(list)],
    },
    { title: "Restore into a new instance,", says: "beside the one that is damaged:", commands: [console(restore)] },
    {
      title: "Look at it.",
      says: LOOK,
      commands: [console(`datumline plan ${base} --url ${url}\ndatumline test ${base} --url ${url}`)],
    },
    {
      title: "Put it in place.",
      says: "Rename the instances (`aws rds modify-db-instance --new-db-instance-identifier …`), so that the address stays, or change `connection.host`; then import the new one into the state of Terraform, and apply.",
      commands: [console(`datumline apply ${base}`)],
    },
  ];
}
