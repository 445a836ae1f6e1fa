/** Declarations among others: in one stack, one after the other, by name, by workspace, ten at a time. */
import { expect, test } from "@jest/globals";
import {
  dataSource,
  declaring,
  FAULT_OF_PROVIDER,
  hcl,
  planned,
  query,
  relations,
  said,
  statements,
} from "./support/declaration.ts";
import { freshDatabase, freshServer } from "./support/server.ts";
import { describeTerraform, succeeded } from "./support/terraform.ts";

const table = (schema: string): string =>
  `kind: Schema\nname: ${schema}\n---\nkind: Table\nschema: ${schema}\nname: customer\ncolumns:\n  - { name: id, type: bigint }\n`;

const named = (name: string, variable = "DATABASE_URL"): string => dataSource(variable).replace("warehouse", name);

describeTerraform("declarations", () => {
  test("of two databases in one stack, one after the other, and by name", async () => {
    const [A, B] = [await freshDatabase(), await freshDatabase()];
    const here = await declaring({ env: { A, B } });
    const both = {
      one: { files: { "a.yaml": named("one", "A"), "b.yaml": table("sales") } },
      two: {
        files: { "a.yaml": named("two", "B"), "b.yaml": table("sales") },
        depends_on: ["datumline_declaration.one"],
      },
    };
    here.declare(both);
    succeeded(await here.run("apply", "-auto-approve", "-target=datumline_declaration.one"));
    expect(await relations(A, "sales")).toEqual(["customer"]);
    expect(await relations(B, "sales")).toEqual([]);
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await relations(B, "sales")).toEqual(["customer"]);
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);

    const { one, two } = both;
    here.declare({ first: one, two: { ...two, depends_on: ["datumline_declaration.first"] } });
    const lost = await here.run("plan");
    expect(lost.status).toBe(1);
    expect(said(lost)).toMatch(/DECLARATION_PROTECTED.*`moved` block/);
    here.write("moved.tf", "moved {\n  from = datumline_declaration.one\n  to   = datumline_declaration.first\n}\n");
    succeeded(await here.run("apply", "-auto-approve"));
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
  });

  test("of one database leave each other's objects alone, and are changed in one run", async () => {
    const url = await freshDatabase();
    const here = await declaring({ env: { DATABASE_URL: url } });
    const write = (more: (schema: string) => string): void => {
      const text = (schema: string): string => table(schema) + more(schema);
      here.declare({
        one: { files: { "a.yaml": named("one"), "b.yaml": text("sales") }, protect: false },
        two: { files: { "a.yaml": named("two"), "b.yaml": text("shop") }, protect: false },
      });
    };
    for (const more of [() => "", (schema: string) => `---\nkind: Schema\nname: ${schema}_2\n`]) {
      write(more);
      succeeded(await here.run("plan", "-out=tfplan"));
      succeeded(await here.run("apply", "tfplan"));
      expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
    }
    const schemas =
      "SELECT string_agg(nspname, ' ' ORDER BY nspname) AS all FROM pg_namespace WHERE nspname ~ '^(sales|shop)'";
    expect(await query(url, schemas)).toEqual([{ all: "sales sales_2 shop shop_2" }]);
    succeeded(await here.run("destroy", "-auto-approve", "-target=datumline_declaration.one"));
    expect(await query(url, schemas)).toEqual([{ all: "shop shop_2" }]);
  });

  test("ten databases of one server at a time, each with a role of the server", async () => {
    const server = await freshServer({ settings: { max_connections: "200" } });
    const names = Array.from({ length: 10 }, (_, index) => `d${index}`);
    for (const name of names) await query(server.url(), `CREATE DATABASE ${name}`);
    const here = await declaring({
      env: Object.fromEntries(names.map((name) => [`URL_${name}`, server.url({ database: name })])),
    });
    const text = (name: string): string =>
      `${table("sales")}---\nkind: Role\nname: reader_${name}\n---\nkind: Grant\nto: reader_${name}\nprivileges: [usage]\non: { schema: sales }\n`;
    here.declare(
      Object.fromEntries(
        names.map((name) => [name, { files: { "a.yaml": named(name, `URL_${name}`), "b.yaml": text(name) } }]),
      ),
    );
    const ran = succeeded(await here.run("apply", "-auto-approve", "-parallelism=10"));
    expect(said(ran)).toContain("10 added");
    for (const name of names) expect(await relations(server.url({ database: name }), "sales")).toEqual(["customer"]);
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
  });

  test("of a server that is known after apply", async () => {
    const url = new URL(await freshDatabase());
    const here = await declaring();
    const source = `kind: DataSource
name: warehouse
engine: postgresql
connection:
  host: { $value: host }
  port: { $value: port, type: number }
  user: postgres
  database: ${url.pathname.slice(1)}
`;
    here.write(
      "server.tf.json",
      JSON.stringify({ resource: { terraform_data: { server: { input: { host: url.hostname, port: url.port } } } } }),
    );
    const values = {
      host: hcl("terraform_data.server.output.host"),
      port: hcl("tostring(terraform_data.server.output.port)"),
    };
    here.declare({ warehouse: { files: { "a.yaml": source, "b.yaml": table("sales") }, values } });
    expect((await planned(here)).after_unknown).toMatchObject({ changes: true, hazards: true, fingerprint: true });
    succeeded(await here.run("apply", "tfplan"));
    expect(await relations(url.href, "sales")).toEqual(["customer"]);
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
    here.declare({
      warehouse: { files: { "a.yaml": source, "b.yaml": table("sales") }, values: { host: values.host } },
    });
    const missing = await here.run("plan");
    expect(missing.status).toBe(1);
    expect(said(missing)).toMatch(/UNKNOWN_VALUE: `values` has no `port`.*At a.yaml:1:1/);
    here.declare({
      warehouse: { files: { "a.yaml": source, "b.yaml": table("sales") }, values: { ...values, port: "many" } },
    });
    expect(said(await here.run("plan"))).toContain("UNKNOWN_VALUE: The value `port` is to be a number and is none");
  });

  test("by workspace", async () => {
    const [A, B] = [await freshDatabase(), await freshDatabase()];
    const here = await declaring({ env: { A, B } });
    const write = (variable: string): void =>
      here.declare({ warehouse: { files: { "a.yaml": dataSource(variable), "b.yaml": table("sales") } } });
    write("A");
    succeeded(await here.run("apply", "-auto-approve"));
    succeeded(await here.run("workspace", "new", "second"));
    write("B");
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await relations(B, "sales")).toEqual(["customer"]);
    succeeded(await here.run("workspace", "select", "default"));
    write("A");
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
  });
});

