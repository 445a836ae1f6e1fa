/** Pools against the servers behind them: what fits, what transaction pooling breaks, what is forbidden. */
import { describe, expect, test } from "@jest/globals";
import {
  ConnectionPool,
  PgBouncerDataSource,
  PoolerSettings,
  PostgresDataSource,
  Project,
  Role,
  secret,
} from "../constructs/index.ts";
import { folder } from "./support/cli.ts";
import { freshServer } from "./support/server.ts";

const SOURCES = (limits: string, more = ""): string => `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: db, database: app, user: owner }
limits: ${limits}
${more}---
kind: DataSource
name: pooler
engine: pgbouncer
connection: { host: pool, user: admin }
---
{ kind: Role, dataSource: warehouse, name: web, login: true }
---
{ kind: Role, dataSource: warehouse, name: jobs, login: true, connectionLimit: 12 }
---
{ kind: PoolerSettings, dataSource: pooler, maxClients: 1000, pools: { mode: transaction, size: 20, reserve: 5 } }
---
`;

async function checked(documents: string) {
  const at = folder();
  at.write("estate.yaml", documents);
  return at.run("check -f .");
}

describe("the sum of connections", () => {
  test("pools, replicas and direct clients must fit; it is told by how much not, and what is the nearest that fits", async () => {
    const pools = `{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, users: [web, jobs], size: 30, reserve: 0 }
---
{ kind: ConnectionPool, dataSource: pooler, name: reports, to: warehouse, users: [web] }
`;
    const clients = "clients: [{ name: superset, processes: 2, pool: { size: 5, overflow: 5 } }]\n";
    const { code, err } = await checked(SOURCES("{ maxConnections: 80, reserved: 5 }", clients) + pools);
    expect(code).toBe(3);
    expect(err).toContain("warehouse may be asked for 105 connections and has room for 75: 30 too many");
    expect(err).toContain(
      "app@pooler 60 (30, for each of 2 users); reports@pooler 25 (20 + 5); superset 20 (2 × (5 + 5))",
    );
    expect(err).toContain("The nearest that fits: app@pooler 20, reports@pooler 12 + 3.");
    expect(err).toContain("Role jobs may hold 12 connections, and up to 30 are opened as it: 18 too many");
    const fits = pools
      .replace("size: 30", "size: 12")
      .replace("users: [web] }", "users: [web], size: 14, reserve: 3 }");
    expect(await checked(SOURCES("{ maxConnections: 80, reserved: 5 }", clients) + fits)).toMatchObject({
      code: 0,
      err: "",
    });
  });

  test("where direct clients alone are too many, no size of a pool would do", async () => {
    const pool = "{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, users: [web] }\n";
    const { code, err } = await checked(
      SOURCES("{ maxConnections: 20 }", "clients: [{ name: etl, processes: 3 }]\n") + pool,
    );
    expect([code, err]).toEqual([3, expect.stringContaining("No size of the pools would fit")]);
  });

  test("the server's own limits count where none are declared", async () => {
    const server = await freshServer({ settings: { max_connections: "30", superuser_reserved_connections: "4" } });
    const at = folder();
    at.write(
      "estate.yaml",
      `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: ${server.host}, port: ${server.port}, database: postgres, user: postgres }
---
{ kind: Role, name: web, login: true }
---
{ kind: PoolerAccess, name: somebody's, mode: transaction, size: 20, reserve: 10, users: [web] }
`,
    );
    const { code, err } = await at.run("plan -f .");
    expect([code, err]).toEqual([
      3,
      expect.stringContaining("may be asked for 30 connections and has room for 26: 4 too many"),
    ]);
    expect(err).toContain("estate.yaml:8");
  });

  test("what is declared for several databases of one server is added up, for the server and for each role", async () => {
    const second = (at: string): string => `---
kind: DataSource
name: archive
engine: postgresql
connection: { ${at}, database: archive, user: owner }
clients: [{ name: loader, user: jobs, processes: 1, pool: { size: 10, overflow: 0 } }]
---
{ kind: Role, dataSource: archive, name: jobs, login: true, connectionLimit: 12 }
---
{ kind: ConnectionPool, dataSource: pooler, name: old, to: archive, users: [jobs], size: 4, reserve: 0 }
---
kind: DataSource
name: idle
engine: postgresql
connection: { ${at}, database: idle, user: owner }
limits: { maxConnections: 30, reserved: 5 }
`;
    const pools =
      "{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, users: [web], size: 12, reserve: 0 }\n";
    const documents = SOURCES("{ maxConnections: 30, reserved: 5 }") + pools;
    const { code, err } = await checked(documents + second("host: db, port: 5432"));
    expect(code).toBe(3);
    expect(err).toContain("warehouse may be asked for 26 connections and has room for 25: 1 too many");
    expect(err).toContain("They are app@pooler 12 (12); old@pooler 4 (4); loader of archive 10 (1 × (10 + 0)).");
    expect(err).toContain("Role jobs may hold 12 connections, and up to 14 are opened as it: 2 too many");
    expect(err).not.toContain("idle may be asked");
    const alone = await checked(documents + second("host: other, port: 5432"));
    expect(alone.err).not.toContain("warehouse may be asked");
  });

  test("one server goes by several names, and what only clients make too large has a place", async () => {
    const second = (host: string): string => `---
kind: DataSource
name: archive
engine: postgresql
connection: { host: ${host}, database: archive, user: owner }
clients: [{ name: loader, processes: 30, pool: { size: 1, overflow: 0 } }]
`;
    const documents = (own: string, host: string) =>
      SOURCES("{ maxConnections: 30, reserved: 5 }")
        .replace("host: db", `host: ${own}`)
        .replace(/---\n$/, "") + second(host);
    for (const [own, host] of [
      ["db", "DB."],
      ["localhost", "127.0.0.1"],
      ["/var/run/postgresql", "localhost"],
    ] as const) {
      const { code, err } = await checked(documents(own, host));
      expect([code, err]).toEqual([0, ""]);
      const pool = `---\n{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, users: [web], size: 1, reserve: 0 }\n`;
      const both = await checked(documents(own, host) + pool);
      expect(both.err).toContain("warehouse may be asked for 31 connections and has room for 25: 6 too many");
    }
    const alone = await checked(`${second("db").replace("---\n", "")}limits: { maxConnections: 10 }\n`);
    expect(alone.err).toMatch(/^estate\.yaml:1:\d+: error POOLS_TOO_LARGE/);
  });

  test("a pool that names a declared server by its host counts there, roles included", async () => {
    const pool =
      "{ kind: ConnectionPool, dataSource: pooler, name: app, host: DB, database: other, users: [jobs, else], size: 13, reserve: 0 }\n";
    const { code, err } = await checked(SOURCES("{ maxConnections: 25, reserved: 5 }") + pool);
    expect([code, err]).toEqual([
      3,
      expect.stringContaining("warehouse may be asked for 26 connections and has room for 20: 6 too many"),
    ]);
    expect(err).toContain("Role jobs may hold 12 connections, and up to 13 are opened as it: 1 too many");
  });

  test("replicas have room of their own", async () => {
    const replicas = "replicas: [{ name: east, host: db2 }]\n";
    const pools = `{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, users: [web] }
---
{ kind: ConnectionPool, dataSource: pooler, name: app_ro, to: warehouse, replica: east, users: [web] }
`;
    expect(await checked(SOURCES("{ maxConnections: 30 }", replicas) + pools)).toMatchObject({ code: 0 });
    const wrong = await checked(
      SOURCES("{ maxConnections: 30 }", replicas) + pools.replace("replica: east", "replica: west"),
    );
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("warehouse has no replica `west`")]);
  });
});

