/** What nobody can write into the files of a pooler, and what cannot be written where they lie. */
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { type Folder, folder } from "./support/cli.ts";
import { missing, type Pooler, startPooler } from "./support/pgbouncer.ts";
import { BY_USERLIST, estate } from "./support/pooled-estate.ts";
import { server } from "./support/server.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

const ENV = { CONSOLE_PASSWORD: "of the admin", TWO_LINES: 'one"\n"eve" "two' };
const SOMEWHERE = "kind: DataSource\nname: pooler\nengine: pgbouncer\nconnection: { host: a }\n---\n";

function declaring(pooler: Pooler, documents: string): Folder {
  const at = folder(ENV);
  at.write("pooler.yaml", `kind: DataSource\nname: pooler\n${pooler.source}\n---\n${documents}`);
  return at;
}

const BLOCKS = `kind: PoolerSettings
auth:
  query: |
    SELECT rolname, rolpassword
      FROM pg_authid
     WHERE rolname = $1
settings:
  server_reset_query: |
    DISCARD ALL
---
kind: ConnectionPool
name: app
host: 127.0.0.1
maxConnections: 3
settings:
  connect_query: |
    SELECT 'a'
`;

suite("what is written", () => {
  test("statements in blocks are folded into their line", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, BLOCKS);
    const { code, err } = await at.run("apply -f . --yes");
    expect([code, err]).toEqual([0, expect.not.stringContaining("error")]);
    expect(pooler.text()).toMatch(/^auth_query = SELECT rolname, rolpassword FROM pg_authid WHERE rolname = \$1$/m);
    expect(pooler.text()).toContain("connect_query='SELECT ''a'''\n");
    expect(await pooler.setting("server_reset_query")).toBe("DISCARD ALL");
    expect((await at.run("plan -f . --detailed-exitcode")).code).toBe(0);
  });

  test.each([
    ['settings: { server_reset_query: "SELECT 1 -- a\\nadmin_users = eve" }', "settings.server_reset_query"],
    ['settings: { logfile: "/a\\nadmin_users = eve" }', "settings.logfile"],
    ['settings: { "logfile = /a\\nadmin_users": eve }', "cannot read the name"],
    ['ignoreStartupParameters: ["a\\nadmin_users = eve"]', "ignoreStartupParameters"],
    ['admins: ["a, eve"]', "list with commas"],
    ["auth: { query: \"SELECT 'a\\nb', $1\" }", "auth.query"],
    ['clientTls: { ca: "/a\\nadmin_users = eve" }', "clientTls.ca"],
  ])("a value does not get out of its line: %s", async (fields, words) => {
    const at = folder(ENV);
    at.write("pooler.yaml", `${SOMEWHERE}kind: PoolerSettings\n${fields}\n`);
    const { code, err } = await at.run("check -f .");
    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
    expect(err).toMatch(/pooler\.yaml:\d+/);
  });

  test("what comes from elsewhere does not either", async () => {
    const at = folder(ENV);
    const pool = "kind: ConnectionPool\ndataSource: pooler\nname: app\nto: db\nmaxConnections: 3\n";
    const db = 'kind: DataSource\nname: db\nengine: postgresql\nconnection: { host: "a\\n[users]", user: b }\n---\n';
    at.write("pooler.yaml", `${SOMEWHERE}${db}${pool}`);
    const { code, out, err } = await at.run("render pooler -f . --for ini");
    expect([code, out, err]).toEqual([1, "", expect.stringContaining("has a line break")]);
  });

  test("names that PgBouncer cannot read are refused where they are declared", async () => {
    const at = folder(ENV);
    const names = ["my db", 'a"b', "a'b", "a;b", "a=b", "a$b", "bär", "[a]"];
    const documents = names.flatMap((name) => [
      `kind: ConnectionPool\nname: ${JSON.stringify(name)}\nhost: x\nmaxConnections: 2\n`,
      `kind: PoolUser\nname: ${JSON.stringify(name)}\nmaxConnections: 2\n`,
    ]);
    const fine = [
      "kind: ConnectionPool\nname: a.b-c_D\nhost: x\nmaxConnections: 2\n",
      'kind: PoolUser\nname: "my user"\npassword: { env: P }\n',
    ];
    at.write("pooler.yaml", SOMEWHERE + [...documents, ...fine].join("---\n"));
    const { code, err } = await at.run("check -f .");
    expect(code).toBe(1);
    expect(err.match(/pooler\.yaml:\d+\S* error \w+: .*PgBouncer cannot read the name/g)).toHaveLength(
      2 * names.length,
    );
    expect(err).not.toMatch(/my user|a\.b-c_D/);
  });

  test("a password of two lines is not kept in clear", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, "kind: PoolUser\nname: bob\npassword: { env: TWO_LINES }\nkeep: clear\n");
    const { code, err } = await at.run("apply -f . --yes");
    expect([code, err]).toEqual([1, expect.stringContaining("has a line break")]);
    expect(err).not.toContain("eve");
  });

  test("limits of a user join the verifier that a pool lends", async () => {
    const limits = "---\nkind: PoolUser\ndataSource: pooler\nname: web\nmaxConnections: 3\n";
    const on = await estate(BY_USERLIST + limits);
    await on.apply();
    expect(on.pooler.text()).toMatch(/^web = max_user_connections=3$/m);
    on.at.write("twice.yaml", limits.replace("---\n", "").replace("3", "4"));
    expect(await on.at.run("check -f .")).toMatchObject({ code: 1, err: expect.stringContaining("DUPLICATE") });
  });
});

suite("where it is written", () => {
  test("a folder that may not be written is told as that", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, "kind: PoolerSettings\nmaxClients: 50\n");
    chmodSync(at.path, 0o777);
    chmodSync(pooler.folder, 0o555);
    const main = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
    const words = [process.execPath, "--import", "tsx", main, "apply", "-f", at.path, "--yes"];
    // Root may write everywhere.
    const nobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
    const [program = "", ...rest] = [...nobody, ...words];
    const env = { ...process.env, ...ENV, HOME: at.path, XDG_CACHE_HOME: join(at.path, "cache") };
    const { status, stderr } = spawnSync(program, rest, { env, encoding: "utf8" });
    chmodSync(pooler.folder, 0o755);
    expect([status, stderr]).toEqual([1, expect.stringContaining("NOT_WRITTEN")]);
    expect(stderr).toContain("Run as a user who may write");
  });

  test("a database server in place of a pooler is told as that", async () => {
    const { port } = await server();
    const at = folder(ENV);
    const connection = `{ host: 127.0.0.1, port: ${port}, user: postgres, password: { env: CONSOLE_PASSWORD } }`;
    at.write("pooler.yaml", `kind: DataSource\nname: pooler\nengine: pgbouncer\nconnection: ${connection}\n`);
    for (const command of ["plan -f .", "connect -f .", "health -f ."]) {
      const { code, out, err } = await at.run(command);
      expect([code === 0, out + err]).toEqual([false, expect.stringContaining("no console of a PgBouncer")]);
    }
  });
});
