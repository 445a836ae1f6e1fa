/** What is there already: `terraform import`, and the data source that reads a live system. */
import { expect, test } from "@jest/globals";
import { dataSource, declaring, hcl, planned, query, said, statements } from "./support/declaration.ts";
import { freshDatabase, freshServer } from "./support/server.ts";
import { describeTerraform, succeeded } from "./support/terraform.ts";

const PASSWORD = "canary-of-the-import";
const THERE = `CREATE SCHEMA sales; CREATE TABLE sales.customer (id bigint PRIMARY KEY, email text DEFAULT lower('X'));
CREATE VIEW sales.known AS SELECT id FROM sales.customer WHERE email IS NOT NULL`;

interface State {
  readonly values: {
    readonly root_module: { readonly resources: readonly { readonly values: Readonly<Record<string, string>> }[] };
  };
}

describeTerraform("import", () => {
  test("takes a database over by a variable; an equal declaration changes nothing", async () => {
    const server = await freshServer({ auth: "scram-sha-256", password: PASSWORD });
    await query(server.url(), THERE);
    const here = await declaring({ env: { DATABASE_URL: server.url() } });
    here.declare({ warehouse: { spec: "{}" } });
    succeeded(await here.run("import", "datumline_declaration.warehouse", "env:DATABASE_URL"));
    const { values } = await here.show<State>();
    const { spec = "" } = values.root_module.resources[0]?.values ?? {};
    const { documents } = JSON.parse(spec) as { documents: { kind: string; connection?: unknown }[] };
    expect(documents[0]).toMatchObject({ kind: "DataSource", connection: { url: { env: "DATABASE_URL" } } });
    expect(documents.map(({ kind }) => kind)).toContain("View");
    expect(JSON.stringify(await here.show())).not.toContain(PASSWORD);

    here.declare({ warehouse: { spec } });
    const settled = await here.run("plan", "-detailed-exitcode");
    expect(said(settled)).toContain("No changes.");
    expect(settled.status).toBe(0);
    here.declare({
      warehouse: { spec: JSON.stringify({ documents: documents.filter(({ kind }) => kind !== "Grant") }) },
    });
    expect(await planned(here)).toMatchObject({ actions: ["update"], after: { changes: [] } });
  });

  test("takes a URL whose password is elsewhere, and refuses one that holds it", async () => {
    const server = await freshServer({ auth: "scram-sha-256", password: PASSWORD });
    await query(server.url(), THERE);
    const here = await declaring({ env: { PGPASSWORD: PASSWORD } });
    here.declare({ warehouse: { spec: "{}" } });
    const refused = await here.run("import", "datumline_declaration.warehouse", server.url());
    expect(refused.status).toBe(1);
    expect(said(refused)).toContain("LITERAL_SECRET: The id holds a password");
    const open = `postgresql://postgres@${server.host}:${server.port}/postgres`;
    succeeded(await here.run("import", "datumline_declaration.warehouse", open));
    const { values } = await here.show<State>();
    here.declare({ warehouse: { spec: values.root_module.resources[0]?.values.spec } });
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
  });

  test("lets what it adopted be changed, and never drops it", async () => {
    const url = await freshDatabase();
    await query(url, THERE);
    const here = await declaring({ env: { DATABASE_URL: url } });
    here.declare({ warehouse: { spec: "{}" } });
    succeeded(await here.run("import", "datumline_declaration.warehouse", "env:DATABASE_URL"));
    const text =
      "kind: Table\nschema: sales\nname: customer\ncolumns:\n  - { name: id, type: bigint, notNull: true }\n  - { name: email, type: text }\n  - { name: region, type: text }\nprimaryKey: [id]\n";
    const source = dataSource("DATABASE_URL", "external: { schemas: [sales] }\n");
    here.declare({ warehouse: { files: { "a.yaml": source, "b.yaml": text }, protect: false } });
    expect((await statements(here)).join("\n")).toContain("ADD COLUMN region text");
    succeeded(await here.run("apply", "tfplan"));
    succeeded(await here.run("destroy", "-auto-approve"));
    expect(await query(url, "SELECT relname FROM pg_class WHERE relname = 'customer'")).toHaveLength(1);
  });
});

describeTerraform("datumline_catalog", () => {
  test("reads a live system as documents, whole or by schema", async () => {
    const server = await freshServer({ auth: "scram-sha-256", password: PASSWORD });
    await query(server.url(), `${THERE}; CREATE SCHEMA other; CREATE ROLE somebody`);
    const open = `postgresql://postgres@${server.host}:${server.port}/postgres`;
    const here = await declaring({ env: { DATABASE_URL: server.url() } });
    here.declare(
      {},
      {
        data: {
          datumline_catalog: {
            all: { url: "env:DATABASE_URL" },
            sales: { url: open, schemas: ["sales"], password: PASSWORD },
          },
        },
        output: {
          kinds: {
            value: hcl("[for d in jsondecode(data.datumline_catalog.sales.documents) : d.kind]"),
          },
          all: { value: hcl("length(jsondecode(data.datumline_catalog.all.documents))") },
          version: { value: hcl("data.datumline_catalog.all.engine_version") },
        },
      },
    );
    succeeded(await here.run("apply", "-auto-approve"));
    const outputs = JSON.parse((await here.run("output", "-json")).stdout) as Record<string, { value: unknown }>;
    expect(outputs.kinds?.value).toEqual(["DataSource", "Table", "View", "Schema"]);
    expect(outputs.all?.value).toBeGreaterThan(5);
    expect(outputs.version?.value).toBe(server.version);
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
  });

  test("refuses a URL that holds a password, and says what it cannot reach", async () => {
    const here = await declaring();
    const read = (url: string) => here.declare({}, { data: { datumline_catalog: { all: { url } } } });
    read("postgresql://me:canary@localhost/x");
    expect(said(await here.run("validate"))).toContain("`url` holds a password");
    read("postgresql://me@127.0.0.1:1/x");
    expect(said(await here.run("plan"))).toContain("CONNECTION_REFUSED");
  });
});
