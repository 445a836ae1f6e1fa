/** What is proved without a word, by whom, and as whom. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { ownServer } from "./support/cases.ts";
import { type Folder, folder } from "./support/cli.ts";
import { type AppliedEstate, appliedEstate, PROVED, proveIn } from "./support/proofs.ts";
import { majors } from "./support/server.ts";

describe.each(majors())("PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });
  let at: string;
  let here: Folder;
  let hand: pg.Client;
  let spoilt: AppliedEstate["spoilt"];
  beforeAll(async () => {
    at = await url();
    ({ here, hand, spoilt } = await appliedEstate(at, PROVED));
  });

  test("what is declared is proved by itself, and another hand is found out", async () => {
    const { ran, told } = await proveIn(here, "");
    expect([ran.code, [...told.keys()].sort(), [...told.values()].filter(({ outcome }) => outcome !== "held")]).toEqual(
      [
        0,
        [
          "DefaultDeny/app.customer",
          "DefaultDeny/app.notice",
          "Masked/app.customer as viewer",
          "Masked/app.masked as viewer",
          "ReadsOnly/reader",
          "ReadsOnly/viewer",
        ],
        [],
      ],
    );
    expect(await spoilt("CREATE POLICY open ON app.customer USING (true)", "DROP POLICY open ON app.customer")).toEqual(
      { "DefaultDeny/app.customer": "everybody sees 1 row, and none is expected" },
    );
    expect(await spoilt("CREATE POLICY more ON app.notice USING (true)", "DROP POLICY more ON app.notice")).toEqual({
      "DefaultDeny/app.notice": "1 row of 1 seen by everybody does not meet the condition",
    });
    const unforced = await spoilt(
      "ALTER TABLE app.customer DISABLE ROW LEVEL SECURITY",
      "ALTER TABLE app.customer ENABLE ROW LEVEL SECURITY",
    );
    expect(Object.keys(unforced)).toEqual(["DefaultDeny/app.customer"]);
    expect(
      await spoilt(
        "GRANT INSERT, UPDATE (since) ON app.customer TO reader",
        "REVOKE INSERT, UPDATE (since) ON app.customer FROM reader",
      ),
    ).toEqual({
      "ReadsOnly/reader":
        "reader is meant to read only: it may insert into app.customer\nreader is meant to read only: it may update since of app.customer",
    });
    expect(
      await spoilt(
        "GRANT SELECT (email) ON app.customer TO viewer",
        "REVOKE SELECT (email) ON app.customer FROM viewer",
      ),
    ).toEqual({
      "Masked/app.customer as viewer": "viewer was not refused: it may read email of app.customer",
    });
    const definition = String((await hand.query("SELECT pg_get_viewdef('app.masked') AS d")).rows[0].d);
    const asIs = `CREATE OR REPLACE VIEW app.masked WITH (security_barrier) AS ${definition}`;
    const clear = "CREATE OR REPLACE VIEW app.masked AS SELECT id, tenant, email, status, since FROM app.customer";
    expect(await spoilt(clear, asIs)).toEqual({
      "Masked/app.masked as viewer": "viewer sees the value of email in clear\nviewer sees the value of since in clear",
    });
  });

  test("some of them; none is no success", async () => {
    const { told } = await proveIn(here, "", "--only *app.customer --only ReadsOnly/reader");
    expect([...told.keys()]).toEqual(["DefaultDeny/app.customer", "ReadsOnly/reader"]);
    const none = await here.run("test -f estate.yaml --only nothing");
    expect([none.code, none.out, none.err]).toEqual([
      1,
      "",
      expect.stringContaining("error NOTHING_TO_PROVE: No proof is named nothing"),
    ]);
    here.write(
      "proofs/proofs.yaml",
      "{ kind: AccessTest, name: x, as: reader, on: app.sale, expect: { columns: [id] } }",
    );
    const { out } = await here.run("explain AccessTest/x -f estate.yaml -f proofs");
    expect(out).toContain("nothing is planned for it: `datumline test --only AccessTest/x` tries it");
    const shown = await here.run("test -f estate.yaml -f proofs", { terminal: true });
    expect(shown.err).toContain("Proving warehouse █");
    expect(shown.out).toContain("AccessTest/x");
  });

  test("a connected role that may not act as the role has proved nothing", async () => {
    await hand.query("CREATE ROLE plain LOGIN; GRANT SELECT ON app.customer, app.sale TO plain");
    await hand.query(
      "CREATE ROLE deputy LOGIN CREATEROLE; GRANT reader TO deputy WITH ADMIN OPTION; GRANT SELECT, INSERT ON app.sale, app.customer TO deputy",
    );
    const documents =
      "{ kind: AccessTest, name: x, as: reader, on: app.sale, expect: { columns: [amount, customer, id, made] } }";
    const as = (user: string) => ({ env: { DATABASE_URL: at.replace("postgres@", `${user}@`) } });
    const plain = await proveIn(here, documents, "", as("plain"));
    expect(plain.ran.code).toBe(2);
    expect(plain.told.get("AccessTest/x")).toMatchObject({
      outcome: "not proved",
      reasons: [
        expect.stringMatching(
          /^plain may not act as reader: permission denied to set role "reader"\. Make it a member/,
        ),
      ],
    });
    expect(plain.told.get("DefaultDeny/app.customer")?.outcome).toBe("not proved");
    expect(plain.told.get("ReadsOnly/reader")?.outcome).toBe("not proved");
    // Who may grant the role takes it for the length of the proof.
    const deputy = await proveIn(here, documents, "", as("deputy"));
    expect(deputy.told.get("AccessTest/x")).toMatchObject({ outcome: "held" });
    expect(deputy.told.get("ReadsOnly/reader")).toMatchObject({ outcome: "held" });
    const members = await hand.query(
      "SELECT count(*) FROM pg_auth_members WHERE roleid = 'reader'::regrole AND member = 'deputy'::regrole",
    );
    expect(members.rows).toEqual([{ count: "1" }]);
    await hand.query("DROP OWNED BY plain, deputy; DROP ROLE plain, deputy");
  });

  test("the owner of a forced table, who cannot plant, proves by the server's plan that nothing is shown", async () => {
    await hand.query(
      "CREATE ROLE keeper LOGIN CREATEROLE; ALTER TABLE app.customer OWNER TO keeper; GRANT USAGE ON SCHEMA app TO keeper WITH GRANT OPTION",
    );
    const documents =
      "{ kind: AccessTest, name: x, as: public, on: app.customer, plant: [{ tenant: a }], expect: { none: true } }";
    const { told } = await proveIn(here, documents, "--only *x --only DefaultDeny/app.customer", {
      env: { DATABASE_URL: at.replace("postgres@", "keeper@") },
    });
    expect(told.get("DefaultDeny/app.customer")).toMatchObject({ outcome: "held" });
    expect(told.get("AccessTest/x")).toMatchObject({
      outcome: "not proved",
      reasons: [
        expect.stringContaining("no row could be planted into app.customer: new row violates row-level security"),
      ],
    });
    await hand.query(
      "ALTER TABLE app.customer OWNER TO postgres; REVOKE ALL ON SCHEMA app FROM keeper; DROP ROLE keeper",
    );
  });

  test("a login of its own, with a secret that nothing shows", async () => {
    const login = (name: string): string =>
      `{ kind: AccessTest, name: ${name}, as: clerk, url: { env: ${name} }, on: app.customer, expect: { count: 1 } }`;
    const documents = ["RIGHT", "OTHER", "ELSEWHERE", "CLOSED"].map(login).join("\n---\n");
    await hand.query("INSERT INTO app.customer (tenant, status) VALUES ('a', 'open'), ('b', 'paid')");
    const secret = "correct-horse-battery";
    const right = at.replace("postgres@", `clerk:${secret}@`);
    const env = {
      RIGHT: right,
      OTHER: at,
      ELSEWHERE: right.replace(/\/d\d+$/, "/postgres"),
      CLOSED: right.replace(/:\d+\//, ":1/"),
    };
    const { ran, told } = await proveIn(here, documents, "--only AccessTest/*", { env });
    expect([...told.values()].map(({ outcome, reasons }) => [outcome, ...reasons])).toEqual([
      ["held"],
      ["not proved", "its `url` logs in as postgres, not as clerk"],
      ["not proved", "its `url` leads to another server or database than the one that is tested"],
      ["not proved", expect.stringContaining("Cannot connect to 127.0.0.1:1")],
    ]);
    expect(ran.out + ran.err).not.toContain(secret);
    // Who plans or applies needs no secret of a proof.
    const planned = await here.run("plan -f estate.yaml -f proofs --detailed-exitcode");
    expect([planned.code, planned.out]).toEqual([0, expect.stringContaining("No changes.")]);
    const without = await here.run("test -f estate.yaml -f proofs");
    expect([without.code, without.err]).toEqual([
      1,
      expect.stringContaining("The environment variable RIGHT is not set"),
    ]);
    await hand.query("TRUNCATE app.customer CASCADE");
  });

  test("rows and masks of a table whose owner is held by its policies", async () => {
    const other = await url();
    const owner = new pg.Client(other);
    await owner.connect();
    await owner.query("CREATE ROLE landlord LOGIN CREATEROLE; GRANT CREATE ON DATABASE d2 TO landlord");
    const own = folder({ DATABASE_URL: other.replace("postgres@", "landlord@") });
    own.write(
      "estate.yaml",
      `${PROVED.slice(0, PROVED.indexOf("---"))}---
{ kind: Schema, name: rent }
---
{ kind: Role, name: lodger }
---
kind: Table
schema: rent
name: person
columns: [{ name: tenant, type: int, notNull: true }, { name: phone, type: text }, { name: kind, type: text }, { name: house, type: uuid, notNull: true }]
foreignKeys: [{ columns: [house], references: { table: rent.house } }]
rowSecurity: forced
---
{ kind: RowPolicy, table: rent.person, name: own, using: "tenant = nullif(current_setting('rent.tenant', true), '')::int" }
---
{ kind: MaskedView, schema: rent, name: phones, from: rent.person, mask: { phone: redact }, where: kind <> 'x' AND kind = 'flat', to: [lodger] }
---
{ kind: Table, schema: rent, name: house, columns: [{ name: id, type: uuid, notNull: true }, { name: tenant, type: int, notNull: true }], primaryKey: [id], rowSecurity: forced }
---
{ kind: RowPolicy, table: rent.house, name: own, using: "tenant = nullif(current_setting('rent.tenant', true), '')::int" }
---
{ kind: Grant, to: lodger, privileges: [usage], on: { schema: rent } }
---
{ kind: Grant, to: lodger, privileges: [select], on: { table: rent.person, columns: [tenant] } }`,
    );
    const applied = await own.run("apply -f estate.yaml --yes");
    expect([applied.code, applied.err]).toEqual([0, expect.anything()]);
    const two = "on: rent.person, plant: [{ tenant: 5 }, { tenant: 6 }]";
    const { told } = await proveIn(
      own,
      `{ kind: AccessTest, name: own, as: lodger, settings: { rent.tenant: 5 }, ${two}, expect: { only: tenant = 5, count: 1 } }
---
{ kind: AccessTest, name: none, as: lodger, ${two}, expect: { none: true } }
---
{ kind: AccessTest, name: all, as: lodger, settings: { rent.tenant: 5 }, ${two}, expect: { only: tenant = 6 } }`,
    );
    await owner.end();
    expect([...told.values()].map(({ name, outcome, reasons }) => [name, outcome, ...reasons])).toEqual([
      ["AccessTest/own", "held"],
      ["AccessTest/none", "held"],
      ["AccessTest/all", "failed", "1 row of 1 seen by lodger does not meet the condition"],
      ["Masked/rent.phones as lodger", "held"],
      ["Masked/rent.person as lodger", "held"],
      ["DefaultDeny/rent.person", "held"],
      ["DefaultDeny/rent.house", "held"],
      ["ReadsOnly/lodger", "held"],
    ]);
  });
});
