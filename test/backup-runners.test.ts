/** What schedulers are given: each file is read by the scheduler's own tool, or by a reader of its format. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { BackupSchedule, FilesDataSource, PostgresDataSource, Project, RestoreDrill } from "../constructs/index.ts";
import { runnerFiles } from "../core/backups/runners/files.ts";
import type { Document } from "../core/document.ts";
import { validateDocument } from "../core/documents/validate.ts";
import type { Json } from "../core/schema.ts";
import type { File } from "../core/specs.ts";
import { folder } from "./support/cli.ts";
import { unless } from "./support/skipping.ts";

const SOURCE = { name: "Ware house", engine: "postgresql", connection: {} };

function files(as: string, more: Readonly<Record<string, Json>> = {}): File[] {
  const spec = {
    name: "nightly",
    schedule: { cron: "30 3 * * 1-5", timeZone: "Europe/Berlin" },
    to: [{ directory: "/var/backups" }],
    runner: { on: "host", as, declaration: "/etc/data $10%/it's.yaml", ...more },
  };
  return filesOf([{ kind: "BackupSchedule", spec, origin: {} }]);
}

function filesOf(declared: readonly Document[]): File[] {
  const documents = runnerFiles(SOURCE, declared);
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
const { it } = unless(hasSystemd ? undefined : "there is no systemd-analyze", "units of systemd");

it("systemd takes the units", () => {
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

test("a pod of Kubernetes mounts what it needs", () => {
  const volumes = [
    { path: "/declaration", configMap: "warehouse" },
    { path: "/var/lib/datumline", claim: "evidence" },
    { path: "/keys", secret: "keys" },
  ];
  const [file] = files("kubernetes", { volumes });
  const pod = parse(file?.content ?? "").spec.jobTemplate.spec.template.spec;
  expect(pod.containers[0].volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toEqual(
    volumes.map(({ path }) => path),
  );
  expect(pod.volumes).toEqual([
    { name: "volume-0", configMap: { name: "warehouse" } },
    { name: "volume-1", persistentVolumeClaim: { claimName: "evidence" } },
    { name: "volume-2", secret: { secretName: "keys" } },
  ]);
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

const DRILL = {
  kind: "RestoreDrill",
  spec: {
    name: "weekly",
    of: "nightly",
    schedule: { cron: "0 6 * * 0" },
    runner: { on: "host", as: "systemd", declaration: "/e" },
  },
  origin: {},
};
const NIGHTLY: Document = {
  kind: "BackupSchedule",
  spec: { name: "nightly", schedule: { cron: "30 3 * * *" }, to: [{ directory: "/var/backups" }] },
  origin: {},
};

test.each(["systemd", "cron", "kubernetes", "github-actions"])("a drill is run as a backup is, by %s", (as) => {
  const runner = { ...DRILL.spec.runner, as };
  const printed = filesOf([NIGHTLY, { ...DRILL, spec: { ...DRILL.spec, runner } }]);
  expect(printed.every(({ path }) => path.includes("datumline-drill-ware-house-weekly"))).toBe(true);
  expect(printed.map(({ content }) => content).join("")).toMatch(/backup"?[\s-]+"?drill"?[\s-]+"?weekly/);
  expect(
    printed
      .map(({ content }) => content)
      .join("")
      .includes("upload-artifact"),
  ).toBe(as === "github-actions");
});

test("a drill without a schedule for it, or the reverse, is told", async () => {
  const here = folder();
  const check = async (more: string) => {
    here.write(
      "w.yaml",
      `kind: DataSource
name: w
engine: postgresql
connection: { host: h }
---
{ kind: DataSource, name: host, engine: files, connection: { path: . } }
---
{ kind: BackupSchedule, dataSource: w, name: nightly, schedule: { every: 1d }, to: [{ directory: d }] }
---
{ kind: RestoreDrill, dataSource: w, name: weekly, of: nightly, ${more} }
`,
    );
    const { code, err } = await here.run("check -f w.yaml");
    return [code, err];
  };
  expect(await check("schedule: { every: 7d }")).toEqual([1, expect.stringContaining("nobody would run it")]);
  expect(await check("runner: { on: host, as: cron, declaration: d }")).toEqual([
    1,
    expect.stringContaining("it would not know when"),
  ]);
  expect(await check("schedule: { every: 7d }, runner: { on: host, as: cron }")).toEqual([
    1,
    expect.stringContaining("`runner.declaration`"),
  ]);
  expect(await check("schedule: { every: 7d }, runner: { on: host, as: terraform }")).toEqual([
    1,
    expect.stringContaining("Datumline keeps nightly"),
  ]);
  expect(await check("schedule: { every: 7d }, runner: { on: host, as: cron, declaration: d }")).toEqual([0, ""]);
});

test("constructs stand where names would", () => {
  const project = new Project();
  const host = new FilesDataSource(project, "host", { path: "/etc/cron.d" });
  const warehouse = new PostgresDataSource(project, "Ware house", { host: "h" });
  const runner = { on: host, as: "cron", declaration: "/etc/data" } as const;
  const nightly = new BackupSchedule(warehouse, "nightly", {
    schedule: { cron: "30 3 * * *" },
    to: [{ directory: "/var/backups" }],
    runner,
  });
  const weekly = new RestoreDrill(warehouse, "weekly", { of: nightly, schedule: { cron: "0 6 * * 0" }, runner });
  const documents = [nightly, weekly].map((one) => {
    const { kind, dataSource, ...spec } = one.toDocument();
    return { kind, dataSource, spec, origin: {} } as Document;
  });
  expect(filesOf(documents).map(({ path }) => path)).toEqual([
    "datumline-backup-ware-house-nightly",
    "datumline-drill-ware-house-weekly",
  ]);
});

test.each([
  ["systemd", { image: "i" }, "`runner.image`: systemd cannot be told"],
  ["kubernetes", { user: "u" }, "`runner.user`"],
  ["kubernetes", { volumes: [{ path: "/a" }] }, "say one of `claim`, `configMap` and `secret` of /a"],
  ["systemd", { volumes: [{ path: "/a", claim: "c" }] }, "`runner.volumes`: systemd cannot be told"],
  ["github-actions", { environmentFile: "f" }, "name secrets of GitHub in `environment`"],
])("what %s cannot be told is said: %j", (as, more, words) => {
  const runner = { on: "host", as, declaration: "d", ...more };
  const { spec } = NIGHTLY;
  const faults = validateDocument({ kind: "BackupSchedule", spec: { ...spec, runner }, origin: {} });
  expect(faults.map(({ summary }) => summary)).toEqual([expect.stringContaining(words)]);
});

test("cron reads the secrets of its environment from a file", () => {
  const [file] = files("cron", { environmentFile: "/etc/it's.env" });
  expect(file?.content).toContain(` root set -a; . '/etc/it'\\''s.env'; set +a; datumline backup run nightly `);
});
