import { describe, expect, test } from "@jest/globals";
import pg from "pg";
import { actions, type Case, ownServer, type Reached, takeTurns } from "./support/cases.ts";
import { estate, statements } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

/** A role of the case's own, and three groups. */
const role = (fields = ""): string => `
{ kind: Role, name: $_one }
---
{ kind: Role, name: $_two }
---
{ kind: Role, name: $_r${fields && `, ${fields}`} }`;

const altered = ({ steps }: Reached): void => expect(actions(steps)).toEqual(["alter Role"]);
const configured =
  (setting: string) =>
  async ({ on, name }: Reached) =>
    expect(
      await on.query(`SELECT unnest(setconfig) AS c FROM pg_db_role_setting WHERE setrole = '${name}_r'::regrole`),
    ).toEqual([{ c: setting }]);

const CASES: readonly Case[] = [
  ...["login", "superuser", "createdb", "createrole", "replication", "bypassrls"].map(
    (attribute): Case => [attribute, role(), role(`${attribute}: true`), altered, role(`${attribute}: false`), altered],
  ),
  ["inherit", role(), role("inherit: false"), altered, role("inherit: true"), altered],
  [
    "all attributes at once",
    role(
      "login: true, superuser: true, createdb: true, createrole: true, inherit: false, replication: true, bypassrls: true",
    ),
  ],
  [
    "connection limit",
    role(),
    role("connectionLimit: 5"),
    altered,
    role("connectionLimit: 0"),
    altered,
    role("connectionLimit: -1"),
    altered,
  ],
  [
    "valid until",
    role(),
    role("validUntil: 2026-12-31"),
    altered,
    role('validUntil: "2026-12-31T02:00:00+02:00"'),
    ({ steps }) => expect(steps).toEqual([]),
    role('validUntil: "2026-12-31 00:00:00+00"'),
    ({ steps }) => expect(steps).toEqual([]),
    role('validUntil: "2027-01-01 10:30"'),
    altered,
    role('validUntil: "2027-01-01T10:30:15.250Z"'),
    role("validUntil: infinity"),
    altered,
  ],
  ["comment", role(), role('comment: "it\'s"'), altered, role("comment: other"), altered],
  [
    "a setting",
    role(),
    role("settings: { statement_timeout: 30s }"),
    altered,
    role("settings: { statement_timeout: 1min }"),
    altered,
    role("settings: { work_mem: 8MB }"),
    altered,
  ],
  [
    "settings of every type",
    role(
      'settings: { enable_seqscan: false, work_mem: 4096, random_page_cost: 1.5, application_name: "it\'s \\\\ a name", TimeZone: Europe/Berlin, timezone_abbreviations: Default }',
    ),
  ],
  ["names of settings in any case", role("settings: { timezone: UTC, datestyle: 'ISO,DMY', Statement_Timeout: 5s }")],
  [
    "a list",
    role(),
    role(`settings: { search_path: '"$$user",public, "Odd, name",user' }`),
    configured(`search_path="$user", public, "Odd, name", "user"`),
    role("settings: { search_path: '' }"),
    configured(`search_path=""`),
    role("settings: { search_path: public }"),
  ],
  [
    "a name with a dot",
    role(),
    role("settings: { app.user_region: EU, App.Other: '' }"),
    role('settings: { app.user_region: "U\'S" }'),
  ],
  [
    "in this database",
    role(),
    role("databaseSettings: { statement_timeout: 30s }, settings: { statement_timeout: 40s }"),
    altered,
    role("databaseSettings: { statement_timeout: 31s, app.x: y }"),
    altered,
  ],
  [
    "memberships",
    role(),
    role("memberOf: [$_one]"),
    altered,
    role("memberOf: [$_two, { role: $_one, admin: true }]"),
    altered,
    role("memberOf: [{ role: $_two, admin: true }]"),
    altered,
  ],
  ["of a built-in role", role(), role("memberOf: [pg_monitor]"), altered],
  [
    "owner of a schema",
    role(),
    `${role()}\n---\n{ kind: Schema, name: $_s, owner: $_r, comment: c }`,
    `${role()}\n---\n{ kind: Schema, name: $_s, owner: $_one }`,
    `${role()}\n---\n{ kind: Schema, name: $_s, owner: postgres, comment: d }`,
  ],
];

const OPTIONS: readonly Case[] = [
  ["inherit of a membership", role("memberOf: [$_one]"), role("memberOf: [{ role: $_one, inherit: false }]"), altered],
  ["set of a membership", role("memberOf: [$_one]"), role("memberOf: [{ role: $_one, set: false }]"), altered],
  [
    "all of a membership",
    role(),
    role("memberOf: [{ role: $_one, admin: true, inherit: false, set: false }]"),
    role("memberOf: [{ role: $_one, inherit: false }]"),
    altered,
  ],
  ["inherit of a member", role("inherit: false, memberOf: [$_one]"), role("inherit: true, memberOf: [$_one]"), altered],
];

