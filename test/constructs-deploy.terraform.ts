/** Synthesised stacks under the real Terraform, without configuration or network, on a real PostgreSQL. */
import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DataResource, TerraformOutput, Token } from "cdktf";
import pg from "pg";
import {
  DimensionTable,
  Grant,
  MaskedView,
  PostgresDataSource,
  type PostgresDataSourceProps,
  Role,
  RowPolicy,
  Schema,
  secret,
  sql,
} from "../constructs/cdktf.ts";
import { freshServer } from "./support/server.ts";
import { stackOf, terraform as terraformIn } from "./support/stack.ts";
import { describeTerraform, providerOf, type Ran, succeeded, workspace } from "./support/terraform.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PASSWORD = "correct horse battery staple";

const terraform = (folder: string, ...args: readonly string[]): Ran =>
  terraformIn(folder, { WAREHOUSE_PASSWORD: PASSWORD }, ...args);

describeTerraform("a stack of constructs", () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    process.env.DATUMLINE_TERRAFORM_MIRROR = (await providerOf()).mirror;
    server = await freshServer({ auth: "scram-sha-256", password: PASSWORD });
  });
  afterAll(() => {
    delete process.env.DATUMLINE_TERRAFORM_MIRROR;
  });

  const reached = (props: PostgresDataSourceProps): PostgresDataSourceProps => ({
    host: server.host,
    port: server.port,
    user: "postgres",
    password: secret.env("WAREHOUSE_PASSWORD"),
    ...props,
  });

  async function query(database: string, text: string): Promise<readonly object[]> {
    const client = new pg.Client(server.url({ database, password: PASSWORD }));
    await client.connect();
    try {
      return (await client.query(text)).rows as object[];
    } finally {
      await client.end();
    }
  }

  function declareSales(source: PostgresDataSource): void {
    const sales = new Schema(source, "sales", { comment: "a ${b} $${c} %{d}" });
    const analyst = new Role(source, `${source.name}_analyst`);
    const customers = new DimensionTable(sales, "customer_dim", {
      surrogateKey: "customer_id",
      columns: { email: { type: "text", classification: "pii" }, region: { type: "text", default: sql`'\${none}'` } },
      rowSecurity: "on",
    });
    new MaskedView(customers, "masked", { mask: { email: "hash" } });
    new Grant(sales, "use", { to: analyst, privileges: ["usage"] });
    new RowPolicy(customers, "own", { to: [analyst], using: sql`region = ${sql.literal("it's ${x}")}` });
  }

  test("deploys offline, without configuration; the second plan is empty", async () => {
    await query("postgres", "CREATE DATABASE plain");
    const folder = stackOf((stack) => {
      const allow = ["WIDENS_ACCESS"];
      declareSales(new PostgresDataSource(stack, "plain", reached({ database: "plain", terraform: { allow } })));
    });
    succeeded(terraform(folder, "validate"));
    const planned = succeeded(terraform(folder, "plan", "-out=plan"));
    expect(planned.stdout).toContain("CREATE POLICY");
    succeeded(terraform(folder, "apply", "plan"));
    expect(terraform(folder, "plan", "-detailed-exitcode").status).toBe(0);
    const [policy] = await query("plain", "SELECT qual FROM pg_policies WHERE policyname = 'own'");
    expect(policy).toEqual({ qual: "(region = 'it''s ${x}'::text)" });
    const [schema] = await query("plain", "SELECT obj_description('sales'::regnamespace) AS comment");
    expect(schema).toEqual({ comment: "a ${b} $${c} %{d}" });
    // Without its state, Terraform finds everything as declared.
    rmSync(join(folder, "..", "..", "terraform.tfstate"));
    expect(succeeded(terraform(folder, "apply", "-auto-approve")).stdout).not.toContain("CREATE");
    await query("plain", "DROP POLICY own ON sales.customer_dim");
    expect(terraform(folder, "plan", "-detailed-exitcode").status).toBe(2);
  });

  test("values that are known after apply, a password of Terraform's own, two data sources and outputs", async () => {
    await query("postgres", "CREATE DATABASE one");
    await query("postgres", "CREATE DATABASE two");
    const folder = stackOf((stack) => {
      const made = new DataResource(stack, "server", {
        input: { host: server.host, port: server.port, password: PASSWORD, region: "it's" },
      });
      const output = (name: string): string => made.interpolationForAttribute(`output.${name}`).toString();
      const one = new PostgresDataSource(
        stack,
        "one",
        reached({
          database: "one",
          host: output("host"),
          port: Token.asNumber(made.interpolationForAttribute("output.port")),
          password: output("password"),
          terraform: { allow: ["WIDENS_ACCESS"] },
        }),
      );
      declareSales(one);
      new Role(one, "late", { comment: `from ${output("region")}, not $\{this}` });
      const two = new PostgresDataSource(
        stack,
        "two",
        reached({ database: "two", terraform: { allow: ["all"], dependsOn: [one.declaration] } }),
      );
      new Schema(two, "other", { comment: one.fingerprint });
      new TerraformOutput(stack, "fingerprint", { value: one.fingerprint });
    });
    succeeded(terraform(folder, "validate"));
    const planned = succeeded(terraform(folder, "plan", "-out=plan"));
    expect(planned.stdout).toMatch(/changes\s+= \(known after apply\)/);
    succeeded(terraform(folder, "apply", "plan"));
    expect(terraform(folder, "plan", "-detailed-exitcode").status).toBe(0);
    const [role] = await query("one", "SELECT shobj_description('late'::regrole, 'pg_authid') AS comment");
    expect(role).toEqual({ comment: "from it's, not ${this}" });
    const fingerprint = JSON.parse(succeeded(terraform(folder, "output", "-json", "fingerprint")).stdout);
    const [schema] = await query("two", "SELECT obj_description('other'::regnamespace) AS comment");
    expect(schema).toEqual({ comment: fingerprint });
  });

  test("the example in HCL: the module of the package and a folder of documents", async () => {
    await query("postgres", "CREATE DATABASE hcl");
    const url = server.url({ database: "hcl", password: PASSWORD });
    const here = await workspace({ init: false, env: { DATABASE_URL: url } });
    cpSync(join(ROOT, "examples", "terraform-hcl"), here.path, { recursive: true });
    mkdirSync(join(here.path, "node_modules"));
    symlinkSync(ROOT, join(here.path, "node_modules", "datumline"));
    succeeded(await here.run("init"));
    succeeded(await here.run("apply", "-auto-approve"));
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
    const refused = await here.run("destroy", "-auto-approve");
    expect(refused.stderr).toContain("protect");
    succeeded(await here.run("apply", "-auto-approve", "-var=protect=false"));
    succeeded(await here.run("destroy", "-auto-approve", "-var=protect=false"));
    expect(await query("hcl", "SELECT 1 FROM pg_namespace WHERE nspname = 'sales'")).toEqual([]);
  });
});
