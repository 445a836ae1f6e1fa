/** What schedulers are given: each file is read by the scheduler's own tool, or by a reader of its format. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "yaml";
import { BackupSchedule, FilesDataSource, PostgresDataSource, Project, RestoreDrill } from "../constructs/index.ts";
import { runnerFiles } from "../core/backups/runners/files.ts";
import type { Document } from "../core/document.ts";
import { validateDocument } from "../core/documents/validate.ts";
import type { Json } from "../core/schema.ts";
import type { File } from "../core/specs.ts";
import { buildProvider } from "../scripts/build-provider.ts";
import { folder } from "./support/cli.ts";
import { unless } from "./support/skipping.ts";

const { version: VERSION } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
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

/** What a cron gives to the shell: that of Debian takes a backslash away before a percent sign, others before a backslash as well. */
const CRONS = [/\\(%)|\\(.)|(%).*/g, /\\([%\\])|\\(.)|(%).*/g].map(
  (escapes) => (command: string) =>
    command.replaceAll(escapes, (all, bare?: string, _?: string, end?: string) => (end ? "" : (bare ?? all))),
);

test("whatever cron is told arrives at the shell", () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom("a", " ", "%", "\\", "'", '"', "$", "#", ";", "é") }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(words, (command) => {
      const [file] = files("cron", { user: "backup", command: ["printf", "[%s]", ...command] });
      const [, , line = ""] = /^((?:\S+ ){5})backup (.*)$/m.exec(file?.content ?? "") ?? [];
      const said = CRONS.map((read) => `${spawnSync("sh", ["-c", read(line)]).stdout}`);
      const meant = [...command, ...ARGUMENTS].map((each) => `[${each}]`).join("");
      expect(said).toEqual([meant, meant]);
    }),
    { numRuns: 40 },
  );
});

