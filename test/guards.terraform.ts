/** What a declaration refuses, and in which words: hazards, limits, bad input, what changed in between. */
import { expect, test } from "@jest/globals";
import {
  type Attributes,
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
import { describeTerraform, type Ran, succeeded } from "./support/terraform.ts";

const SCHEMA = "kind: Schema\nname: sales\n";
const table = (name: string, columns = "- { name: id, type: bigint }"): string =>
  `---\nkind: Table\nschema: sales\nname: ${name}\ncolumns:\n  ${columns}\n`;

async function start(attributes: Attributes, env: Record<string, string> = {}): Promise<Declaring & { url: string }> {
  const url = await freshDatabase();
  const here = await declaring({ env: { DATABASE_URL: url, ...env } });
  here.declare({ warehouse: attributes });
  return { ...here, url };
}

const files = (text: string, source = dataSource()): Attributes["files"] => ({
  "source.yaml": source,
  "sales.yaml": SCHEMA + text,
});

function refusal(ran: Ran): string {
  expect(ran.status).toBe(1);
  const text = said(ran);
  expect(text).not.toMatch(FAULT_OF_PROVIDER);
  return text;
}

describeTerraform("hazards and limits", () => {
  test("a hazard that is not allowed stops the plan, and says what to write", async () => {
    const here = await start({
      files: files(table("customer", "- { name: id, type: bigint }\n  - { name: old, type: text }")),
    });
    succeeded(await here.run("apply", "-auto-approve"));
    const narrower = { files: files(table("customer")) };
    here.declare({ warehouse: narrower });
    const text = refusal(await here.run("apply", "-auto-approve"));
    expect(text).toMatch(/Error: HAZARD_NOT_ALLOWED: DELETES_DATA: Table sales.customer/);
    expect(text).toContain('allow = ["DELETES_DATA"]');
    expect(text).not.toContain("--allow");
    expect(
      await query(
        here.url,
        "SELECT attname FROM pg_attribute WHERE attrelid = 'sales.customer'::regclass AND attname = 'old'",
      ),
    ).toHaveLength(1);

    here.declare({ warehouse: { ...narrower, allow: ["DELETES_DATA"], max_drops: "0" } });
    expect(refusal(await here.run("plan"))).toMatch(/TOO_MANY_DROPS.*`max_drops`/);
    here.declare({ warehouse: { ...narrower, allow: ["DELETES_DATA"], max_drops: "1" } });
    const change = await planned(here);
    expect(change.after?.hazards).toEqual([expect.stringMatching(/^DELETES_DATA: Table sales.customer: /)]);
    succeeded(await here.run("apply", "tfplan"));
    expect(await statements(here)).toEqual([]);
  });

  test("access that widens is shown as such", async () => {
    const role = `reader_${Date.now().toString(36)}`;
    const grant = `---\nkind: Grant\nto: ${role}\nprivileges: [select]\non: { table: sales.customer }\n`;
    const roles = `---\nkind: Role\nname: ${role}\n`;
    const here = await start({ files: files(table("customer") + roles), protect: false });
    succeeded(await here.run("apply", "-auto-approve"));
    here.declare({ warehouse: { files: files(table("customer") + roles + grant), allow: ["all"], protect: false } });
    const { after } = await planned(here);
    expect(after?.access).toEqual([expect.stringContaining(role)]);
    succeeded(await here.run("apply", "tfplan"));
    succeeded(await here.run("destroy", "-auto-approve"));
    expect(await query(here.url, `SELECT FROM pg_roles WHERE rolname = '${role}'`)).toEqual([]);
  });

  test("what is written wrongly is told before anything is connected to", async () => {
    const here = await start({ files: files(""), mode: "authorative", allow: ["DELETE_DATA"], max_drops: "many" });
    const text = refusal(await here.run("validate"));
    expect(text).toContain("`mode` must be one of");
    expect(text).toMatch(/UNKNOWN_HAZARD.*Did you mean DELETES_DATA\?/);
    expect(text).toContain("`max_drops` must be a whole number");
  });

  test("an object that says `protect: true` is not dropped with the declaration", async () => {
    const here = await start({ files: files(`${table("customer")}protect: true\n`), protect: false });
    succeeded(await here.run("apply", "-auto-approve"));
    expect(refusal(await here.run("destroy", "-auto-approve"))).toMatch(
      /PROTECTED: Table sales.customer would be dropped/,
    );
    expect(await relations(here.url, "sales")).toEqual(["customer"]);
  });
});

describeTerraform("bad input", () => {
  test("a spec that is no JSON, or holds something else", async () => {
    const here = await start({ spec: '{ "documents": [ }' });
    expect(refusal(await here.run("plan"))).toMatch(/SYNTAX: `spec` is not valid JSON.*spec:1:18/);
    for (const spec of ["[]", "{}", '{"documents":{}}', '{"files":{"a.yaml":1}}', '{"documents":[],"files":{}}']) {
      here.declare({ warehouse: { spec } });
      expect(refusal(await here.run("validate"))).toContain("holds neither `documents` nor `files`");
    }
  });

  test("a fault has its file and line, and Terraform's own line", async () => {
    const here = await start({ files: files("---\nkind: Table\nschema: sales\nname: customer\ncolums: []\n") });
    const text = refusal(await here.run("validate"));
    expect(text).toMatch(/UNKNOWN_KEY: There is no field `colums`.*At sales.yaml:7:1.*Did you mean `columns`/);
    expect(text).toContain("on declared.tf.json line 1");
  });

  test("a construct is named by its path", async () => {
    const documents = [
      { kind: "DataSource", name: "w", engine: "postgresql", connection: {}, $construct: "app/warehouse" },
      { kind: "Schema", nam: "sales", $construct: "app/warehouse/sales" },
    ];
    const here = await start({ spec: JSON.stringify({ documents }) });
    expect(refusal(await here.run("validate"))).toMatch(/UNKNOWN_KEY.*At app\/warehouse\/sales\./);
  });

  test("none, or more than one data source", async () => {
    const here = await start({ files: { "a.yaml": SCHEMA } });
    expect(refusal(await here.run("validate"))).toContain("NO_DATA_SOURCE: `spec` declares no DataSource");
    const two = `${dataSource()}---\n${dataSource().replace("warehouse", "other")}`;
    here.declare({ warehouse: { files: { "a.yaml": two } } });
    expect(refusal(await here.run("validate"))).toMatch(/AMBIGUOUS_DATA_SOURCE.*a `datumline_declaration` for each/);
  });

  test("a secret in clear is refused and not repeated", async () => {
    const clear = "kind: DataSource\nname: w\nengine: postgresql\nconnection: { host: h, password: canary-in-clear }\n";
    const here = await start({ files: files("", clear) });
    const { stdout, status } = await here.run("validate", "-json");
    expect(status).toBe(1);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { summary: string; detail: string }[] };
    expect(diagnostics.map(({ summary }) => summary)).toEqual([expect.stringContaining("LITERAL_SECRET")]);
    // The configuration itself is shown by Terraform, not by us.
    expect(diagnostics[0]?.detail).not.toContain("canary");
  });

  test("unreachable, and a wrong password", async () => {
    const here = await start({ files: files("") }, { DATABASE_URL: "postgresql://postgres@127.0.0.1:1/x" });
    expect(refusal(await here.run("plan"))).toContain("CONNECTION_REFUSED: Cannot connect to 127.0.0.1:1");
    const locked = await freshServer({ auth: "scram-sha-256", password: "right-canary" });
    const reached = await start({ files: files("") }, { DATABASE_URL: locked.url({ password: "wrong-canary" }) });
    const text = refusal(await reached.run("plan"));
    expect(text).toContain("LOGIN_FAILED");
    expect(text).not.toContain("canary");
  });

  test("a state that can no longer be read says how to go on", async () => {
    const here = await start({ files: files("") });
    succeeded(await here.run("apply", "-auto-approve"));
    const away = await declaring({ env: { DATABASE_URL: "postgresql://postgres@127.0.0.1:1/x" } });
    away.declare({ warehouse: { files: files("") } });
    away.write("terraform.tfstate", succeeded(await here.run("state", "pull")).stdout);
    expect(refusal(await away.run("plan"))).toMatch(/CONNECTION_REFUSED.*-refresh=false/);
  });

  test("a state of a newer version", async () => {
    const here = await start({ files: files("") });
    succeeded(await here.run("apply", "-auto-approve"));
    const state = succeeded(await here.run("state", "pull")).stdout;
    here.write("terraform.tfstate", state.replace('"schema_version": 1', '"schema_version": 7'));
    // Terraform itself refuses it before it asks the provider.
    expect(refusal(await here.run("plan"))).toMatch(/newer/);
  });
});

