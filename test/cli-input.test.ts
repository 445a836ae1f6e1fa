/** What a user can get wrong before anything is connected to: each a diagnostic with code, place and next step. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { COMMANDS } from "../cli/commands.ts";
import type { Diagnostic } from "../core/diagnostic.ts";
import { type CliOptions, type Folder, folder, type Ran } from "./support/cli.ts";

const SOURCE = `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: localhost, database: analytics, user: owner, password: { env: WAREHOUSE_PASSWORD } }
---
`;
const ROLE = "kind: Role\nname: analyst\n";

function declaring(text: string): Folder {
  const made = folder();
  made.write("warehouse.yaml", text);
  return made;
}

/** Exit code, and code and place of every diagnostic. */
async function told(where: Folder, line: string, options?: CliOptions): Promise<[number, ...string[]]> {
  const ran = await where.run(`${line} --diagnostics json`, options);
  expectPlain(ran);
  const diagnostics = ran.err
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Diagnostic);
  for (const { summary, detail, code } of diagnostics) {
    expect(summary).not.toBe("");
    // Everything says what to do next, but where the summary is all there is to say.
    if (code !== "USAGE" && code !== "WRONG_TYPE") expect(detail ?? "").not.toBe("");
  }
  return [
    ran.code,
    ...diagnostics.map(({ code, origin }) => (origin?.line ? `${code} ${origin.file}:${origin.line}` : code)),
  ];
}

