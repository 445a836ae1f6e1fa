/** The commands on a real server, as a user runs them one after the other. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { Plan } from "../core/plan.ts";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { type Folder, folder, type Ran } from "./support/cli.ts";
import { freshDatabase, freshServer } from "./support/server.ts";

const SOURCE = "kind: DataSource\nname: warehouse\nengine: postgresql\nconnection: { url: { env: URL } }\n";
const SALES = `kind: Schema
name: sales
---
kind: Table
schema: sales
name: customer_dim
columns:
  - { name: customer_key, type: bigint, identity: always }
  - { name: email, type: text }
  - { name: region, type: text, notNull: true, default: "'EU'" }
primaryKey: [customer_key]
---
kind: View
schema: sales
name: regions
query: |
  select region, count(*) as n
  from sales.customer_dim group by region
---
kind: Grant
to: pg_monitor
privileges: [select]
on: { table: sales.regions }
`;

/** Each time a connection of its own: one that stays would be cut when the database goes. */
async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows ?? [];
  } finally {
    await client.end();
  }
}

interface Place extends Folder {
  readonly url: string;
  sql(text: string): Promise<Record<string, unknown>[]>;
}

/** A folder and a database; `URL` leads to it. */
async function place(documents = SALES, source = SOURCE): Promise<Place> {
  const url = await freshDatabase();
  const made = folder({ URL: url });
  made.write("w/datasource.yaml", source);
  made.write("w/sales.yaml", documents);
  return { ...made, url, sql: (text) => query(url, text) };
}

