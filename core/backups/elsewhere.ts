/** Backups that somebody else makes and keeps: who that is, and the commands that show and restore them. */
import { isByAws } from "../aws-fields.ts";
import type { BackupSchedule, DataSource } from "../specs.ts";

export interface Elsewhere {
  readonly who: string;
  /** Command that shows what there is. */
  readonly list: string;
  /** Command that restores it, beside what is there. */
  readonly restore: string;
  /** Command that shows which restores were tried; absent where none is. */
  readonly drills?: string;
}

/** Undefined for what Datumline runs itself. Whatever stands in capitals is to be filled in. */
export function elsewhere({ cloud }: DataSource, schedule: Pick<BackupSchedule, "how">): Elsewhere | undefined {
  const { tool, aws } = schedule.how ?? {};
  if (!isByAws(schedule) || !aws) return undefined;
  if (tool === "aws-backup") {
    const arn = aws.resource.startsWith("arn:") ? aws.resource : "ARN_OF_THE_INSTANCE";
    const role = aws.role?.startsWith("arn:") ? aws.role : "ARN_OF_THE_ROLE";
    return {
      who: "AWS Backup",
      list: `aws backup list-recovery-points-by-resource --resource-arn ${arn}`,
      restore: `aws backup start-restore-job --recovery-point-arn RECOVERY_POINT --iam-role-arn ${role} --metadata file://METADATA.json`,
      drills: `aws backup list-restore-jobs --by-restore-testing-plan-arn ARN_OF_THE_PLAN`,
    };
  }
  const id = cloud?.resource ?? "INSTANCE";
  const what = aws.resource.startsWith("aws_rds_cluster.") ? "cluster" : "instance";
  const target = what === "cluster" ? "--db-cluster-identifier" : "--target-db-instance-identifier";
  return {
    who: "RDS",
    list: `aws rds describe-db-${what}-automated-backups --db-${what}-identifier ${id}`,
    restore: `aws rds restore-db-${what}-to-point-in-time --source-db-${what}-identifier ${id} ${target} ${id}-restored --use-latest-restorable-time`,
  };
}