function expectPlain({ out, err }: Ran): void {
  expect(out + err).not.toMatch(/\n\s+at .*[:(]\d+/);
  expect(out + err).not.toContain("[object Object]");
  expect(out + err).not.toContain("undefined");
}

describe("the command line", () => {
  const here = folder();

  test("help names every command; each has an example", async () => {
    for (const line of ["help", "--help", "-h"]) {
      const { code, out } = await here.run(line);
      expect(code).toBe(0);
      for (const name of Object.keys(COMMANDS)) expect(out).toContain(`  ${name} `);
    }
    expect((await here.run([])).out).toContain("Commands:");
    for (const name of Object.keys(COMMANDS)) {
      const { code, out } = await here.run(`${name} --help`);
      expect([name, code]).toEqual([name, 0]);
      expect(out).toContain(`Example:\n  datumline ${name}`);
      expect((await here.run(`help ${name}`)).out).toBe(out);
    }
  });

  test("a wrong command names the nearest", async () => {
    const { code, err } = await here.run("aply");
    expect([code, err]).toEqual([1, "error USAGE: There is no command aply\n    Did you mean apply?\n"]);
    expect((await here.run("toString")).code).toBe(1);
    expect((await here.run("--verbose plan")).code).toBe(1);
  });

  test("all wrong options are told at once, with the nearest", async () => {
    const { code, err, out } = await here.run("plan --fil x --format tex --max-drops -1 --yes --mode");
    expect([code, out]).toEqual([1, ""]);
    for (const text of [
      "--fil",
      "Did you mean --file?",
      "--format",
      "Did you mean text?",
      "--max-drops",
      "`plan` takes no --yes",
      "--mode needs a value",
    ])
      expect(err).toContain(text);
  });

  test("operands that are missing or too many", async () => {
    expect(await told(here, "show")).toEqual([1, "USAGE"]);
    expect(await told(here, "schema Role View")).toEqual([1, "USAGE"]);
    expect(await told(here, "apply plan.json -f x")).toEqual([1, "USAGE"]);
    expect(await told(here, "inspect --url postgresql://localhost/x")).toEqual([1, "USAGE"]);
    expect(await told(here, "drift -f x --format sql")).toEqual([1, "USAGE"]);
  });

  test("hazards that do not exist", async () => {
    const { code, err } = await here.run("apply -f x --allow DELETE_DATA");
    expect(code).toBe(1);
    expect(err).toContain("UNKNOWN_HAZARD");
    expect(err).toContain("Did you mean DELETES_DATA?");
  });

  test("a URL that is none, or of no engine, is not repeated", async () => {
    expect(await told(here, "plan -f x --url not-a-url")).toEqual([1, "USAGE"]);
    expect(await told(here, "plan -f x --url mysql://root:canary-9@x/y")).toEqual([1, "UNKNOWN_ENGINE"]);
    expect(await told(here, "plan -f x --url env:NOT_SET")).toEqual([1, "SECRET_UNRESOLVED"]);
  });

  test("version, schema, explain", async () => {
    expect(await here.run("version")).toMatchObject({ code: 0, out: "0.1.0\n", err: "" });
    expect(JSON.parse((await here.run("schema")).out)).toHaveProperty("$defs.Table");
    expect(JSON.parse((await here.run("schema RowPolicy")).out)).toMatchObject({ title: "RowPolicy", type: "object" });
    expect(await told(here, "schema RowPolice")).toEqual([1, "UNKNOWN_KIND"]);
    expect((await here.run("explain looks_like_rename")).out).toMatch(/^LOOKS_LIKE_RENAME\n {2}One object disappears/);
    expect((await here.run("explain STALE_PLANE")).err).toContain("Did you mean STALE_PLAN?");
    expect(await told(here, "explain Table/a.b")).toEqual([1, "NOTHING_DECLARED"]);
  });

  test("files that are no plans", async () => {
    here.write("broken.json", "{");
    here.write("other.json", '{"kind":"Role"}');
    for (const command of ["show", "apply"]) {
      expect(await told(here, `${command} missing.json`)).toEqual([1, "UNREADABLE"]);
      expect(await told(here, `${command} broken.json`)).toEqual([1, "PLAN_FORMAT"]);
      expect(await told(here, `${command} other.json`)).toEqual([1, "PLAN_FORMAT"]);
      expect(await told(here, `${command} .`)).toEqual([1, "UNREADABLE"]);
    }
  });
});

describe("documents", () => {
  test("sound ones", async () => {
    const ran = await declaring(SOURCE + ROLE).run("check -f .");
    expect(ran).toEqual({ code: 0, out: "warehouse: 1 object declared, no errors.\n", err: "" });
  });

  test("everything that is wrong at once, with its place", async () => {
    const wrong = declaring(`${SOURCE}kind: Rol
name: analyst
---
kind: Schema
name: sales
---
kind: Table
schema: sales
name: t
columns: [{ name: a, type: bigint, notNul: true }]
---
kind: Table
schema: sale
name: u
columns: { a: 1 }
---
kind: Grant
to: nobody
privileges: [select]
on: { table: sales.t }
`);
    expect(await told(wrong, "check -f warehouse.yaml")).toEqual([
      1,
      "UNKNOWN_KIND warehouse.yaml:6",
      "UNKNOWN_KEY warehouse.yaml:15",
      "WRONG_TYPE warehouse.yaml:20",
      "UNKNOWN_REFERENCE warehouse.yaml:23",
    ]);
  });

  test.each([
    ["no DataSource", ROLE, [1, "NO_DATA_SOURCE"]],
    ["an unknown engine", SOURCE.replace("postgresql", "postgresq"), [1, "UNKNOWN_ENGINE warehouse.yaml:1"]],
    [
      "a secret in clear",
      SOURCE.replace("{ env: WAREHOUSE_PASSWORD }", "canary-77aa55"),
      [1, "LITERAL_SECRET warehouse.yaml:4"],
    ],
    ["the same twice", `${SOURCE}${ROLE}---\n${ROLE}`, [1, "DUPLICATE warehouse.yaml:9"]],
    ["no YAML", `${SOURCE}kind: [`, [1, "SYNTAX warehouse.yaml:6"]],
    [
      "two data sources and no choice",
      `${SOURCE}${SOURCE.replace("warehouse", "lake")}${ROLE}`,
      [1, "AMBIGUOUS_DATA_SOURCE warehouse.yaml:11"],
    ],
    ["an override of nothing", `${SOURCE}${ROLE}override: true\n`, [1, "NOTHING_TO_OVERRIDE warehouse.yaml:6"]],
    [
      "a circle",
      `${SOURCE}kind: Role\nname: a\nmemberOf: [b]\n---\nkind: Role\nname: b\nmemberOf: [a]\n`,
      [1, "CYCLE warehouse.yaml:6"],
    ],
    ["a wrong type", `${SOURCE}${ROLE}login: maybe\n`, [1, "WRONG_TYPE warehouse.yaml:8"]],
    [
      "a column that is not there",
      `${SOURCE}kind: Schema\nname: s\n---\nkind: Table\nschema: s\nname: t\ncolumns: [{ name: a, type: text }]\nprimaryKey: [b]\n`,
      [1, "UNKNOWN_COLUMN warehouse.yaml:13"],
    ],
  ] as const)("%s", async (_, text, expected) => {
    for (const command of ["check", "plan", "apply --yes", "drift"])
      expect(await told(declaring(text), `${command} -f .`)).toEqual(expected);
  });

  test("nothing at all", async () => {
    const empty = folder();
    expect(await told(empty, "plan")).toEqual([1, "NOTHING_DECLARED"]);
    expect(await told(empty, "plan -f .")).toEqual([1, "NOTHING_DECLARED"]);
    expect(await told(empty, "plan -f missing")).toEqual([1, "UNREADABLE"]);
    expect(await told(declaring("\n"), "plan -f .")).toEqual([1, "NOTHING_DECLARED"]);
    expect(await told(declaring(SOURCE), "plan -f . --data-source lake")).toEqual([1, "UNKNOWN_DATA_SOURCE"]);
    // A URL alone declares nothing, and in authoritative mode nothing would mean: drop all.
    expect(await told(empty, "plan --url postgresql://localhost/x --mode authoritative")).toEqual([
      1,
      "NOTHING_DECLARED",
    ]);
  });

  test("a secret in clear is in no output", async () => {
    const ran = await declaring(SOURCE.replace("{ env: WAREHOUSE_PASSWORD }", "canary-77aa55")).run("check -f .");
    expect(ran.out + ran.err).not.toContain("canary-77aa55");
  });

  test("from standard input", async () => {
    const ran = await folder().run("check -f -", { stdin: `${SOURCE}kind: Rol\nname: x\n` });
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/^<stdin>:6:7: error UNKNOWN_KIND/);
    expect((await folder().run("check -f -", { stdin: SOURCE + ROLE })).code).toBe(0);
  });

  test("a secret whose variable is not set is named with its place, before anything is connected to", async () => {
    const where = declaring(`${SOURCE}${ROLE}password: { env: ANALYST_PASSWORD }\n`);
    for (const command of ["plan", "apply --yes", "drift"])
      expect(await told(where, `${command} -f .`)).toEqual([
        1,
        "SECRET_UNRESOLVED warehouse.yaml:1",
        "SECRET_UNRESOLVED warehouse.yaml:6",
      ]);
    expect(await told(where, "connect -f .")).toEqual([1, "SECRET_UNRESOLVED warehouse.yaml:1"]);
    const { err } = await where.run("plan -f .");
    expect(err).toContain("The environment variable ANALYST_PASSWORD is not set");
  });
});

