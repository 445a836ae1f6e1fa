/** Data sources that lead to others, as Terraform applies them: a pooler, a folder of files, and what they belong to. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DataResource, type TerraformStack, TerraformVariable, Token } from "cdktf";
import {
  BackupSchedule,
  ConnectionPool,
  FilesDataSource,
  PgBouncerDataSource,
  PoolerSettings,
  PostgresDataSource,
  Role,
  Schema,
  secret,
} from "../constructs/cdktf.ts";
import { inOrder, type Plan } from "../core/plan.ts";
import { shownSql } from "../core/render/summary.ts";
import { folder } from "./support/cli.ts";
import { declaring, FAULT_OF_PROVIDER, query, said, statements } from "./support/declaration.ts";
import { missing, type Pooler, startPooler } from "./support/pgbouncer.ts";
import { freshServer } from "./support/server.ts";
import { unless } from "./support/skipping.ts";
import { stackOf, terraform as terraformIn } from "./support/stack.ts";
import { describeTerraform, providerOf, type Ran, succeeded, temporary } from "./support/terraform.ts";

const SECRETS = {
  CONSOLE_PASSWORD: "of the admin",
  LOOKUP_PASSWORD: "canary looks up",
  WEB_PASSWORD: "canary of web",
  OWNER_PASSWORD: "canary of the owner",
};

const { suite } = unless(missing()?.replace(/^SKIPPED: /, ""), "poolers under Terraform");

function describePooler(name: string, body: () => void): void {
  describeTerraform(name, () => suite("on a real PgBouncer", body));
}

describePooler("a stack with a pooler and a folder of files", () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let pooler: Pooler;
  const outdir = temporary();
  const schedulers = temporary();
  beforeAll(async () => {
    process.env.DATUMLINE_TERRAFORM_MIRROR = (await providerOf()).mirror;
    server = await freshServer({ auth: "scram-sha-256", password: SECRETS.OWNER_PASSWORD });
    pooler = await startPooler();
  });
  afterAll(() => {
    delete process.env.DATUMLINE_TERRAFORM_MIRROR;
  });

  interface Wish {
    readonly size?: number;
    readonly hour?: number;
    readonly schemas?: readonly string[];
    readonly protect?: boolean;
  }
  function declare({ size = 4, hour = 3, schemas = [], protect = true }: Wish): (stack: TerraformStack) => void {
    const terraform = { allow: ["all"], protect };
    return (stack) => {
      const warehouse = new PostgresDataSource(stack, "warehouse", {
        host: "127.0.0.1",
        port: server.port,
        database: "postgres",
        user: "postgres",
        password: secret.env("OWNER_PASSWORD"),
        terraform,
      });
      const web = new Role(warehouse, "web", { login: true, password: secret.env("WEB_PASSWORD") });
      for (const name of schemas) new Schema(warehouse, name);
      const front = new PgBouncerDataSource(stack, "pooler", {
        host: "127.0.0.1",
        port: pooler.port,
        user: "admin",
        password: secret.env("CONSOLE_PASSWORD"),
        pgbouncer: { config: pooler.config },
        terraform,
      });
      new PoolerSettings(front, "settings", { maxClients: 200 });
      new ConnectionPool(front, "looked_up", {
        to: warehouse,
        size,
        users: [web.reference],
        auth: { user: "pooler_lookup", password: secret.env("LOOKUP_PASSWORD") },
      });
      new ConnectionPool(front, "copied", {
        to: warehouse,
        size: 2,
        users: [web.reference],
        auth: { by: "userlist" },
      });
      const host = new FilesDataSource(stack, "host", { path: schedulers, terraform });
      new BackupSchedule(warehouse, "nightly", {
        schedule: { cron: `30 ${hour} * * *` },
        to: [{ directory: "/var/backups" }],
        runner: { on: host, as: "cron", declaration: "/srv/warehouse" },
      });
    };
  }
  let secrets = SECRETS;
  const terraform = (...args: readonly string[]): Ran => terraformIn(join(outdir, "stacks", "prod"), secrets, ...args);
  const write = (wish: Wish): string => stackOf(declare(wish), outdir);
  const runner = (): string => join(schedulers, "datumline-backup-warehouse-nightly");

  /** What a plan does with each data source, where it does something. */
  function planned(): Record<string, readonly string[]> {
    succeeded(terraform("plan", "-out=tfplan"));
    const { resource_changes: all } = JSON.parse(succeeded(terraform("show", "-json", "tfplan")).stdout) as {
      resource_changes: { name: string; change: { actions: string[]; after: { changes: string[] } } }[];
    };
    const changed = all.filter(({ change }) => change.actions.join() !== "no-op");
    return Object.fromEntries(changed.map(({ name, change }) => [name, change.after.changes]));
  }

  const roleBehind = async (pool: string, password = SECRETS.WEB_PASSWORD): Promise<unknown> => {
    const client = await pooler.client(pool, "web", password);
    const { rows } = await client.query("SELECT current_user::text AS role");
    await client.end();
    return rows[0]?.role;
  };

  test("is applied in its order, clients come through, and the second plan is empty", async () => {
    write({});
    const ran = said(succeeded(terraform("apply", "-auto-approve")));
    const done = ["host", "warehouse", "pooler"].map((name) => ran.indexOf(`declaration.${name}: Creation complete`));
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(await roleBehind("looked_up")).toBe("web");
    expect(await roleBehind("copied")).toBe("web");
    expect(readFileSync(runner(), "utf8")).toContain("30 3 * * * root datumline backup run nightly");
    expect(terraform("plan", "-detailed-exitcode").status).toBe(0);
  });

  test("only what changes in a data source is a change of it, and a pool changes under its clients", async () => {
    const client = await pooler.client("looked_up", "web", SECRETS.WEB_PASSWORD);
    write({ schemas: ["sales"] });
    expect(planned()).toEqual({ warehouse: ["CREATE SCHEMA sales"] });
    write({ size: 5, schemas: ["sales"] });
    expect(planned()).toEqual({
      pooler: [expect.stringMatching(/looked_up = .* pool_size=5 /)],
      warehouse: ["CREATE SCHEMA sales"],
    });
    succeeded(terraform("apply", "tfplan"));
    expect(pooler.text()).toMatch(/^looked_up = .* pool_size=5 /m);
    expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await client.end();
    write({ size: 5, hour: 4, schemas: ["sales"] });
    // The schedule is the warehouse's, where no statement comes of it.
    expect(planned()).toEqual({ host: [expect.stringContaining("30 4 * * *")], warehouse: [] });
    succeeded(terraform("apply", "tfplan"));
    expect(planned()).toEqual({});
  });

  test("what somebody else changed is put right", () => {
    pooler.write(pooler.text().replace("pool_size=5", "pool_size=9"));
    writeFileSync(runner(), readFileSync(runner(), "utf8").replace("30 4", "59 23"));
    expect(Object.keys(planned()).sort()).toEqual(["host", "pooler"]);
    succeeded(terraform("apply", "tfplan"));
    expect(pooler.text()).toContain("pool_size=5");
    expect(readFileSync(runner(), "utf8")).toContain("30 4 * * *");
  });

  test("a password that changes reaches the role and the userlist by one apply", async () => {
    secrets = { ...SECRETS, WEB_PASSWORD: "canary of web, changed" };
    write({ size: 6, hour: 4, schemas: ["sales"] });
    expect(planned()).toEqual({
      warehouse: [expect.stringContaining("ALTER ROLE web WITH PASSWORD")],
      pooler: ["[userlist]\nweb = verifier of the role in warehouse", expect.stringContaining("pool_size=6")],
    });
    succeeded(terraform("apply", "tfplan"));
    expect(await roleBehind("copied", secrets.WEB_PASSWORD)).toBe("web");
    expect(await roleBehind("looked_up", secrets.WEB_PASSWORD)).toBe("web");
    expect(planned()).toEqual({});
  });

  test("no secret is written anywhere, and destroying takes the pools away before the database", async () => {
    write({ size: 6, hour: 4, schemas: ["sales"], protect: false });
    succeeded(terraform("apply", "-auto-approve"));
    const [role] = await query(
      server.url(),
      "SELECT rolpassword AS verifier FROM pg_catalog.pg_authid WHERE rolname = 'web'",
    );
    const files = [join(outdir, "terraform.tfstate"), join(outdir, "stacks", "prod", "cdk.tf.json")];
    const shown = terraform("show", "-json").stdout + terraform("show", "-json", "tfplan").stdout;
    const written = shown + files.map((file) => readFileSync(file, "utf8")).join("\n");
    for (const secret of [...Object.values(SECRETS), ...Object.values(secrets), role?.verifier as string])
      expect(written.includes(secret)).toBe(false);
    const ran = said(succeeded(terraform("destroy", "-auto-approve")));
    const gone = ["pooler", "warehouse", "host"].map((name) =>
      ran.indexOf(`declaration.${name}: Destruction complete`),
    );
    expect(gone).toEqual(gone.toSorted((a, b) => a - b));
    expect(pooler.text()).not.toMatch(/looked_up|copied/);
    expect(readFileSync(pooler.userlist, "utf8")).not.toMatch(/"web"|"pooler_lookup"/);
    expect(existsSync(runner())).toBe(false);
    const roles = "SELECT FROM pg_catalog.pg_roles WHERE rolname IN ('web', 'pooler_lookup')";
    expect(await query(server.url(), roles)).toEqual([]);
  });

  test("values that are known after apply, and a login that Terraform hands on", () => {
    const at = temporary();
    const run = (...args: readonly string[]): Ran => terraformIn(join(at, "stacks", "prod"), SECRETS, ...args);
    const writeAt = (note: string, clients: number): string =>
      stackOf((stack) => {
        const made = new DataResource(stack, "server", { input: { host: "127.0.0.1", port: server.port, note } });
        const output = (name: string) => made.interpolationForAttribute(`output.${name}`);
        const warehouse = new PostgresDataSource(stack, "warehouse", {
          host: output("host").toString(),
          port: Token.asNumber(output("port")),
          database: "postgres",
          user: "postgres",
          password: secret.env("OWNER_PASSWORD"),
          terraform: { allow: ["all"], protect: false },
        });
        const web = new Role(warehouse, "web", { login: true, password: secret.env("WEB_PASSWORD") });
        const login = new TerraformVariable(stack, "console", { sensitive: true });
        login.addOverride("ephemeral", true);
        const front = new PgBouncerDataSource(stack, "pooler", {
          host: "127.0.0.1",
          port: pooler.port,
          user: "admin",
          password: login.stringValue,
          pgbouncer: { config: pooler.config },
          terraform: { allow: ["all"], protect: false },
        });
        new ConnectionPool(front, "late", {
          to: warehouse,
          users: [web.reference],
          clients,
          auth: { by: "userlist" },
        });
      }, at);
    writeAt("one", 10);
    const given = `-var=console=${SECRETS.CONSOLE_PASSWORD}`;
    expect(succeeded(run("plan", "-out=tfplan", given)).stdout).toContain("(known after apply)");
    succeeded(run("apply", given, "tfplan"));
    expect(pooler.text()).toContain(`late = host=127.0.0.1 port=${server.port}`);
    expect(run("plan", "-detailed-exitcode", given).status).toBe(0);
    // They are unknown again, and turn out to be what they were.
    writeAt("two", 20);
    const ran = run("apply", "-auto-approve", given);
    expect(said(ran)).not.toMatch(FAULT_OF_PROVIDER);
    expect(ran.status).toBe(0);
    expect(run("plan", "-detailed-exitcode", given).status).toBe(0);
  });
});

