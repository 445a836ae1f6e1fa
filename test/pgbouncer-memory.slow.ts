/** What a running pooler of an older version remembers of its users, and what would end it or shut them out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { endsOfTwins, numberOf } from "../providers/pgbouncer/versions.ts";
import { missing, version } from "./support/pgbouncer.ts";
import { BY_QUERY, BY_USERLIST, type Estate, estate, SECRETS } from "./support/pooled-estate.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const isOld = endsOfTwins(numberOf(version() ?? "0"));
const where = (holds: boolean) => (why === undefined && holds ? describe : describe.skip);
const suite = where(true);

function connected(on: Estate) {
  const ssl = { ca: readFileSync(on.tls.ca, "utf8") };
  return on.pooler.client("analytics", "web", SECRETS.WEB_PASSWORD, { ssl });
}

/** The role behind the pool that `web` is given. */
async function login(on: Estate): Promise<string> {
  const client = await connected(on);
  const { rows } = await client.query("SELECT current_user::text AS role");
  await client.end();
  return rows[0].role;
}

function declare(on: Estate, change: (text: string) => string): void {
  on.at.write("estate.yaml", change(readFileSync(join(on.at.path, "estate.yaml"), "utf8")));
}

/** Is `text` applied with a restart, which must be allowed, and does `web` log in after it as before? */
async function restarts(on: Estate): Promise<void> {
  const refused = await on.at.run("apply -f . --yes --allow NARROWS_ACCESS");
  expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("RESTARTS_POOLER")]);
  expect(await login(on)).toBe("web");
  await on.apply();
  expect(await login(on)).toBe("web");
  expect(await login(on)).toBe("web");
}

const LIMITS = "---\nkind: PoolUser\ndataSource: pooler\nname: web\nmaxConnections: 3\n";

const LOOKED_UP = (text: string): string =>
  text.replace("auth: { by: userlist }", BY_QUERY.split("\n").at(-2) as string);

suite("a user who leaves the userlist where passwords are looked up", () => {
  test("logs in after a restart", async () => {
    const on = await estate(BY_USERLIST);
    await on.apply();
    declare(on, LOOKED_UP);
    await restarts(on);
    expect(readFileSync(on.pooler.userlist, "utf8")).not.toContain('"web"');
  });

  test("does so with limits that stay, or is refused where PgBouncer looks up nobody who has some", async () => {
    const on = await estate(BY_USERLIST + LIMITS);
    await on.apply();
    declare(on, LOOKED_UP);
    const { code, err } = await on.at.run("plan -f .");
    if (isOld) expect([code, err]).toEqual([1, expect.stringContaining("looks nobody up who has limits")]);
    else await restarts(on);
    expect(readFileSync(on.pooler.userlist, "utf8").includes('"web"')).toBe(isOld);
  });
});

