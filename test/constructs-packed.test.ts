/** What users import is the build: with both libraries, from both kinds of modules. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { duplicateForCdktn } from "../scripts/build-cdktn.ts";
import { standInProvider } from "./support/stand-in-provider.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const app = mkdtempSync(join(tmpdir(), "datumline-app-"));
const dist = join(app, "node_modules", "datumline", "dist");
afterAll(() => rmSync(app, { recursive: true, force: true }));

/** The package as it is installed, its dependencies beside it. */
beforeAll(() => {
  standInProvider();
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name !== "datumline" && !name.startsWith(".")) {
      symlinkSync(join(ROOT, "node_modules", name), join(app, "node_modules", name));
    }
  }
  cpSync(join(ROOT, "package.json"), join(app, "node_modules", "datumline", "package.json"));
  const tsc = join(ROOT, "node_modules", ".bin", "tsc");
  execFileSync(tsc, ["-p", "tsconfig.build.json", "--outDir", dist], { cwd: ROOT, stdio: "pipe" });
  duplicateForCdktn(join(dist, "constructs"));
});

/** cdktf's own validation wants Terraform, which need not be there to write a stack. */
const DECLARED = `
  const app = new App({ outdir: process.env.OUT, skipValidation: true });
  const stack = new TerraformStack(app, "prod");
  const server = new DataResource(stack, "server");
  const source = new PostgresDataSource(stack, "warehouse", { host: server.id, port: Token.asNumber(server.output) });
  new Role(source, "app", { comment: "costs \${x}" });
  new ConnectionPool(new PgBouncerDataSource(stack, "pooler"), "app", { to: source });
  app.synth();`;

const names = (library: string): readonly (readonly [string, string])[] => [
  ["App, DataResource, TerraformStack, Token", library],
  ["ConnectionPool, PgBouncerDataSource, PostgresDataSource, Role", `datumline/${library}`],
];

const MODULES = {
  mjs: (library: string) => names(library).map(([what, from]) => `import { ${what} } from "${from}";`),
  cjs: (library: string) => names(library).map(([what, from]) => `const { ${what} } = require("${from}");`),
};

/** What an app gives Terraform. */
function synthesised(library: string, kind: keyof typeof MODULES): { resource: { datumline_declaration: object } } {
  const file = join(app, `${library}.${kind}`);
  const outdir = join(app, `${library}-${kind}.out`);
  writeFileSync(file, [...MODULES[kind](library), DECLARED].join("\n"));
  execFileSync(process.execPath, [file], { cwd: app, env: { ...process.env, OUT: outdir }, stdio: "pipe" });
  return JSON.parse(readFileSync(join(outdir, "stacks", "prod", "cdk.tf.json"), "utf8"));
}

test.each([
  ["cdktf", "mjs"],
  ["cdktf", "cjs"],
  ["cdktn", "mjs"],
  ["cdktn", "cjs"],
] as const)("%s from a .%s file", (library, kind) => {
  const { resource } = synthesised(library, kind);
  expect(resource.datumline_declaration).toMatchObject({
    warehouse: {
      spec: expect.stringContaining("costs $${x}"),
      values: { "connection.host": "${terraform_data.server.id}" },
    },
    pooler: { depends_on: ["datumline_declaration.warehouse"] },
  });
});

test("the examples are one app for two libraries", () => {
  const specs = ["cdktf", "cdktn"].map((library) => {
    const folder = join(app, `${library}-warehouse`);
    cpSync(join(ROOT, "examples", `${library}-warehouse`), folder, { recursive: true });
    const { devDependencies, dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    expect(Object.keys({ ...dependencies, ...devDependencies })).toEqual(
      expect.arrayContaining([library, `${library}-cli`, "constructs", "datumline", "tsx"]),
    );
    const tsx = ["--import", import.meta.resolve("tsx")];
    execFileSync(process.execPath, [...tsx, "main.ts"], { cwd: folder, env: process.env, stdio: "pipe" });
    const stack = JSON.parse(readFileSync(join(folder, "cdktf.out", "stacks", "warehouse", "cdk.tf.json"), "utf8"));
    return stack.resource.datumline_declaration.analytics.spec;
  });
  expect(specs[0]).toBe(specs[1]);
});

test("an app of cdktn does not load cdktf", () => {
  rmSync(join(app, "node_modules", "cdktf"));
  synthesised("cdktn", "mjs");
});

/** What the installed command line says of one table that breaks a rule in a module of this name. */
function checked(module: string): { status: number | null; stderr: string } {
  const here = mkdtempSync(join(app, "rules-"));
  writeFileSync(
    join(here, "w.yaml"),
    `{ kind: DataSource, name: w, engine: postgresql, connection: {} }
---
{ kind: Schema, name: s }
---
{ kind: Table, schema: s, name: t, columns: [{ name: id, type: bigint }] }
---
{ kind: Policy, name: own, module: ${module} }
`,
  );
  const typed = module.endsWith(".ts") ? ": Rule[]" : "";
  writeFileSync(
    join(here, module),
    `${typed && 'import type { Rule } from "datumline/policies";\n'}import { objectsOf } from "datumline/policies";
export const rules${typed} = [({ desired }) => objectsOf("Table", desired).map(({ address }) => ({ address, summary: "found" }))];`,
  );
  return spawnSync(process.execPath, [join(dist, "cli/main.js"), "check", "-f", "w.yaml"], {
    cwd: here,
    encoding: "utf8",
  });
}

test("a module with rules imports the package, in JavaScript everywhere", () => {
  expect(checked("rules.mjs")).toMatchObject({ status: 3, stderr: expect.stringContaining("POLICY_BROKEN: found") });
});

test("in TypeScript where Node.js reads it; an older one says what to do", () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const reads = major > 22 || (major === 22 && minor >= 18);
  const said = reads ? "POLICY_BROKEN: found" : "Node.js reads TypeScript from 22.18 on";
  expect(checked("rules.ts")).toMatchObject({ status: reads ? 3 : 1, stderr: expect.stringContaining(said) });
});