async function ended(code: number, ran: Promise<Ran>): Promise<Ran> {
  const result = await ran;
  if (result.code !== code) throw new Error(`ended with ${result.code}:\n${result.out}\n${result.err}`);
  expect(result.out + result.err).not.toMatch(/\n\s+at .*[:(]\d+/);
  return result;
}

const lastLine = (text: string): string | undefined => text.trimEnd().split("\n").at(-1);
const NONE = "No changes. The live system is as declared.";

describe("from nothing to no changes", () => {
  let here: Place;
  beforeAll(async () => {
    here = await place();
  });

  test("plan shows it, writes a file, changes nothing", async () => {
    const { out } = await ended(0, here.run("plan -f w --out plans/plan.json"));
    expect(lastLine(out)).toBe("Plan: 4 to create, 0 to alter, 0 to replace, 0 to rename, 0 to drop.");
    await ended(2, here.run("plan -f w --detailed-exitcode"));
    const plan = JSON.parse(readFileSync(join(here.path, "plans/plan.json"), "utf8")) as Plan;
    expect(plan.steps).toHaveLength(4);
    expect(plan.source.connection).toEqual({ url: { env: "URL" } });
    expect(await here.sql("SELECT 1 FROM pg_namespace WHERE nspname IN ('sales', 'datumline')")).toEqual([]);
    expect((await ended(0, here.run("plan -f w --format json"))).out).toBe(
      readFileSync(join(here.path, "plans/plan.json"), "utf8"),
    );
  });

  test("show gives the same in every form", async () => {
    for (const format of ["text", "markdown", "json", "sql", "html"]) {
      const shown = await ended(0, here.run(`show plans/plan.json --format ${format}`));
      const planned = await ended(0, here.run(`plan -f w --format ${format}`));
      expect(shown.out).toBe(planned.out);
    }
  });

  test("the script runs in psql's place", async () => {
    const { out } = await ended(0, here.run("plan -f w --format sql"));
    const other = await freshDatabase();
    await query(other, out);
    expect(await query(other, "SELECT count(*)::int AS n FROM sales.regions")).toEqual([{ n: 0 }]);
  });

  test("apply refuses without a word from the user", async () => {
    const { err } = await ended(3, here.run("apply plans/plan.json"));
    expect(err).toContain("error NOT_CONFIRMED");
    const no = await ended(3, here.run("apply -f w", { terminal: true, stdin: "no\n" }));
    expect(no.err).toContain("Apply this to warehouse");
    await ended(3, here.run("apply -f w", { terminal: true, stdin: "" }));
    expect(await here.sql("SELECT 1 FROM pg_namespace WHERE nspname IN ('sales', 'datumline')")).toEqual([]);
  });

  test("apply runs the plan file; the next plan is empty", async () => {
    const { err } = await ended(0, here.run("apply plans/plan.json --yes"));
    expect(err).toContain("warehouse: applied: 4 created, 0 altered");
    expect(lastLine((await ended(0, here.run("plan -f w --detailed-exitcode"))).out)).toBe(NONE);
    expect(lastLine((await ended(0, here.run("apply -f w"))).out)).toBe(NONE);
    expect((await ended(0, here.run("drift -f w"))).out).toContain("No drift.");
  });

  test("the same plan again is stale", async () => {
    expect((await ended(3, here.run("apply plans/plan.json --yes"))).err).toContain("error STALE_PLAN");
  });

  test("drift is found, explained and repaired", async () => {
    await here.sql(
      "ALTER TABLE sales.customer_dim ALTER region DROP NOT NULL; DROP VIEW sales.regions; CREATE TABLE sales.extra (a int)",
    );
    const { out } = await ended(2, here.run("drift -f w"));
    expect(out).toContain("columns.region.notNull: true → false");
    expect(out).toContain("- View sales.regions is gone");
    expect(lastLine(out)).toBe("Drift: 1 changed, 2 gone, 0 added.");
    const json = JSON.parse((await ended(2, here.run("drift --url env:URL --format json"))).out) as {
      drifted: unknown[];
    };
    expect(json.drifted).toHaveLength(3);
    expect((await ended(2, here.run("drift -f w --mode authoritative"))).out).toContain(
      "+ Table sales.extra was added by another hand",
    );

    const explained = (await ended(0, here.run("explain Table/sales.customer_dim -f w"))).out;
    expect(explained).toContain("declared  yes, at w/sales.yaml:4:1");
    expect(explained).toContain("ledger    applied before, made by Datumline");
    expect(explained).toContain("planned   alter");
    expect((await ended(0, here.run("explain Table sales.extra -f w"))).out).toContain("nobody declares it");
    expect((await ended(1, here.run("explain Table/sales.nope -f w"))).err).toContain("There is no Table sales.nope");

    const refused = await ended(3, here.run("apply -f w --yes"));
    expect(refused.err).toContain("HAZARD_NOT_ALLOWED: LOCKS_TABLE");
    const before = await here.sql("SELECT 1 FROM pg_class WHERE relname = 'regions'");
    expect(before).toEqual([]);
    await ended(0, here.run("apply -f w --allow LOCKS_TABLE", { terminal: true, stdin: "yes\n" }));
    await ended(0, here.run("drift -f w"));
    const explainedNow = (await ended(0, here.run("explain View/sales.regions -f w"))).out;
    expect(explainedNow).toContain("query is the same, in the server's words");
  });
});

describe("what stands in the way", () => {
  test("limits of the declaration and of the run, the smaller one", async () => {
    const here = await place(
      SALES,
      `${SOURCE}manage: { mode: authoritative, schemas: { public: observe }, maxDrops: 5 }\nexternal: { schemas: [public], roles: ["*"] }\n`,
    );
    await here.sql("CREATE SCHEMA sales; CREATE TABLE sales.a (x int); CREATE TABLE sales.b (y int)");
    const { err, out } = await ended(3, here.run("plan -f w --max-drops 1"));
    expect(err).toContain("error TOO_MANY_DROPS: The plan drops 2");
    expect(out).toContain("- Table sales.a");
    expect((await ended(3, here.run("apply -f w --yes --allow all --max-drops 1"))).err).toContain("TOO_MANY_DROPS");
    await ended(0, here.run("plan -f w --out plan.json"));
    expect((await ended(3, here.run("apply plan.json --yes --allow all --max-drops 0"))).err).toContain(
      "TOO_MANY_DROPS",
    );
    await ended(0, here.run("apply plan.json --yes --allow all"));
  });

  test("what is protected, and what looks like a rename", async () => {
    const here = await place(
      `${SALES}---\nkind: Table\nschema: sales\nname: kept\ncolumns: [{ name: a, type: bigint }]\n`,
    );
    await ended(0, here.run("apply -f w --yes"));
    here.write(
      "w/sales.yaml",
      `${SALES}---\nkind: Table\nschema: sales\nname: keeps\ncolumns: [{ name: a, type: bigint }]\n`,
    );
    const { err, out } = await ended(3, here.run("plan -f w"));
    expect(err).toContain("error LOOKS_LIKE_RENAME");
    expect(out).toContain("- Table sales.kept");
    await ended(3, here.run("apply -f w --yes --allow all"));
    expect(await here.sql("SELECT 1 AS there FROM pg_class WHERE relname = 'kept'")).toEqual([{ there: 1 }]);
  });

  test("another database than the one that the plan is for", async () => {
    const here = await place();
    await ended(0, here.run("plan -f w --out plan.json"));
    const other = await freshDatabase();
    expect((await ended(3, here.run(`apply plan.json --yes --url ${other}`))).err).toContain("error WRONG_TARGET");
  });

  test("a statement that fails half-way leaves nothing", async () => {
    const here = await place();
    await ended(0, here.run("apply -f w --yes"));
    await here.sql("INSERT INTO sales.customer_dim (region) VALUES ('EU')");
    here.write("w/more.yaml", "kind: Table\nschema: sales\nname: more\ncolumns: [{ name: a, type: bigint }]\n");
    here.write(
      "w/sales.yaml",
      SALES.replace("{ name: email, type: text }", "{ name: email, type: text, notNull: true }"),
    );
    const { err } = await ended(1, here.run("apply -f w --yes --allow all"));
    expect(err).toContain("error STATEMENT_FAILED: Table sales.customer_dim: ");
    expect(err).toContain("The engine's code is 23502.");
    expect(err).toContain("ALTER COLUMN email SET NOT NULL");
    expect(err).toContain("Nothing of this run was kept");
    expect(await here.sql("SELECT 1 FROM pg_class WHERE relname = 'more'")).toEqual([]);
    expect((await ended(2, here.run("plan -f w --detailed-exitcode"))).out).toContain("+ Table sales.more");
  });

  test("what stood outside the transaction is told", async () => {
    const here = await place();
    await ended(0, here.run("apply -f w --yes"));
    await here.sql("INSERT INTO sales.customer_dim (region, email) VALUES ('EU', 'a'), ('EU', 'a')");
    here.write(
      "w/more.yaml",
      "kind: Table\nschema: sales\nname: more\ncolumns: [{ name: a, type: bigint }]\n---\nkind: Index\ntable: sales.customer_dim\nname: emails\ncolumns: [email]\nunique: true\nconcurrently: true\n",
    );
    const { err } = await ended(1, here.run("apply -f w --yes --allow all"));
    expect(err).toContain("error STATEMENT_FAILED: Index sales.emails");
    expect(err).toMatch(/Committed before it, .*: Table sales.more/);
  });

  test("nothing was ever applied, or no ledger is kept", async () => {
    const here = await place();
    expect((await ended(1, here.run("drift -f w"))).err).toContain("Nothing was ever applied");
    here.write("w/datasource.yaml", `${SOURCE}ledger: none\n`);
    expect((await ended(1, here.run("drift -f w"))).err).toContain("keeps no ledger");
  });
});

test("several data sources: side by side, one after the other, the first failure stops", async () => {
  const [one, two, three] = [await freshDatabase(), await freshDatabase(), await freshDatabase()];
  const here = folder({ ONE: one, TWO: two, THREE: three });
  const names = ["one", "two", "three"];
  here.write(
    "sources.yaml",
    names
      .map(
        (name) =>
          `kind: DataSource\nname: ${name}\nengine: postgresql\nconnection: { url: { env: ${name.toUpperCase()} } }\n`,
      )
      .join("---\n"),
  );
  const schemas = names.map((name) => `kind: Schema\ndataSource: ${name}\nname: s\n`).join("---\n");
  const failing = "---\nkind: View\ndataSource: two\nschema: s\nname: v\nquery: select 1 / 0 as x from no_such_table\n";
  here.write("objects.yaml", schemas + failing);
  const { plans } = JSON.parse((await ended(0, here.run("plan -f . --format json"))).out) as { plans: Plan[] };
  expect(plans.map(({ dataSource }) => dataSource)).toEqual(names);
  const { err } = await ended(1, here.run("apply -f . --yes"));
  expect(err).toContain("Applied: one. Failed: two. Not begun: three.");
  here.write("objects.yaml", schemas);
  await ended(0, here.run("plan -f . --out out.plan"));
  await ended(0, here.run("apply out.plan --yes --data-source three"));
  expect((await ended(1, here.run("apply out.plan --yes --data-source four"))).err).toContain("UNKNOWN_DATA_SOURCE");
  expect((await ended(1, here.run(`plan -f . --url ${one}`))).err).toContain("AMBIGUOUS_DATA_SOURCE");
  const statuses = await Promise.all(
    names.map((name) => here.run(`plan -f . --detailed-exitcode --data-source ${name}`)),
  );
  expect(statuses.map(({ code }) => code)).toEqual([0, 2, 0]);
});

describe("inspect", () => {
  let here: Place;
  beforeAll(async () => {
    here = await place();
    await here.sql(`CREATE SCHEMA "Sales"; CREATE SCHEMA sales; CREATE TYPE sales.mood AS ENUM ('a', 'b');
CREATE TABLE sales.schema (a int PRIMARY KEY, b text DEFAULT now()::text, m sales.mood);
CREATE TABLE sales."Orders" (id bigint GENERATED ALWAYS AS IDENTITY, "weird: # name" text, parent int REFERENCES sales.schema);
CREATE TABLE sales.orders (id int CHECK (id > 0));
CREATE INDEX ON sales.orders (id); ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON sales.orders USING (id > 1);
CREATE VIEW "Sales".v AS SELECT a, b
FROM sales.schema WHERE b <> 'x';
COMMENT ON VIEW "Sales".v IS 'first line
  second line ';
GRANT SELECT, INSERT ON sales.orders TO PUBLIC; GRANT SELECT (a, b) ON sales.schema TO PUBLIC;
CREATE FUNCTION sales.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE sales.parted (a int) PARTITION BY RANGE (a); GRANT SELECT ON sales.parted TO PUBLIC`);
  });

  function files(of: string): Record<string, string> {
    const all = readdirSync(join(here.path, of), { recursive: true, encoding: "utf8" });
    return Object.fromEntries(
      all
        .filter((file) => statSync(join(here.path, of, file)).isFile())
        .sort()
        .map((file) => [file, readFileSync(join(here.path, of, file), "utf8")]),
    );
  }

  test.each(["yaml", "json"])("as %s: the plan is empty, the bytes are the same each time", async (form) => {
    const { err } = await ended(0, here.run(`inspect --url env:URL --out ${form} --emit ${form}`));
    expect(err).toContain("warning NOT_MODELLED: 1 partitioned table: sales.parted");
    const again = await ended(0, here.run(`inspect --url env:URL --out ${form}2 --emit ${form}`));
    expect(again.err).toBe(err);
    expect(files(`${form}2`)).toEqual(files(form));
    await ended(0, here.run(`check -f ${form}`));
    for (const mode of ["additive", "authoritative"]) {
      const { out } = await ended(0, here.run(`plan -f ${form} --url env:URL --detailed-exitcode --mode ${mode}`));
      expect(lastLine(out)).toBe(NONE);
    }
  });

  test("lays out what is reviewed together, in files that no file system confuses", () => {
    const names = Object.keys(files("yaml"));
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(["datasource.yaml", "database.yaml", "sales/orders.yaml", "sales/schema.yaml"]),
    );
    const orders = files("yaml")["sales/orders.yaml"];
    expect(orders?.match(/^kind: .*/gm)).toEqual(["kind: Table", "kind: Index", "kind: RowPolicy", "kind: Grant"]);
    expect(orders).toContain("privileges: [ insert, select ]");
    expect(files("yaml")["sales/schema.yaml"]).toContain("kind: Enum");
  });

  test("overwrites nothing that it did not write", async () => {
    expect((await ended(1, here.run("inspect --url env:URL --out w"))).err).toContain("NOT_WRITTEN: w is not empty");
    expect((await ended(1, here.run("inspect --url env:URL --out yaml"))).err).toContain("--force");
    await here.sql("DROP TABLE sales.orders");
    await ended(0, here.run("inspect --url env:URL --out yaml --force"));
    expect(existsSync(join(here.path, "yaml/sales/orders.yaml"))).toBe(false);
    here.write("yaml/sales/orders.yaml", "# mine\n");
    await here.sql("CREATE TABLE sales.orders (id int)");
    expect((await ended(1, here.run("inspect --url env:URL --out yaml --force"))).err).toContain(
      "no earlier run wrote it",
    );
    expect(files("yaml")["sales/orders.yaml"]).toBe("# mine\n");
  });

  test("as a constructs app: the plan is empty", async () => {
    await ended(0, here.run("inspect --url env:URL --out app --emit typescript"));
    const main = fileURLToPath(new URL("..", import.meta.url));
    here.write(
      "app/main.ts",
      readFileSync(join(here.path, "app/main.ts"), "utf8").replace(
        '"datumline/constructs"',
        JSON.stringify(join(main, "constructs/index.ts")),
      ),
    );
    here.write("package.json", '{"type":"module"}');
    const command = `${join(main, "node_modules/.bin/tsx")} app/main.ts`;
    const { out } = await ended(0, here.run(["plan", "--app", command, "--url", "env:URL", "--detailed-exitcode"]));
    expect(lastLine(out)).toBe(NONE);
  });
});

