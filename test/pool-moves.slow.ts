/** A pool that goes to another server: what becomes of clients that are connected. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import pg from "pg";
import { folder } from "./support/cli.ts";
import { missing, startPooler } from "./support/pgbouncer.ts";
import { freshServer } from "./support/server.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

suite("a pool moves to another server", () => {
  async function moving(sameVerifiers: boolean) {
    const servers = [
      await freshServer({ auth: "scram-sha-256" }),
      await freshServer({ auth: "scram-sha-256" }),
    ] as const;
    let verifier = "'of the web'";
    for (const each of servers) {
      const client = new pg.Client(each.url());
      await client.connect();
      await client.query(`CREATE ROLE web LOGIN PASSWORD ${verifier}`);
      const { rows } = await client.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'web'");
      if (sameVerifiers) verifier = pg.escapeLiteral(rows[0].rolpassword);
      await client.end();
    }
    const pooler = await startPooler({ settings: ["server_login_retry = 1", "query_wait_timeout = 60"] });
    const { password } = new URL(servers[0].url());
    const at = folder({ CONSOLE_PASSWORD: "of the admin", LOOKUP: "looks up", OWNER: decodeURIComponent(password) });
    const sources = servers.map(
      ({ port }, index) => `kind: DataSource
name: server${index}
engine: postgresql
connection: { host: 127.0.0.1, port: ${port}, database: postgres, user: postgres, password: { env: OWNER } }
---
{ kind: Role, dataSource: server${index}, name: web, login: true }
`,
    );
    const declare = (to: number): void =>
      at.write(
        "estate.yaml",
        `${sources.join("---\n")}---
kind: DataSource
name: pooler
${pooler.source}
---
kind: ConnectionPool
dataSource: pooler
name: app
to: server${to}
mode: transaction
users: [web]
auth: { user: pooler_lookup, password: { env: LOOKUP } }
`,
      );
    const apply = async (): Promise<string> => {
      const { code, err, out } = await at.run("apply -f . --yes --allow all");
      expect([code, err]).toEqual([0, expect.anything()]);
      expect((await at.run("plan -f . --detailed-exitcode")).code).toBe(0);
      return `${out}\n${err}`;
    };
    declare(0);
    // By another name of this machine it is the same server.
    at.write(
      "estate.yaml",
      readFileSync(join(at.path, "estate.yaml"), "utf8").replace("host: 127.0.0.1", "host: localhost"),
    );
    expect(await apply()).not.toContain("POOL_MOVES");
    declare(0);
    expect(await apply()).not.toContain("POOL_MOVES");
    const connected = () => pooler.client("app", "web", "of the web");
    const client = await connected();
    const [before] = (await client.query("SELECT inet_server_port() AS port")).rows;
    expect(before).toEqual({ port: servers[0].port });
    declare(1);
    const said = await apply();
    expect(said).toContain("warning POOL_MOVES");
    expect(said).toMatch(/estate\.yaml:\d+/);
    const asked = client.query("SELECT inet_server_port() AS port").then(
      ({ rows }) => rows[0].port as number,
      () => "disconnected" as const,
    );
    return { pooler, connected, client, asked, port: servers[1].port };
  }

  const within = <T>(work: Promise<T>) => Promise.race([work, sleep(2500, "waits" as const, { ref: false })]);

  test("clients wait where the verifiers are others, until they connect again as the warning says", async () => {
    const { pooler, connected, asked, port } = await moving(false);
    expect(await within(asked)).toBe("waits");
    await pooler.say("KILL app");
    await pooler.say("RESUME app");
    expect(await within(asked)).toBe("disconnected");
    const again = await connected();
    expect((await again.query("SELECT inet_server_port() AS port")).rows).toEqual([{ port }]);
    await again.end();
  });

  test("and notice nothing where the verifiers are the same", async () => {
    const { client, asked, port } = await moving(true);
    expect(await within(asked)).toBe(port);
    await client.end();
  });
});