describe("what pools by transaction break", () => {
  const TABLE = `{ kind: Schema, dataSource: warehouse, name: app }
---
kind: Table
dataSource: warehouse
schema: app
name: orders
columns: [{ name: tenant, type: text }]
rowSecurity: forced
---
kind: RowPolicy
dataSource: warehouse
table: app.orders
name: own
to: [web]
using: tenant = current_setting('app.tenant', true)
---
{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, users: [web] }
`;

  test("a policy that trusts a setting of the session is an error, until a Policy says that it is set with SET LOCAL", async () => {
    const { code, err } = await checked(SOURCES("{ maxConnections: 100 }") + TABLE);
    expect([code, err]).toEqual([3, expect.stringContaining("error POLICY_BEHIND_POOLER")]);
    expect(err).toContain("set_config('app.tenant', …, true)");
    const lowered = `${TABLE}---
{ kind: Policy, dataSource: warehouse, name: local, rule: POLICY_BEHIND_POOLER, severity: note, reason: the application sets it with SET LOCAL }
`;
    const noted = await checked(SOURCES("{ maxConnections: 100 }") + lowered);
    expect([noted.code, noted.err]).toEqual([0, expect.stringContaining("note POLICY_BEHIND_POOLER")]);
    const session = TABLE.replace("name: app, to", "name: app, mode: session, to");
    expect((await checked(SOURCES("{ maxConnections: 100 }") + session)).err).not.toContain("POLICY_BEHIND_POOLER");
  });
});

