/** A folder as a data source: applied, looked at, planned again; drift, removal, a run that ended half-way. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { folder } from "./support/cli.ts";

const FILES = `
kind: File
path: cron.d/nightly
content: |
  30 3 * * * root true
---
kind: File
path: bin/run.sh
mode: "0755"
content: |
  #!/bin/sh
  echo hi
---
kind: File
path: data.json
marker: none
content: "{}"
---
kind: File
path: wants/run
link: ../bin/run.sh
`;

function estate(after = "[]") {
  const here = folder();
  const root = join(here.path, "root");
  mkdirSync(root);
  const source = `kind: DataSource\nname: host\nengine: files\nconnection: { path: ${root} }\nfiles: { after: ${after} }\n---\n`;
  const declare = (documents: string): void => here.write("f.yaml", source + documents);
  declare(FILES);
  const plan = async () => (await here.run("plan -f f.yaml --detailed-exitcode")).code;
  return { ...here, root, declare, plan, apply: (more = "") => here.run(`apply -f f.yaml --yes ${more}`.trim()) };
}

test("applied, planned again, taken out", async () => {
  const host = estate('[["sh", "-c", "echo x >> ran"]]');
  expect((await host.apply()).out).toContain("Plan: 4 to create");
  expect(readFileSync(join(host.root, "cron.d/nightly"), "utf8")).toBe(
    "# Made by Datumline; changes made here are undone.\n30 3 * * * root true\n",
  );
  expect(readFileSync(join(host.root, "bin/run.sh"), "utf8").split("\n").slice(0, 2)).toEqual([
    "#!/bin/sh",
    "# Made by Datumline; changes made here are undone.",
  ]);
  expect(lstatSync(join(host.root, "bin/run.sh")).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(host.root, "data.json"), "utf8")).toBe("{}");
  expect(readlinkSync(join(host.root, "wants/run"))).toBe("../bin/run.sh");
  expect(readFileSync(join(host.root, "ran"), "utf8")).toBe("x\n");
  expect(await host.plan()).toBe(0);
  host.declare(FILES.split("---").slice(0, 1).join(""));
  expect((await host.apply()).out).toContain("3 to drop");
  expect(existsSync(join(host.root, "bin/run.sh"))).toBe(false);
  expect(await host.plan()).toBe(0);
});

test.each([
  ["content", (root: string) => writeFileSync(join(root, "cron.d/nightly"), "other\n")],
  ["permissions", (root: string) => chmodSync(join(root, "bin/run.sh"), 0o644)],
  ["a file that is gone", (root: string) => rmSync(join(root, "bin/run.sh"))],
  ["a link that leads elsewhere", (root: string) => writeLink(join(root, "wants/run"))],
])("drift of %s is told and undone", async (_, change) => {
  const host = estate();
  await host.apply();
  expect((await host.run("drift -f f.yaml")).code).toBe(0);
  change(host.root);
  expect((await host.run("drift -f f.yaml")).code).toBe(2);
  expect(await host.plan()).toBe(2);
  expect((await host.apply()).code).toBe(0);
  expect(await host.plan()).toBe(0);
});

function writeLink(path: string): void {
  rmSync(path);
  writeFileSync(path, "no link");
}

test("what somebody else wrote is overwritten only where that is allowed", async () => {
  const host = estate();
  mkdirSync(join(host.root, "cron.d"));
  writeFileSync(join(host.root, "cron.d/nightly"), "theirs\n");
  const refused = await host.apply();
  expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("OVERWRITES_FILE")]);
  expect(readFileSync(join(host.root, "cron.d/nightly"), "utf8")).toBe("theirs\n");
  expect((await host.apply("--allow OVERWRITES_FILE")).code).toBe(0);
  expect(await host.plan()).toBe(0);
});

test("a command that fails after the change is run again by the next apply", async () => {
  const host = estate('[["sh", "-c", "test -e ready"]]');
  const failed = await host.apply();
  expect([failed.code, failed.err]).toEqual([1, expect.stringContaining("sh -c test -e ready failed")]);
  expect(await host.plan()).toBe(2);
  writeFileSync(join(host.root, "ready"), "");
  expect((await host.apply()).code).toBe(0);
  expect(await host.plan()).toBe(0);
});

test("a folder that is not there is told", async () => {
  const host = estate();
  rmSync(host.root, { recursive: true });
  const { code, err } = await host.run("plan -f f.yaml");
  expect([code, err]).toEqual([1, expect.stringContaining("There is no folder")]);
});

test("what is written below the documents is read as none, and neither is what Terraform reads", async () => {
  const here = folder();
  mkdirSync(join(here.path, "deploy"));
  writeFileSync(join(here.path, "deploy/main.tf.json"), "{}\n");
  here.write(
    "all.yaml",
    `
kind: DataSource
name: deploy
engine: files
connection: { path: ${join(here.path, "deploy")} }
---
kind: File
path: job.yaml
content: |
  kind: CronJob
---
kind: File
path: job.json
marker: json
content: |
  {
    "kind": "CronJob"
  }
`,
  );
  expect((await here.run("apply -f . --yes")).code).toBe(0);
  const plan = await here.run("plan -f . --detailed-exitcode");
  expect([plan.code, plan.err]).toEqual([0, ""]);
  expect((await here.run("check -f deploy/job.yaml")).err).toContain("no kind `CronJob`");
});