where(isOld)("users of a running pooler before 1.23.1", () => {
  test("one who is looked up gets limits with a verifier in the userlist, and only by a restart once logged in", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    expect(await login(on)).toBe("web");
    declare(on, (text) => text + LIMITS);
    const plan = await on.at.run("plan -f .");
    expect([plan.code, plan.err]).toEqual([1, expect.stringContaining("looks nobody up who has limits")]);
    declare(on, (text) => text.replace("maxConnections: 3", "maxConnections: 3\nfrom: warehouse"));
    await restarts(on);
    // And back: the pooler would remember the user without a password.
    declare(on, (text) => text.replace(`${LIMITS}from: warehouse\n`, ""));
    await restarts(on);
  });

  test("whoever has not logged in yet is told to it without a restart", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    declare(on, (text) => `${text}${LIMITS}from: warehouse\n`);
    const { code, err } = await on.at.run("apply -f . --yes");
    expect([code, err]).toEqual([0, err]);
    expect(await login(on)).toBe("web");
  });

  test("one who logs in between plan and apply makes the plan too old", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    declare(on, (text) => `${text}${LIMITS}from: warehouse\n`);
    expect(await on.at.run("plan -f . --out plan.json")).toMatchObject({ code: 0 });
    expect(await login(on)).toBe("web");
    const { code, err } = await on.at.run("apply plan.json --yes --allow all");
    expect([code, err]).toEqual([1, expect.stringContaining("Plan again")]);
    expect(await login(on)).toBe("web");
  });

  test("whom a run that failed has made known still logs in", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    // The pooler loads all of it, and counts no further than this.
    const most = "maxConnections: 3000000000\n";
    const other = `---\nkind: ConnectionPool\ndataSource: pooler\nname: other\nhost: x\n${most}`;
    declare(on, (text) => `${text}${LIMITS}from: warehouse\n${other}`);
    const { code, err } = await on.at.run("apply -f . --yes --allow all");
    expect([code, err]).toEqual([1, expect.stringContaining("web kept a verifier in the userlist")]);
    expect(on.pooler.text()).not.toMatch(/3000000000|^web/m);
    expect(await login(on)).toBe("web");
    declare(on, (text) => text.replace(most, "maxConnections: 2\n"));
    await on.apply();
    expect(await login(on)).toBe("web");
  });

  test("passwords that were looked up come from the userlist, and back, by restarts", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    expect(await login(on)).toBe("web");
    const byQuery = readFileSync(join(on.at.path, "estate.yaml"), "utf8");
    declare(on, (text) => text.replace(BY_QUERY, BY_USERLIST));
    await restarts(on);
    on.at.write("estate.yaml", byQuery);
    await restarts(on);
  });

  test("a user who is forced on all clients comes and goes by a restart", async () => {
    const clear = "---\nkind: PoolUser\ndataSource: pooler\nname: web\npassword: { env: WEB_PASSWORD }\nkeep: clear\n";
    const on = await estate(BY_QUERY.replace(/^auth: .*\n/m, clear));
    await on.apply();
    expect(await login(on)).toBe("web");
    const own = readFileSync(join(on.at.path, "estate.yaml"), "utf8");
    declare(on, (text) => text.replace("size: 4", "size: 4\nuser: web"));
    await restarts(on);
    on.at.write("estate.yaml", own);
    await restarts(on);
    const [row] = (await on.pooler.say("SHOW DATABASES")).filter(({ name }) => name === "analytics");
    expect(row).toMatchObject({ force_user: null });
  });

  test("a pool whose user looks passwords up as well is refused, and so is a restart that nobody knows to do", async () => {
    const both = 'user: web\nauth: { user: web, query: "SELECT 1" }\n';
    const on = await estate(BY_QUERY.replace(/^auth: .*\n/m, both));
    expect(await on.at.run("plan -f .")).toMatchObject({
      code: 1,
      err: expect.stringContaining("give `auth.user` a role of its own"),
    });
    declare(on, (text) => text.replace(both, BY_QUERY.slice(BY_QUERY.indexOf("auth:"))).replace(/, restart: .*\]/, ""));
    await on.apply();
    expect(await login(on)).toBe("web");
    declare(on, (text) => text.replace(BY_QUERY, BY_USERLIST));
    expect(await on.at.run("plan -f .")).toMatchObject({
      code: 1,
      err: expect.stringContaining("give the command under `pgbouncer.restart`"),
    });
  });
});

where(!isOld)("users of a running pooler since 1.23.1", () => {
  test("limits and passwords of somebody who has logged in come and go, and it restarts for whom it would not look up", async () => {
    const on = await estate(BY_QUERY);
    await on.apply();
    expect(await login(on)).toBe("web");
    const changes = [
      (text: string) => text + LIMITS,
      (text: string) => text.replace(LIMITS, ""),
      (text: string) => text.replace(BY_QUERY, BY_USERLIST),
      (text: string) => text.replace(BY_USERLIST, BY_QUERY),
    ];
    for (const [at, change] of changes.entries()) {
      declare(on, change);
      const { out } = await on.at.run("plan -f .");
      expect(out.includes("RESTARTS_POOLER")).toBe(at === 3);
      await on.apply();
      expect(await login(on)).toBe("web");
      expect(await login(on)).toBe("web");
    }
  });
});

suite("users of a running pooler", () => {
  test("a limit that is taken away holds nobody back", async () => {
    const on = await estate(BY_USERLIST);
    declare(on, (text) => text + LIMITS.replace("3", "1"));
    await on.apply();
    const [busy, other] = [await connected(on), await connected(on)];
    await busy.query("BEGIN");
    const answer = other.query("SELECT 1");
    const first = await Promise.race([answer, sleep(500, "waits")]);
    expect(first).toBe("waits");
    declare(on, (text) => text.replace(LIMITS.replace("3", "1"), ""));
    await on.apply();
    expect((await answer).rowCount).toBe(1);
    expect(on.pooler.text()).not.toMatch(/^web/m);
    await Promise.all([busy.end(), other.end()]);
  });
});