describe("secrets", () => {
  const CANARIES = ["canary-owner-31415926", "canary-reader-27182818", "canary-admin-16180339"] as const;
  let server: EmbeddedPostgres;
  let here: Folder;
  const all: string[] = [];

  beforeAll(async () => {
    server = await freshServer({ auth: "scram-sha-256", password: CANARIES[0], settings: { log_statement: "all" } });
    const url = server.url({ password: CANARIES[0] });
    here = folder({
      OWNER_PASSWORD: CANARIES[0],
      READER_PASSWORD: CANARIES[1],
      URL: url,
      BAD_URL: url.replace("31415926", "00000000"),
    });
    here.write(
      "w/all.yaml",
      `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: ${server.host}, port: ${server.port}, database: postgres, user: postgres, password: { env: OWNER_PASSWORD } }
---
kind: Role
name: reader
login: true
password: { env: READER_PASSWORD }
---
kind: Role
name: admin
password: { file: admin.txt }
---
${SALES}`,
    );
    here.write("w/admin.txt", `${CANARIES[2]}\n`);
  });

  async function run(code: number, line: string, options = {}): Promise<Ran> {
    const ran = await ended(code, here.run(line, options));
    all.push(`$ ${line}\n${ran.out}${ran.err}`);
    return ran;
  }

  test("are in no output of any command", async () => {
    await run(0, "check -f w");
    await run(0, "connect -f w --format json");
    await run(0, "connect --url env:URL");
    for (const format of ["text", "markdown", "json", "sql", "html"])
      await run(0, `plan -f w --verbose --format ${format} --out plan-${format}.json`);
    await run(0, "apply plan-json.json --yes");
    expect(lastLine((await run(0, "plan -f w --detailed-exitcode")).out)).toBe(NONE);
    await run(0, "drift -f w");
    await run(0, "inspect --url env:URL --out out");
    await run(0, "inspect --url env:URL --out out-ts --emit typescript");
    await run(0, "plan -f out --url env:URL --detailed-exitcode");
    await run(0, "explain Role/reader -f w");
    const changed = await run(2, "plan -f w --detailed-exitcode --verbose", {
      env: { READER_PASSWORD: "canary-changed-1414" },
    });
    expect(changed.out).toContain("~ Role reader");
    await run(0, "apply -f w --yes --allow all", { env: { READER_PASSWORD: "canary-changed-1414" } });
    const reader = new pg.Client(server.url({ user: "reader", password: "canary-changed-1414" }));
    await reader.connect();
    await reader.end();
  });

  test("are in no error", async () => {
    const wrong = await run(1, "plan -f w", { env: { OWNER_PASSWORD: "canary-wrong-6022140" } });
    expect(wrong.err).toContain("error LOGIN_FAILED");
    await run(1, "plan -f w --url env:BAD_URL");
    await run(1, "connect --url env:BAD_URL");
    await run(1, "drift --url env:BAD_URL");
    await run(1, "plan -f w", { env: { DATUMLINE_DEBUG: "", READER_PASSWORD: "" } });
    here.write("w/bad.yaml", "kind: View\nschema: sales\nname: bad\nquery: select * from nowhere\n");
    expect((await run(1, "apply -f w --yes --allow all")).err).toContain("STATEMENT_FAILED");
  });

  test("that stand in a declared text stop the plan instead of being written to it", async () => {
    here.write("w/bad.yaml", `kind: View\nschema: sales\nname: bad\nquery: select '${CANARIES[0]}' as password\n`);
    expect((await run(1, "plan -f w --format json")).err).toContain("error LITERAL_SECRET");
    expect((await run(1, "plan -f w --out leak.json")).err).toContain("error LITERAL_SECRET");
    expect(existsSync(join(here.path, "leak.json"))).toBe(false);
    expect((await run(0, "plan -f w")).out).toContain("select '***' as password");
  });

  test("nowhere: outputs, files, ledger, log of the server", async () => {
    const found = (text: string): string[] => text.split("\n").filter((line) => /canary|00000000/.test(line));
    expect(all.flatMap(found)).toEqual([]);
    const mine = readdirSync(here.path, { recursive: true, encoding: "utf8" }).filter(
      (file) => statSync(join(here.path, file)).isFile() && !file.startsWith("w/"),
    );
    expect(mine.filter((file) => found(readFileSync(join(here.path, file), "utf8")).length > 0)).toEqual([]);
    const rows = await query(server.url({ password: CANARIES[0] }), "SELECT * FROM datumline.ledger");
    expect(found(JSON.stringify(rows, null, 1))).toEqual([]);
    expect(
      found(readFileSync(join(server.directory, "log"), "utf8")).filter((line) => !line.includes("as password")),
    ).toEqual([]);
  });
});

