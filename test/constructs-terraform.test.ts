import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { App, DataResource, Fn, TerraformLocal, TerraformOutput, TerraformStack, Token } from "cdktf";
import {
  Grant,
  PostgresDataSource,
  type PostgresDataSourceProps,
  Project,
  Role,
  RowPolicy,
  Schema,
  secret,
  sql,
  Table,
} from "../constructs/cdktf.ts";
import { Refusal } from "../core/errors.ts";
import { PLATFORMS, standInProvider, VERSION } from "./support/stand-in-provider.ts";

interface Synthesised {
  readonly terraform: { readonly required_providers: object };
  readonly resource: { readonly datumline_declaration: { readonly [name: string]: Declared } };
  readonly output?: { readonly [name: string]: { readonly value: string } };
}

interface Declared {
  readonly spec: string;
  readonly values?: { readonly [name: string]: string };
  readonly [attribute: string]: unknown;
}

let outdir: string;
let app: App;
let stack: TerraformStack;
let later: TerraformLocal;

beforeEach(() => {
  standInProvider();
  outdir = mkdtempSync(join(tmpdir(), "datumline-"));
  // cdktf's own validation wants Terraform, which need not be there to write a stack.
  app = new App({ outdir, skipValidation: true });
  stack = new TerraformStack(app, "prod");
  later = new TerraformLocal(stack, "later", "x");
});
afterEach(() => {
  delete process.env.DATUMLINE_OUT;
  rmSync(outdir, { recursive: true, force: true });
});

const inStack = (...path: readonly string[]): string => join(outdir, "stacks", "prod", ...path);

function synthesised(): Synthesised {
  app.synth();
  return JSON.parse(readFileSync(inStack("cdk.tf.json"), "utf8"));
}

function declared(name = "warehouse"): Declared {
  return synthesised().resource.datumline_declaration[name] as Declared;
}