describeTerraform("a database that changed between plan and apply", () => {
  test("is told, when the declaration is created", async () => {
    const here = await start({ files: files(table("customer")) });
    await planned(here);
    await query(here.url, "CREATE SCHEMA sales");
    expect(refusal(await here.run("apply", "tfplan"))).toContain("changed since the plan was made");
    expect(await relations(here.url, "sales")).toEqual([]);
    succeeded(await here.run("apply", "-auto-approve"));
  });

  test("is told, when the declaration is updated", async () => {
    const here = await start({ files: files(table("customer")) });
    succeeded(await here.run("apply", "-auto-approve"));
    here.declare({ warehouse: { files: files(table("customer") + table("product")) } });
    await planned(here);
    await query(here.url, "ALTER TABLE sales.customer ADD COLUMN hacked text");
    expect(refusal(await here.run("apply", "tfplan"))).toContain("changed since the plan was made");
    expect(await relations(here.url, "sales")).toEqual(["customer"]);
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await relations(here.url, "sales")).toEqual(["customer", "product"]);
  });

  test("is told, when the plan was not refreshed, and only then", async () => {
    const here = await start({ files: files(table("customer")) });
    succeeded(await here.run("apply", "-auto-approve"));
    here.declare({ warehouse: { files: files(table("customer") + table("product")) } });
    await query(here.url, "CREATE TABLE sales.theirs (id int)");
    succeeded(await here.run("plan", "-refresh=false", "-out=tfplan"));
    await query(here.url, "DROP TABLE sales.theirs");
    expect(refusal(await here.run("apply", "tfplan"))).toContain("changed since the plan was made");
    succeeded(await here.run("plan", "-refresh=false", "-out=tfplan"));
    succeeded(await here.run("apply", "tfplan"));
    expect(await relations(here.url, "sales")).toEqual(["customer", "product"]);
  });

  test("does not hold up a plan that is simply made again", async () => {
    const here = await start({ files: files(table("customer")) });
    await planned(here);
    await query(here.url, "CREATE SCHEMA sales");
    expect(await statements(here)).toHaveLength(2);
    succeeded(await here.run("apply", "tfplan"));
  });
});
