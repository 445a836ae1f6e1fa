/** Data sources of a stack that refer to one another: what the resource of each is told of the others. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { App, TerraformLocal, TerraformStack } from "cdktf";
import {
  BackupSchedule,
  ConnectionPool,
  FilesDataSource,
  PgBouncerDataSource,
  PoolerSettings,
  PoolUser,
  PostgresDataSource,
  type PostgresDataSourceProps,
  Role,
  secret,
} from "../constructs/cdktf.ts";
import { standInProvider } from "./support/stand-in-provider.ts";

interface Declared {
  readonly spec: string;
  readonly values?: { readonly [name: string]: string };
  readonly depends_on?: readonly string[];
  readonly [attribute: string]: unknown;
}

let outdir: string;
let app: App;
let stack: TerraformStack;
beforeEach(() => {
  standInProvider();
  outdir = mkdtempSync(join(tmpdir(), "datumline-"));
  app = new App({ outdir, skipValidation: true });
  stack = new TerraformStack(app, "prod");
});
afterEach(() => rmSync(outdir, { recursive: true, force: true }));

const folder = (): string => join(outdir, "stacks", "prod");

function synthesised(): { readonly [name: string]: Declared } {
  app.synth();
  return JSON.parse(readFileSync(join(folder(), "cdk.tf.json"), "utf8")).resource.datumline_declaration;
}

/** The documents of a resource by their constructs, and whose resource it is. */
function told({ spec }: Declared): {
  readonly dataSource?: string;
  readonly of: readonly string[];
  readonly all: Each[];
} {
  const { documents, dataSource } = JSON.parse(spec) as { documents: Each[]; dataSource?: string };
  return {
    ...(dataSource !== undefined && { dataSource }),
    of: documents.map(({ $construct }) => $construct.replace("prod/", "")),
    all: documents,
  };
}
type Each = { readonly $construct: string; readonly connection?: object; readonly [field: string]: unknown };

const LOOKED_UP = { users: ["web"], auth: { user: "lookup", password: secret.env("LOOKUP_PASSWORD") } };

function estate(props: PostgresDataSourceProps = { host: "db", password: secret.env("PASSWORD") }) {
  const warehouse = new PostgresDataSource(stack, "warehouse", props);
  const web = new Role(warehouse, "web", { login: true });
  const pooler = new PgBouncerDataSource(stack, "pooler", { host: "localhost", password: secret.env("CONSOLE") });
  new PoolerSettings(pooler, "settings", { maxClients: 100 });
  return { warehouse, web, pooler };
}

test("a pooler knows where its pools lead, and the database all that is asked of it", () => {
  const { warehouse, pooler } = estate();
  new ConnectionPool(pooler, "app", { to: warehouse, ...LOOKED_UP });
  const other = new PostgresDataSource(stack, "other", { host: "elsewhere" });
  new ConnectionPool(pooler, "else", { to: other, ...LOOKED_UP });
  new PostgresDataSource(stack, "alone");
  const resources = synthesised();
  expect(told(resources.pooler as Declared)).toMatchObject({
    dataSource: "pooler",
    of: ["pooler", "pooler/settings", "pooler/app", "pooler/else", "warehouse", "other"],
  });
  const { all, ...known } = told(resources.warehouse as Declared);
  const asking = ["pooler", "pooler/settings", "pooler/app", "pooler/else"];
  expect(known).toEqual({ dataSource: "warehouse", of: ["warehouse", "warehouse/web", ...asking, "other"] });
  expect(all[2]).toMatchObject({ name: "pooler", connection: {} });
  // Without links nothing is said that was not said before.
  expect(told(resources.alone as Declared)).toEqual({ of: ["alone"], all: [expect.anything()] });
  expect(resources.pooler?.depends_on).toEqual(["datumline_declaration.warehouse", "datumline_declaration.other"]);
  expect(resources.warehouse).not.toHaveProperty("depends_on");
});

test("a folder knows the schedules that it holds the runners of; the path of it is from where the app runs", () => {
  const { warehouse } = estate();
  const host = new FilesDataSource(stack, "host", { path: "etc/cron.d" });
  new BackupSchedule(warehouse, "nightly", {
    schedule: { cron: "30 3 * * *" },
    to: [{ directory: "/var/backups" }],
    runner: { on: host, as: "cron", declaration: "." },
  });
  const resources = synthesised();
  const { all, ...known } = told(resources.host as Declared);
  expect(known).toEqual({ dataSource: "host", of: ["host", "warehouse", "warehouse/web", "warehouse/nightly"] });
  const [{ connection }] = all as [{ connection: { path: string } }, ...Each[]];
  expect(resolve(folder(), connection.path)).toBe(resolve("etc/cron.d"));
  expect(told(resources.warehouse as Declared).of).toEqual(["warehouse", "warehouse/web", "warehouse/nightly", "host"]);
  expect(resources.warehouse?.depends_on).toEqual(["datumline_declaration.host"]);
  expect(resources.host).not.toHaveProperty("depends_on");
});

