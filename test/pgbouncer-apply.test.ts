import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type Folder, folder } from "./support/cli.ts";
import { missing, type Pooler, startPooler } from "./support/pgbouncer.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

/** A folder that declares the pooler and what follows. */
function declaring(pooler: Pooler, documents: string): Folder {
  const at = folder({ CONSOLE_PASSWORD: "of the admin", BOB: "bob's password" });
  at.write("pooler.yaml", `kind: DataSource\nname: pooler\n${pooler.source}\n---\n${documents}`);
  return at;
}

async function applied(at: Folder, options = ""): Promise<string> {
  const { code, out, err } = await at.run(`apply -f . --yes${options}`);
  expect([code, err]).toEqual([0, expect.anything()]);
  const again = await at.run("plan -f . --detailed-exitcode");
  expect([again.code, again.out]).toEqual([0, expect.stringContaining("No changes")]);
  return out;
}

const SETTINGS = `kind: PoolerSettings
maxClients: 500
pools: { mode: transaction, size: 15, reserveTimeout: 3s }
timeouts: { queryWait: 1min, serverLifetime: 2h }
ignoreStartupParameters: [extra_float_digits, options]
settings: { stats_period: 30, application_name_add_host: true }
`;
const POOL = `kind: ConnectionPool
name: analytics
host: 127.0.0.1
port: 5999
database: warehouse
size: 7
reserve: 2
maxConnections: 9
users: [bob]
settings: { connect_query: "select 'it''s'" }
`;
const USER = `kind: PoolUser
name: bob
password: { env: BOB }
mode: session
maxConnections: 4
`;

