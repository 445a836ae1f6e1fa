/** Configurations as people write them, taken over as they are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type Folder, folder } from "./support/cli.ts";
import { missing, type Pooler, startPooler } from "./support/pgbouncer.ts";

const why = missing();
if (why !== undefined) console.warn(why);
const suite = why === undefined ? describe : describe.skip;

async function adopted(pooler: Pooler): Promise<Folder> {
  const at = folder({ CONSOLE_PASSWORD: "of the admin" });
  at.write("pooler.yaml", `kind: DataSource\nname: pooler\n${pooler.source}\n`);
  expect(await at.run("inspect -f pooler.yaml --out found")).toMatchObject({ code: 0 });
  const plan = await at.run("plan -f found --mode authoritative --detailed-exitcode");
  expect([plan.code, plan.err, plan.out]).toEqual([0, "", expect.stringContaining("No changes")]);
  return at;
}

suite("a configuration that somebody wrote by hand is inspected as documents that change nothing:", () => {
  test("users whom the userlist alone knows", async () => {
    const pooler = await startPooler({
      databases: ["app = host=127.0.0.1 port=5999"],
      userlist: ['"ann" "secret of ann"', '"it""s" "md5a1b2c3d4e5f60718293a4b5c6d7e8f90"'],
    });
    const at = await adopted(pooler);
    const documents = readFileSync(join(at.path, "found/database.yaml"), "utf8");
    at.write("found/database.yaml", documents.replace("name: ann\n", "name: ann\nmaxConnections: 3\n"));
    expect(await at.run("apply -f found --yes")).toMatchObject({ code: 0 });
    expect(pooler.text()).toContain("ann = max_user_connections=3");
    expect(readFileSync(pooler.userlist, "utf8")).toContain('"ann" "secret of ann"');
    at.write("found/more.yaml", "kind: PoolUser\ndataSource: pooler\nname: nobody\n");
    const { code, err } = await at.run("plan -f found");
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("it says nothing of a user whom the pooler does not know"),
    ]);
  });

  test("databases behind the socket of the machine, modes in upper case, several hosts", async () => {
    const pooler = await startPooler({
      databases: [
        "# another comment",
        "  near=dbname=core   pool_mode = Transaction",
        "bare =",
        "several = host=127.0.0.1,localhost port= 5999 user='app' password='it''s'",
        "* = reserve_pool=2 pool_mode=SESSION",
      ],
      settings: ["pool_mode = Transaction", "server_tls_sslmode = Prefer"],
    });
    const at = await adopted(pooler);
    const documents = readFileSync(join(at.path, "found/database.yaml"), "utf8");
    at.write("found/database.yaml", documents.replace("name: bare\n", "name: bare\nsize: 3\n"));
    expect(await at.run("apply -f found --yes")).toMatchObject({ code: 0 });
    expect(pooler.text()).toMatch(/^bare = port=5432 pool_size=3$/m);
    expect((await at.run("plan -f found --detailed-exitcode")).code).toBe(0);
  });

  test("passwords that are looked up by the statement of the pooler", async () => {
    const pooler = await startPooler({
      databases: ["app = host=127.0.0.1 port=5999 auth_user=looks"],
      settings: ["auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename=$1"],
    });
    await adopted(pooler);
  });
});
