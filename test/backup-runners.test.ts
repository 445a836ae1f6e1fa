/** What schedulers are given: each file is read by the scheduler's own tool, or by a reader of its format. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { runnerFiles } from "../core/backups/runners/files.ts";
import type { Json } from "../core/schema.ts";
import type { File } from "../core/specs.ts";

const SOURCE = { name: "Ware house", engine: "postgresql", connection: {} };

function files(as: string, more: Readonly<Record<string, Json>> = {}): File[] {
  const spec = {
    name: "nightly",
    schedule: { cron: "30 3 * * 1-5", timeZone: "Europe/Berlin" },
    to: [{ directory: "/var/backups" }],
    runner: { on: "host", as, declaration: "/etc/data $10%/it's.yaml", ...more },
  };
  const documents = runnerFiles(SOURCE, [{ kind: "BackupSchedule", spec, origin: {} }]);
  expect(documents.every(({ dataSource, kind }) => dataSource === "host" && kind === "File")).toBe(true);
  return documents.map((document) => document.spec as unknown as File);
}

const ARGUMENTS = [
  "backup",
  "run",
  "nightly",
  "-f",
  "/etc/data $10%/it's.yaml",
  "--data-source",
  "Ware house",
  "--quiet",
];

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
if (!hasSystemd) console.warn("Skipped: units are read by systemd-analyze, which is not installed.");

(hasSystemd ? test : test.skip)("systemd takes the units", () => {
  const folder = mkdtempSync(join(tmpdir(), "datumline-units-"));
  try {
    const units = files("systemd", { user: "root", environment: { PGSSLMODE: "verify-full" } });
    for (const { path, content } of units) {
      if (content === undefined) continue;
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const paths = units.flatMap(({ path, content }) => (content === undefined ? [] : [join(folder, path)]));
    const { stderr } = spawnSync("systemd-analyze", ["verify", "--recursive-errors=no", ...paths]);
    expect(`${stderr}`.split("\n").filter((line) => line.includes("datumline"))).toEqual([]);
    expect(units.map(({ path, link }) => [path, link])).toEqual([
      ["datumline-backup-ware-house-nightly.service", undefined],
      ["datumline-backup-ware-house-nightly.timer", undefined],
      ["timers.target.wants/datumline-backup-ware-house-nightly.timer", "../datumline-backup-ware-house-nightly.timer"],
    ]);
    expect(units[1]?.content).toContain("OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 03:30:00 Europe/Berlin\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("cron gets a line that a shell reads as it was meant", () => {
  const [file] = files("cron", { user: "backup", command: ["printf", "[%s]"] });
  const line = file?.content?.split("\n").find((each) => /^\d/.test(each)) ?? "";
  const [, when, user, command = ""] = /^((?:\S+ ){5})(\S+) (.*)$/.exec(line) ?? [];
  expect([when, user]).toEqual(["30 3 * * 1-5 ", "backup"]);
  // cron takes the backslash away before the shell sees it.
  const { stdout } = spawnSync("sh", ["-c", command.replaceAll("\\%", "%")]);
  expect(`${stdout}`).toBe(ARGUMENTS.map((each) => `[${each}]`).join(""));
});

test("Kubernetes gets a CronJob that waits for itself", () => {
  const [file] = files("kubernetes", { image: "registry/datumline:1", environmentFile: "warehouse" });
  const { kind, spec } = parse(file?.content ?? "") as {
    kind: string;
    spec: { schedule: string; timeZone: string; concurrencyPolicy: string; jobTemplate: object };
  };
  expect([kind, spec.schedule, spec.timeZone, spec.concurrencyPolicy]).toEqual([
    "CronJob",
    "30 3 * * 1-5",
    "Europe/Berlin",
    "Forbid",
  ]);
  expect(JSON.stringify(spec.jobTemplate)).toContain(JSON.stringify(["datumline", ...ARGUMENTS]));
});

test("GitHub gets a workflow", () => {
  const [file] = files("github-actions", { command: ["npx", "datumline"] });
  const workflow = parse(file?.content ?? "") as {
    on: { schedule: object[] };
    jobs: { backup: { steps: { run?: string }[] } };
  };
  expect(workflow.on.schedule).toEqual([{ cron: "30 3 * * 1-5" }]);
  const run = workflow.jobs.backup.steps.at(-1)?.run ?? "";
  const { stdout } = spawnSync("sh", ["-c", run.replace("npx datumline", "printf '[%s]'")]);
  expect(`${stdout}`).toBe(ARGUMENTS.map((each) => `[${each}]`).join(""));
});