describePooler("documents of several data sources, in HCL", () => {
  const documents = (server: { readonly port: number }, pooler: Pooler): Record<string, string> => ({
    "sources.yaml": `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: 127.0.0.1, port: ${server.port}, database: postgres, user: postgres, password: { env: OWNER_PASSWORD } }
---
kind: DataSource
name: pooler
${pooler.source}
`,
    "pools.yaml": `{ kind: Role, dataSource: warehouse, name: web, login: true, password: { env: WEB_PASSWORD } }
---
{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, size: 3, users: [web], auth: { by: userlist } }
`,
  });

  test("each is a resource that says which it is; the plan is the one of the command line", async () => {
    const server = await freshServer({ auth: "scram-sha-256", password: SECRETS.OWNER_PASSWORD });
    const pooler = await startPooler();
    const here = await declaring({ env: SECRETS, init: false });
    for (const [name, text] of Object.entries(documents(server, pooler))) here.write(join("estate", name), text);
    const source = fileURLToPath(new URL("../terraform/module", import.meta.url));
    const module = (name: string, more: object = {}): object => ({
      source,
      folder: "estate",
      data_source: name,
      allow: ["all"],
      protect: false,
      ...more,
    });
    const declare = (name = "pooler"): void =>
      here.declare(
        {},
        { module: { warehouse: module("warehouse"), pooler: module(name, { depends_on: ["module.warehouse"] }) } },
      );
    declare();
    succeeded(await here.run("init"));
    const cli = folder(SECRETS);
    const byCommandLine = async (name: string): Promise<string[]> => {
      const ran = await cli.run(["plan", "-f", join(here.path, "estate"), "--data-source", name, "--format", "json"]);
      return inOrder(JSON.parse(ran.out) as Plan).map(({ statement }) => shownSql(statement));
    };
    for (const name of ["warehouse", "pooler"]) {
      const expected = await byCommandLine(name);
      expect(expected.length).toBeGreaterThan(0);
      expect(await statements(here, "this", `module.${name}.`)).toEqual(expected);
    }
    succeeded(await here.run("apply", "-auto-approve"));
    const client = await pooler.client("app", "web", SECRETS.WEB_PASSWORD);
    await client.end();
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
    declare("poler");
    expect(said(await here.run("plan"))).toMatch(/UNKNOWN_DATA_SOURCE: There is no data source `poler`.*Did you mean/);
    declare();
    succeeded(await here.run("destroy", "-auto-approve"));
    expect(pooler.text()).not.toContain("app =");
  });
});
