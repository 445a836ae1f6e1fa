/** What clients leave to one another where a pool hands sessions on, and where the declaration is told of it. */
import { describe, expect, test } from "@jest/globals";
import { folder } from "./support/cli.ts";
import { missing, startPooler } from "./support/pgbouncer.ts";
import { server } from "./support/server.ts";

const why = missing();
const suite = why === undefined ? describe : describe.skip;

const SOURCES = `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: db, database: shop, user: owner }
limits: { maxConnections: 100 }
---
{ kind: DataSource, name: pooler, engine: pgbouncer, connection: { host: pool, user: admin } }
---
{ kind: Role, dataSource: warehouse, name: web, login: true }
---
{ kind: Role, dataSource: warehouse, name: jobs, login: true }
---
{ kind: Schema, dataSource: warehouse, name: app }
---
kind: Table
dataSource: warehouse
schema: app
name: orders
columns: [{ name: tenant, type: text }]
rowSecurity: forced
---
`;
const POLICY = (using: string): string =>
  `{ kind: RowPolicy, dataSource: warehouse, table: app.orders, name: own, to: [web], using: "${using}" }\n---\n`;
const OWN = POLICY("tenant = current_setting('app.tenant', true)");
const POOL = (fields: string): string => `{ kind: ConnectionPool, dataSource: pooler, name: shop, ${fields} }\n---\n`;
const ROUTINE = (name: string, body: string, more = ""): string =>
  `kind: Function
dataSource: warehouse
schema: app
name: ${name}
${more}body: |
${body.replace(/^/gm, "  ")}
---
`;

async function checked(documents: string) {
  const at = folder();
  at.write("estate.yaml", SOURCES + documents);
  return { ...(await at.run("check -f .")), at };
}

describe("a policy that trusts a setting is told of", () => {
  const leaks = {
    "a user whose mode is his own": `${POOL("to: warehouse, mode: session, users: [web, jobs]")}{ kind: PoolUser, dataSource: pooler, name: web, mode: transaction }\n`,
    "a user that no pool names": `${POOL("to: warehouse, maxConnections: 9")}{ kind: PoolUser, dataSource: pooler, name: web, mode: statement }\n`,
    "a mode under its own name": POOL("to: warehouse, users: [web], settings: { pool_mode: transaction }"),
    "a mode under its own name, of a user": `${POOL("to: warehouse, users: [web]")}{ kind: PoolUser, dataSource: pooler, name: web, settings: { pool_mode: transaction } }\n`,
    "a mode under its own name, of the pooler": `${POOL("to: warehouse, users: [web]")}{ kind: PoolerSettings, dataSource: pooler, settings: { pool_mode: statement } }\n`,
    "a pool that names the server by its host": POOL("host: DB., mode: transaction, users: [somebody]"),
  };
  test.each(Object.entries(leaks))("%s", async (_, documents) => {
    const { code, err } = await checked(OWN + documents);
    expect([code, err]).toEqual([3, expect.stringContaining("error POLICY_BEHIND_POOLER")]);
  });

  const sound = {
    "a user by session in a pool by transaction": `${POOL("to: warehouse, mode: transaction, users: [web]")}{ kind: PoolUser, dataSource: pooler, name: web, mode: session }\n`,
    "a pool to another database of the server": POOL("host: db, database: other, mode: transaction, users: [web]"),
    "a pool by session": POOL("to: warehouse, users: [web], settings: { pool_mode: session }"),
  };
  test.each(Object.entries(sound))("not %s", async (_, documents) => {
    expect(await checked(OWN + documents)).toMatchObject({ code: 0 });
  });

  const BY_TRANSACTION = POOL("to: warehouse, mode: transaction, users: [web]");
  const INNER = ROUTINE("setting", "select current_setting('app.tenant', true)", "returns: text\n");
  test.each([
    ["a function", INNER + POLICY("tenant = app.setting()"), "app.setting()"],
    [
      "a function that a function calls",
      INNER +
        ROUTINE("mine", "begin\n  return app.setting();\nend", "returns: text\nlanguage: plpgsql\n") +
        POLICY("tenant = app.mine()"),
      "app.setting()",
    ],
    [
      "a view that it reads",
      `{ kind: View, dataSource: warehouse, schema: app, name: mine, query: "select current_setting('app.tenant', true) as tenant" }\n---\n` +
        POLICY("tenant in (select tenant from app.mine)"),
      "app.mine",
    ],
    [
      "a string that a function executes",
      ROUTINE(
        "late",
        "declare found text;\nbegin\n  execute 'select current_setting(''app.tenant'')' into found;\n  return found;\nend",
        "returns: text\nlanguage: plpgsql\n",
      ) + POLICY("tenant = app.late()"),
      "app.late()",
    ],
  ])("in %s", async (_, documents, through) => {
    const { code, err } = await checked(documents + BY_TRANSACTION);
    expect([code, err]).toEqual([3, expect.stringContaining(`trusts the setting app.tenant, in ${through},`)]);
  });

  test("and not where a function only speaks of it", async () => {
    const said = ROUTINE(
      "quiet",
      "-- current_setting('app.tenant')\nselect 'current_setting(app.tenant)'::text",
      "returns: text\n",
    );
    expect(await checked(said + POLICY("tenant = app.quiet()") + BY_TRANSACTION)).toMatchObject({ code: 0 });
  });
});