const CANARY = "correct horse battery";

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("every field", () => takeTurns(database, CASES));

  test("options of a membership", async () => {
    if (major >= 16) return takeTurns(database, OPTIONS);
    const on = await database();
    const { diagnostics } = await on.plan(
      "{ kind: Role, name: a }\n---\n{ kind: Role, name: b, memberOf: [{ role: a, inherit: false }] }",
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["NOT_SUPPORTED"]);
  });

  test("a membership that another role granted goes, and its options change", async () => {
    const on = await database();
    const groups =
      "{ kind: Role, name: g }\n---\n{ kind: Role, name: keeper, memberOf: [{ role: g, admin: true }] }\n---\n";
    const member = `${groups}{ kind: Role, name: m, memberOf: [{ role: g, admin: true }] }`;
    await on.apply(`${groups}{ kind: Role, name: m }`);
    await on.query("SET ROLE keeper; GRANT g TO m WITH ADMIN OPTION; RESET ROLE");
    await on.apply(member, { mode: "authoritative", source: { external: { schemas: ["public"] } } });
    await on.apply(`${groups}{ kind: Role, name: m, memberOf: [g] }`, {
      mode: "authoritative",
      source: { external: { schemas: ["public"] } },
    });
    await on.apply(`${groups}{ kind: Role, name: m }`, { source: { manage: { roles: { m: "authoritative" } } } });
    expect(await on.query("SELECT pg_has_role('m', 'g', 'MEMBER') AS has")).toEqual([{ has: false }]);
    await on.apply("");
  });

  test("what it refuses", async () => {
    const on = await database();
    const { diagnostics } = await on.plan(
      "{ kind: Role, name: postgres, login: true }\n---\n{ kind: Role, name: x, validUntil: soon }",
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["NOT_SUPPORTED", "NOT_SUPPORTED"]);
  });
});

describe.each(majors())("passwords on PostgreSQL %i", (major) => {
  const { url } = ownServer({ major, auth: "scram-sha-256" });

  const login = async (as: string, user: string, password: string): Promise<unknown> => {
    const there = new URL(as);
    there.username = user;
    there.password = encodeURIComponent(password);
    const client = new pg.Client(there.href);
    await client.connect();
    try {
      return (await client.query("SELECT current_user AS u")).rows[0].u;
    } finally {
      await client.end();
    }
  };
  const document = (more = ""): string => `{ kind: Role, name: reader, login: true, password: { env: READER }${more} }`;

  test("of a superuser, who sees whether it is still the one declared", async () => {
    const at = await url();
    const on = estate(at);
    const made = await on.apply(document(), { secrets: { READER: CANARY } });
    expect(await login(at, "reader", CANARY)).toBe("reader");
    await expect(login(at, "reader", "wrong")).rejects.toThrow(/password/);
    expect((await on.plan(document(), { secrets: { READER: CANARY } })).steps).toEqual([]);
    const changed = await on.plan(document(), { secrets: { READER: "Ünïcode ½ pass'word\\" } });
    expect(changed.steps.map(({ fields }) => fields)).toEqual([[{ path: ["password"], to: { env: "READER" } }]]);
    await on.apply(document(), { secrets: { READER: "Ünïcode ½ pass'word\\" } });
    expect(await login(at, "reader", "Ünïcode ½ pass'word\\")).toBe("reader");
    await on.query("ALTER ROLE reader PASSWORD 'other'");
    expect((await on.plan(document(), { secrets: { READER: CANARY } })).steps).toHaveLength(1);
    // Without a password in the document whatever is there stays.
    await on.apply("{ kind: Role, name: reader, login: true }");
    expect(await login(at, "reader", "other")).toBe("reader");
    for (const plan of [made, changed]) expect(JSON.stringify(plan)).not.toMatch(/correct horse|SCRAM/);
    await on.apply("");
  });

  test("of one who may not read verifiers: the ledger says what was sent", async () => {
    const at = await url();
    const admin = estate(at);
    await admin.query(
      `CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'k'; GRANT CREATE ON DATABASE ${new URL(at).pathname.slice(1)} TO keeper`,
    );
    const as = new URL(at);
    as.username = "keeper";
    as.password = "k";
    const on = estate(as.href);
    const before = { secrets: { READER: CANARY } };
    const after = { secrets: { READER: "changed" } };
    await on.apply(document(), before);
    expect(await login(at, "reader", CANARY)).toBe("reader");
    expect((await on.plan(document(), after)).steps).toEqual([]);
    const again = await on.apply(document(", passwordVersion: 2"), after);
    expect(statements(again)).toEqual(["ALTER ROLE reader WITH PASSWORD "]);
    expect(await login(at, "reader", "changed")).toBe("reader");
    const other = document(", passwordVersion: 2").replace("READER", "OTHER");
    await on.apply(other, { secrets: { OTHER: "moved" } });
    expect(await login(at, "reader", "moved")).toBe("reader");
    const ledger = await admin.query("SELECT applied::text || texts::text AS t FROM datumline.ledger");
    expect(JSON.stringify(ledger)).not.toMatch(/correct horse|SCRAM|moved/);
    await on.apply("");
  });
});
