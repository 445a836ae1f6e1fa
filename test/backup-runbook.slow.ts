/** A runbook is typed as it stands, at a real shell and a real server, whatever its estate is called. */
import { beforeAll, expect, test } from "@jest/globals";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { askIn, MAJOR, noBackups } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { followed } from "./support/runbook.ts";
import { freshServer } from "./support/server.ts";
import { unless } from "./support/skipping.ts";

const missing = noBackups();
const { suite } = unless(missing, "runbooks");

let server: EmbeddedPostgres;

beforeAll(async () => {
  if (!missing) server = await freshServer({ major: MAJOR, auth: "scram-sha-256", password: "pa'ss $word/1" });
});

const ODD = `ware $HOME's "1"`;

suite("a runbook of odd names", () => {
  test.each([
    [
      "fields",
      (port: number) =>
        `{ host: 127.0.0.1, port: ${port}, user: postgres, password: { env: PASS }, database: ${JSON.stringify(ODD)} }`,
    ],
    ["a URL", () => `{ url: { env: DB }, database: ${JSON.stringify(ODD)} }`],
  ])(
    "of %s is followed to its end",
    async (_, connection) => {
      const url = new URL(server.url());
      const env = { PASS: "pa'ss $word/1", DB: server.url({ database: ODD }) };
      const quoted = `"${ODD.replaceAll('"', '""')}"`;
      await askIn(server.url(), "postgres", `DROP DATABASE IF EXISTS ${quoted}`);
      await askIn(server.url(), "postgres", `CREATE DATABASE ${quoted}`);
      await askIn(server.url(), ODD, "CREATE TABLE t AS SELECT i FROM generate_series(1, 10) i");
      const here = folder(env);
      here.write(
        "of $PATH it's/w.yaml",
        `kind: DataSource
name: ${JSON.stringify(ODD)}
engine: postgresql
connection: ${connection(Number(url.port))}
external: { schemas: [public] }
---
kind: BackupSchedule
name: "night's $HOME"
schedule: { cron: "30 3 * * *" }
to: [{ directory: kept }]
check: [public.*]
---
{ kind: QualityCheck, name: "it's there", on: public.t, notNull: i }
---
{ kind: RestoreDrill, name: "a; false", of: "night's $HOME", into: { url: { env: DB } } }
`,
      );
      const files = ["-f", "of $PATH it's/w.yaml"];
      const ran = await here.run(["backup", "run", ...files]);
      expect([ran.code, ran.err]).toEqual([0, ""]);
      const { out } = await here.run(["backup", "runbook", ...files]);
      const typed = await followed(here, out, { env, url: server.url() });
      expect(typed.join("\n")).toContain("✓ it can be restored");
      expect(typed.join("\n")).not.toContain("pa'ss");
      const rows = await askIn(server.url(), ODD, "SELECT count(*)::int AS n FROM t");
      expect(rows.rows).toEqual([{ n: 10 }]);
    },
    240_000,
  );

  test("a login without the password that the server asks for is told", async () => {
    const here = folder();
    const url = new URL(server.url());
    url.password = "";
    const { code, err } = await here.run(["connect", "--url", url.href]);
    expect([code, err]).toEqual([1, expect.stringContaining("the server asks for a password, and none was given")]);
    expect(err).toContain("PGPASSWORD");
  });
});