/** The documents as Terraform hands them to the provider: with what looks like a template, and is none, as it was. */
function documents(from: Declared): { readonly [field: string]: unknown }[] {
  return JSON.parse(from.spec.replace(/([$%])\1\{/g, "$1{")).documents;
}

function warehouse(props: PostgresDataSourceProps = {}): PostgresDataSource {
  return new PostgresDataSource(stack, "warehouse", props);
}

describe("the resource", () => {
  test("holds all that is declared below the data source, until the stack is synthesised", () => {
    const source = warehouse({ host: "localhost", password: secret.env("PASSWORD") });
    const other = new PostgresDataSource(stack, "other");
    new Role(other, "r");
    const sales = new Schema(source, "sales");
    new Role(source, "r");
    const table = new Table(sales, "t", { columns: [{ name: "id", type: "bigint" }] });
    new Grant(table, "g", { to: "r", privileges: ["select"] });
    const { terraform, resource } = synthesised();
    expect(terraform.required_providers).toEqual({
      datumline: { source: "terraform.local/datumline/datumline", version: VERSION },
    });
    const { warehouse: one, other: two } = resource.datumline_declaration;
    expect(documents(one as Declared)).toEqual([
      source.toDocument(),
      sales.toDocument(),
      table.toDocument(),
      expect.objectContaining({ kind: "Grant", $construct: "prod/warehouse/sales/t/g" }),
      expect.objectContaining({ kind: "Role", dataSource: "warehouse" }),
    ]);
    expect(documents(two as Declared).map(({ $construct }) => $construct)).toEqual(["prod/other", "prod/other/r"]);
    expect(one).not.toHaveProperty("values");
    expect(one).not.toHaveProperty("password");
  });

  test("takes options and can be pointed at", () => {
    const first = warehouse({ terraform: { maxDrops: 0 } });
    const second = new PostgresDataSource(stack, "second", {
      terraform: {
        allow: ["DELETES_DATA"],
        maxRevokes: 2,
        protect: false,
        planOffline: true,
        dependsOn: [first.declaration],
        lifecycle: { preventDestroy: true },
      },
    });
    first.declaration.addOverride("provisioner", [{ "local-exec": { command: "true" } }]);
    for (const field of ["changes", "hazards", "access", "fingerprint"] as const) {
      new TerraformOutput(stack, field, { value: second[field] });
    }
    const { resource, output } = synthesised();
    expect(resource.datumline_declaration.warehouse).toMatchObject({ max_drops: "0", provisioner: [{}] });
    expect(resource.datumline_declaration.second).toMatchObject({
      allow: ["DELETES_DATA"],
      max_revokes: "2",
      protect: false,
      plan_offline: true,
      depends_on: ["datumline_declaration.warehouse"],
      lifecycle: { prevent_destroy: true },
    });
    expect(output?.access?.value).toBe("${datumline_declaration.second.access}");
    expect(output?.changes?.value).toBe("${datumline_declaration.second.changes}");
  });

  test("names files of secrets from where Terraform runs", () => {
    const source = warehouse({ password: secret.file("secrets/password"), url: secret.file("/etc/url") });
    new Role(source, "app", { password: secret.file("app") });
    const [first, second] = documents(declared());
    const { connection } = first as { connection: { password: { file: string }; url: object } };
    expect(connection.url).toEqual({ file: "/etc/url" });
    expect(join(inStack(), connection.password.file)).toBe(resolve("secrets/password"));
    expect(join(inStack(), (second as { password: { file: string } }).password.file)).toBe(resolve("app"));
  });

  test("there is none in a Project", () => {
    const source = new PostgresDataSource(new Project(), "warehouse");
    expect(() => source.declaration).toThrow(/no TerraformStack above/);
  });
});

describe("tokens", () => {
  test("stand beside the documents, under readable names", () => {
    const server = new DataResource(stack, "server");
    const source = warehouse({
      host: server.id,
      port: Token.asNumber(server.output),
      database: `analytics-${later.asString}`,
      tags: ["a", Fn.upper(later.asString)],
    });
    const role = new Role(source, "app", {
      connectionLimit: later.asNumber,
      settings: { search_path: later.asString },
    });
    const table = new Table(new Schema(source, "sales"), "t", {
      columns: [{ name: "region", type: "text", default: sql`${sql.literal(later.asString)}` }],
    });
    new RowPolicy(table, "p", { to: [role], using: sql`region = ${sql.literal(`it's ${later.asString}`)}` });
    const resource = declared();
    expect(resource.values).toEqual({
      "connection.host": "${terraform_data.server.id}",
      "connection.port": "${terraform_data.server.output}",
      "connection.database": "analytics-${local.later}",
      "tags.1": "${upper(local.later)}",
      "app.connectionLimit": "${local.later}",
      "app.settings.search_path": "${local.later}",
      "sales/t.columns.region.default": `'\${replace(local.later, "'", "''")}'`,
      "sales/t/p.using": `region = 'it''s \${replace(local.later, "'", "''")}'`,
    });
    const [first, second] = documents(resource);
    expect(first).toMatchObject({
      connection: {
        host: { $value: "connection.host" },
        port: { $value: "connection.port", type: "number" },
        database: { $value: "connection.database" },
      },
      tags: ["a", { $value: "tags.1" }],
    });
    expect(second).toMatchObject({ connectionLimit: { $value: "app.connectionLimit", type: "number" } });
    // With tokens in them, documents would say what nobody means.
    expect(existsSync(inStack("declaration.json"))).toBe(false);
  });

  test("what only looks like a template is none, neither in the documents nor beside a token", () => {
    const text = 'a ${b} $${c} %{if} %%{d} $ { } "quoted" \\';
    warehouse({ comment: text, owner: `$\{unclosed $${later.asString}%{x} ${later.asNumber}`, environment: "1e5" });
    const resource = declared();
    expect(resource.spec.replace(/[$%]{2}\{/g, "")).not.toMatch(/[$%]\{/);
    expect(documents(resource)[0]).toMatchObject({ comment: text, environment: "1e5", owner: { $value: "owner" } });
    expect(resource.values).toEqual({ owner: '$${unclosed ${"$"}${local.later}%%{x} ${local.later}' });
  });

  test("of the connection's secrets go to where Terraform forgets them", () => {
    warehouse({ password: later.asString, url: `postgres://${later.asString}` });
    new PostgresDataSource(stack, "other", {
      password: secret.env("PASSWORD"),
      terraform: { password: later.asString },
    });
    const { warehouse: one, other: two } = synthesised().resource.datumline_declaration as {
      [name: string]: Declared;
    };
    expect(one).toMatchObject({ password: "${local.later}", url: "postgres://${local.later}" });
    expect(one).not.toHaveProperty("values");
    expect(documents(one as Declared)[0]).toMatchObject({ connection: {} });
    expect(two).toMatchObject({ password: "${local.later}" });
    expect(documents(two as Declared)[0]).toMatchObject({ connection: { password: { env: "PASSWORD" } } });
  });

  test("of other stacks", () => {
    const other = new TerraformStack(app, "other");
    const server = new DataResource(other, "server");
    warehouse({ host: server.id });
    expect(declared().values?.["connection.host"]).toMatch(/^\$\{data\.terraform_remote_state\..*server.*\}$/);
  });

  test("are refused where Datumline must know the value", () => {
    const source = warehouse();
    const sales = new Schema(source, "sales");
    const columns = [{ name: "id", type: "bigint" }];
    const table = new Table(sales, "t", { columns });
    const token = later.asString;
    const wrong = <T>(value: unknown): T => value as T;
    const refused: readonly (readonly [RegExp, () => unknown])[] = [
      [/`name` .* write the name itself/, () => new PostgresDataSource(stack, "b", { name: token })],
      [/`name` .* write the name itself/, () => new Role(source, token)],
      [/`name`/, () => new Table(sales, "x", { name: `t_${token}`, columns })],
      [/`schema`/, () => new Table(source, "x", { schema: token, columns })],
      [/`columns\.0\.name`/, () => new Table(sales, "x", { columns: [{ name: token, type: "text" }] })],
      [/`primaryKey\.0`/, () => new Table(sales, "x", { columns, primaryKey: [token] })],
      [/`to\.0`/, () => new RowPolicy(table, "p", { to: [token] })],
      [/`privileges\.0`/, () => new Grant(table, "g", { to: "public", privileges: [token] })],
      [
        /`on\.columns\.0`/,
        () => new Grant(table, "g", { to: "public", privileges: ["select"], on: { columns: [token] } }),
      ],
      [/`command` .* write one of all, select/, () => new RowPolicy(table, "p", { command: wrong(token) })],
      [/`login` .* write true or false/, () => new Role(source, "r", { login: wrong(later.asBoolean) })],
      [/`memberOf` .* one by one/, () => new Role(source, "r", { memberOf: later.asList })],
      [/`settings` .* one by one/, () => new Role(source, "r", { settings: { [token]: "x" } })],
      [/`settings` .* one by one/, () => new Role(source, "r", { settings: wrong(Token.asStringMap(later)) })],
      [/`password` .* secret\.env/, () => new Role(source, "r", { password: wrong(token) })],
      [/`connection\.tls\.ca` .* secret\.env/, () => new PostgresDataSource(stack, "b", { tls: { ca: wrong(token) } })],
      [/LITERAL_SECRET/, () => new PostgresDataSource(stack, "b", { password: "s3cret-canary" })],
      [/LITERAL_SECRET/, () => new PostgresDataSource(stack, "b", { terraform: { password: "s3cret-canary" } })],
      // What is known is checked as ever.
      [/at most 65535/, () => new PostgresDataSource(stack, "b", { host: token, port: 70_000 })],
      // @ts-expect-error: no such property
      [/Did you mean `host`/, () => new PostgresDataSource(stack, "b", { hots: token })],
    ];
    for (const [message, make] of refused) {
      expect(make).toThrow(Refusal);
      expect(make).toThrow(message);
      expect(make).not.toThrow(/s3cret-canary/);
    }
    // What was refused leaves nothing behind.
    expect(stack.node.tryFindChild("b")).toBeUndefined();
    expect(documents(declared())).toHaveLength(3);
  });
});

describe("the stack's folder", () => {
  const PLUGINS = ["terraform.d", "plugins", "terraform.local", "datumline", "datumline"];
  const lock = (): string => readFileSync(inStack(".terraform.lock.hcl"), "utf8");

  test("gets the provider for every platform and its entry in the lock file", () => {
    warehouse();
    app.synth();
    expect(readdirSync(inStack(...PLUGINS, VERSION)).sort()).toEqual(PLATFORMS);
    const executable = inStack(...PLUGINS, VERSION, "linux_amd64", `terraform-provider-datumline_v${VERSION}`);
    expect(statSync(executable).mode & 0o111).toBe(0o111);
    // Equal files have one hash, whatever they run on.
    const hash = /"h1:[A-Za-z0-9+/]{43}="/.exec(lock())?.[0];
    expect(lock()).toBe(`# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "terraform.local/datumline/datumline" {
  version     = "${VERSION}"
  constraints = "${VERSION}"
  hashes = [
    ${hash},
  ]
}
`);
  });

  test("keeps what it has of others, and forgets our former versions", () => {
    const others = `# Written by hand.

provider "registry.terraform.io/hashicorp/random" {
  version = "3.7.2"
  hashes = [
    "h1:other=",
  ]
}
`;
    mkdirSync(inStack(...PLUGINS, "0.0.1", "linux_amd64"), { recursive: true });
    const ours = (version: string): string =>
      `provider "terraform.local/datumline/datumline" {\n  version = "${version}"\n  hashes = [\n  ]\n}\n`;
    writeFileSync(inStack(".terraform.lock.hcl"), `${others}\n${ours("0.0.1")}`);
    warehouse();
    app.synth();
    const first = lock();
    expect(first.startsWith(`${others}\nprovider "terraform.local/datumline/datumline" {\n`)).toBe(true);
    expect(first).not.toContain("0.0.1");
    expect(readdirSync(inStack(...PLUGINS))).toEqual([VERSION]);
    const { mtimeMs } = statSync(inStack(...PLUGINS, VERSION, "linux_amd64"));
    app.synth();
    expect(lock()).toBe(first);
    expect(statSync(inStack(...PLUGINS, VERSION, "linux_amd64")).mtimeMs).toBe(mtimeMs);
    standInProvider("another build\n");
    app.synth();
    expect(lock()).not.toBe(first);
    expect(
      readFileSync(inStack(...PLUGINS, VERSION, "linux_amd64", `terraform-provider-datumline_v${VERSION}`), "utf8"),
    ).toBe("another build\n");
  });

  test("where the package is not built", () => {
    process.env.DATUMLINE_TERRAFORM_MIRROR = join(outdir, "nowhere");
    warehouse();
    expect(() => app.synth()).toThrow(/prod: The Terraform provider .* is not in .*nowhere.* `npm run build`/);
  });

  test("stays empty where the command line asks", () => {
    process.env.DATUMLINE_OUT = join(outdir, "asked");
    warehouse();
    app.synth();
    expect(existsSync(inStack("terraform.d"))).toBe(false);
    expect(existsSync(join(outdir, "asked", "declaration.json"))).toBe(true);
  });
});