test("an interrupted apply ends with 130, says so, and leaves nothing", async () => {
  const here = await place();
  await ended(0, here.run("apply -f w --yes"));
  here.write(
    "w/sales.yaml",
    SALES.replace("{ name: email, type: text }", "{ name: email, type: text, comment: hello }"),
  );
  const holder = new pg.Client(here.url);
  await holder.connect();
  await holder.query("BEGIN; LOCK TABLE sales.customer_dim");
  const root = fileURLToPath(new URL("..", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(root, "cli/main.ts"), "apply", "-f", join(here.path, "w"), "--yes"],
    {
      cwd: root,
      env: { ...process.env, URL: here.url, XDG_CACHE_HOME: join(here.path, ".cache") },
    },
  );
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  for (let waiting = 0; waiting === 0; ) {
    [{ waiting }] = (await here.sql("SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted")) as [
      { waiting: number },
    ];
    if (child.exitCode !== null) throw new Error(err);
  }
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  await holder.end();
  expect([code, err]).toEqual([130, expect.stringContaining("error INTERRUPTED")]);
  const [row] = await here.sql("SELECT col_description('sales.customer_dim'::regclass, 2) AS comment");
  expect(row).toEqual({ comment: null });
});

test("what was there already is only written to the ledger, once", async () => {
  const here = await place();
  await here.sql(
    "CREATE SCHEMA sales; CREATE TABLE sales.customer_dim (customer_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, region text NOT NULL DEFAULT 'EU'); CREATE VIEW sales.regions AS select region, count(*) as n from sales.customer_dim group by region; GRANT SELECT ON sales.regions TO pg_monitor",
  );
  expect(lastLine((await ended(0, here.run("plan -f w --detailed-exitcode"))).out)).toBe(NONE);
  const { err } = await ended(0, here.run("apply -f w", { terminal: true, stdin: "yes\n" }));
  expect(err).toContain("Nothing changes but the ledger");
  expect(err).toContain("the ledger knows what was found; nothing else was changed");
  await ended(0, here.run("drift -f w"));
  // Nothing is left to write, so nothing is asked.
  await ended(0, here.run("apply -f w"));
});

test("progress is a bar on a terminal and silent elsewhere", async () => {
  const here = await place();
  const shown = await ended(0, here.run("apply -f w --yes", { terminal: true }));
  expect(shown.err).toMatch(/\rApplying to warehouse █+ 4\/4\n/);
  here.write("w/more.yaml", "kind: Schema\nname: more\n");
  const quiet = await ended(0, here.run("apply -f w --yes --quiet"));
  expect(quiet.err).toBe("");
});
