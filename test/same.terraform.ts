/** One engine behind both doors: the command line and Terraform plan the same statements for the same live system. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "@jest/globals";
import { inOrder, type Plan } from "../core/plan.ts";
import { shownSql } from "../core/render/summary.ts";
import { folder } from "./support/cli.ts";
import { declaring, query, statements } from "./support/declaration.ts";
import { freshServer } from "./support/server.ts";
import { describeTerraform, succeeded } from "./support/terraform.ts";

const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));
const APP = join(EXAMPLES, "constructs-warehouse");
/** A resource of Terraform is one data source alone; a host stands beside the one whose backups it runs. */
const FOLDERS = readdirSync(EXAMPLES).filter(
  (name) => name !== "node_modules" && !name.endsWith("-host") && sourcesIn(join(EXAMPLES, name)) === 1,
);
const SECRETS = { BI_READER_PASSWORD: "the password of a reader", WAREHOUSE_PASSWORD: "the password of an owner" };

const declared = mkdtempSync(join(tmpdir(), "datumline-same-"));
afterAll(() => rmSync(declared, { recursive: true, force: true }));

function documentsIn(path: string): string[] {
  return existsSync(path) ? readdirSync(path).filter((file) => /\.ya?ml$/.test(file)) : [];
}

function sourcesIn(path: string): number {
  const texts = documentsIn(path).map((file) => readFileSync(join(path, file), "utf8"));
  return texts.join("\n").split(/^kind: DataSource$/m).length - 1;
}

/** What the command line would run. */
async function byCommandLine(path: string, url: string): Promise<string[]> {
  const here = folder({ DATABASE_URL: url, ...SECRETS });
  const ran = await here.run(["plan", "-f", path, "--url", "env:DATABASE_URL", "--format", "json"]);
  expect(ran.code).toBe(0);
  return inOrder(JSON.parse(ran.out) as Plan).flatMap(({ statement }) => [
    ...(statement.enter === undefined ? [] : [statement.enter]),
    shownSql(statement),
  ]);
}

async function bothDoors(path: string, spec: string, before: string | undefined): Promise<void> {
  const server = await freshServer();
  const url = server.url();
  if (before !== undefined) await query(url, before);
  const here = await declaring({ env: { DATABASE_URL: url, ...SECRETS } });
  here.declare({ warehouse: { spec, url: "env:DATABASE_URL", allow: ["all"] } });
  const expected = await byCommandLine(path, url);
  expect(expected.length).toBeGreaterThan(0);
  expect(await statements(here)).toEqual(expected);
  succeeded(await here.run("apply", "tfplan"));
  expect(await byCommandLine(path, url)).toEqual([]);
  expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
}

describeTerraform("the command line and Terraform", () => {
  test.each(FOLDERS)("%s", async (name) => {
    const path = join(EXAMPLES, name);
    // By their paths, as the module for Terraform hands them on: what documents name lies beside them.
    const places = documentsIn(path).map((file) => join(path, file));
    const files = Object.fromEntries(places.map((place) => [place, readFileSync(place, "utf8")]));
    const before = join(path, "before.sql");
    const sql = existsSync(before) ? readFileSync(before, "utf8") : undefined;
    // A template of Terraform would take this for one of its own.
    await bothDoors(
      path,
      JSON.stringify({ files }).replaceAll(/[$%]\{/g, (start) => `${start[0]}${start}`),
      sql,
    );
  });

  test("a constructs app", async () => {
    const { status, stderr } = spawnSync(process.execPath, ["--import", import.meta.resolve("tsx"), "main.ts"], {
      cwd: APP,
      env: { ...process.env, DATUMLINE_OUT: declared },
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const file = join(declared, "declaration.json");
    await bothDoors(file, readFileSync(file, "utf8"), undefined);
  });
});
