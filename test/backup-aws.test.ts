/** Backups that AWS makes: settings that Terraform reads, and what is said where Datumline does not run them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { folder } from "./support/cli.ts";
import { skipped } from "./support/skipping.ts";

const hasTerraform = spawnSync("terraform", ["version"]).status === 0;
if (!hasTerraform) skipped("settings of AWS, as Terraform reads them", "there is no terraform on the PATH");

const SCHEDULE: Readonly<Record<string, string>> = {
  schedule: 'schedule: { cron: "30 3 * * 1-5", timeZone: Europe/Berlin }',
  how: "how: { tool: aws-backup, aws: { resource: aws_db_instance.shop, role: aws_iam_role.backup } }",
  retention: "retention: { days: 90 }",
  runner: "runner: { on: infrastructure, as: terraform }",
};
const DRILL = `---
kind: RestoreDrill
dataSource: shop
name: weekly
of: nightly
schedule: { cron: "0 6 * * 0" }
runner: { on: infrastructure, as: terraform }
`;
const CONFIGURATION = `
resource "aws_db_instance" "shop" {
  instance_class = "db.t4g.medium"
}
resource "aws_iam_role" "backup" {
  assume_role_policy = "{}"
}
`;

function estate(change: Readonly<Record<string, string>> = {}, more = "") {
  const here = folder();
  const root = join(here.path, "infrastructure");
  mkdirSync(root);
  writeFileSync(join(root, "main.tf"), CONFIGURATION);
  here.write(
    "w.yaml",
    `kind: DataSource
name: shop
engine: postgresql
connection: { host: shop.internal }
cloud: { provider: aws, resource: shop-1 }
---
{ kind: DataSource, name: infrastructure, engine: files, connection: { path: ${root} } }
---
kind: BackupSchedule
dataSource: shop
name: nightly
${Object.values({ ...SCHEDULE, ...change }).join("\n")}
${more}`,
  );
  const parsed = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
  const settle = (verb: string) => here.run(`${verb} -f w.yaml --data-source infrastructure`);
  /** What Terraform says of the configuration with the settings in it; the provider of AWS is not needed for that. */
  const read = () => (hasTerraform ? spawnSync("terraform", ["providers"], { cwd: root, encoding: "utf8" }).status : 0);
  return { ...here, root, parsed, settle, read };
}

const RDS = {
  schedule: 'schedule: { every: 1d, from: "03:00", to: "05:00" }',
  how: "how: { tool: rds, aws: { resource: aws_db_instance.shop } }",
  retention: "retention: { days: 14 }",
};

test("AWS Backup gets a vault, a rule and a selection, and for a drill a restore testing plan", async () => {
  const here = estate({}, DRILL);
  expect(await here.settle("apply --yes")).toMatchObject({ code: 0 });
  const name = "datumline_backup_shop_nightly";
  const file = here.parsed("datumline-backup-shop-nightly.tf.json");
  expect(Object.keys(file)).toEqual(["//", "resource"]);
  expect(file.resource).toEqual({
    aws_backup_vault: { [name]: { name: "datumline-backup-shop-nightly" } },
    aws_backup_plan: {
      [name]: {
        name: "datumline-backup-shop-nightly",
        rule: [
          {
            rule_name: "datumline-backup-shop-nightly",
            target_vault_name: `\${aws_backup_vault.${name}.name}`,
            schedule: "cron(30 3 ? * 2-6 *)",
            schedule_expression_timezone: "Europe/Berlin",
            lifecycle: { delete_after: 90 },
          },
        ],
      },
    },
    aws_backup_selection: {
      [name]: {
        name: "datumline-backup-shop-nightly",
        plan_id: `\${aws_backup_plan.${name}.id}`,
        iam_role_arn: `\${aws_iam_role.backup.arn}`,
        resources: [`\${aws_db_instance.shop.arn}`],
      },
    },
  });
  const { resource } = here.parsed("datumline-drill-shop-weekly.tf.json");
  expect(resource.aws_backup_restore_testing_plan.datumline_drill_shop_weekly).toMatchObject({
    schedule_expression: "cron(0 6 ? * 1 *)",
    schedule_expression_timezone: "Etc/UTC",
    recovery_point_selection: [{ include_vaults: [`\${aws_backup_vault.${name}.arn}`] }],
  });
  expect(resource.aws_backup_restore_testing_selection.datumline_drill_shop_weekly).toMatchObject({
    protected_resource_type: "RDS",
    protected_resource_arns: [`\${aws_db_instance.shop.arn}`],
  });
  expect(here.read()).toBe(0);
  expect((await here.settle("plan --detailed-exitcode")).code).toBe(0);
});

