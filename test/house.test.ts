import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "@jest/globals";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONFIG = join(ROOT, ".dependency-cruiser.js");
const DEPCRUISE = join(ROOT, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
const PACKAGES = [
  "ajv",
  "yaml",
  "pg",
  "prom-client",
  "constructs",
  "cdktf",
  "@cdktf/provider-aws",
  "@aws-sdk/client-s3",
  "@aws-sdk/client-secrets-manager",
  "commander",
  "fast-check",
  "pbf",
];

/** Importing file, what it imports, the rules it breaks by that. */
type Plant = readonly [file: string, imported: string, rules?: readonly string[]];

const ALLOWED: readonly Plant[] = [
  ["core/plan.ts", "node:crypto"],
  ["core/plan.ts", "ajv"],
  ["core/plan.ts", "yaml"],
  ["core/kinds/table.ts", "../kind.ts"],
  ["core/kinds/table.ts", "../specs.ts"],
  ["core/kinds/postgresql/enum.ts", "../../kind.ts"],
  ["core/kinds/index.ts", "./table.ts"],
  ["core/kinds/index.ts", "./postgresql/enum.ts"],
  ["providers/index.ts", "./postgresql/index.ts"],
  ["providers/postgresql/session.ts", "pg"],
  ["providers/postgresql/session.ts", "../../core/kind.ts"],
  ["providers/pgbouncer/session.ts", "../postgresql/session.ts"],
  ["providers/secrets/aws.ts", "@aws-sdk/client-secrets-manager"],
  ["providers/stores/s3.ts", "@aws-sdk/client-s3"],
  ["policies/rule.ts", "../core/plan.ts"],
  ["constructs/table.ts", "constructs"],
  ["constructs/table.ts", "../core/kind.ts"],
  ["constructs/bridge.ts", "cdktf"],
  ["stacks/warehouse.ts", "@cdktf/provider-aws"],
  ["stacks/warehouse.ts", "../constructs/table.ts"],
  ["stacks/warehouse.ts", "../policies/rule.ts"],
  ["terraform/provider.ts", "../providers/index.ts"],
  ["terraform/main.ts", "./plugin/wire.ts"],
  ["terraform/plugin/wire.ts", "pbf"],
  ["cli/main.ts", "../providers/index.ts"],
  ["cli/main.ts", "../policies/rule.ts"],
  ["cli/main.ts", "commander"],
  ["cli/metrics.ts", "prom-client"],
  ["examples/orders.ts", "datumline/constructs"],
  ["examples/orders.ts", "datumline/cdktf"],
  ["examples/orders.ts", "datumline/policies"],
  ["examples/orders.ts", "cdktf"],
  ["scripts/demo.ts", "../cli/main.ts"],
  ["bench/run.ts", "../scripts/demo.ts"],
  ["test/plan.ts", "fast-check"],
  ["test/plan.ts", "../terraform/provider.ts"],
];

const PLANTED: readonly Plant[] = [
  ["core/a.ts", "pg", ["core"]],
  ["core/b.ts", "../providers/index.ts", ["core"]],
  ["core/c.ts", "cdktf", ["core", "cdktf-only-in-bridge"]],
  ["core/health/metrics.ts", "prom-client", ["core"]],
  ["core/d.ts", "../test/plan.ts", ["core", "development-only"]],
  ["core/e.ts", "./nowhere.ts", ["core", "no-unresolvable"]],
  ["core/one.ts", "./other.ts", ["no-cycles"]],
  // A circle is reported once, for the file of it that is met first.
  ["core/other.ts", "./one.ts"],
  ["core/kinds/a.ts", "./table.ts", ["kinds"]],
  ["core/kinds/b.ts", "./postgresql/enum.ts", ["kinds"]],
  ["core/kinds/c.ts", "../plan.ts", ["kinds"]],
  ["core/kinds/postgresql/a.ts", "../table.ts", ["kinds"]],
  ["providers/postgresql/a.ts", "../pgbouncer/session.ts", ["providers-postgresql"]],
  ["providers/postgresql/b.ts", "../../policies/rule.ts", ["providers-postgresql"]],
  ["providers/postgresql/c.ts", "mysql2", ["providers-postgresql", "no-unresolvable"]],
  ["providers/postgresql/d.ts", "../index.ts", ["providers-postgresql"]],
  ["providers/pgbouncer/a.ts", "../mysql/index.ts", ["providers-pgbouncer"]],
  ["providers/secrets/a.ts", "../postgresql/session.ts", ["providers-secrets"]],
  ["providers/stores/a.ts", "@aws-sdk/client-secrets-manager", ["providers-stores"]],
  ["providers/mysql/a.ts", "pg", ["providers-other"]],
  ["providers/mysql/b.ts", "../postgresql/session.ts", ["providers-other"]],
  ["providers/registry.ts", "pg", ["providers-registry"]],
  ["policies/a.ts", "../providers/index.ts", ["policies"]],
  ["constructs/a.ts", "../providers/index.ts", ["constructs"]],
  ["constructs/b.ts", "cdktf", ["cdktf-only-in-bridge"]],
  ["constructs/c.ts", "@cdktf/provider-aws", ["constructs", "provider-aws-only-in-stacks"]],
  ["stacks/a.ts", "../providers/index.ts", ["stacks"]],
  ["stacks/b.ts", "cdktf", ["stacks", "cdktf-only-in-bridge"]],
  ["terraform/a.ts", "../constructs/table.ts", ["terraform"]],
  ["terraform/b.ts", "cdktf", ["terraform", "cdktf-only-in-bridge"]],
  ["cli/a.ts", "constructs", ["doors-local"]],
  ["cli/b.ts", "../terraform/provider.ts", ["terraform-alone"]],
  ["cli/c.ts", "fast-check", ["no-development-packages"]],
  ["terraform/c.ts", "../cli/main.ts", ["terraform", "cli-alone"]],
  ["terraform/d.ts", "pbf", ["terraform", "no-development-packages"]],
  ["terraform/plugin/a.ts", "../../core/plan.ts", ["terraform-plugin"]],
  ["terraform/plugin/b.ts", "../provider.ts", ["terraform-plugin"]],
  ["terraform/plugin/c.ts", "ajv", ["terraform-plugin"]],
  ["examples/a.ts", "../constructs/table.ts", ["examples"]],
  ["examples/b.ts", "../core/plan.ts", ["examples"]],
  ["examples/c.ts", "datumline/dist/core/plan.js", ["examples", "no-unresolvable"]],
  ["examples/d.ts", "../scripts/demo.ts", ["development-only"]],
];

const directory = mkdtempSync(join(tmpdir(), "datumline-house-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(directory, file)), { recursive: true });
  writeFileSync(join(directory, file), text);
}

/** A tree with the folders of the house in which every file holds one line per import. */
function build(): void {
  write("package.json", readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of PACKAGES) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    write(`node_modules/${name}/index.js`, "");
  }
  const files = new Map<string, string>();
  for (const leaf of ["core/kind.ts", "core/specs.ts", "providers/postgresql/index.ts", "providers/mysql/index.ts"]) {
    files.set(leaf, "export {};\n");
  }
  // Types count as much as values: a type is knowledge too.
  for (const [file, imported] of [...ALLOWED, ...PLANTED]) {
    const line = `import type {} from ${JSON.stringify(imported)};\n`;
    files.set(file, (files.get(file) ?? "") + line);
  }
  for (const [file, text] of files) write(file, text);
}

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

test("each rule finds what is planted against it, and nothing else", () => {
  build();
  const args = [DEPCRUISE, ".", "--config", CONFIG, "--output-type", "json"];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, encoding: "utf8" });
  expect(stderr).toBe("");
  const { violations } = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary;

  const found = violations.map(({ from, rule }) => `${from}: ${rule.name}`).sort();
  const planted = PLANTED.flatMap(([file, , rules = []]) => rules.map((rule) => `${file}: ${rule}`)).sort();
  expect(found).toEqual(planted);
});

