/** Settings of clients as values of constructs: the same as from the command line, and in a stack with tokens in them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { App, TerraformLocal, TerraformOutput, TerraformStack, Token } from "cdktf";
import * as stacked from "../constructs/cdktf.ts";
import {
  type ClientName,
  ConnectionPool,
  PgBouncerDataSource,
  PoolerSettings,
  PostgresDataSource,
  Project,
  Role,
  secret,
} from "../constructs/index.ts";
import { CLIENTS } from "../core/clients/index.ts";
import { Refusal } from "../core/errors.ts";
import { folder } from "./support/cli.ts";
import { standInProvider } from "./support/stand-in-provider.ts";
import { describeTerraform, succeeded, temporary, workspace } from "./support/terraform.ts";

const WAREHOUSE = {
  host: "db.example.com",
  database: "analytics",
  user: "owner",
  password: secret.env("OWNER_PASSWORD"),
  tls: { mode: "verify-full", ca: secret.file("ca.pem") },
  pool: { size: 2 },
  clients: [{ name: "reports", user: "bi" }],
} as const;

function refused(make: () => unknown): string {
  try {
    make();
  } catch (caught) {
    if (caught instanceof Refusal) return caught.message;
    throw caught;
  }
  throw new Error("nothing was refused");
}

describe("without Terraform", () => {
  let warehouse: PostgresDataSource;
  let bi: Role;
  let pool: ConnectionPool;
  let project: Project;

  beforeEach(() => {
    project = new Project();
    warehouse = new PostgresDataSource(project, "warehouse", WAREHOUSE);
    bi = new Role(warehouse, "bi", { login: true, password: secret.env("BI_PASSWORD") });
    const pooler = new PgBouncerDataSource(project, "pooler", { host: "pool.example.com", user: "admin" });
    new PoolerSettings(pooler, "settings", { pools: { mode: "transaction" } });
    pool = new ConnectionPool(pooler, "app", { to: warehouse, size: 5 });
  });

  test("they are those of the command line", async () => {
    const here = folder();
    here.write("declaration.json", JSON.stringify({ documents: project.documents() }));
    const printed = async (word: string, ...options: readonly string[]): Promise<string> => {
      const args = [
        "render",
        "client",
        "-f",
        "declaration.json",
        "--data-source",
        "warehouse",
        "--for",
        word,
        ...options,
      ];
      const { out, err } = await here.run(args);
      expect(err).toBe("");
      return out;
    };
    for (const word of Object.keys(CLIENTS) as ClientName[]) {
      expect(warehouse.client(word).text).toBe(await printed(word));
      expect(warehouse.client(word, { pool, user: bi }).text).toBe(
        await printed(word, "--pool", "app", "--user", "bi"),
      );
      expect(warehouse.client(word, { client: "reports" }).text).toBe(await printed(word, "--client", "reports"));
    }
  });

  test("they say what they are called, and which variables the client needs", () => {
    expect(warehouse.client("dbt", { user: "bi" })).toMatchObject({
      name: "profiles.yml",
      environment: ["BI_PASSWORD"],
    });
  });

  test("what cannot be is refused with the construct", () => {
    expect(refused(() => warehouse.client("sqlalchem" as ClientName))).toBe(
      "warehouse: No client is called sqlalchem. Did you mean sqlalchemy? There are sqlalchemy, superset, django, node-pg, jdbc, dbt, airflow, odbc, env, libpq. [CONSTRUCT]",
    );
    expect(refused(() => warehouse.client("env", { client: "nope" }))).toMatch(
      /^warehouse: .*reports.*\[UNKNOWN_REFERENCE\]$/,
    );
    const crm = new PostgresDataSource(project, "crm", { url: secret.env("CRM") });
    expect(refused(() => crm.client("env"))).toMatch(/^crm: .*\[NOT_SUPPORTED\]$/);
    expect(refused(() => crm.client("env", { pool }))).toContain("The pool app leads to warehouse, not to crm");
  });
});

describe("in a stack", () => {
  let stack: TerraformStack;
  let outdir: string;

  beforeEach(() => {
    standInProvider();
    outdir = temporary();
    stack = new TerraformStack(new App({ outdir }), "prod");
  });

  const synthesised = (): { output: { settings: { value: string } }; locals: object } => {
    (stack.node.root as App).synth();
    return JSON.parse(readFileSync(join(outdir, "stacks", "prod", "cdk.tf.json"), "utf8"));
  };

  function declared(): stacked.PostgresDataSource {
    const host = new TerraformLocal(stack, "host", "db-1.internal");
    const port = new TerraformLocal(stack, "port", 5433);
    return new stacked.PostgresDataSource(stack, "warehouse", {
      ...WAREHOUSE,
      host: host.asString,
      port: port.asNumber,
      password: new TerraformLocal(stack, "password", "canary-3f9a1c77").asString,
    });
  }

  test("a token is where it belongs, and what Terraform would fill in stays as it is", () => {
    const warehouse = declared();
    new TerraformOutput(stack, "settings", { value: warehouse.client("jdbc").text });
    const { value } = synthesised().output.settings;
    expect(value).toContain("url=jdbc:postgresql://${local.host}:${local.port}/analytics?");
    expect(value).toContain("spring.datasource.password=$${WAREHOUSE_PASSWORD}\n");
    expect(warehouse.client("jdbc").environment).toEqual(["WAREHOUSE_PASSWORD"]);
  });

  test("a login that Terraform hands on is asked for as well", () => {
    const password = Token.asString({ resolve: () => "x" });
    const warehouse = new stacked.PostgresDataSource(stack, "warehouse", {
      host: "h",
      user: "u",
      terraform: { password },
    });
    expect(warehouse.client("env").environment).toEqual(["WAREHOUSE_PASSWORD"]);
  });

  test("a pool, which Terraform does not apply, may stand in a project beside the stack", () => {
    const pooler = new stacked.PgBouncerDataSource(new Project(), "pooler", { host: "pool.example.com" });
    const pool = new stacked.ConnectionPool(pooler, "app", { to: "warehouse", mode: "transaction", size: 5 });
    new TerraformOutput(stack, "settings", { value: declared().client("sqlalchemy", { pool }).text });
    const { value } = synthesised().output.settings;
    expect(value).toContain('host="pool.example.com"');
    expect(value).toContain("NullPool");
  });

  test("what settings count with must be known", () => {
    const size = new TerraformLocal(stack, "size", 3).asNumber;
    const warehouse = new stacked.PostgresDataSource(stack, "warehouse", { host: "h", user: "u", pool: { size } });
    expect(refused(() => warehouse.client("env"))).toContain("`pool.size` cannot be a token here");
  });

  describeTerraform("given to Terraform", () => {
    test.each(Object.keys(CLIENTS) as ClientName[])("settings of %s come out of it as they went in", async (word) => {
      new TerraformOutput(stack, "settings", { value: declared().client(word).text });
      const { output, locals } = synthesised();
      const here = await workspace({ files: { "main.tf.json": JSON.stringify({ output, locals }) } });
      succeeded(await here.run("apply", "-auto-approve"));
      const { stdout } = succeeded(await here.run("output", "-raw", "settings"));
      const known = new PostgresDataSource(new Project(), "warehouse", {
        ...WAREHOUSE,
        host: "db-1.internal",
        port: 5433,
        // A variable of the same name as the one that a password from Terraform is expected in.
        password: secret.env("WAREHOUSE_PASSWORD"),
      });
      expect(stdout).toBe(known.client(word).text);
      expect(stdout).not.toContain("canary");
    });
  });
});
