/** A pooler at work: sizes change under load, and whoever changes them may be killed at any moment. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { type Folder, folder } from "./support/cli.ts";
import { missing, type Pooler, startPooler } from "./support/pgbouncer.ts";
import { server } from "./support/server.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

const ROUNDS = 6;
const MINUTES = 60_000;
const CLIENTS = 60;
const ENV = { CONSOLE_PASSWORD: "of the admin", ANN: "ann's own" };

interface Sizes {
  readonly size: number;
  readonly reserve?: number;
  readonly user?: boolean;
}

async function busy(): Promise<{ readonly pooler: Pooler; readonly at: Folder; declare(sizes: Sizes): void }> {
  const { host, port } = await server();
  const pooler = await startPooler({ settings: ["max_client_conn = 200"], userlist: ['"postgres" "none"'] });
  const at = folder(ENV);
  return {
    pooler,
    at,
    declare: ({ size, reserve = 0, user = false }) =>
      at.write(
        "pooler.yaml",
        `kind: DataSource
name: pooler
${pooler.source}
---
kind: PoolerSettings
maxClients: ${200 + size}
timeouts: { queryWait: ${20 + size}s }
---
kind: ConnectionPool
name: work
host: ${host}
port: ${port}
database: postgres
mode: transaction
user: postgres
size: ${size}
reserve: ${reserve}
${user ? "---\nkind: PoolUser\nname: ann\npassword: { env: ANN }\n" : ""}`,
      ),
  };
}

suite("a pooler at work", () => {
  test(
    "sizes change under load: no query fails, no client is disconnected",
    async () => {
      const { pooler, at, declare } = await busy();
      declare({ size: 5 });
      expect((await at.run("apply -f . --yes")).code).toBe(0);
      const clients = await Promise.all(
        Array.from({ length: CLIENTS }, () => pooler.client("work", "postgres", "none")),
      );
      const failures: unknown[] = [];
      for (const client of clients) client.on("end", () => failures.push("disconnected"));
      let ends = false;
      let queries = 0;
      const working = clients.map(async (client) => {
        while (!ends) {
          await client.query("BEGIN; SELECT pg_sleep(0.001); COMMIT").catch((problem) => failures.push(problem));
          queries += 1;
        }
      });
      for (const size of [15, 3, 30, 1, 8]) {
        declare({ size, reserve: size });
        const { code, err } = await at.run("apply -f . --yes");
        expect([code, err]).toEqual([0, err]);
        const [row] = (await pooler.say("SHOW DATABASES")).filter(({ name }) => name === "work");
        expect(row).toMatchObject({ pool_size: size });
        const before = queries;
        await sleep(50);
        expect(queries).toBeGreaterThan(before);
      }
      ends = true;
      await Promise.all(working);
      expect(failures).toEqual([]);
      for (const client of clients) client.removeAllListeners("end");
      await Promise.all(clients.map((client) => client.end()));
    },
    3 * MINUTES,
  );

  test(
    "killed at any moment of an apply, the next one completes it",
    async () => {
      const { pooler, at, declare } = await busy();
      declare({ size: 5 });
      expect((await at.run("apply -f . --yes")).code).toBe(0);
      const applying = fileURLToPath(new URL("support/applying-pooler.ts", import.meta.url));
      const states = [{ size: 9, reserve: 2, user: true }, { size: 5 }] as const;
      let killed = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const state = states[round % 2] as Sizes;
        declare(state);
        const child = spawn(process.execPath, ["--import", "tsx", applying, at.path], {
          env: { ...process.env, ...ENV },
        });
        await once(child.stdout, "data");
        // The journal is there from the first file that is written until the last is proved.
        const until = performance.now() + 5000;
        while (
          !existsSync(`${pooler.config}.datumline-journal`) &&
          performance.now() < until &&
          child.exitCode === null
        )
          await sleep(0);
        await sleep(Math.random() * 30);
        if (child.exitCode === null) killed += 1;
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
        // Whatever is there can be loaded, and is one state or the other.
        await pooler.say("RELOAD");
        const [row] = (await pooler.say("SHOW DATABASES")).filter(({ name }) => name === "work");
        expect([5, 9]).toContain(row?.pool_size);
        const { code, err } = await at.run("apply -f . --yes --allow all");
        expect([code, err]).toEqual([0, err]);
        const again = await at.run("plan -f . --detailed-exitcode");
        expect([again.code, again.out]).toEqual([0, expect.stringContaining("No changes")]);
        expect(pooler.text()).toContain(`pool_size=${state.size}`);
        expect(/^"ann"/m.test(readFileSync(pooler.userlist, "utf8"))).toBe(state.user === true);
        expect(existsSync(`${pooler.config}.datumline-journal`)).toBe(false);
      }
      expect(killed).toBeGreaterThan(0);
    },
    3 * MINUTES,
  );
});
