/**
 * Settings of AWS, as JSON that Terraform reads beside the configuration of the instance: a rule of AWS Backup with what it is
 * for, a restore testing plan, or an override of the instance's own backups.
 * https://developer.hashicorp.com/terraform/language/syntax/json https://developer.hashicorp.com/terraform/language/files/override
 */
import { rdsWindow } from "../../aws-fields.ts";
import { hash } from "../../hash.ts";
import { awsText, type Schedule, type Times } from "../../schedule.ts";
import type { BackupSchedule, File } from "../../specs.ts";
import type { Job, Printer } from "./job.ts";

export const terraform: Printer = (job) => {
  const { tool, aws } = job.schedule.how ?? {};
  if (!aws) return [];
  if (tool === "rds") return job.drill ? [] : [rds(job.name, job.schedule, aws)];
  return [job.drill ? restoreTesting(job, aws) : backupPlan(job, aws)];
};

type Aws = NonNullable<NonNullable<BackupSchedule["how"]>["aws"]>;
type Blocks = Readonly<Record<string, Readonly<Record<string, object>>>>;

function file(path: string, resource: Blocks): File {
  return { path, marker: "json", content: `${JSON.stringify({ resource }, null, 2)}\n` };
}

function rds(name: string, { schedule, retention }: BackupSchedule, { resource }: Aws): File {
  const [type = "", instance = ""] = resource.split(".");
  const window = type === "aws_rds_cluster" ? "preferred_backup_window" : "backup_window";
  return file(`${name}_override.tf.json`, {
    [type]: {
      [instance]: {
        backup_retention_period: retention?.days,
        [window]: rdsWindow(schedule as Schedule),
      },
    },
  });
}

function backupPlan({ name, times, schedule }: Job, aws: Aws): File {
  const label = labelOf(name);
  const vault = vaultOf(name, aws);
  return file(`${name}.tf.json`, {
    ...(aws.vault === undefined && { aws_backup_vault: { [label]: { name: short(name) } } }),
    aws_backup_plan: {
      [label]: {
        name: short(name),
        rule: [
          {
            rule_name: short(name),
            target_vault_name: `\${${vault}.name}`,
            schedule: awsText(times),
            schedule_expression_timezone: zone(times),
            lifecycle: { delete_after: schedule.retention?.days },
          },
        ],
      },
    },
    aws_backup_selection: {
      [label]: {
        name: short(name),
        plan_id: `\${aws_backup_plan.${label}.id}`,
        iam_role_arn: arn(aws.role),
        resources: [arn(aws.resource)],
      },
    },
  });
}

function restoreTesting({ name, times, backup }: Job, aws: Aws): File {
  const label = labelOf(name);
  const vault = vaultOf(backup, aws);
  return file(`${name}.tf.json`, {
    aws_backup_restore_testing_plan: {
      [label]: {
        name: short(label),
        schedule_expression: awsText(times),
        schedule_expression_timezone: zone(times),
        recovery_point_selection: [
          {
            algorithm: "LATEST_WITHIN_WINDOW",
            include_vaults: [`\${${vault}.arn}`],
            recovery_point_types: ["SNAPSHOT"],
          },
        ],
      },
    },
    aws_backup_restore_testing_selection: {
      [label]: {
        name: short(label),
        restore_testing_plan_name: `\${aws_backup_restore_testing_plan.${label}.name}`,
        protected_resource_type: isCluster(aws.resource) ? "Aurora" : "RDS",
        protected_resource_arns: [arn(aws.resource)],
        iam_role_arn: arn(aws.role),
      },
    },
  });
}

/** What makes the vault: a resource of the user's, or ours. */
function vaultOf(backup: string, { vault }: Aws): string {
  return vault ?? `aws_backup_vault.${labelOf(backup)}`;
}

/** An ARN as it is; of a resource of the configuration its own. */
function arn(name = ""): string {
  return name.startsWith("arn:") ? name : `\${${name}.arn}`;
}

function isCluster(resource: string): boolean {
  return /^(data\.)?aws_rds_cluster\.|:cluster:/.test(resource);
}

function zone({ timeZone }: Times): string {
  return timeZone === "UTC" ? "Etc/UTC" : timeZone;
}

/** Resources of Terraform, and restore testing plans, take no hyphens. */
function labelOf(name: string): string {
  return name.replaceAll("-", "_");
}

const LONGEST = 50;

/** AWS takes names of 50 letters; what is longer stays apart by the hash of all of it. */
function short(name: string): string {
  return name.length <= LONGEST
    ? name
    : `${name.slice(0, LONGEST - 9)}_${hash(name).replaceAll(/\W/g, "_").slice(0, 8)}`;
}