describe("bad input", () => {
  test("two poolers on one port", async () => {
    const second =
      "---\nkind: DataSource\nname: other\nengine: pgbouncer\nconnection: { host: pool, port: 6432, user: admin }\n";
    const { code, err } = await checked(SOURCES("{ maxConnections: 100 }").replace(/---\n$/, "") + second);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /^estate\.yaml:\d+:\d+: error PORT_TAKEN: The pooler pooler and other have the same port, pool:6432/,
      ),
    ]);
    const near = (SOURCES("{ maxConnections: 100 }").replace(/---\n$/, "") + second)
      .replace("host: pool,", "host: localhost,")
      .replace("host: pool,", "host: 127.0.0.1,");
    expect((await checked(near)).err).toContain("have the same port, localhost:6432");
  });

  test("more clients than the pooler takes", async () => {
    const pool =
      "{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, users: [web], clients: 1200 }\n";
    const { code, err } = await checked(SOURCES("{ maxConnections: 100 }") + pool);
    expect([code, err]).toEqual([1, expect.stringContaining("1200 clients are expected, and the pooler takes 1000")]);
  });

  test("a mode that a declared policy forbids; a role, a data source that are not declared", async () => {
    const forbid = `kind: Policy
dataSource: pooler
name: no sessions
match: { kind: [ConnectionPool], where: { mode: session } }
---
`;
    const pool =
      "{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse, mode: session, users: [web] }\n";
    const { code, err } = await checked(SOURCES("{ maxConnections: 100 }") + forbid + pool);
    expect([code, err]).toEqual([3, expect.stringContaining("POLICY_BROKEN")]);
    const nobody = await checked(SOURCES("{ maxConnections: 100 }") + pool.replace("[web]", "[webb]"));
    expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining("There is no Role `webb`")]);
    const nowhere = await checked(SOURCES("{ maxConnections: 100 }") + pool.replace("to: warehouse", "to: warehose"));
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining("There is no DataSource `warehose`")]);
    expect(nowhere.err).toContain("Did you mean `warehouse`? Declare it: `kind: DataSource`");
    expect(nowhere.err).toContain("may give `host` in place of `to`");
    expect(nowhere.err).not.toContain("external.schemas");
  });

  test("users that nobody counted are warned of", async () => {
    const pool = "{ kind: ConnectionPool, dataSource: pooler, name: app, to: warehouse }\n";
    const { code, err } = await checked(SOURCES("{ maxConnections: 100 }") + pool);
    expect([code, err]).toEqual([0, expect.stringContaining("warning POOL_UNBOUNDED")]);
  });
});

describe("constructs", () => {
  test("say the same as documents: a pool leads to the construct of its data source", () => {
    const project = new Project();
    const warehouse = new PostgresDataSource(project, "warehouse", { host: "db", database: "app", user: "owner" });
    new Role(warehouse, "web", { login: true });
    const pooler = new PgBouncerDataSource(project, "pooler", {
      host: "pool",
      user: "admin",
      pgbouncer: { config: "/etc/pgbouncer/pgbouncer.ini" },
    });
    new PoolerSettings(pooler, "settings", { maxClients: 1000 });
    new ConnectionPool(pooler, "app", {
      to: warehouse,
      mode: "transaction",
      users: ["web"],
      auth: { user: "lookup", password: secret.env("LOOKUP") },
    });
    expect(project.documents().map(({ $construct: _, ...document }) => document)).toEqual([
      {
        kind: "DataSource",
        name: "warehouse",
        engine: "postgresql",
        connection: { host: "db", database: "app", user: "owner" },
      },
      { kind: "Role", dataSource: "warehouse", name: "web", login: true },
      {
        kind: "DataSource",
        name: "pooler",
        engine: "pgbouncer",
        connection: { host: "pool", user: "admin" },
        pgbouncer: { config: "/etc/pgbouncer/pgbouncer.ini" },
      },
      { kind: "PoolerSettings", dataSource: "pooler", maxClients: 1000 },
      {
        kind: "ConnectionPool",
        dataSource: "pooler",
        name: "app",
        to: "warehouse",
        mode: "transaction",
        users: ["web"],
        auth: { user: "lookup", password: { env: "LOOKUP" } },
      },
    ]);
  });
});