suite("a pooler", () => {
  test("settings, pools and users are applied, and the second plan is empty", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, [SETTINGS, POOL, USER].join("---\n"));
    const planned = await at.run("plan -f .");
    expect(planned.err).toBe("");
    expect(planned.out).toContain("analytics = host=127.0.0.1 port=5999 dbname=warehouse pool_size=7");
    await applied(at);
    expect(await pooler.setting("max_client_conn")).toBe("500");
    expect(await pooler.setting("ignore_startup_parameters")).toBe("extra_float_digits, options");
    const [row] = (await pooler.say("SHOW DATABASES")).filter(({ name }) => name === "analytics");
    expect(row).toMatchObject({ host: "127.0.0.1", port: 5999, database: "warehouse", pool_size: 7 });
    expect(pooler.text()).toMatch(/^; made by hand, and kept$/m);
    expect(readFileSync(pooler.userlist, "utf8")).toMatch(/^"bob" "SCRAM-SHA-256\$/m);
    expect(statSync(pooler.userlist).mode & 0o777).toBe(0o600);
    expect(statSync(pooler.config).mode & 0o777).toBe(0o640);
  });

  test("what another hand changed in the file or on the console is shown and repaired", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, [SETTINGS, POOL].join("---\n"));
    await applied(at);
    await pooler.say("SET max_client_conn = 777");
    pooler.write(
      pooler.text().replace("pool_size=7", "pool_size=8").replace("default_pool_size = 15", "default_pool_size = 16"),
    );
    const drift = await at.run("drift -f . --format json");
    expect(drift.code).toBe(2);
    const fields = (
      JSON.parse(drift.out) as { drifted: { address: string; fields: { path: string[] }[] }[] }
    ).drifted.flatMap(({ address, fields: all }) => all.map(({ path }) => `${address} ${path.join(".")}`));
    expect(fields.sort()).toEqual([
      "ConnectionPool/analytics unloaded.pool_size",
      "PoolerSettings/pgbouncer maxClients",
      "PoolerSettings/pgbouncer unloaded.default_pool_size",
      "PoolerSettings/pgbouncer unloaded.max_client_conn",
    ]);
    await applied(at);
    expect(await pooler.setting("max_client_conn")).toBe("500");
    expect(pooler.text()).toContain("pool_size=7");
    // Loaded by another hand, and a pool that somebody paused, which is theirs to end.
    pooler.write(pooler.text().replace("pool_size=7", "pool_size=9"));
    await pooler.say("RELOAD");
    await pooler.say("PAUSE analytics");
    const plan = await at.run("plan -f .");
    expect(plan.err).toContain("POOL_PAUSED");
    await applied(at);
    expect((await pooler.say("SHOW DATABASES"))[0]).toMatchObject({ pool_size: 7, paused: 1 });
  });

  test("what nobody declares stays in additive mode, and goes in authoritative mode, but for what it needs to run", async () => {
    const pooler = await startPooler({
      databases: ["old = host=127.0.0.1 port=1 password=canary user=x"],
      userlist: ['"ann" "x"'],
      settings: ["stats_period = 17"],
    });
    const at = declaring(pooler, POOL);
    await applied(at);
    expect(pooler.text()).toContain("old = host=127.0.0.1 port=1 password=canary");
    const plan = await at.run("plan -f . --mode authoritative --verbose --format json");
    expect(plan.out).not.toContain("canary");
    const { code } = await at.run("apply -f . --mode authoritative --yes --allow all");
    expect(code).toBe(0);
    expect(pooler.text()).not.toContain("old =");
    expect(pooler.text()).toContain("stats_period = 17");
    expect(await pooler.setting("auth_type")).toBe("scram-sha-256");
    expect(readFileSync(pooler.userlist, "utf8")).not.toContain("ann");
    expect(readFileSync(pooler.userlist, "utf8")).toContain('"admin"');
    expect((await at.run("plan -f . --mode authoritative --detailed-exitcode")).code).toBe(0);
  });

  test("what the pooler does not take is put back, with the reason from its log", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, POOL);
    await applied(at);
    const before = [pooler.text(), await pooler.say("SHOW DATABASES")];
    at.write(
      "pooler.yaml",
      readFileSync(join(at.path, "pooler.yaml"), "utf8")
        .replace("size: 7", "size: 11")
        .replace("settings: {", "settings: { nonsense: 3,"),
    );
    const { code, err } = await at.run("apply -f . --yes");
    expect([code, err]).toEqual([1, expect.stringContaining("did not take over")]);
    expect(err).toContain("nonsense=3");
    expect([pooler.text(), await pooler.say("SHOW DATABASES")]).toEqual(before);
    expect(readdirSync(pooler.folder).filter((file) => /journal|lock|tmp/.test(file))).toEqual([]);
    // What the document says is still to be done.
    expect((await at.run("plan -f . --detailed-exitcode")).code).toBe(2);
  });

  test.each(["auth: { type: hba, hba: /nowhere/hba.conf }", "admins: [somebody]"])(
    "what would let nobody in is put back: %s",
    async (field) => {
      const pooler = await startPooler();
      const at = declaring(pooler, `kind: PoolerSettings\n${field}\n`);
      const before = pooler.text();
      const { code, err } = await at.run("apply -f . --yes --allow all");
      expect([code, err]).toEqual([1, expect.stringContaining("a new login fails")]);
      expect(err).toContain("the pooler runs with them");
      expect(pooler.text()).toBe(before);
      expect(await pooler.setting("admin_users")).toBe("admin");
    },
  );

  test("a setting that waits for a restart needs the command and the permission; then it is in force", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, "kind: PoolerSettings\nlisten: { backlog: 77 }\nmaxClients: 50\n");
    const without = await at.run("plan -f .");
    expect([without.code, without.err]).toEqual([
      1,
      expect.stringContaining("`listen_backlog` changes with a restart only"),
    ]);
    const text = readFileSync(join(at.path, "pooler.yaml"), "utf8");
    at.write("pooler.yaml", text.replace("pgbouncer: {", `pgbouncer: { restart: [${pooler.restart.join(", ")}],`));
    const refused = await at.run("apply -f . --yes");
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("RESTARTS_POOLER")]);
    await applied(at, " --allow RESTARTS_POOLER");
    expect([await pooler.setting("listen_backlog"), await pooler.setting("max_client_conn")]).toEqual(["77", "50"]);
  });

  test("a restart that fails puts the file back", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, "kind: PoolerSettings\nlisten: { backlog: 77 }\n");
    const text = readFileSync(join(at.path, "pooler.yaml"), "utf8");
    at.write("pooler.yaml", text.replace("pgbouncer: {", "pgbouncer: { restart: [/bin/false],"));
    const before = pooler.text();
    const { code, err } = await at.run("apply -f . --yes --allow all");
    expect([code, err]).toEqual([1, expect.stringContaining("did not restart")]);
    expect(err).toContain("as they were before, and the pooler runs with them");
    expect(pooler.text()).toBe(before);
    expect(await pooler.setting("listen_backlog")).toBe("128");
  });

  test("a restart that leaves no pooler is told as that, with what to do", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, "kind: PoolerSettings\nlisten: { backlog: 77 }\n");
    const text = readFileSync(join(at.path, "pooler.yaml"), "utf8");
    const stop = `[/bin/sh, -c, "kill -KILL $(cat ${join(pooler.folder, "pid")}); exit 7"]`;
    at.write("pooler.yaml", text.replace("pgbouncer: {", `pgbouncer: { restart: ${stop},`));
    const before = pooler.text();
    const { code, err } = await at.run("apply -f . --yes --allow all");
    expect([code, err]).toEqual([1, expect.stringContaining("did not restart")]);
    expect(err).toContain("but the pooler is not: it does not answer");
    expect(err).toContain(`start it by hand with ${pooler.config}`);
    expect(pooler.text()).toBe(before);
  });

  test("what a run that was stopped had written is told as not proved, and taken back first", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, POOL);
    await applied(at);
    const before = { ini: pooler.text(), userlist: readFileSync(pooler.userlist, "utf8") };
    // As it is between the files and the console.
    const now = { ...before, ini: before.ini.replace("pool_size=7", "pool_size=70") };
    writeFileSync(`${pooler.config}.datumline-journal`, JSON.stringify({ before, now }));
    pooler.write(now.ini);
    await pooler.say("RELOAD");
    const plan = await at.run("plan -f .");
    expect(plan.out).toMatch(/not proved/);
    await applied(at);
    expect(pooler.text()).toBe(before.ini);
    expect(readdirSync(pooler.folder).filter((file) => file.endsWith("-journal"))).toEqual([]);
  });

  test("a pool is renamed, dropped, and made again", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, POOL);
    await applied(at);
    const text = readFileSync(join(at.path, "pooler.yaml"), "utf8");
    at.write("pooler.yaml", text.replace("name: analytics", "name: reports\nrenamedFrom: analytics"));
    await applied(at);
    expect((await pooler.say("SHOW DATABASES")).map(({ name }) => name).sort()).toEqual(["pgbouncer", "reports"]);
    at.write("pooler.yaml", `kind: DataSource\nname: pooler\n${pooler.source}\n`);
    await applied(at, " --allow all");
    expect((await pooler.say("SHOW DATABASES")).map(({ name }) => name)).toEqual(["pgbouncer"]);
  });

  test("what is there is inspected as documents that declare it", async () => {
    const pooler = await startPooler({
      databases: [
        "app = host=127.0.0.1 port=5999 dbname=core pool_size=3 reserve_pool=1 pool_mode=transaction timezone=UTC",
        "* = host=127.0.0.1",
      ],
      users: ["ann = pool_mode=session max_user_connections=3"],
      userlist: ['"ann" "secret of ann"'],
      settings: [
        "max_client_conn = 321",
        "query_wait_timeout = 90",
        "ignore_startup_parameters = options, search_path",
        "stats_period = 17",
      ],
    });
    const at = declaring(pooler, "");
    expect(await at.run("inspect -f . --out found")).toMatchObject({ code: 0 });
    const found = readdirSync(join(at.path, "found"), { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".yaml"),
    );
    const text = found.map((file) => readFileSync(join(at.path, "found", file), "utf8")).join("\n");
    expect(text).not.toContain("secret of ann");
    for (const words of ["maxClients: 321", "queryWait: 90s", "size: 3", "stats_period"]) expect(text).toContain(words);
    const plan = await at.run("plan -f found --mode authoritative --detailed-exitcode");
    expect([plan.code, plan.err, plan.out]).toEqual([0, "", expect.stringContaining("No changes")]);
    const url = `pgbouncer://admin:of%20the%20admin@127.0.0.1:${pooler.port}`;
    expect((await at.run(`inspect --url ${url} --out again`)).code).toBe(0);
  });
});

