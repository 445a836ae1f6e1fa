import { address } from "../address.ts";
import { AWS, AWS_TOOLS, awsFaults } from "../aws-fields.ts";
import { boundFaults } from "../backups/bounds.ts";
import { NAME, SCHEDULE, SECRET } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { RUNNER, runnerFaults } from "../runner-fields.ts";
import { choice, flag, list, object, reference, type Schema, set, text, whole } from "../schema.ts";
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
      tool: choice("Tool.", ["pg_dump", "pgbackrest", ...AWS_TOOLS], { default: "pg_dump" }),
      aws: AWS,
      format: choice("Form of a dump.", ["custom", "directory", "plain"], { default: "custom" }),
      jobs: whole("Tables dumped side by side, in the form `directory`.", { minimum: 1, maximum: 64, default: 1 }),
      type: choice(
        "Of pgBackRest: all, what changed since the last full one, or since the last of any. Where there is none to build upon it takes all.",
        ["full", "differential", "incremental"],
        { default: "full" },
      ),
      stanza: text("Stanza of pgBackRest."),
      config: text("Configuration file of pgBackRest, relative to the document; by default its own."),
      compression: choice("Compression.", ["zstd", "gzip", "none"], { default: "zstd" }),
      level: whole("How hard it is compressed.", { minimum: 1, maximum: 19 }),
    }),
    to: list(
      "Where it is kept; each place holds all of it. AWS keeps its own backups itself.",
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
    runner: RUNNER,
  },
  required: ["name", "schedule"],
  example: { name: "nightly", schedule: { cron: "30 3 * * *" }, to: [{ directory: "/var/backups/warehouse" }] },
  address: (spec) => address("BackupSchedule", spec.name),
  scope: () => ({}),
  check,
});

function check(spec: BackupSchedule): string[] {
  const { how = {}, retention, what, to = [] } = spec;
  const { tool = "pg_dump", format = "custom", jobs = 1, type, stanza, level, compression = "zstd" } = how;
  const kept = Object.values(retention ?? { count: 1 });
  const isRest = tool === "pgbackrest";
  const buckets = to.flatMap((place) => ("s3" in place ? [place.s3] : []));
  const rules: readonly (readonly [boolean, string])[] = [
    [kept.every((each) => each === 0), "`retention` would keep nothing; give one of its numbers at least 1"],
    [isRest && stanza === undefined, "pgBackRest needs `stanza`"],
    [
      isRest && (what?.schemas ?? what?.except ?? what?.globals) !== undefined,
      "pgBackRest backs up a whole server: leave all but `declaration` out of `what`",
    ],
    [
      isRest && (how.format ?? how.jobs) !== undefined,
      "`format` and `jobs` are of pg_dump: leave them out, pgBackRest copies files",
    ],
    [!isRest && (type ?? stanza) !== undefined, "`type` and `stanza` are of pgBackRest: say `tool: pgbackrest`"],
    [jobs > 1 && format !== "directory", "several `jobs` need `format: directory`"],
    [
      level !== undefined && (compression === "none" || (compression === "gzip" && level > 9)),
      "`level` is beyond what the compression takes",
    ],
    [
      buckets.some(({ encryption, kmsKey }) => kmsKey !== undefined && encryption === "AES256"),
      "`kmsKey` is for `encryption: aws:kms`",
    ],
    [
      buckets.some(({ accessKey, secretKey }) => (accessKey === undefined) !== (secretKey === undefined)),
      "`accessKey` and `secretKey` go together",
    ],
  ];
  return [
    ...runnerFaults(spec),
    ...boundFaults(spec),
    ...awsFaults(spec),
    ...rules.flatMap(([broken, says]) => (broken ? [says] : [])),
  ];
}
