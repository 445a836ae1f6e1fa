/** What the budget says a pooler may open, and what a real PgBouncer opens when everybody wants something at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { folder } from "./support/cli.ts";
import { missing, startPooler } from "./support/pgbouncer.ts";
import { freshServer } from "./support/server.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

/** Pools by name, with their users; what else is declared for the pooler. */
interface Case {
  readonly says: string;
  readonly pools: Readonly<Record<string, string>>;
  readonly more?: string;
  /** Opened in all, and by one role, where it is told. */
  readonly most: number;
  readonly asRole: Readonly<Record<string, number>>;
}

const CASES: readonly Case[] = [
  {
    says: "a pool for each user, and the reserve once they wait",
    pools: { one: "size: 3, reserve: 2, users: [u1, u2]" },
    more: "{ kind: PoolerSettings, dataSource: pooler, settings: { reserve_pool_timeout: 1 } }",
    most: 10,
    asRole: { u1: 5, u2: 5 },
  },
  {
    says: "no reserve without a wait, and sizes of the pooler where they stand under their own names",
    pools: { one: "users: [u1]", two: "users: [u2], settings: { pool_size: 4 }" },
    more: "{ kind: PoolerSettings, dataSource: pooler, settings: { default_pool_size: 3, reserve_pool_size: 5, reserve_pool_timeout: 0 } }",
    most: 7,
    asRole: { u1: 3, u2: 4 },
  },
  {
    says: "a pool without a limit has the pooler's",
    pools: { one: "size: 3, maxConnections: 0, users: [u1, u2]" },
    more: "{ kind: PoolerSettings, dataSource: pooler, pools: { maxConnections: 4 } }",
    most: 4,
    asRole: { u1: 3, u2: 3 },
  },
  {
    says: "a user's limit holds over all pools",
    pools: { one: "size: 3, users: [u1, u2]", two: "size: 3, users: [u1]" },
    more: "{ kind: PoolerSettings, dataSource: pooler, pools: { maxUserConnections: 4 } }",
    most: 7,
    asRole: { u1: 4, u2: 3 },
  },
  {
    says: "a user's own limit before the pooler's",
    pools: { one: "size: 5, users: [u1, u2]" },
    more: "{ kind: PoolUser, dataSource: pooler, name: u2, maxConnections: 4 }\n---\n{ kind: PoolerSettings, dataSource: pooler, pools: { maxUserConnections: 2 } }",
    most: 6,
    asRole: { u1: 2, u2: 4 },
  },
  {
    says: "where it logs in as one user, that one's limit counts for each pool",
    pools: { one: "size: 5, user: u2", two: "size: 5, user: u2" },
    more: "{ kind: PoolerSettings, dataSource: pooler, pools: { maxUserConnections: 3 } }",
    most: 6,
    asRole: { u2: 6 },
  },
  {
    says: "who looks passwords up counts as well, and is kept short",
    pools: { one: "size: 6, users: [u1, u2], auth: { user: looker, password: { env: LOOK } }" },
    most: 14,
    asRole: { u1: 6, u2: 6 },
  },
  {
    says: "a pool of no size opens one",
    pools: { one: "size: 0, users: [u1]" },
    most: 1,
    asRole: { u1: 1 },
  },
];

suite("what a pooler opens at most", () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let admin: pg.Client;

  beforeAll(async () => {
    server = await freshServer({ settings: { max_connections: "200" } });
    admin = new pg.Client(server.url());
    await admin.connect();
    await admin.query("CREATE ROLE u1 LOGIN PASSWORD 'p'; CREATE ROLE u2 LOGIN PASSWORD 'p'");
    // As Datumline makes it, with the rights of its owner.
    await admin.query(`CREATE ROLE looker LOGIN PASSWORD 'p'; CREATE SCHEMA pooler AUTHORIZATION looker;
CREATE FUNCTION pooler.user_lookup(text) RETURNS TABLE(uname text, phash text) LANGUAGE sql SECURITY DEFINER
  AS 'SELECT rolname::text, rolpassword FROM pg_authid WHERE rolname = $1'`);
  });

  afterAll(() => admin.end());

  afterEach(async () => {
    const all = "FROM pg_stat_activity WHERE usename IN ('u1', 'u2', 'looker')";
    await admin.query(`SELECT pg_terminate_backend(pid, 5000) ${all}`);
  });

  test.each(CASES)("$says", async ({ pools, more, most, asRole }) => {
    const at = folder({ LOOK: "p" });
    at.write(
      "estate.yaml",
      `kind: DataSource
name: warehouse
engine: postgresql
connection: { host: 127.0.0.1, port: ${server.port}, database: postgres, user: postgres }
limits: { maxConnections: 3, reserved: 3 }
---
{ kind: DataSource, name: pooler, engine: pgbouncer, connection: { host: 127.0.0.1, port: 16432, user: admin } }
---
{ kind: Role, dataSource: warehouse, name: u1, login: true, connectionLimit: 0 }
---
{ kind: Role, dataSource: warehouse, name: u2, login: true, connectionLimit: 0 }
${Object.entries(pools)
  .map(
    ([name, fields]) => `---\n{ kind: ConnectionPool, dataSource: pooler, name: ${name}, to: warehouse, ${fields} }\n`,
  )
  .join("")}${more === undefined ? "" : `---\n${more}\n`}`,
    );
    const { err } = await at.run("check -f .");
    expect(err).toContain(`may be asked for ${most} connections`);
    for (const [role, own] of Object.entries(asRole))
      expect(err).toMatch(new RegExp(`Role ${role} may hold 0 connections, and up to ${own} are opened as it`));

    const { out } = await at.run("render pooler -f . --data-source pooler --for ini");
    const looksUp = out.includes("auth_query");
    const users = looksUp ? ['"looker" "p"'] : ['"u1" "p"', '"u2" "p"'];
    const pooler = await startPooler({ rendered: out, userlist: users });
    const wanted = Object.entries(pools).flatMap(([name, fields]) =>
      (/users: \[(.*?)\]/.exec(fields)?.[1]?.split(", ") ?? ["u1"]).map((user) => ({ name, user })),
    );
    const each = looksUp ? 40 : 12;
    const clients = wanted.flatMap(({ name, user }) =>
      Array.from({ length: each }, async () => {
        const client = await pooler.client(name, user, "p");
        await client.query("SELECT pg_sleep(2.5)");
        await client.end();
      }).map((work) => work.catch(() => undefined)),
    );
    const opened = await highest(2200);
    await pooler.stop();
    await Promise.all(clients);
    expect(opened.all).toBe(most);
    for (const [role, own] of Object.entries(asRole)) expect(opened.byRole.get(role) ?? 0).toBeLessThanOrEqual(own);
  });

  /** The most connections that were open at once within a time. */
  async function highest(milliseconds: number) {
    const byRole = new Map<string, number>();
    let all = 0;
    for (const until = Date.now() + milliseconds; Date.now() < until; await sleep(15)) {
      const { rows } = await admin.query(
        "SELECT usename, count(*)::int FROM pg_stat_activity WHERE usename IN ('u1', 'u2', 'looker') GROUP BY 1",
      );
      for (const { usename, count } of rows) byRole.set(usename, Math.max(byRole.get(usename) ?? 0, count));
      all = Math.max(
        all,
        rows.reduce((sum, { count }) => sum + count, 0),
      );
    }
    return { all, byRole };
  }
});
