/** A declaration from its first plan to its end, by the real Terraform. */
import { expect, test } from "@jest/globals";
import { folder } from "./support/cli.ts";
import {
  type Declaring,
  dataSource,
  declaring,
  FAULT_OF_PROVIDER,
  planned,
  query,
  relations,
  said,
  statements,
} from "./support/declaration.ts";
import { freshDatabase, freshServer } from "./support/server.ts";
import { describeTerraform, succeeded } from "./support/terraform.ts";

const TABLE = `kind: Schema
name: sales
---
kind: Table
schema: sales
name: customer
columns:
  - { name: id, type: bigint, identity: always }
  - { name: email, type: text }
primaryKey: [id]
`;
const WIDER = TABLE.replace("  - { name: email", "  - { name: region, type: text }\n  - { name: email");

const SCOPE = "SET search_path = sales";

async function start(attributes: Record<string, unknown> = {}, table = TABLE): Promise<Declaring & { url: string }> {
  const url = await freshDatabase();
  const here = await declaring({ env: { DATABASE_URL: url } });
  here.declare({ warehouse: { files: { "source.yaml": dataSource(), "sales.yaml": table }, ...attributes } });
  return { ...here, url };
}

async function isSettled(here: Declaring): Promise<void> {
  const plan = await here.run("plan", "-detailed-exitcode");
  expect(said(plan)).toContain("No changes.");
  expect(plan.status).toBe(0);
}

describeTerraform("a declaration", () => {
  test("is created, holds still, changes, is repaired, and goes", async () => {
    const here = await start();
    const creation = await planned(here);
    expect(creation.actions).toEqual(["create"]);
    expect(creation.after?.changes).toEqual([
      expect.stringMatching(/^CREATE SCHEMA/),
      SCOPE,
      expect.stringContaining("CREATE TABLE sales.customer"),
    ]);
    expect(creation.after_unknown).toMatchObject({ fingerprint: true });
    succeeded(await here.run("apply", "tfplan"));
    expect(await relations(here.url, "sales")).toEqual(["customer"]);
    await isSettled(here);
    expect((await here.run("plan", "-refresh-only", "-detailed-exitcode")).status).toBe(0);
    expect((await here.run("plan", "-refresh=false", "-detailed-exitcode")).status).toBe(0);

    here.declare({ warehouse: { files: { "source.yaml": dataSource(), "sales.yaml": WIDER } } });
    const update = await planned(here);
    expect(update.actions).toEqual(["update"]);
    expect(update.before?.changes).toEqual([]);
    expect(update.after?.changes).toEqual([SCOPE, "ALTER TABLE sales.customer ADD COLUMN region text"]);
    succeeded(await here.run("apply", "tfplan"));
    await isSettled(here);

    await query(here.url, "ALTER TABLE sales.customer DROP COLUMN region");
    // What was kept beside the state is no longer so.
    expect((await here.run("plan", "-refresh-only", "-detailed-exitcode")).status).toBe(2);
    const repair = await planned(here);
    expect(repair.after?.changes).toEqual([SCOPE, "ALTER TABLE sales.customer ADD COLUMN region text"]);
    succeeded(await here.run("apply", "-auto-approve"));
    await isSettled(here);

    const refused = await here.run("destroy", "-auto-approve");
    expect(refused.status).toBe(1);
    expect(said(refused)).toContain("DECLARATION_PROTECTED");
    expect(await relations(here.url, "sales")).toEqual(["customer"]);
    here.declare({ warehouse: { files: { "source.yaml": dataSource(), "sales.yaml": WIDER }, protect: false } });
    const open = succeeded(await here.run("apply", "-auto-approve"));
    expect(said(open)).toContain("1 changed");
    const gone = succeeded(await here.run("destroy", "-auto-approve"));
    expect(said(gone)).toContain("DROP TABLE sales.customer");
    expect(await relations(here.url, "sales")).toEqual([]);
    expect(said(gone)).not.toMatch(FAULT_OF_PROVIDER);
  });

  test("of another spacing is the same; of another text without another statement is an update without any", async () => {
    const here = await start();
    succeeded(await here.run("apply", "-auto-approve"));
    const files = { "source.yaml": dataSource(), "sales.yaml": TABLE };
    here.declare({ warehouse: { spec: JSON.stringify({ files }, null, 2) } });
    await isSettled(here);
    here.declare({ warehouse: { files: { ...files, "sales.yaml": `# of the sales team\n${TABLE}` } } });
    const change = await planned(here);
    expect(change).toMatchObject({ actions: ["update"], after: { changes: [] }, after_unknown: {} });
    succeeded(await here.run("apply", "-auto-approve"));
    await isSettled(here);
  });

  test("shows the same statements twice in a row", async () => {
    const here = await start();
    succeeded(await here.run("apply", "-auto-approve"));
    for (let time = 0; time < 2; time += 1) {
      await query(here.url, "ALTER TABLE sales.customer DROP COLUMN email");
      expect(await statements(here)).toEqual([SCOPE, "ALTER TABLE sales.customer ADD COLUMN email text"]);
      succeeded(await here.run("apply", "tfplan"));
    }
    await isSettled(here);
  });

  test("leaves what others made, also when it goes", async () => {
    const here = await start({ protect: false });
    await query(here.url, "CREATE SCHEMA sales; CREATE TABLE sales.other (id int)");
    succeeded(await here.run("apply", "-auto-approve"));
    const gone = succeeded(await here.run("destroy", "-auto-approve"));
    expect(said(gone)).not.toContain("DROP SCHEMA");
    expect(await relations(here.url, "sales")).toEqual(["other"]);
  });

  test("that is only observed reports what differs and changes nothing", async () => {
    const here = await start({ mode: "observe" });
    const ran = succeeded(await here.run("apply", "-auto-approve"));
    expect(said(ran)).toContain("OBSERVED");
    expect(await relations(here.url, "sales")).toEqual([]);
    await isSettled(here);
  });

  test("planned offline is applied without a look before", async () => {
    const here = await start({ plan_offline: true });
    await here.run("plan", "-out=other");
    const { after_unknown: unknown } = await planned(here);
    expect(unknown).toMatchObject({ changes: true, hazards: true, access: true, fingerprint: true });
    succeeded(await here.run("apply", "tfplan"));
    expect(await relations(here.url, "sales")).toEqual(["customer"]);
    const { values } = (await here.show<{ values: { root_module: { resources: { values: object }[] } } }>()).values
      .root_module.resources[0] as { values: { changes: string[] } };
    expect(values.changes.join("\n")).toContain("CREATE TABLE");
  });

  test("connects to plan as often as the command line does", async () => {
    const server = await freshServer();
    await query(server.url(), "CREATE DATABASE counted");
    const sessions = async (): Promise<number> => {
      const [row] = await query(
        server.url(),
        "SELECT pg_stat_clear_snapshot(), sessions::int AS n FROM pg_stat_database WHERE datname = 'counted'",
      );
      return row?.n as number;
    };
    const env = { DATABASE_URL: server.url({ database: "counted" }) };
    const counted = await declaring({ env });
    const files = { "source.yaml": dataSource(), "sales.yaml": TABLE };
    counted.declare({ warehouse: { files } });
    succeeded(await counted.run("apply", "-auto-approve"));
    const line = folder(env);
    for (const [file, text] of Object.entries(files)) line.write(file, text);

    const before = await sessions();
    expect((await line.run("plan -f . --no-cache --detailed-exitcode")).code).toBe(0);
    const between = await sessions();
    await isSettled(counted);
    expect((await sessions()) - between).toBe(between - before);
  });
});