describe("a constructs app", () => {
  const documents = [
    { kind: "DataSource", name: "warehouse", engine: "postgresql", connection: { host: "x" }, $construct: "warehouse" },
    { kind: "Role", name: "analyst", $construct: "warehouse/analyst" },
    { kind: "Role", name: "analyst", $construct: "warehouse/again" },
  ];

  function app(body: string): Folder {
    const made = folder();
    made.write("app.mjs", `import { writeFileSync } from "node:fs";\n${body}`);
    return made;
  }

  const writing = (some: readonly unknown[]): string =>
    `console.log("hello from the app"); console.error("and a word on stderr");
writeFileSync(process.env.DATUMLINE_OUT + "/declaration.json", ${JSON.stringify(JSON.stringify({ documents: some }))});`;

  test("declares what it writes; its words go to stderr", async () => {
    const ran = await app(writing(documents.slice(0, 2))).run(["check", "--app", "node app.mjs"]);
    expect(ran).toMatchObject({ code: 0, out: "warehouse: 1 object declared, no errors.\n" });
    expect(ran.err).toContain("hello from the app\n");
    expect(ran.err).toContain("and a word on stderr\n");
  });

  test("is found in cdktf.json where no file is named", async () => {
    const made = app(writing(documents.slice(0, 2)));
    made.write("cdktf.json", '{"app":"node app.mjs","language":"typescript"}');
    expect((await made.run("check")).code).toBe(0);
    made.write("cdktf.json", "{");
    expect(await told(made, "check")).toEqual([1, "SYNTAX"]);
  });

  test("has the path of a construct for a place", async () => {
    const { code, err } = await app(writing(documents)).run(["check", "--app", "node app.mjs"]);
    expect(code).toBe(1);
    expect(err).toContain("warehouse/again: error DUPLICATE");
  });

  test("that fails, or declares nothing", async () => {
    const failing = await app("process.exit(3)").run(["check", "--app", "node app.mjs"]);
    expect([failing.code, failing.err]).toEqual([
      1,
      expect.stringContaining("APP_FAILED: The app failed: it ended with exit code 3"),
    ]);
    const idle = await app("").run(["check", "--app", "node app.mjs"]);
    expect([idle.code, idle.err]).toEqual([1, expect.stringContaining("APP_FAILED: The app declared nothing")]);
  });
});

