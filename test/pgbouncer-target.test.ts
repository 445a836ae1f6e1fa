import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { certificates, missing } from "./support/pgbouncer.ts";
import { BY_QUERY, BY_USERLIST, estate, SECRETS, temporary } from "./support/pooled-estate.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

const NO_PASSWORD = `---
kind: Role
dataSource: warehouse
name: nopass
login: true
`;

suite("a pool to a data source", () => {
  test("passwords are looked up by a role and a function of the same plan, encrypted on both sides", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    const ssl = { ca: readFileSync(on.tls.ca, "utf8") };
    const client = await on.pooler.client("analytics", "web", SECRETS.WEB_PASSWORD, { ssl });
    const { rows } = await client.query(
      "SELECT current_user::text AS role, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    );
    expect(rows).toEqual([{ role: "web", ssl: true }]);
    await expect(client.query("SELECT * FROM pooler.user_lookup('web')")).rejects.toThrow("permission denied");
    await client.end();
    await expect(on.pooler.client("analytics", "web", "wrong", { ssl })).rejects.toThrow();
    await expect(on.pooler.client("analytics", "web", SECRETS.WEB_PASSWORD, { ssl: false })).rejects.toThrow(/SSL|TLS/);
    // Nobody comes to the verifier of a superuser.
    expect(await on.query("SELECT uname FROM pooler.user_lookup('postgres')")).toEqual([]);
  });

  test("verifiers of roles are written into the userlist, and one that changed is found and written again", async () => {
    const on = await estate(BY_USERLIST);
    await on.apply();
    const ssl = { ca: readFileSync(on.tls.ca, "utf8") };
    const held = (): string | undefined => /^"web" "(.*)"$/m.exec(readFileSync(on.pooler.userlist, "utf8"))?.[1];
    const [role] = await on.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'web'");
    expect(held()).toBe(role?.rolpassword);
    await (await on.pooler.client("analytics", "web", SECRETS.WEB_PASSWORD, { ssl })).query("SELECT 1");
    // By another hand: in the userlist, and at the server.
    writeFileSync(
      on.pooler.userlist,
      readFileSync(on.pooler.userlist, "utf8").replace(/^"web" .*$/m, '"web" "SCRAM-SHA-256$4096:x$y:z"'),
    );
    const drift = await on.at.run("drift -f . --data-source pooler");
    expect([drift.code, drift.out]).toEqual([2, expect.stringContaining("from")]);
    expect(drift.out).not.toContain("SCRAM");
    await on.apply();
    expect(held()).toBe(role?.rolpassword);
    const plan = await on.at.run("plan -f . --format json");
    expect(plan.out + plan.err).not.toContain(held());
  });

  test("a password that changes in a plan reaches role and userlist in one apply, by declaration and by file", async () => {
    const on = await estate(BY_USERLIST);
    await on.apply();
    const ssl = { ca: readFileSync(on.tls.ca, "utf8") };
    for (const [password, applied] of [
      ["the second", "apply -f . --yes --allow all"],
      ["the third", "apply plan.json --yes --allow all"],
    ] as const) {
      const secrets = { env: { WEB_PASSWORD: password } };
      expect(await on.at.run("plan -f . --out plan.json --detailed-exitcode", secrets)).toMatchObject({ code: 2 });
      expect(await on.at.run(applied, secrets)).toMatchObject({ code: 0 });
      const client = await on.pooler.client("analytics", "web", password, { ssl });
      await client.end();
      rmSync(join(on.at.path, "plan.json"));
      expect(await on.at.run("plan -f . --detailed-exitcode", secrets)).toMatchObject({ code: 0 });
    }
  });

  test("what a pool asked of settings that nobody declares is taken back with it", async () => {
    const on = await estate(BY_QUERY);
    const text = readFileSync(join(on.at.path, "estate.yaml"), "utf8").replace(/kind: PoolerSettings.*?---\n/s, "");
    on.at.write("estate.yaml", text);
    await on.apply();
    on.at.write("estate.yaml", text.replace(/^auth: .*$/m, "auth: { by: userlist }"));
    await on.apply();
    expect(on.pooler.text()).not.toContain("auth_query");
  });

  test("what it asked of settings that are declared is taken back as well, and what another hand set is not", async () => {
    const on = await estate(BY_QUERY, {}, "auth: { type: scram-sha-256 }\n");
    await on.apply();
    const byQuery = readFileSync(join(on.at.path, "estate.yaml"), "utf8");
    for (const otherwise of [byQuery.replace(BY_QUERY, BY_USERLIST), byQuery.replace(`---\n${BY_QUERY}`, "")]) {
      expect(on.pooler.text()).toMatch(/auth_query ?= ?'?SELECT uname/);
      on.at.write("estate.yaml", otherwise);
      await on.apply();
      expect(on.pooler.text()).not.toContain("auth_query");
      on.at.write("estate.yaml", byQuery);
      await on.apply();
    }
    const byHand = await estate(BY_USERLIST, { settings: ["auth_query = SELECT 1"] });
    await byHand.apply();
    expect(byHand.pooler.text()).toContain("auth_query = SELECT 1");
    const plan = await byHand.at.run("plan -f . --data-source pooler --mode authoritative");
    expect([plan.code, plan.out]).toEqual([0, expect.not.stringContaining("auth_query")]);
  });

  test("a role without a password lends none: nothing is written", async () => {
    const on = await estate(BY_USERLIST.replace("[web]", "[web, nopass]"), {}, NO_PASSWORD);
    const before = [on.pooler.text(), readFileSync(on.pooler.userlist, "utf8")];
    const { code, err } = await on.at.run("apply -f . --yes --allow all");
    expect([code, err]).toEqual([1, expect.stringContaining("has no password")]);
    expect([on.pooler.text(), readFileSync(on.pooler.userlist, "utf8")]).toEqual(before);
  });

  test("a pool moves to another server while clients work: paused, loaded, resumed, no query fails", async () => {
    const on = await estate(BY_QUERY.replace("to: warehouse", "to: warehouse\nreserve: 1"));
    await on.apply();
    const ssl = { ca: readFileSync(on.tls.ca, "utf8") };
    await on.query("CREATE DATABASE other");
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => on.pooler.client("analytics", "web", SECRETS.WEB_PASSWORD, { ssl })),
    );
    let ends = false;
    const seen: string[] = [];
    const working = clients.map(async (client) => {
      while (!ends) seen.push((await client.query("SELECT current_database() AS name")).rows[0].name);
    });
    on.at.write(
      "estate.yaml",
      readFileSync(join(on.at.path, "estate.yaml"), "utf8").replace(
        "mode: transaction",
        "mode: transaction\ndatabase: postgres",
      ),
    );
    on.at.write(
      "estate.yaml",
      readFileSync(join(on.at.path, "estate.yaml"), "utf8")
        .replace("database: postgres\nsize", "database: other\nsize")
        .replace(
          "auth: { user: pooler_lookup,",
          "auth: { user: pooler_lookup, query: \"SELECT 'web', rolpassword FROM pg_authid WHERE rolname = $1\",",
        ),
    );
    const plan = await on.at.run("plan -f . --data-source pooler");
    expect(plan.out).toMatch(/PAUSE analytics[\s\S]*RESUME analytics/);
    await on.apply(" --data-source pooler");
    ends = true;
    await Promise.all(working);
    const moved = seen.indexOf("other");
    expect(moved).toBeGreaterThan(0);
    // Nothing ran on the old one once something had run on the new one.
    expect(new Set(seen.slice(moved))).toEqual(new Set(["other"]));
    await Promise.all(clients.map((client) => client.end()));
  });

  test("where a transaction stays open, the pause is given up, and nothing is changed", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    const client = await on.pooler.client("analytics", "web", SECRETS.WEB_PASSWORD, {
      ssl: { ca: readFileSync(on.tls.ca, "utf8") },
    });
    await client.query("BEGIN");
    const before = on.pooler.text();
    const text = readFileSync(join(on.at.path, "estate.yaml"), "utf8");
    on.at.write("estate.yaml", text.replace("to: warehouse", "to: warehouse\nport: 1"));
    const { code, err } = await on.at.run("apply -f . --yes --allow all --data-source pooler");
    expect([code, err]).toEqual([1, expect.stringContaining("could not be paused within 3 s")]);
    expect(on.pooler.text()).toBe(before);
    expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await client.query("COMMIT; SELECT 2");
    await client.end();
  });

  test("a key that the pooler cannot read is found out, and the former certificate stays", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    const tls = certificates(temporary());
    const text = readFileSync(join(on.at.path, "estate.yaml"), "utf8");
    const declare = (key: string): void =>
      on.at.write(
        "estate.yaml",
        text.replace("serverTls:", `clientTls: { mode: require, cert: ${tls.cert}, key: ${key} }\nserverTls:`),
      );
    const before = on.pooler.text();
    declare(join(on.at.path, "nowhere.key"));
    const nowhere = await on.at.run("apply -f . --yes --allow all");
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining("UNREADABLE")]);
    if (process.getuid?.() === 0) {
      // Datumline may read it, the pooler may not.
      chmodSync(tls.key, 0o600);
      declare(tls.key);
      const closed = await on.at.run("apply -f . --yes --allow all");
      expect([closed.code, closed.err]).toEqual([
        1,
        expect.stringMatching(/TLS configuration could not be reloaded|another certificate/),
      ]);
    }
    expect(on.pooler.text()).toBe(before);
    const ssl = { ca: readFileSync(on.tls.ca, "utf8") };
    await (await on.pooler.client("analytics", "web", SECRETS.WEB_PASSWORD, { ssl })).end();
  });
});
