/** What belongs to a database itself comes back with it, on a server that can; and what nobody can drop is in nobody's way. */
import { beforeAll, expect, test } from "@jest/globals";
import type { Manifest } from "../core/backups/model.ts";
import { creation } from "../providers/postgresql/backup/apply-properties.ts";
import { propertiesOfCopy } from "../providers/postgresql/backup/around.ts";
import { told } from "./support/backup-faults.ts";
import { askIn, type Backups, backupsOf, noBackups } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { freshDatabase } from "./support/server.ts";
import { unless } from "./support/skipping.ts";
import { type Warehouse, warehouse } from "./support/warehouse.ts";

const missing = noBackups();
const { suite } = unless(missing, "what belongs to a database");

const SETUP = `
CREATE ROLE keeper LOGIN; CREATE ROLE app LOGIN;
ALTER DATABASE warehouse OWNER TO keeper; REVOKE ALL ON DATABASE warehouse FROM PUBLIC;
GRANT CONNECT ON DATABASE warehouse TO app WITH GRANT OPTION; REVOKE TEMPORARY ON DATABASE warehouse FROM keeper;
ALTER DATABASE warehouse CONNECTION LIMIT 7; COMMENT ON DATABASE warehouse IS 'It''s ours';
ALTER DATABASE warehouse SET search_path = "$user", public, "Odd, one"; ALTER DATABASE warehouse SET work_mem = '7MB';
ALTER DATABASE warehouse SET app.region = 'a=b, c'; ALTER ROLE app IN DATABASE warehouse SET statement_timeout = '5s';
CREATE TABLE t AS SELECT 1 AS i; ALTER TABLE t OWNER TO keeper;
`;

const PROPERTIES = `SELECT pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding, datcollate, datctype, datlocprovider,
 daticulocale, datconnlimit, datistemplate, shobj_description(oid, 'pg_database') AS comment,
 (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(coalesce(datacl, acldefault('d', datdba))) a) AS acl,
 (SELECT array_agg(concat(setrole, ' ', c) ORDER BY setrole, c) FROM pg_db_role_setting, unnest(setconfig) c WHERE setdatabase = d.oid) AS settings
FROM pg_database d WHERE datname = current_database()`;

let on: Warehouse;
let backups: Backups;
let manifest: Manifest;

beforeAll(async () => {
  if (missing) return;
  on = await warehouse(SETUP);
  backups = backupsOf(on.url(), folder().path);
  ({ manifest } = await backups.run());
});

const properties = async (database: string): Promise<unknown> => (await on.ask(database, PROPERTIES)).rows;

