import { describe, expect, test } from "@jest/globals";
import { declared, lowered } from "./support/lowered.ts";
import { estate } from "./support/roundtrip.ts";
import { freshServer } from "./support/server.ts";

const ROLE = `
kind: ReadOnlyRole
name: bi_reader
schemas: [app]
of: [django]
`;

function table(name: string, more = ""): string {
  return `\n---\nkind: Table\nschema: app\nname: ${name}\ncolumns: [{ name: id, type: bigint }]\n${more}`;
}

function grants(documents: string, live = ""): string[] {
  const { native } = lowered(documents, live === "" ? undefined : declared(live));
  return [...native.keys()].filter((at) => at.startsWith("Grant/")).map((at) => at.slice("Grant/".length));
}

describe("ReadOnlyRole", () => {
  test("is a role that reads what is there, and what its owners will make", () => {
    const { native, codes } = lowered(`${ROLE}connectionLimit: 5\nsettings: { statement_timeout: 30s }\nlogin: true`);
    expect(codes).toEqual([]);
    expect([...native].map(([address, { spec }]) => [address, spec])).toEqual([
      [
        "Role/bi_reader",
        { name: "bi_reader", login: true, connectionLimit: 5, settings: { statement_timeout: "30s" } },
      ],
      ["Grant/bi_reader/schema/app/usage", expect.anything()],
      [
        "DefaultPrivilege/django/app/tables/bi_reader/select",
        { owner: "django", schema: "app", on: "tables", to: "bi_reader", privileges: ["select"] },
      ],
    ]);
  });

  test("reads tables and views of its schemas and owners, declared or there", () => {
    const live = `${table("order", "owner: django")}${table("secret", "owner: somebody")}
---
kind: View
schema: app
name: report
query: SELECT 1 AS one
owner: django
---
kind: Table
schema: other
name: order
columns: [{ name: id, type: bigint }]
owner: django`.replace(/^\s*---/, "");
    const here = `${ROLE}${table("mine")}${table("theirs", "owner: somebody")}
---
kind: DimensionTable
schema: app
name: customer_dim
columns: { a: text }
---
kind: MaskedView
schema: app
name: masked
from: app.mine
mask: { id: redact }`;
    expect(grants(here, live)).toEqual([
      "bi_reader/schema/app/usage",
      "bi_reader/table/app.customer_dim/select",
      "bi_reader/table/app.masked/select",
      "bi_reader/table/app.mine/select",
      "bi_reader/table/app.order/select",
      "bi_reader/table/app.report/select",
    ]);
    expect(grants(`${here.replace("of: [django]", "of: [django]\nexcept: [app.m*, app.report]")}`, live)).toEqual([
      "bi_reader/schema/app/usage",
      "bi_reader/table/app.customer_dim/select",
      "bi_reader/table/app.order/select",
    ]);
  });

  test("gives nothing twice, and nothing on a name that goes", () => {
    const more = `${table("mine", "renamedFrom: yours")}
---
kind: Grant
to: bi_reader
privileges: [select, insert]
on: { table: app.mine }
---
kind: Grant
to: bi_reader
privileges: [usage]
on: { schema: app }
---
kind: MaskedView
schema: app
name: masked
from: app.person
mask: { id: redact }
to: [bi_reader]`;
    expect(lowered(`${ROLE}except: [app.person]${more}${table("person")}`).codes).toEqual([]);
    expect(grants(`${ROLE}${more}`, table("yours", "owner: django").replace(/^\s*---/, ""))).toEqual(
      expect.not.arrayContaining(["bi_reader/table/app.yours/select"]),
    );
  });

  test("says where an exception cannot hold", () => {
    const live = `${table("person", "owner: django")}${table("order", "owner: django")}
---
kind: Grant
to: bi_reader
privileges: [select]
on: { table: app.person }
---
kind: Grant
to: bi_reader
privileges: [select]
on: { table: app.order, columns: [id] }`.replace(/^\s*---/, "");
    const { diagnostics } = lowered(`${ROLE}except: [app.person, app.auth_*, app.order]`, declared(live));
    expect(diagnostics.map(({ summary }) => summary)).toEqual([
      expect.stringMatching(/no exceptions: a new table named like `app\.auth_\*` is readable/),
      "bi_reader may read app.person, which `except` names",
    ]);
  });
});

test.each([18, 15])("PostgreSQL %i: reads what is there and what will be, and writes nothing", async (major) => {
  const server = await freshServer({ major });
  const url = server.url({ database: "postgres" });
  const app = estate(url);
  await app.query(`CREATE ROLE django; CREATE SCHEMA app AUTHORIZATION django; SET ROLE django;
    CREATE TABLE app."order" (id bigint); CREATE TABLE app.person (name text); CREATE VIEW app.report AS SELECT 1 AS one;
    CREATE TABLE app.event (at date) PARTITION BY RANGE (at); RESET ROLE`);
  const options = {
    source: { external: { schemas: ["app"], roles: ["django"] } },
    secrets: { BI_PASSWORD: "s3cret" },
  };
  const documents = `${ROLE}login: true
password: { env: BI_PASSWORD }
settings: { statement_timeout: 30s }
connectionLimit: 3
except: [app.person]`;
  await app.apply(documents, options);
  await app.query("SET ROLE django; CREATE TABLE app.later (n integer); RESET ROLE; SET ROLE bi_reader");
  for (const name of ['"order"', "report", "later"])
    expect(await app.query(`SELECT count(*) FROM app.${name}`)).toHaveLength(1);
  await expect(app.query("SELECT 1 FROM app.person")).rejects.toThrow("permission denied");
  await expect(app.query("INSERT INTO app.later VALUES (1)")).rejects.toThrow("permission denied");
  await app.query("RESET ROLE");
  expect((await app.plan(documents, options)).steps).toEqual([]);
  const changed = await app.plan(documents, { ...options, secrets: { BI_PASSWORD: "other" } });
  expect(changed.steps.map(({ address }) => address)).toEqual(["Role/bi_reader"]);

  await app.apply(documents.replace("except: [app.person]", "except: [app.person, app.order]"), options);
  await app.query("SET ROLE bi_reader");
  await expect(app.query('SELECT 1 FROM app."order"')).rejects.toThrow("permission denied");
  await app.query("RESET ROLE");
  await app.apply("", options);
  expect(await app.query("SELECT 1 FROM pg_roles WHERE rolname = 'bi_reader'")).toEqual([]);
});

test("what is to be dropped is not granted first", async () => {
  const server = await freshServer();
  const app = estate(server.url({ database: "postgres" }));
  await app.query("CREATE SCHEMA app; CREATE TABLE app.stale (id bigint)");
  await app.apply(`${ROLE.replace("django", "postgres")}---\nkind: Schema\nname: app`, {
    source: { manage: { schemas: { app: "authoritative" } }, connection: { user: "postgres" } },
  });
  expect(await app.query("SELECT relname FROM pg_class WHERE relname = 'stale'")).toEqual([]);
});