test.each([
  ["aws_db_instance", "backup_window"],
  ["aws_rds_cluster", "preferred_backup_window"],
])("RDS gets an override of the %s that the configuration has", async (type, field) => {
  const how = `how: { tool: rds, aws: { resource: ${type}.shop } }`;
  const here = estate({ ...RDS, how });
  writeFileSync(join(here.root, "main.tf"), CONFIGURATION.replace("aws_db_instance", type));
  await here.settle("apply --yes");
  expect(here.parsed("datumline-backup-shop-nightly_override.tf.json").resource).toEqual({
    [type]: { shop: { backup_retention_period: 14, [field]: "03:00-05:00" } },
  });
  expect(here.read()).toBe(0);
  // Terraform itself finds a name that is not there.
  if (hasTerraform) writeFileSync(join(here.root, "main.tf"), "");
  if (hasTerraform) expect(here.read()).not.toBe(0);
});

test("list tells what is installed, and who has the rest", async () => {
  const here = estate(RDS);
  const before = await here.run("backup list -f w.yaml");
  expect([before.code, before.out, before.err]).toEqual([
    2,
    expect.stringContaining("✗ runner (terraform on infrastructure): not installed"),
    expect.stringContaining("RUNNER_DIFFERS"),
  ]);
  await here.settle("apply --yes");
  const after = await here.run("backup list -f w.yaml");
  expect([after.code, after.err]).toEqual([0, ""]);
  expect(after.out).toContain("RDS keeps them: aws rds describe-db-instance-automated-backups");
  writeFileSync(join(here.root, "datumline-backup-shop-nightly_override.tf.json"), "{}\n");
  expect(await here.run("backup list -f w.yaml")).toMatchObject({
    code: 2,
    out: expect.stringContaining("not as declared: datumline-backup-shop-nightly_override.tf.json"),
  });
  expect((await here.settle("drift")).code).toBe(2);
});

test.each(["run", "verify", "restore nightly --into copy", "prune"])("backup %s says who runs it", async (line) => {
  const here = estate();
  const { code, err } = await here.run(`backup ${line} -f w.yaml`);
  expect([code, err]).toEqual([1, expect.stringContaining("AWS Backup runs and keeps nightly of shop")]);
  expect(err).toContain("aws backup start-restore-job");
});

describe("what AWS cannot be told is said", () => {
  const CASES: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ to: "to: [{ directory: d }]" }, "`to`: AWS Backup keeps its backups itself"],
    [{ encryption: "encryption: { key: { env: K } }" }, "seals with the key of its vault"],
    [{ retention: "retention: { days: 9, count: 3 }" }, "`retention.count`: AWS Backup keeps by age alone"],
    [{ retention: "retention: { days: 9, monthly: 3 }" }, "`retention.monthly`"],
    [{ check: "check: [a.*]" }, "`check`: AWS Backup backs up the whole instance"],
    [{ schedule: "schedule: { every: 15min }" }, "once an hour at most"],
    [{ how: "how: { tool: aws-backup, aws: { resource: aws_db_instance.a } }" }, "`how.aws.role`"],
    [{ how: "how: { tool: aws-backup }" }, "`how.aws.resource`"],
    [{ runner: "" }, "say `runner: { on: …, as: terraform }`"],
    [{ how: "", to: "to: [{ directory: d }]" }, "Terraform runs nothing by itself"],
    [{ ...RDS, retention: "retention: { days: 36 }" }, "`retention.days`: RDS takes 1 to 35"],
    [{ ...RDS, retention: "" }, "`retention.days`: RDS takes 1 to 35"],
    [{ ...RDS, schedule: "schedule: { every: 6h }" }, "RDS makes one backup a day"],
    [{ ...RDS, schedule: 'schedule: { cron: "0 3 * * *", timeZone: Europe/Berlin }' }, "in a window in UTC"],
    [{ ...RDS, how: 'how: { tool: rds, aws: { resource: "arn:aws:rds:x" } }' }, "write `aws_db_instance.NAME`"],
  ];
  test.each(CASES)("%j", async (change, words) => {
    const { code, err } = await estate(change).run("check -f w.yaml");
    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
    expect(err).toContain("w.yaml:");
  });

  test.each([
    [RDS, DRILL, "of which AWS tries no restore"],
    [{}, DRILL.replace("as: terraform", "as: cron, declaration: d"), "only AWS restores it"],
    [{}, `${DRILL}tables: [a.b]\n`, "compares nothing"],
  ])("a drill of it: %j %s", async (change, drill, words) => {
    const { code, err } = await estate(change, drill).run("check -f w.yaml");
    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
  });
});
