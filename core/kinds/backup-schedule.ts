import { address } from "../address.ts";
import { NAME, SCHEDULE, SECRET } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { type Schedule, timesOf } from "../schedule.ts";
import { choice, flag, list, map, object, reference, type Schema, set, text, whole } from "../schema.ts";
import { duration } from "../source-fields.ts";
import type { BackupSchedule } from "../specs.ts";

const count = (description: string): Schema => whole(description, { minimum: 0 });

const DIRECTORY = object("A folder.", { directory: text("Path of the folder, relative to the document.") }, [
  "directory",
]);
const BUCKET = object(
  "An S3 bucket, or one of a server that speaks the same.",
  {
    s3: object(
      "Bucket.",
      {
        bucket: text("Name."),
        prefix: text("What the names of its objects begin with."),
        region: text("Region; by default that of the environment."),
        endpoint: text("Address of the server, where it is not AWS."),
        pathStyle: flag("The bucket stands in the path of the address, not in its name."),
        encryption: choice("Encryption by the server.", ["AES256", "aws:kms"]),
        kmsKey: text("Key of AWS KMS."),
        accessKey: SECRET,
        secretKey: SECRET,
      },
      ["bucket"],
    ),
  },
  ["s3"],
);

export const backupSchedule = defineKind<BackupSchedule>({
  name: "BackupSchedule",
  rank: 120,
  keeps: true,
  summary:
    "When and how a data source is backed up, where to, and for how long. Its runner is installed as declared; `datumline backup` runs, lists, verifies and restores it.",
  fields: {
    name: NAME,
    schedule: SCHEDULE,
    what: object("What is backed up; by default the database, its roles and the declaration.", {
      schemas: set("Only these schemas.", reference("Schema.", "Schema", { orders: false }), { minItems: 1 }),
      except: set("Tables whose rows are left out; `*` stands for any characters.", text("Table or pattern.")),
      globals: flag("Roles, memberships and settings as well; passwords are never in it.", true),
      declaration: flag("The declaration as well.", true),
    }),
    how: object("With what.", {
      tool: choice("Tool.", ["pg_dump", "pgbackrest"], { default: "pg_dump" }),
      format: choice("Form of a dump.", ["custom", "directory", "plain"], { default: "custom" }),
      jobs: whole("Tables dumped side by side, in the form `directory`.", { minimum: 1, maximum: 64, default: 1 }),
      type: choice("Of pgBackRest: all, what changed since the last full one, or since the last of any.", [
        "full",
        "differential",
        "incremental",
      ]),
      stanza: text("Stanza of pgBackRest."),
      config: text("Configuration file of pgBackRest."),
      compression: choice("Compression.", ["zstd", "gzip", "none"], { default: "zstd" }),
      level: whole("How hard it is compressed.", { minimum: 1, maximum: 19 }),
    }),
    to: list(
      "Where it is kept; each place holds all of it.",
      { anyOf: [DIRECTORY, BUCKET], description: "Place." },
      {
        minItems: 1,
      },
    ),
    encryption: object(
      "Encryption before it leaves this machine: AES-256-GCM.",
      { key: { ...SECRET, description: `Key, 32 bytes as hex or base64. ${SECRET.description}` } },
      ["key"],
    ),
    retention: object("How long backups are kept. The last good one is never removed.", {
      count: count("The newest of these many."),
      days: count("Those of so many days."),
      daily: count("The newest of each of so many days."),
      weekly: count("The newest of each of so many weeks."),
      monthly: count("The newest of each of so many months."),
      yearly: count("The newest of each of so many years."),
    }),
    check: set(
      "Tables whose rows are counted and hashed, so that a restore can be compared; `*` stands for any characters.",
      text("Table or pattern."),
    ),
    rpo: duration("How much may be lost at most: the greatest age of the newest good backup."),
    rto: duration("How long a restore may take."),
    runner: object(
      "What runs it: files of a data source with the engine `files`.",
      {
        on: reference("Data source that holds the files.", "DataSource", { orders: false }),
        as: choice("Scheduler.", ["systemd", "cron", "kubernetes", "github-actions"]),
        user: text("User that it runs as."),
        command: list("Command that stands for `datumline` there.", text("Word."), { minItems: 1 }),
        declaration: text("Path of the declaration there, for `-f`."),
        image: text("Container image, for Kubernetes."),
        environment: map("Environment of the run: what is no secret.", text("Value.")),
        environmentFile: text(
          "File with the secrets of its environment, for systemd; name of a Secret for Kubernetes.",
        ),
      },
      ["on", "as", "declaration"],
    ),
  },
  required: ["name", "schedule", "to"],
  example: { name: "nightly", schedule: { cron: "30 3 * * *" }, to: [{ directory: "/var/backups/warehouse" }] },
  address: (spec) => address("BackupSchedule", spec.name),
  scope: () => ({}),
  check,
});

function check({ schedule, how = {}, retention, what, runner }: BackupSchedule): string[] {
  const times = timesOf(schedule as Schedule);
  const { tool = "pg_dump", format = "custom", jobs = 1, type, stanza, level, compression = "zstd" } = how;
  const kept = Object.values(retention ?? { count: 1 });
  const isRest = tool === "pgbackrest";
  const rules: readonly (readonly [boolean, string])[] = [
    [typeof times === "string", `schedule: ${times}`],
    [
      typeof times !== "string" && times.timeZone !== "UTC" && ["cron", "github-actions"].includes(runner?.as ?? ""),
      "`runner`: cron and GitHub Actions know no time zones; write the times in UTC, on a host whose clock is UTC, or take systemd",
    ],
    [kept.every((each) => each === 0), "`retention` would keep nothing; give one of its numbers at least 1"],
    [isRest && stanza === undefined, "pgBackRest needs `stanza`"],
    [isRest && (what?.schemas ?? what?.except) !== undefined, "pgBackRest backs up a whole server: leave `what` out"],
    [!isRest && (type ?? stanza) !== undefined, "`type` and `stanza` are of pgBackRest: say `tool: pgbackrest`"],
    [jobs > 1 && format !== "directory", "several `jobs` need `format: directory`"],
    [
      level !== undefined && (compression === "none" || (compression === "gzip" && level > 9)),
      "`level` is beyond what the compression takes",
    ],
  ];
  return rules.flatMap(([broken, says]) => (broken ? [says] : []));
}