describeTerraform("a declaration that is replaced", () => {
  const start = async (attributes: object = {}) => {
    const url = await freshDatabase();
    const here = await declaring({ env: { DATABASE_URL: url } });
    here.declare({ warehouse: { files: { "a.yaml": dataSource(), "b.yaml": table("sales") }, ...attributes } });
    succeeded(await here.run("apply", "-auto-approve"));
    await query(url, "INSERT INTO sales.customer VALUES (1)");
    return { here, url, rows: () => query(url, "SELECT id FROM sales.customer") };
  };
  const REPLACE = "-replace=datumline_declaration.warehouse";

  test("is refused while it is protected", async () => {
    const { here, rows } = await start();
    const ran = await here.run("apply", "-auto-approve", REPLACE);
    expect(ran.status).toBe(1);
    expect(said(ran)).toContain("DECLARATION_PROTECTED");
    expect(await rows()).toHaveLength(1);
  });

  test("is dropped and made again", async () => {
    const { here, rows } = await start({ protect: false });
    const plan = succeeded(await here.run("plan", REPLACE, "-out=tfplan"));
    expect(said(plan)).toContain("changes = [] -> (known after apply)");
    const ran = succeeded(await here.run("apply", "tfplan"));
    expect(said(ran)).not.toMatch(FAULT_OF_PROVIDER);
    expect(await rows()).toEqual([]);
    expect(await statements(here)).toEqual([]);
  });

  test("also where Terraform calls it tainted", async () => {
    const { here, rows } = await start({ protect: false });
    succeeded(await here.run("taint", "datumline_declaration.warehouse"));
    const ran = succeeded(await here.run("apply", "-auto-approve"));
    expect(said(ran)).not.toMatch(FAULT_OF_PROVIDER);
    expect(said(ran)).toMatch(/Warning: DESTROY: Destroying warehouse runs \d statements.*DROP TABLE sales.customer/);
    expect(await rows()).toEqual([]);
  });

  test("is not created before it is destroyed, which would undo it", async () => {
    const { here, rows } = await start({ protect: false, lifecycle: { create_before_destroy: true } });
    const ran = await here.run("apply", "-auto-approve", REPLACE);
    expect(ran.status).toBe(1);
    expect(said(ran)).toContain("create_before_destroy");
    expect(await rows()).toHaveLength(1);
  });
});