describe("connections that cannot be made", () => {
  test("nobody listens", async () => {
    const port = await new Promise<number>((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => done(typeof address === "object" && address ? address.port : 0));
      });
    });
    const where = declaring(`${SOURCE}${ROLE}`);
    const url = `postgresql://owner:canary-5151aa@127.0.0.1:${port}/analytics`;
    for (const command of ["plan -f .", "apply -f . --yes", "drift -f .", "drift", "connect", "inspect --out o"]) {
      const ran = await where.run(`${command} --url ${url}`);
      expectPlain(ran);
      expect([command, ran.code]).toEqual([command, 1]);
      expect(ran.err).toContain("error CONNECTION_REFUSED");
      expect(ran.out + ran.err).not.toContain("canary");
    }
  });

  test("the name does not resolve", async () => {
    const ran = await declaring(SOURCE + ROLE).run("plan -f . --url postgresql://owner@no-such-host.invalid/analytics");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("CONNECTION_REFUSED");
  });

  test("several data sources tell all of it", async () => {
    const source = (name: string): string =>
      `kind: DataSource\nname: ${name}\nengine: postgresql\nconnection: { host: ${name}.invalid }\n---\n`;
    const ran = await declaring(`${source("one")}${source("two")}${ROLE}dataSource: one\n`).run("plan -f .");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("one.invalid");
    expect(ran.err).toContain("two.invalid");
  });
});

describe("the process", () => {
  const main = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
  const tsx = fileURLToPath(new URL("../node_modules/.bin/tsx", import.meta.url));

  test("prints its version, and ends with the code of the run", () => {
    expect(execFileSync(tsx, [main, "version"], { encoding: "utf8" })).toBe("0.1.0\n");
    const wrong = spawnSync(tsx, [main, "chek"], { encoding: "utf8" });
    expect([wrong.status, wrong.stdout]).toEqual([1, ""]);
    expect(wrong.stderr).toContain("Did you mean check?");
  });

  test("survives a reader that goes away", () => {
    const where = folder();
    where.write("run.sh", `#!/bin/sh\n"${tsx}" "${main}" schema | head -c 10\n`);
    chmodSync(join(where.path, "run.sh"), 0o755);
    const piped = spawnSync(join(where.path, "run.sh"), { encoding: "utf8" });
    expect(piped.stderr).toBe("");
  });
});

describe("what is printed", () => {
  const wrong = declaring(`${SOURCE}kind: "Ro\u001b]0;title\u0007le\u001b[2J"\nname: x\n`);

  test("colours on a terminal, unless they are not wanted", async () => {
    expect((await wrong.run("check -f .", { terminal: true })).err).toContain("\u001b[31m");
    for (const [line, env] of [
      ["check -f . --no-color", {}],
      ["check -f .", { NO_COLOR: "1" }],
      ["check -f .", { TERM: "dumb" }],
    ] as const)
      expect((await wrong.run(line, { terminal: true, env })).err).not.toContain("\u001b[31m");
    expect((await wrong.run("check -f .")).err).not.toContain("\u001b[31m");
  });

  test("a name cannot drive the terminal", async () => {
    const { err } = await wrong.run("check -f .", { terminal: true });
    expect(err).toContain("\\u001b]0;title\\u0007");
    expect(err).not.toContain("\u0007");
    expect(err).not.toContain("\u001b[2J");
  });
});
