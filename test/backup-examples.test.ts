/** The backups of the examples, as their READMEs have them: applied, backed up, drilled, installed, destroyed. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";
import type pg from "pg";
import type { Evidence } from "../core/backups/evidence.ts";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { askIn, MAJOR, noBackups } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { followed } from "./support/runbook.ts";
import { freshServer } from "./support/server.ts";
import { unless } from "./support/skipping.ts";

const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));
const missing = noBackups();
const { suite } = unless(missing, "backups of the examples");

let server: EmbeddedPostgres;

beforeAll(async () => {
  if (!missing) server = await freshServer({ major: MAJOR });
});

const url = (database: string): string => server.url({ database });
const ask = (database: string, text: string): Promise<pg.QueryResult> => askIn(server.url(), database, text);

/** A copy of an example and of its host, whose folders are of this test. */
function estate(name: string, env: Readonly<Record<string, string>>) {
  const secrets = { BACKUP_KEY: "ab".repeat(32), BI_READER_PASSWORD: "not a secret" };
  const here = folder({ ...secrets, ...env });
  for (const each of [name, `${name}-host`]) cpSync(join(EXAMPLES, each), join(here.path, each), { recursive: true });
  const root = join(here.path, "root");
  mkdirSync(root);
  const host = join(here.path, `${name}-host/host.yaml`);
  const text = readFileSync(host, "utf8").replace(/connection: .*/, `connection: { path: ${root} }`);
  const here_ = (document: string) =>
    document.replaceAll("/var/backups", join(here.path, "kept")).replace(/^files: .*\n/m, "");
  writeFileSync(host, here_(text));
  const bi = join(here.path, `${name}-host/bi.yaml`);
  if (existsSync(bi)) writeFileSync(bi, here_(readFileSync(bi, "utf8")));
  const files = `-f ${name} -f ${name}-host`;
  const done = async (line: string) => {
    const ran = await here.run(`${line} ${files}`);
    if (ran.code !== 0) process.stderr.write(`${ran.out}${ran.err}\n`);
    expect({ line, ...ran }).toEqual({ line, code: 0, out: ran.out, err: expect.not.stringContaining("error") });
    return ran.out;
  };
  const evidence = (folderName: string) =>
    readdirSync(join(here.path, folderName, "evidence"))
      .filter((file) => file.endsWith(".json"))
      .map((file) => JSON.parse(readFileSync(join(here.path, folderName, "evidence", file), "utf8")) as Evidence);
  return { ...here, root, files, done, evidence, env: { ...secrets, ...env } };
}

async function answer(database: string, text: string): Promise<unknown> {
  return Object.values((await ask(database, text)).rows[0])[0];
}

suite("examples", () => {
  test("superset-sales: sealed every night, restored and proved every week", async () => {
    await ask("postgres", "CREATE DATABASE analytics");
    const here = estate("superset-sales", { DATABASE_URL: url("analytics") });
    await here.done("apply --yes");
    await ask(
      "analytics",
      "INSERT INTO sales.customer_dim (customer_name, region) VALUES ('Ada', 'EU'), ('Alan', 'US')",
    );
    const before = await here.run(`backup list ${here.files}`);
    expect([before.code, before.err]).toEqual([2, expect.stringContaining("`requireDrill` asks for a restore")]);
    await here.done("backup run nightly");
    expect(await here.done("backup drill weekly")).toContain("✓ it can be restored");
    const [seen] = here.evidence("superset-sales");
    expect(seen).toMatchObject({ problems: [], objects: { differences: [] } });
    expect(seen?.tables.compared).toContainEqual(expect.objectContaining({ table: "sales.customer_dim", rows: 2 }));
    expect(seen?.proofs?.held).toBeGreaterThan(5);
    const listed = await here.done("backup list");
    for (const line of ["runner (systemd on host): installed as declared", "restore (weekly): held", "sealed, key"])
      expect(listed).toContain(line);
    expect(readdirSync(here.root).filter((file) => file.endsWith(".timer"))).toEqual([
      "datumline-backup-warehouse-nightly.timer",
      "datumline-drill-warehouse-weekly.timer",
    ]);
    expect(await here.done("plan --detailed-exitcode")).toContain("No changes");
    await here.done(`backup list --data-source warehouse`);
    await followed(
      here,
      (await here.done("backup runbook --data-source warehouse")).replaceAll(/(["'])DATABASE/g, "$1analytics"),
      { env: here.env, url: server.url() },
    );
    const kept = await answer("analytics", "SELECT count(*)::int FROM sales.customer_dim");
    expect([
      kept,
      await answer("postgres", "SELECT count(*)::int FROM pg_database WHERE datname ~ 'analytics_'"),
    ]).toEqual([2, 0]);
    // Without its schedule nothing runs any more.
    writeFileSync(
      join(here.path, "superset-sales-host/host.yaml"),
      `kind: DataSource
name: host
engine: files
connection: { path: ${here.root} }
`,
    );
    await here.done("apply --yes --data-source host");
    expect(readdirSync(here.root).filter((file) => file.startsWith("datumline"))).toEqual([]);
  });

  test("django-bi: both databases, by cron", async () => {
    await ask("postgres", "CREATE DATABASE shop");
    await ask("postgres", "CREATE DATABASE bi");
    const here = estate("django-bi", { DATABASE_URL: url("shop"), BI_DATABASE_URL: url("bi") });
    await ask("shop", readFileSync(join(EXAMPLES, "django-bi/before.sql"), "utf8"));
    await ask("bi", "CREATE TABLE dashboards AS SELECT i AS id FROM generate_series(1, 20) i");
    await ask("shop", "INSERT INTO django_session VALUES ('k', 'd', now())");
    await here.done("apply --yes --allow WIDENS_ACCESS");
    await here.done("backup run");
    const drilled = await here.done("backup drill");
    expect(drilled.match(/✓ it can be restored/g)).toHaveLength(2);
    const all = [...here.evidence("django-bi"), ...here.evidence("django-bi-host")];
    expect(all.map(({ dataSource, problems }) => [dataSource, problems])).toEqual([
      ["shop", []],
      ["bi", []],
    ]);
    const listed = await here.done("backup list");
    expect(listed.match(/✓ runner .*cron on host\): installed as declared/g)).toHaveLength(4);
    expect(readdirSync(here.root).filter((file) => file.startsWith("datumline"))).toHaveLength(4);
    expect(await here.done("plan --detailed-exitcode")).toContain("No changes");
  });
});
