/** Secrets are used and written nowhere: not in a plan, a state, a note, a diagnostic or a log at its loudest. */
import { readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { type Declaring, dataSource, declaring, hcl, query, said } from "./support/declaration.ts";
import { manager } from "./support/secret-managers.ts";
import { freshServer } from "./support/server.ts";
import { describeTerraform, succeeded } from "./support/terraform.ts";

const CANARY = { login: "canary-login-1f7c", role: "canary-role-93be", wrong: "canary-wrong-55d1" };
const ROLE = `kind: Schema\nname: sales\n---\nkind: Role\nname: reader\nlogin: true\npassword: { env: READER_PASSWORD }\n`;

/** Everything that a workspace holds but the provider itself, plan files unpacked by Terraform. */
async function everything(here: Declaring): Promise<string> {
  const files = readdirSync(here.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/terraform-provider-/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  const shown = await here.run("show", "-json", "tfplan");
  const state = await here.run("show", "-json");
  const kept = [...state.stdout.matchAll(/"private":\s*"([^"]+)"/g)].map(([, text]) =>
    Buffer.from(text as string, "base64").toString(),
  );
  return [...files, shown.stdout, state.stdout, ...kept].join("\n");
}

function expectNoCanary(text: string): void {
  for (const canary of Object.values(CANARY)) {
    expect(text.includes(canary)).toBe(false);
    expect(text.includes(Buffer.from(canary).toString("base64").slice(0, -4))).toBe(false);
  }
}

describeTerraform("secrets", () => {
  test("of the connection and of roles, by reference, are used and written nowhere", async () => {
    const server = await freshServer({ auth: "scram-sha-256", password: CANARY.login });
    const log = { TF_LOG: "trace", TF_LOG_PATH: "terraform.log" };
    const env = { DATABASE_URL: server.url(), READER_PASSWORD: CANARY.role, ...log };
    const here = await declaring({ env });
    here.declare({ warehouse: { files: { "a.yaml": dataSource(), "b.yaml": ROLE }, protect: false } });
    const texts: string[] = [];
    for (const args of [
      ["plan", "-out=tfplan"],
      ["apply", "tfplan"],
      ["plan", "-detailed-exitcode"],
    ]) {
      const ran = succeeded(await here.run(...args));
      texts.push(ran.stdout, ran.stderr);
    }
    expect(texts.join("\n")).toContain("secret from env READER_PASSWORD");
    await query(server.url({ user: "reader", password: CANARY.role }), "SELECT 1");
    const failed = await declaring({ env: { ...env, DATABASE_URL: server.url({ password: CANARY.wrong }) } });
    failed.declare({ warehouse: { files: { "a.yaml": dataSource() } } });
    const refused = await failed.run("plan");
    expect(said(refused)).toContain("LOGIN_FAILED");
    expectNoCanary([...texts, refused.stdout, refused.stderr].join("\n"));
    expectNoCanary(await everything(here));
    expectNoCanary(await everything(failed));
    texts.push(succeeded(await here.run("destroy", "-auto-approve")).stdout);
    expectNoCanary([...texts, await everything(here)].join("\n"));
  });

  test("written in the configuration alone go with a URL or a password", async () => {
    const server = await freshServer({ auth: "scram-sha-256", password: CANARY.login });
    const variables = { TF_VAR_login: CANARY.login, TF_VAR_url: server.url() };
    const here = await declaring({ env: { ...variables, TF_LOG: "trace", TF_LOG_PATH: "terraform.log" } });
    const open = `kind: DataSource\nname: warehouse\nengine: postgresql\nconnection: { host: 127.0.0.1, port: ${server.port}, user: postgres, database: postgres }\n`;
    const nowhere = "kind: DataSource\nname: other\nengine: postgresql\nconnection: {}\n";
    const schema = (name: string): string => `kind: Schema\nname: ${name}\n`;
    const more = { variable: { login: { ephemeral: true }, url: { ephemeral: true } } };
    const write = (names: string, protect: boolean): void =>
      here.declare(
        {
          warehouse: {
            files: { "a.yaml": open, "b.yaml": schema(`sales${names}`) },
            password: hcl("var.login"),
            protect,
          },
          other: { files: { "a.yaml": nowhere, "b.yaml": schema(`shop${names}`) }, url: hcl("var.url"), protect },
        },
        more,
      );
    write("", true);
    succeeded(await here.run("plan", "-out=tfplan"));
    succeeded(await here.run("apply", "tfplan"));
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
    write("_2", false);
    succeeded(await here.run("plan", "-out=tfplan"));
    expect(said(succeeded(await here.run("apply", "tfplan")))).toContain("2 changed");
    const schemas = await query(
      server.url(),
      "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(sales|shop)' ORDER BY 1",
    );
    expect(schemas.map(({ nspname }) => nspname)).toEqual(["sales_2", "shop_2"]);
    const destroyed = await here.run("destroy", "-auto-approve");
    expect(destroyed.status).toBe(1);
    expect(said(destroyed)).toMatch(/To destroy, Terraform forgets `url` and `password` first/);
    expectNoCanary([destroyed.stdout, destroyed.stderr, await everything(here)].join("\n"));
  });

  test("of secret managers are asked for; an SDK is found from the folder that Terraform runs in", async () => {
    const server = await freshServer({ auth: "scram-sha-256", password: CANARY.login });
    const vault = await manager(({ path }) =>
      path.startsWith("/v1/sys/")
        ? [200, { data: { path: "secret/", options: { version: "2" } } }]
        : [200, { data: { data: { password: CANARY.login } } }],
    );
    const silent = await manager(() => [400, { __type: "ResourceNotFoundException" }]);
    const env = {
      VAULT_ADDR: vault.url,
      VAULT_TOKEN: "t",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: silent.url,
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: CANARY.wrong,
    };
    const here = await declaring({ env });
    const source = (password: string): string =>
      `kind: DataSource\nname: warehouse\nengine: postgresql\nconnection: { host: 127.0.0.1, port: ${server.port}, user: postgres, database: postgres, password: ${password} }\n`;
    const declare = (password: string): void =>
      here.declare({ warehouse: { files: { "a.yaml": source(password), "b.yaml": "kind: Schema\nname: s\n" } } });
    declare("{ vault: secret/warehouse }");
    const applied = succeeded(await here.run("apply", "-auto-approve"));
    declare("{ awsSecret: prod/warehouse }");
    const missing = await here.run("plan", "-refresh=false");
    expect(said(missing)).toContain("DRIVER_MISSING");
    expect(said(missing)).toContain("npm install @aws-sdk/client-secrets-manager");
    symlinkSync(fileURLToPath(new URL("../node_modules", import.meta.url)), join(here.path, "node_modules"));
    const asked = await here.run("plan", "-refresh=false");
    expect(said(asked)).toContain("SECRET_UNRESOLVED: AWS Secrets Manager has no secret prod/warehouse");
    rmSync(join(here.path, "node_modules"));
    expectNoCanary([applied, missing, asked].flatMap(({ stdout, stderr }) => [stdout, stderr]).join("\n"));
    expectNoCanary(await everything(here));
  });

  test("that a text of the declaration repeats stop the plan", async () => {
    const server = await freshServer({ auth: "scram-sha-256", password: CANARY.login });
    const here = await declaring({ env: { DATABASE_URL: server.url() } });
    here.declare({
      warehouse: {
        files: { "a.yaml": dataSource(), "b.yaml": `kind: Schema\nname: sales\ncomment: it is ${CANARY.login}\n` },
      },
    });
    const ran = await here.run("plan", "-json");
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain("LITERAL_SECRET: The plan would hold a secret in clear");
  });
});
