import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { App, TerraformLocal, TerraformStack, Testing, Token } from "cdktf";
import type { Construct } from "constructs";
import * as cdktf from "../constructs/cdktf.ts";
import * as constructs from "../constructs/index.ts";
import { Refusal } from "../core/errors.ts";
import { standInProvider } from "./support/stand-in-provider.ts";

const { secret, sql } = cdktf;

standInProvider();

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "datumline-"));
});
afterEach(() => {
  delete process.env.DATUMLINE_OUT;
  rmSync(outdir, { recursive: true, force: true });
});

/** The example of the documentation, whichever library it is written with. */
function declareWarehouse(
  scope: Construct,
  { PostgresDataSource, Role, DimensionTable, RowPolicy }: typeof constructs,
): void {
  const warehouse = new PostgresDataSource(scope, "warehouse", {
    host: "localhost",
    database: "analytics",
    user: "owner",
    password: secret.env("WAREHOUSE_PASSWORD"),
  });
  const analyst = new Role(warehouse, "analyst");
  const customer = new DimensionTable(warehouse, "customer_dim", {
    schema: "sales",
    columns: { region: "text", email: { type: "text", classification: "pii" } },
  });
  new RowPolicy(customer, "regional_access", {
    to: [analyst],
    using: sql`region = current_setting('app.user_region', true)`,
  });
}

const EXPECTED = [
  {
    kind: "DataSource",
    name: "warehouse",
    engine: "postgresql",
    connection: { host: "localhost", database: "analytics", user: "owner", password: { env: "WAREHOUSE_PASSWORD" } },
    $construct: "warehouse",
  },
  { kind: "Role", dataSource: "warehouse", name: "analyst", $construct: "warehouse/analyst" },
  {
    kind: "DimensionTable",
    dataSource: "warehouse",
    schema: "sales",
    name: "customer_dim",
    columns: { region: "text", email: { type: "text", classification: "pii" } },
    $construct: "warehouse/customer_dim",
  },
  {
    kind: "RowPolicy",
    dataSource: "warehouse",
    table: "sales.customer_dim",
    name: "regional_access",
    to: ["analyst"],
    using: "region = current_setting('app.user_region', true)",
    $construct: "warehouse/customer_dim/regional_access",
  },
];

function written(...path: readonly string[]): { kind: string; $construct: string }[] {
  return JSON.parse(readFileSync(join(outdir, ...path, "declaration.json"), "utf8")).documents;
}

test("without Terraform", () => {
  const project = new constructs.Project();
  declareWarehouse(project, constructs);
  expect(project.documents()).toEqual(EXPECTED);
});

test("under a stack: beside what Terraform gets, the same documents", () => {
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "prod");
  declareWarehouse(stack, cdktf);
  app.synth();
  const moved = EXPECTED.map((document) => ({ ...document, $construct: `prod/${document.$construct}` }));
  expect(written("stacks", "prod")).toEqual(moved);
  expect(existsSync(join(outdir, "stacks", "prod", "cdk.tf.json"))).toBe(true);
});

test("two stacks: a file for each, or one for all where the command line asks", () => {
  const make = (): void => {
    const app = new App({ outdir: join(outdir, "cdktf.out") });
    for (const name of ["one", "two"]) {
      const stack = new TerraformStack(app, name);
      for (const source of ["a", "b"]) new cdktf.Role(new cdktf.PostgresDataSource(stack, `${name}-${source}`), "r");
    }
    app.synth();
  };
  make();
  const paths = (name: string): string[] =>
    ["a", "b"].flatMap((source) => [`${name}/${name}-${source}`, `${name}/${name}-${source}/r`]);
  expect(written("cdktf.out", "stacks", "one").map(({ $construct }) => $construct)).toEqual(paths("one"));
  process.env.DATUMLINE_OUT = outdir;
  make();
  expect(written().map(({ $construct }) => $construct)).toEqual([...paths("one"), ...paths("two")]);
});

test("Testing.synth sees the constructs and writes nothing", () => {
  const app = Testing.app({ outdir });
  const stack = new TerraformStack(app, "prod");
  declareWarehouse(stack, cdktf);
  expect(Object.keys(JSON.parse(Testing.synth(stack)).resource.datumline_declaration)).toEqual(["warehouse"]);
  expect(existsSync(join(outdir, "stacks", "prod"))).toBe(false);
});

test("a Project under the cdktf library", () => {
  const project = new cdktf.Project();
  declareWarehouse(project, cdktf);
  expect(project.documents()).toEqual(EXPECTED);
});

test("no stack", () => {
  expect(() => new cdktf.PostgresDataSource(new App({ outdir }), "warehouse")).toThrow(Refusal);
});

test("the classes that need no Terraform are refused in a stack, where nobody would deploy them", () => {
  const stack = new TerraformStack(new App({ outdir }), "prod");
  for (const Made of [constructs.PostgresDataSource, constructs.PgBouncerDataSource, constructs.FilesDataSource])
    expect(() => new Made(stack, "warehouse")).toThrow(/prod\/warehouse: .*TerraformStack.*datumline\/cdktf/s);
});

test("the command line gets no values that Terraform fills in later", () => {
  process.env.DATUMLINE_OUT = outdir;
  for (const [name, value] of [
    ["text", (of: TerraformLocal) => ({ host: of.asString })],
    ["inside", (of: TerraformLocal) => ({ tags: ["a", `b-${of.asString}`] })],
    ["number", (of: TerraformLocal) => ({ port: Token.asNumber(of.fqn) })],
    ["number-inside", (of: TerraformLocal) => ({ comment: `port ${of.asNumber}` })],
    ["secret", (of: TerraformLocal) => ({ password: of.asString })],
  ] as const) {
    const later = new App({ outdir: join(outdir, "cdktf.out") });
    const stack = new TerraformStack(later, name);
    new cdktf.PostgresDataSource(stack, "warehouse", value(new TerraformLocal(stack, "later", "x")));
    expect(() => later.synth()).toThrow(/is a Terraform token, not a value/);
    expect(existsSync(join(outdir, "declaration.json"))).toBe(false);
  }
});

test("the library without Terraform does not load cdktf", () => {
  const script = `import("./constructs/index.ts").then(() => {
    const { createRequire } = process.getBuiltinModule("node:module");
    const loaded = Object.keys(createRequire(process.cwd() + "/x.js").cache);
    if (loaded.some((path) => path.includes("/cdktf/"))) process.exit(3);
  })`;
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