describe("a rule about the mode", () => {
  const FORBID = `{ kind: Policy, dataSource: pooler, name: whole sessions, match: { kind: [ConnectionPool], where: { mode: transaction } } }\n---\n`;

  test("sees the mode that a pool has of its pooler", async () => {
    const { code, err } = await checked(
      `${FORBID}${POOL("to: warehouse, users: [web]")}{ kind: PoolerSettings, dataSource: pooler, pools: { mode: transaction } }\n`,
    );
    expect([code, err]).toEqual([3, expect.stringContaining("POLICY_BROKEN")]);
  });

  test("and the one that is under its own name", async () => {
    const { code } = await checked(FORBID + POOL("to: warehouse, users: [web], settings: { pool_mode: transaction }"));
    expect(code).toBe(3);
    expect(await checked(FORBID + POOL("to: warehouse, users: [web]"))).toMatchObject({ code: 0 });
  });
});

test("a client has no pool of its own where its user is served by transaction", async () => {
  const { at } = await checked(
    `${POOL("to: warehouse, mode: session, users: [web, jobs]")}{ kind: PoolUser, dataSource: pooler, name: web, mode: transaction }\n`,
  );
  const render = (user: string) => at.run(`render client -f . --for sqlalchemy --pool shop --user ${user}`);
  expect((await render("web")).out).toContain("NullPool");
  expect((await render("jobs")).out).toContain("pool_size");
});

describe("a setting under its own name", () => {
  test.each([
    ["mode: session, settings: { pool_mode: transaction }", "`settings.pool_mode` says what `mode` says"],
    ["settings: { pool_mode: nonsense }", "`settings.pool_mode` cannot be nonsense"],
    ["settings: { pool_size: many }", "`settings.pool_size` cannot be many"],
    ["settings: { auth_user: bob }", "`settings.auth_user` is said under `auth`"],
  ])("%s", async (fields, said) => {
    const { code, err } = await checked(POOL(`to: warehouse, users: [web], ${fields}`));
    expect([code, err]).toEqual([1, expect.stringContaining(said)]);
  });
});

