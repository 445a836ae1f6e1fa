/**
 * Backups that AWS makes and keeps by itself, and what it cannot be told. AWS Backup keeps snapshots in a vault, by age alone;
 * RDS makes one a day in a window, in UTC, and keeps it for 35 days at most.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/ https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
 */
import { type Schedule, timesOf } from "./schedule.ts";
import { object, type Schema, text } from "./schema.ts";
import type { BackupSchedule } from "./specs.ts";

export const AWS_TOOLS = ["aws-backup", "rds"] as const;

export const AWS: Schema = object(
  "Of AWS, which makes the backups: names in the Terraform configuration that the runner's files become part of.",
  {
    resource: text(
      "Instance or cluster: `aws_db_instance.NAME` or `aws_rds_cluster.NAME`; for AWS Backup its ARN as well.",
      {
        pattern: "^(arn:.+|(data\\.)?aws_(db_instance|rds_cluster)\\.[\\w-]+)$",
        examples: ["aws_db_instance.warehouse"],
      },
    ),
    role: text("IAM role of AWS Backup: `aws_iam_role.NAME`, or its ARN.", {
      pattern: "^(arn:.+|(data\\.)?aws_iam_role\\.[\\w-]+)$",
      examples: ["aws_iam_role.backup"],
    }),
    vault: text("Vault of AWS Backup: `aws_backup_vault.NAME`; by default one is made, sealed with a key of AWS.", {
      pattern: "^(data\\.)?aws_backup_vault\\.[\\w-]+$",
      examples: ["aws_backup_vault.backups"],
    }),
  },
  ["resource"],
);

/** Does AWS run it, and keep what it makes? */
export function isByAws({ how }: Pick<BackupSchedule, "how">): boolean {
  return AWS_TOOLS.some((tool) => tool === how?.tool);
}

const MOST_DAYS = { rds: 35, "aws-backup": 36_500 } as const;

/** What AWS cannot be told, each with what to write instead. */
export function awsFaults(spec: BackupSchedule): string[] {
  const { how = {}, runner } = spec;
  const { tool, aws } = how;
  if (tool !== "rds" && tool !== "aws-backup")
    return [
      ...(aws ? ["`how.aws` is of AWS: say `tool: aws-backup` or `tool: rds`"] : []),
      ...(runner?.as === "terraform" ? ["`runner`: Terraform runs nothing by itself; take one of the schedulers"] : []),
      ...(spec.to ? [] : ["it needs `to`: where it is kept"]),
    ];
  const days = spec.retention?.days;
  const name = tool === "rds" ? "RDS" : "AWS Backup";
  const [most, other] = [MOST_DAYS[tool], Object.keys(spec.retention ?? {}).filter((field) => field !== "days")];
  const foreign = Object.keys(how).filter((field) => field !== "tool" && field !== "aws");
  const rules: readonly (readonly [boolean, string])[] = [
    [!aws, `${name} needs \`how.aws.resource\`: what is backed up`],
    [runner?.as !== "terraform", `${name} is told by Terraform: say \`runner: { on: …, as: terraform }\``],
    [spec.to !== undefined, `\`to\`: ${name} keeps its backups itself; leave it out`],
    [
      spec.encryption !== undefined,
      tool === "rds"
        ? "`encryption`: RDS seals backups with the key of the instance; leave it out, and set `storage_encrypted` there"
        : "`encryption`: AWS Backup seals with the key of its vault; leave it out, and name a vault with a key of your own in `how.aws.vault`",
    ],
    [
      days === undefined || days < 1 || days > most,
      `\`retention.days\`: ${name} takes 1 to ${most}${tool === "rds" ? ", and AWS Backup more: `tool: aws-backup`" : ""}`,
    ],
    ...["what", "check"].map(
      (field) => [field in spec, `\`${field}\`: ${name} backs up the whole instance; leave it out`] as const,
    ),
    ...other.map(
      (field) =>
        [
          true,
          `\`retention.${field}\`: ${name} keeps by age alone; say how many \`days\`, or declare a schedule for each age`,
        ] as const,
    ),
    ...foreign.map((field) => [true, `\`how.${field}\` is of other tools; leave it out`] as const),
    ...(tool === "rds" ? rdsFaults(spec) : backupFaults(spec)),
  ];
  return rules.flatMap(([broken, says]) => (broken ? [says] : []));
}

function rdsFaults({ schedule, how }: BackupSchedule): (readonly [boolean, string])[] {
  const { resource = "aws_", role, vault } = how?.aws ?? {};
  return [
    [
      !resource.startsWith("aws_"),
      "`how.aws.resource`: settings of RDS stand in the configuration that makes the instance; write `aws_db_instance.NAME`",
    ],
    [(role ?? vault) !== undefined, "`how.aws.role` and `vault` are of AWS Backup; leave them out"],
    [
      rdsWindow(schedule as Schedule) === undefined,
      '`schedule`: RDS makes one backup a day, in a window in UTC; write `{ every: 1d, from: "03:00", to: "05:00" }` without a time zone, or `tool: aws-backup`',
    ],
  ];
}

function backupFaults({ schedule, how }: BackupSchedule): (readonly [boolean, string])[] {
  const times = timesOf(schedule as Schedule);
  return [
    [
      how?.aws !== undefined && how.aws.role === undefined,
      "AWS Backup needs `how.aws.role`: the IAM role that it takes on",
    ],
    [
      typeof times !== "string" && times.minutes.length > 1,
      "`schedule`: AWS Backup runs once an hour at most; give it one minute",
    ],
  ];
}

const HALF_HOUR = 30;

/** The window of a schedule that comes once a day: `03:00-05:00`; undefined where it does not, or not in UTC. */
export function rdsWindow(schedule: Schedule): string | undefined {
  const times = timesOf(schedule);
  if (typeof times === "string" || times.timeZone !== "UTC") return undefined;
  const { minutes, hours, days, months, weekdays } = times;
  if (minutes.length !== 1 || hours?.length !== 1 || days || months || weekdays) return undefined;
  const start = (hours[0] as number) * 60 + (minutes[0] as number);
  const { from, to } = schedule;
  const end = to === undefined || to === from ? clock(start + HALF_HOUR) : to;
  return `${clock(start)}-${end}`;
}

function clock(minutes: number): string {
  const part = (each: number): string => `${each}`.padStart(2, "0");
  return `${part(Math.floor(minutes / 60) % 24)}:${part(minutes % 60)}`;
}