test("every rule has a plant", async () => {
  const { default: config } = (await import(CONFIG)) as { default: { forbidden: { name: string }[] } };
  const planted = new Set(PLANTED.flatMap(([, , rules = []]) => rules));
  expect([...planted].sort()).toEqual(config.forbidden.map(({ name }) => name).sort());
});

/** Imports of packages that run when a file of an engine is loaded, whoever connects to what. */
function eager(root: string): string[] {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.filter((file) =>
    /^(?:import|export)\s+(?!type\b)(?:[\w*{][^;"'()=]*\bfrom\s+)?["'](?![./]|node:)[^"']+["']/m.test(
      readFileSync(join(root, file), "utf8"),
    ),
  );
}

test("a driver is loaded when a session connects, not before", () => {
  write("eager/a.ts", 'import pg from "pg";\n');
  write("eager/b.ts", 'import {\n  Client,\n} from "pg";\n');
  write("eager/c.ts", 'import "pg";\n');
  write("eager/fine.ts", 'import type { Client } from "pg";\nimport { x } from "./a.ts";\nimport fs from "node:fs";\n');
  expect(eager(join(directory, "eager")).sort()).toEqual(["a.ts", "b.ts", "c.ts"]);
  expect(eager(join(ROOT, "providers"))).toEqual([]);
});