describe("what lasts as long as a session is warned of behind a pool by transaction", () => {
  const BY_TRANSACTION = POOL("to: warehouse, mode: transaction, users: [web]");
  const PLPGSQL = "language: plpgsql\n";
  const found: readonly (readonly [what: string, body: string, says: string, more?: string])[] = [
    ["advisory locks", "select pg_advisory_lock(1)", "takes an advisory lock of the session"],
    ["tried ones", "select pg_catalog.pg_try_advisory_lock_shared(1)", "takes an advisory lock of the session"],
    ["LISTEN", "begin\n  listen news;\nend", "listens", PLPGSQL],
    ["temporary tables", "create temp table t (a int); insert into t values (1)", "makes a temporary table"],
    [
      "those that are emptied",
      "create local temporary table t (a int) on commit delete rows",
      "makes a temporary table",
    ],
    [
      "executed ones",
      "begin\n  if true then execute format('create temp table %I (a int)', 't'); end if;\nend",
      "makes a temporary table",
      PLPGSQL,
    ],
    ["SELECT INTO TEMP", "select 1 as a into temp t", "selects into a temporary table"],
    ["PREPARE", "prepare p as select 1", "prepares a statement"],
    ["WITH HOLD", "declare c cursor with hold for select 1", "declares a cursor WITH HOLD"],
    ["SET", "begin\n  set search_path = app;\nend", "sets something for the session", PLPGSQL],
    ["SET ROLE", "set role jobs; select 1", "sets something for the session"],
    [
      "set_config",
      "select set_config('app.tenant', coalesce(null, 'a,b'), false)",
      "sets something for the session by set_config(…, false)",
    ],
  ];
  test.each(found)("%s", async (_, body, says, more = "") => {
    const { code, err } = await checked(ROUTINE("does", body, more) + BY_TRANSACTION);
    expect(code).toBe(0);
    expect(err).toContain("warning SESSION_BEHIND_POOLER");
    expect(err).toContain(`Function app.does() ${says}`);
    expect(err).toMatch(/shop@pooler \(transaction\)/);
    expect(err).toMatch(/estate\.yaml:\d+/);
    expect((err.match(/SESSION_BEHIND_POOLER/g) ?? []).length).toBe(1);
    expect((await checked(ROUTINE("does", body, more) + POOL("to: warehouse, users: [web]"))).err).not.toContain(
      "SESSION_",
    );
  });

  test.each([
    ["locks of the transaction", "select pg_advisory_xact_lock(1)"],
    [
      "strings and comments",
      "select 'listen x; set a = 1' -- pg_advisory_lock(1)\n/* prepare p as select 1; set a = 1 */",
    ],
    [
      "SET LOCAL, SET TRANSACTION, SET CONSTRAINTS",
      "set local a.b = 1; set transaction read only; set constraints all deferred",
    ],
    ["SET of an UPDATE", "update app.orders set tenant = 'x'"],
    ["a table that goes with the transaction", "create temp table if not exists t on commit drop as select 1"],
    ["a table that is dropped again", "create temp table if not exists t (a int); drop table if exists pg_temp.t"],
    ["set_config for the transaction", "select set_config('a.b', f(false), true)"],
    ["a variable named temp", "begin\n  select 1 into temp from app.orders;\n  insert into temp values (1);\nend"],
    ["columns with such names", "select listen, prepare from app.words"],
    ["PREPARE TRANSACTION", "prepare transaction 'x'"],
  ])("and not %s", async (_, body) => {
    const { err } = await checked(ROUTINE("does", body) + BY_TRANSACTION);
    expect(err).not.toContain("SESSION_BEHIND_POOLER");
  });

  test("nor what a language does that is no SQL", async () => {
    const { err } = await checked(ROUTINE("does", "set a = 1", "language: plpython3u\n") + BY_TRANSACTION);
    expect(err).not.toContain("SESSION_BEHIND_POOLER");
  });
});

suite("PgBouncer", () => {
  test("hands the session of a user on whose own mode is by transaction, in a pool by session", async () => {
    const host = await server();
    const { username } = new URL(host.url());
    const pooler = await startPooler({
      databases: [`shop = host=127.0.0.1 port=${host.port} dbname=postgres pool_mode=session pool_size=1`],
      users: [`${username} = pool_mode=transaction`],
      userlist: [`"${username}" "p"`],
    });
    const [one, other] = [await pooler.client("shop", username, "p"), await pooler.client("shop", username, "p")];
    await one.query("SET app.tenant = 'one'");
    const { rows } = await other.query("SELECT current_setting('app.tenant', true) AS tenant");
    await Promise.all([one.end(), other.end()]);
    expect(rows).toEqual([{ tenant: "one" }]);
  });
});