suite("bad input", () => {
  test("settings that this version does not know are told with the version that has them", async () => {
    const pooler = await startPooler();
    const [version] = await pooler.say("SHOW VERSION");
    const at = declaring(pooler, "kind: PoolerSettings\nmaxPreparedStatements: 50\nsettings: { made_up: 1 }\n");
    const { code, err } = await at.run("plan -f .");
    expect([code, err]).toEqual([1, expect.stringContaining("it has no setting `made_up`")]);
    if (version?.version?.includes("1.18"))
      expect(err).toContain("`max_prepared_statements` needs PgBouncer 1.21; this is 1.18.0");
  });

  test("files that take in others, that are another pooler's, that are not there", async () => {
    const pooler = await startPooler();
    const at = declaring(pooler, POOL);
    const text = readFileSync(join(at.path, "pooler.yaml"), "utf8");
    at.write("pooler.yaml", text.replace(pooler.config, "/nowhere/pgbouncer.ini"));
    expect(await at.run("plan -f .")).toMatchObject({ code: 1, err: expect.stringContaining("UNREADABLE") });
    at.write("other.ini", "[databases]\n");
    at.write("pooler.yaml", text.replace(pooler.config, join(at.path, "other.ini")));
    expect(await at.run("plan -f .")).toMatchObject({ code: 1, err: expect.stringContaining("WRONG_TARGET") });
    // A console that stays open would keep the process from ending.
    expect((await pooler.say("SHOW CLIENTS")).filter((one) => one.application_name === "datumline")).toEqual([]);
    at.write("pooler.yaml", text);
    pooler.write(`${pooler.text()}%include /etc/more.ini\n`);
    expect(await at.run("plan -f .")).toMatchObject({
      code: 1,
      err: expect.stringContaining("takes in another file, /etc/more.ini"),
    });
  });

  test("a console that refuses, a pooler that is not there", async () => {
    const pooler = await startPooler({ userlist: ['"looker" "of the looker"'] });
    const at = declaring(pooler, POOL);
    expect(await at.run("plan -f .", { env: { CONSOLE_PASSWORD: "wrong one" } })).toMatchObject({
      code: 1,
      err: expect.stringContaining("LOGIN_FAILED"),
    });
    const text = readFileSync(join(at.path, "pooler.yaml"), "utf8");
    at.write("pooler.yaml", text.replace("user: admin", "user: looker"));
    const asked = async () => (await at.run("apply -f . --yes", { env: { CONSOLE_PASSWORD: "of the looker" } })).err;
    expect(await asked()).toMatch(/LOGIN_FAILED.*not allowed\n.*admin_users/);
    const before = pooler.text();
    await pooler.say("SET stats_users = 'looker'");
    expect(await asked()).toContain("MISSING_PRIVILEGE: looker may look at the console and change nothing");
    expect(pooler.text()).toBe(before);
    at.write("pooler.yaml", text.replace(`port: ${pooler.port}`, "port: 1"));
    expect(await at.run("plan -f .")).toMatchObject({ code: 1, err: expect.stringContaining("CONNECTION_REFUSED") });
  });

  test("documents that say too much or too little", async () => {
    const at = folder();
    at.write(
      "pooler.yaml",
      `kind: DataSource
name: pooler
engine: pgbouncer
connection: { host: localhost, user: admin }
---
{ kind: ConnectionPool, name: both, to: nowhere, host: x }
---
{ kind: ConnectionPool, name: neither }
---
{ kind: ConnectionPool, name: unknown, to: warehose }
---
{ kind: ConnectionPool, name: pgbouncer, host: x }
---
{ kind: PoolUser, name: a, from: warehouse, password: { env: A } }
`,
    );
    const { code, err } = await at.run("check -f .");
    expect(code).toBe(1);
    for (const words of [
      "takes one of `to` and `host`",
      "the pooler's own console",
      "`from` or `password`",
      "warehose",
    ])
      expect(err).toContain(words);
  });
});
