/**
 * How a database is got back from a dump, in the order in which it is safe: nothing is overwritten until what was restored has
 * been looked at, and what was there is kept until somebody is sure.
 */
import type { Recovery, RecoveryOptions } from "../../../core/backups/model.ts";
import { printing } from "../../../core/clients/supply.ts";
import {
  applied,
  backedUp,
  datumline,
  listed,
  lookAt,
  PASSWORD_ASKED,
  type Way,
} from "../../../core/render/recovery.ts";
import { secretInWords } from "../../../core/render/secret-in-words.ts";
import { atDatabase, atShell, type Step } from "../../../core/render/steps.ts";
import { shellWord } from "../../../core/shell.ts";
import type { BackupSchedule, DataSource } from "../../../core/specs.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import { id, lit } from "../quote.ts";

/** Names of the estate, or what to put in their place. */
function namesOf({ name, connection: { database } }: DataSource) {
  const live = database ?? "DATABASE";
  return { live, copy: suffixed(database ?? name, "_restored"), damaged: suffixed(live, "_damaged") };
}

/** The server keeps 63 bytes of a name, and what differs stands at its end. */
function suffixed(name: string, suffix: string): string {
  let kept = name;
  while (Buffer.byteLength(kept + suffix) > 63) kept = [...kept].slice(0, -1).join("");
  return kept + suffix;
}

/** The declared connection, with another database in it. */
function wayTo({ connection }: DataSource, database: string): Way {
  const { url, host, port, user, password, tls, iam, tunnel } = connection;
  const path = encodeURIComponent(database);
  if (url) {
    const other = shellWord(`s|^\\([^:]*://[^/?]*\\)[^?]*|\\1/${path}|`);
    return { url: "env:COPY_URL", first: `export COPY_URL="$(${printing(url)} | sed ${other})"` };
  }
  const parameters = Object.entries({ host, port, user, sslmode: tls?.mode }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  const says = [
    tunnel && " The tunnel of the declaration is not used with `--url`: open one, and put its end into the URL.",
    iam
      ? " The login is a token: put one into `PGPASSWORD` (`aws rds generate-db-auth-token`)."
      : !password && PASSWORD_ASKED,
  ].filter(Boolean);
  return {
    url: `postgresql:///${path}${parameters.length === 0 ? "" : `?${parameters.join("&")}`}`,
    says: says.join(""),
    password: password && printing(password),
  };
}

function closed(database: string): Sql {
  return sql`ALTER DATABASE ${id(database)} CONNECTION LIMIT 0;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${lit(database)} AND pid <> pg_backend_pid();`;
}

const renamed = (from: string, to: string): Sql => sql`ALTER DATABASE ${id(from)} RENAME TO ${id(to)};`;

export function dumpRecovery(
  source: DataSource,
  { name, encryption, how = {} }: BackupSchedule,
  options: RecoveryOptions,
): Recovery {
  const { live, copy, damaged } = namesOf(source);
  const unknown = live === "DATABASE" ? " `DATABASE` stands for the one that the connection names." : "";
  const { compression = "zstd" } = how;
  const steps: Step[] = [
    {
      title: "Keep others out.",
      says: `While they write, they write what the restore will not have. As a superuser, connected to \`postgres\`, if the server still answers. Superusers get in past the limit, so stop what logs in as one.${unknown}`,
      commands: [atDatabase(closed(live))],
    },
    {
      title: "See what there is, and that it is whole.",
      says: "The newest comes first. One that is `DAMAGED` is passed over; `verify` reads all of them from end to end.",
      commands: [listed(name, options)],
    },
    ...(encryption
      ? [
          {
            title: "Have the key.",
            says: `It is looked for in ${secretInWords(encryption.key)}, and \`list\` names the key of each backup. If it is lost, nobody can open what it sealed: look for older versions of it where it is kept, ask ${source.owner ?? "who answers for the data"}, and take a backup that was sealed with another key, a replica, or a snapshot of the disk instead.`,
          },
        ]
      : []),
    {
      title: "Restore beside the damaged one,",
      says: `never over it. Without an id behind the name it takes the newest. Roles that the server lacks are made by \`--globals\`, without passwords. Onto another server: add \`--url env:NEW_SERVER\`, a variable with a URL that has the login in it.`,
      commands: [atShell(datumline(options, "backup", "restore", name, "--into", copy, "--globals"))],
    },
    lookAt(wayTo(source, copy), options),
    {
      title: "Rows of some tables only?",
      says: "Then leave the database where it is: copy them over from the copy (`pg_dump --data-only --table …` of the copy, and `psql` with what it gives), open the database again (`CONNECTION LIMIT -1`), and drop the copy.",
    },
    {
      title: "Put it in place.",
      says: "Otherwise, connected to `postgres`; nobody may be connected to either:",
      commands: [atDatabase(join([closed(live), renamed(live, damaged), renamed(copy, live)], "\n"))],
    },
    {
      title: "Make it as declared, and let others in.",
      says: "`apply` sets passwords and what a dump does not hold. Poolers in front keep connections to what was there: `RECONNECT` on the console of PgBouncer, or restart it. Then start what writes.",
      commands: [applied(options)],
    },
    {
      title: "Was it the wrong one?",
      says: "As long as the damaged one is there, rename both back, and restore another: `backup restore` takes an id behind the name.",
    },
    {
      title: "Afterwards:",
      says: "a backup of what is there now, and a drill of it. Drop the damaged one when nobody needs it as evidence any more.",
      commands: [backedUp(name, options), atDatabase(sql`DROP DATABASE ${id(damaged)};`)],
    },
  ];
  return { programs: ["pg_restore", "psql", ...(compression === "zstd" ? ["zstd"] : [])], steps };
}
