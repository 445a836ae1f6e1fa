/** Pools and who waits for them, on a real PgBouncer in front of a real server. */
import { describe, expect, test } from "@jest/globals";
import { folder } from "./support/cli.ts";
import { readExposition } from "./support/exposition.ts";
import { look } from "./support/health.ts";
import { missing, startPooler } from "./support/pgbouncer.ts";
import { freshServer } from "./support/server.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

suite("a pooler", () => {
  test("clients that wait for a pool that is too small are told, with how long", async () => {
    const server = await freshServer();
    const pooler = await startPooler({
      databases: [`warehouse = host=127.0.0.1 port=${server.port} dbname=postgres user=postgres pool_size=1`],
      settings: ["pool_mode = transaction", "max_client_conn = 10"],
      userlist: ['"app" "let-me-in"'],
    });
    const here = folder({ CONSOLE_PASSWORD: "of the admin" });
    here.write(
      "a.yaml",
      `kind: DataSource\nname: pooler\n${pooler.source}\nhealth: { poolWait: { warning: 500ms, critical: 1h }, connections: { critical: 90% } }\n`,
    );
    const idle = await look(here, "pooler");
    expect([idle.code, idle.status]).toEqual([0, "healthy"]);
    expect(idle.measures("pool_servers_limit")).toEqual([
      expect.objectContaining({ value: 1, labels: { database: "warehouse" } }),
    ]);
    expect(idle.measures("pool_clients_used_ratio")).toEqual([expect.objectContaining({ note: "1 of 10" })]);

    const [first, second] = [
      await pooler.client("warehouse", "app", "let-me-in"),
      await pooler.client("warehouse", "app", "let-me-in"),
    ];
    await first.query("BEGIN");
    const waiting = second.query("SELECT 1");
    await new Promise((done) => setTimeout(done, 700));
    const busy = await look(here, "pooler");
    const labels = { database: "warehouse", user: expect.any(String) };
    expect([busy.code, busy.status]).toEqual([2, "warning"]);
    expect(busy.measures("pool_max_wait_seconds")).toContainEqual(
      expect.objectContaining({ status: "warning", labels }),
    );
    expect(busy.measures("pool_clients_waiting")).toContainEqual(expect.objectContaining({ value: 1, labels }));
    expect(busy.measures("pool_servers_active")).toContainEqual(expect.objectContaining({ value: 1, labels }));
    await first.query("COMMIT");
    await waiting;
    const { out } = await here.run("health -f a.yaml --format prometheus");
    const families = readExposition(out);
    expect(
      families.get("datumline_pool_queries_total")?.samples.get('data_source="pooler",database="warehouse"'),
    ).toBeGreaterThan(0);
    expect(families.get("datumline_pool_max_wait_seconds")?.type).toBe("gauge");
    expect((await here.run("health -f a.yaml")).out).toMatch(/^pooler {2}healthy, score 100 {2}pgbouncer 1\.\d+/m);
    expect((await here.run("render alerts -f a.yaml")).out).toContain("datumline_pool_max_wait_seconds");
    await Promise.all([first.end(), second.end()]);
  });
});