suite("a copy", () => {
  test("has the owner, the privileges, the settings and the comment of the original", async () => {
    await backups.restore(manifest, "copy");
    expect(await properties("copy")).toEqual(await properties("warehouse"));
    await backups.restore(manifest, "copy", { overwrite: true });
    expect(await properties("copy")).toEqual(await properties("warehouse"));
  });

  test.each([
    ["of another encoding and locale", "ENCODING 'SQL_ASCII' LC_COLLATE 'POSIX' LC_CTYPE 'C'"],
    ["of ICU", "LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk'"],
    ["that is a template", "IS_TEMPLATE true"],
  ])("%s is such a one, and goes when it is replaced", async (_, made) => {
    await on.ask("postgres", `CREATE DATABASE special TEMPLATE template0 ${made}`);
    const special = backupsOf(on.url("special"), folder().path);
    const { manifest: of } = await special.run();
    await special.restore(of, "special_copy");
    await special.restore(of, "special_copy", { overwrite: true });
    expect(await properties("special_copy")).toEqual(await properties("special"));
    for (const name of ["special", "special_copy"]) {
      await on.ask("postgres", `ALTER DATABASE ${name} IS_TEMPLATE false`);
      await on.ask("postgres", `DROP DATABASE ${name}`);
    }
  });

  test("made by a role that is no superuser is the owner's, and what that may not set is told", async () => {
    await on.ask("postgres", "CREATE ROLE ops LOGIN CREATEDB; GRANT keeper TO ops");
    await on.ask("postgres", "CREATE DATABASE lent OWNER keeper");
    await on.ask(
      "lent",
      "SET ROLE keeper; CREATE TABLE t AS SELECT 1 AS i; RESET ROLE; REVOKE ALL ON DATABASE lent FROM PUBLIC",
    );
    await on.ask("lent", "ALTER DATABASE lent SET log_statement = 'all'");
    const lent = backupsOf(on.url("lent").replace("postgres@", "ops@"), folder().path);
    const { manifest: of } = await backupsOf(on.url("lent"), lent.store.name).run();
    const lines: string[] = [];
    await lent.restore(of, "lent_copy", { tell: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringContaining("without its setting log_statement: permission denied")]);
    const owner =
      "SELECT tableowner, pg_get_userbyid(datdba) AS owner FROM pg_tables, pg_database WHERE tablename = 't' AND datname = current_database()";
    expect((await on.ask("lent_copy", owner)).rows).toEqual([{ tableowner: "keeper", owner: "keeper" }]);
  });

  test("of a locale that the server lacks is refused, and nothing is left", async () => {
    const refused = backups.restore(manifest, "no_locale", {
      changed: (part, content) =>
        part.startsWith("properties") ? content.replace(/"collate": ?"[^"]+"/, '"collate":"xx_XX.utf8"') : content,
    });
    expect(await told(refused)).toMatchObject({
      code: "RESTORE_REFUSED",
      summary: expect.stringContaining("cannot make a database like the original (libc xx_XX.utf8"),
      detail: expect.stringContaining("locale-gen"),
    });
    expect((await on.ask("postgres", "SELECT FROM pg_database WHERE datname LIKE '%no_locale%'")).rowCount).toBe(0);
  });

  test.each([
    ["builtin", "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"],
    ["icu", "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' ICU_RULES '&a < g'"],
    ["libc", "LOCALE_PROVIDER libc"],
  ])("of the newest version is made like the original: %s", async (_, made) => {
    const url = await freshDatabase(18);
    const name = `${new URL(url).pathname.slice(1)}_like`;
    const at = url.replace(/[^/]+$/, name);
    await askIn(url, "postgres", `CREATE DATABASE ${name} TEMPLATE template0 ${made}`);
    const original = await propertiesOfCopy(at);
    await askIn(url, "postgres", `DROP DATABASE ${name}`);
    await askIn(url, "postgres", `CREATE DATABASE ${name} TEMPLATE template0 ${creation(original, 18).text}`);
    expect(await propertiesOfCopy(at)).toEqual(original);
    await askIn(url, "postgres", `DROP DATABASE ${name}`);
  });

  test("is made of a backup of an older version as well, and what that does not hold is told", async () => {
    const older = { ...manifest, parts: manifest.parts.filter(({ holds }) => holds !== "properties") };
    const lines: string[] = [];
    await backups.restore(older, "of_older", { tell: (line) => lines.push(line) });
    expect(lines).toEqual([
      expect.stringContaining("of an older version, and does not hold what belongs to the database"),
    ]);
    const may =
      "SELECT has_database_privilege('app', current_database(), 'CONNECT') AS app, has_database_privilege('public', current_database(), 'CONNECT') AS all";
    expect((await on.ask("of_older", may)).rows).toEqual([{ app: true, all: false }]);
  });

  test("subscribes to nothing, and lets the publisher be", async () => {
    await on.ask(
      "warehouse",
      "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false, slot_name = 'kept')",
    );
    try {
      const { manifest: of } = await backups.run();
      const lines: string[] = [];
      await backups.restore(of, "subscribed", { tell: (line) => lines.push(line) });
      expect(lines).toEqual([expect.stringContaining("SET (slot_name = 'kept')")]);
      const state =
        "SELECT subenabled, subslotname FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = 'subscribed'";
      expect((await on.ask("subscribed", state)).rows).toEqual([{ subenabled: false, subslotname: null }]);
      expect(await told(backups.restore(of, "subscribed", { overwrite: true }))).toMatchObject({
        code: "RESTORE_REFUSED",
        summary: expect.stringContaining("it subscribes to other servers (s)"),
      });
    } finally {
      await on.ask("warehouse", "ALTER SUBSCRIPTION s SET (slot_name = NONE)");
      await on.ask("warehouse", "DROP SUBSCRIPTION s");
    }
  });
});

suite("a name", () => {
  test.each([
    ["template1", "belongs to the server"],
    ["postgres", "belongs to the server"],
    ["x".repeat(70), "has 70 bytes, and the server keeps 63"],
    ["ü".repeat(32), "has 64 bytes"],
  ])("%s is refused", async (into, why) => {
    const fault = await told(backups.restore(manifest, into, { overwrite: true }));
    expect([fault.code, fault.summary]).toEqual(["RESTORE_REFUSED", expect.stringContaining(why)]);
  });
});

suite("what a killed restore left", () => {
  test("goes, whatever keeps a server from dropping it; what cannot go is told, and in nobody's way", async () => {
    await on.ask("postgres", "CREATE DATABASE datumline_restoring_template IS_TEMPLATE true");
    for (const name of ["datumline_restoring_wanted", "datumline_replacing_old"]) {
      await on.ask("postgres", `CREATE DATABASE ${name}`);
      await on.ask(
        name,
        "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false)",
      );
    }
    const lines: string[] = [];
    const tell = (line: string): void => void lines.push(line);
    await backups.restore(manifest, "wanted", { tell });
    expect(lines.sort()).toEqual([
      expect.stringMatching(/datumline_replacing_old cannot be dropped: it subscribes.*Drop its subscriptions/),
      expect.stringContaining("datumline_restoring_template was removed"),
      expect.stringContaining("datumline_restoring_wanted was removed"),
    ]);
    await backups.restore(manifest, "old");
    await backups.restore(manifest, "old", { overwrite: true });
    expect((await on.ask("old", "SELECT i FROM t")).rows).toEqual([{ i: 1 }]);
  });
});