test("options, dependencies and outputs are those of every data source", () => {
  const first = new FilesDataSource(stack, "first", { path: "/a", terraform: { maxDrops: 0 } });
  const { warehouse, pooler } = estate();
  new ConnectionPool(pooler, "app", { to: warehouse, ...LOOKED_UP });
  const last = new PgBouncerDataSource(stack, "last", {
    terraform: { protect: false, dependsOn: [first.declaration, warehouse.declaration] },
  });
  new ConnectionPool(last, "app", { to: warehouse, ...LOOKED_UP });
  const resources = synthesised();
  expect(resources.first).toMatchObject({ max_drops: "0" });
  expect(resources.last).toMatchObject({
    protect: false,
    depends_on: ["datumline_declaration.first", "datumline_declaration.warehouse"],
  });
  expect(last.fingerprint).toMatch(/TfToken/);
});

test("nothing waits in a circle", () => {
  const { warehouse, pooler } = estate();
  new ConnectionPool(pooler, "app", { to: warehouse, ...LOOKED_UP });
  new BackupSchedule(warehouse, "nightly", {
    schedule: { cron: "30 3 * * *" },
    to: [{ directory: "/var/backups" }],
    runner: { on: pooler, as: "cron", declaration: "." },
  });
  const resources = synthesised();
  expect(resources.warehouse).not.toHaveProperty("depends_on");
  expect(resources.pooler).not.toHaveProperty("depends_on");
  // Who points back is reached as ever.
  expect(told(resources.warehouse as Declared).all[3]).toMatchObject({ connection: { host: "localhost" } });
});

test("tokens of another data source go along; how to log in to it does not", () => {
  const later = new TerraformLocal(stack, "later", "x");
  const { warehouse, pooler } = estate({ host: later.asString, password: later.asString });
  const plain = new PostgresDataSource(stack, "plain", { host: "db", terraform: { password: later.asString } });
  for (const to of [warehouse, plain]) new ConnectionPool(pooler, to.name, { to, ...LOOKED_UP });
  const resources = synthesised();
  expect(resources.warehouse).toMatchObject({
    password: "${local.later}",
    values: { "connection.host": "${local.later}" },
  });
  expect(resources.pooler?.values).toEqual({ "prod/warehouse.connection.host": "${local.later}" });
  expect(resources.pooler).not.toHaveProperty("password");
  const { all } = told(resources.pooler as Declared);
  expect(all.slice(-2).map(({ connection }) => connection)).toEqual([
    { host: { $value: "prod/warehouse.connection.host" } },
    { host: "db" },
  ]);
});

test("what would need a login that is handed on elsewhere is refused, and so is a place that nobody knows", () => {
  const token = (): string => new TerraformLocal(stack, "later", "x").asString;
  const refused: readonly (readonly [RegExp, () => void])[] = [
    [
      /prod\/pooler\/app: It needs a login to warehouse, .* secret\.env.*by: "query"/,
      () => {
        const { warehouse, pooler } = estate({ host: "db", password: token() });
        new ConnectionPool(pooler, "app", { to: warehouse, users: ["web"], auth: { by: "userlist" } });
      },
    ],
    [
      /prod\/pooler\/web: It needs a login to warehouse/,
      () => {
        const { pooler } = estate({ host: "db", terraform: { password: token() } });
        new PoolUser(pooler, "web", { from: "warehouse" });
      },
    ],
    [
      /prod\/pooler\/app: Where warehouse is stands in a URL .* Give `host`/,
      () => {
        const { warehouse, pooler } = estate({ terraform: { url: token() } });
        new ConnectionPool(pooler, "app", { to: warehouse, ...LOOKED_UP });
      },
    ],
    [
      /prod\/pooler\/app: It refers to far, which is in another stack.*make both in one stack/,
      () => {
        const far = new PostgresDataSource(new TerraformStack(app, "other"), "far", { host: "db" });
        new ConnectionPool(estate().pooler, "app", { to: far, ...LOOKED_UP });
      },
    ],
  ];
  for (const [message, make] of refused) {
    app = new App({ outdir, skipValidation: true });
    stack = new TerraformStack(app, "prod");
    make();
    expect(() => app.synth()).toThrow(message);
  }
  // Said by reference as well, it can be used by whoever needs it.
  app = new App({ outdir, skipValidation: true });
  stack = new TerraformStack(app, "prod");
  const { warehouse, pooler } = estate({
    host: "db",
    password: secret.env("PASSWORD"),
    terraform: { password: token() },
  });
  new ConnectionPool(pooler, "app", { to: warehouse, users: ["web"], auth: { by: "userlist" } });
  expect(synthesised().pooler).not.toHaveProperty("password");
});