test("cron gets a line that a shell reads as it was meant", () => {
  const [file] = files("cron", { user: "backup", command: ["printf", "[%s]"] });
  const line = file?.content?.split("\n").find((each) => /^\d/.test(each)) ?? "";
  const [, when, user, command = ""] = /^((?:\S+ ){5})(\S+) (.*)$/.exec(line) ?? [];
  expect([when, user]).toEqual(["30 3 * * 1-5 ", "backup"]);
  for (const read of CRONS) {
    const { stdout } = spawnSync("sh", ["-c", read(command)]);
    expect(`${stdout}`).toBe(ARGUMENTS.map((each) => `[${each}]`).join(""));
  }
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
  expect(JSON.stringify(spec.jobTemplate)).toContain(
    JSON.stringify(["datumline", ...ARGUMENTS.map((each) => each.replaceAll("$", "$$$$"))]),
  );
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

interface Workflow {
  readonly name: string;
  readonly on: { readonly schedule: readonly object[] };
  readonly jobs: { readonly backup: { readonly steps: readonly { readonly run?: string }[] } };
}

const workflowOf = (more: Readonly<Record<string, Json>>): Workflow =>
  parse(files("github-actions", more)[0]?.content ?? "");

const runsOf = ({ jobs }: Workflow): string[] => jobs.backup.steps.flatMap(({ run }) => run ?? []);

test("GitHub gets a workflow that installs what it runs, in the version that wrote it", () => {
  const workflow = workflowOf({});
  expect(workflow.on.schedule).toEqual([{ cron: "30 3 * * 1-5" }]);
  const [programs, run = ""] = runsOf(workflow);
  expect(programs).toContain("postgresql-client-");
  const { stdout } = spawnSync("sh", ["-c", run.replace("npx", "printf '[%s]'")]);
  const fetched = ["--yes", `--package=datumline@${VERSION}`, "--package=pg@8", "datumline"];
  expect(`${stdout}`).toBe([...fetched, ...ARGUMENTS].map((each) => `[${each}]`).join(""));
});

test("the same workflow comes from the provider of Terraform, which has no package beside it", async () => {
  const mirror = folder().path;
  const { executable } = await buildProvider(
    mirror,
    fileURLToPath(new URL("../core/backups/runners/files.ts", import.meta.url)),
  );
  const runner = { on: "host", as: "github-actions", declaration: "d" };
  const documents = [{ ...NIGHTLY, spec: { ...NIGHTLY.spec, runner } }];
  const ask = `console.log(require("./provider.js").runnerFiles(${JSON.stringify(SOURCE)}, ${JSON.stringify(documents)})[0].spec.content)`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", ask], { cwd: dirname(executable) });
  expect(`${stderr}`).toBe("");
  expect(`${stdout}`).toBe(`${filesOf(documents)[0]?.content}\n`);
});

test("a command of one's own comes from the packages of the repository", () => {
  const runs = runsOf(workflowOf({ command: ["npx", "datumline"] }));
  expect(runs.slice(-2)).toEqual(["npm ci", expect.stringMatching(/^npx datumline backup run nightly /)]);
});

test("GitHub takes nothing in a name for an expression", () => {
  const name = `${"$"}{{ secrets.KEY }}`;
  const workflow = workflowOf({ declaration: name });
  // As GitHub evaluates it: an expression that is a text is that text.
  const run = runsOf(workflow)
    .at(-1)
    ?.replaceAll(/\$\{\{ '(.*?)' \}\}/g, "$1");
  expect(run).toContain(`-f '${name}' `);
  const spec = { ...NIGHTLY.spec, name, runner: { on: "host", as: "github-actions", declaration: "d" } };
  const [file] = filesOf([{ ...NIGHTLY, spec }]);
  expect(parse(file?.content ?? "").name).not.toContain("${");
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
  ["kubernetes", { image: "i", user: "u" }, "`runner.user`"],
  ["kubernetes", { image: "i", volumes: [{ path: "/a" }] }, "say one of `claim`, `configMap` and `secret` of /a"],
  ["systemd", { volumes: [{ path: "/a", claim: "c" }] }, "`runner.volumes`: systemd cannot be told"],
  ["kubernetes", {}, "`runner.image` is missing: name an image that holds datumline"],
  ["cron", { declaration: "a\n* * * * * root reboot" }, "`declaration`: a scheduler takes no line breaks"],
  ["cron", { user: "root reboot #" }, "is no name of a user"],
  ["systemd", { user: "%i" }, "is no name of a user"],
  ["cron", { environment: { A: "a\n* * * * * root reboot" } }, "cron cannot be told the value of A"],
  ["cron", { environment: { A: `'a" ` } }, "cron cannot be told the value of A"],
  ["cron", { declaration: "d".repeat(1000) }, "of 1000 letters or more"],
  ["cron", { environment: { A: "a " } }, "cron cannot be told the value of A"],
  ["systemd", { environment: { "A=1\nExecStart": "b" } }, "is no name of a variable"],
  ["systemd", { environmentFile: "warehouse.env" }, "write its whole path"],
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

test("cron takes values of the environment as they are", () => {
  const environment = { A: "it's", B: 'say "so"', C: `it's "so"`, D: " %a#" };
  const [file] = files("cron", { environment });
  expect(file?.content).toContain(`A="it's"\nB='say "so"'\nC=it's "so"\nD=' %a#'\n`);
});

it("systemd takes what it is told as it is meant", () => {
  const [service] = files("systemd", { environment: { A: `$HOME %h "it's" \\n`, B: "a\nb" } });
  expect(service?.content).toContain(`Environment="A=$HOME %%h \\"it's\\" \\\\n"\n`);
  expect(service?.content).toContain(`Environment="B=a\\nb"\n`);
  expect(service?.content).toContain(` "/etc/data $$10%%/it's.yaml" `);
});

test("Kubernetes takes no variable for a name, and no name that is too long", () => {
  const long = { ...NIGHTLY.spec, name: "n".repeat(80) };
  const runner = { on: "host", as: "kubernetes", declaration: "/a $(HOME) $$", image: "i" };
  const [file] = filesOf([{ ...NIGHTLY, spec: { ...long, runner } }]);
  const { metadata, spec } = parse(file?.content ?? "");
  expect(metadata.name).toMatch(/^[a-z0-9][a-z0-9-]{0,50}[a-z0-9]$/);
  expect(spec.jobTemplate.spec.template.spec.containers[0].command).toContain("/a $$(HOME) $$$$");
});

test("names that others cannot spell stay apart", () => {
  const runner = { on: "host", as: "cron", declaration: "d" };
  const names = ["夜", "昼", "nächtlich", "n chtlich"];
  const paths = names.flatMap((name) => filesOf([{ ...NIGHTLY, spec: { ...NIGHTLY.spec, name, runner } }]));
  expect(new Set(paths.map(({ path }) => path)).size).toBe(names.length);
  for (const { path } of paths) expect(path).toMatch(/^[a-z0-9-]+$/);
});
