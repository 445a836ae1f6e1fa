import { describe, expect, test } from "@jest/globals";
import { actions, type Case, ownServer, type Reached, takeTurns } from "./support/cases.ts";
import { majors } from "./support/server.ts";

const TABLES = `
{ kind: Table, schema: $, name: t, columns: [{ name: id, type: int }, { name: region, type: text }, { name: status, type: "varchar(10)" }, { name: amount, type: "numeric(10,2)" }, { name: at, type: timestamp }], rowSecurity: "on" }
---
{ kind: Table, schema: $, name: u, columns: [{ name: region, type: text }, { name: who, type: text }] }`;
const policy = (fields: string): string => `${TABLES}\n---\n{ kind: RowPolicy, table: $.t, name: p, ${fields} }`;
const using = (text: string): string => policy(`using: ${JSON.stringify(text)}`);

const altered = ({ steps }: Reached): void => expect(actions(steps)).toEqual(["alter RowPolicy"]);
const replaced = ({ steps }: Reached): void => expect(actions(steps)).toEqual(["replace RowPolicy"]);

/** Spellings of which the server keeps another one; some, declared as it keeps them, become yet another. */
const TEXTS = [
  "region = current_setting('app.current_region', true)",
  "region IN (SELECT region FROM u WHERE who = current_user)",
  "concat(left(region, 1), '***') = 'x***'",
  "amount::decimal(10,2) > 5",
  "CAST(status AS varchar(50)) = 'x'",
  "date_trunc('month', at) >= now() - interval '1 month'",
  "status IN ('new','open','done')",
  "amount BETWEEN 0 AND 100 AND region LIKE '%@x.com' AND status != 'done'",
  "extract(year FROM at) = 2024",
  "pg_has_role(current_user,'pg_monitor','member') OR at AT TIME ZONE 'UTC' > '2024-01-01'",
  "true -- everything",
  "EXISTS (SELECT 1 FROM $.u AS other WHERE other.region = t.region /* theirs */)",
  "(region, status) IN (('a', 'b'), ('c', 'd'))",
  "region ~ '^a\\\\d+$$' AND coalesce(status, E'it''s\\n') <> ''",
];

const CASES: readonly Case[] = [
  ...TEXTS.map((text, index): Case => [`text ${index}`, using(text), using(`(${text}\n) IS TRUE`), altered]),
  [
    "select",
    policy("command: select, using: id > 0"),
    policy("command: delete, using: id > 0"),
    replaced,
    policy("command: all, using: id > 0"),
    replaced,
  ],
  [
    "insert",
    policy("command: insert, withCheck: id > 0"),
    policy("command: insert, withCheck: id > 1"),
    altered,
    policy("command: update, using: id > 0, withCheck: id > 1"),
    replaced,
  ],
  ["restrictive", policy("using: id > 0"), policy("as: restrictive, using: id > 0"), replaced],
  [
    "a check comes and goes",
    policy("using: id > 0"),
    policy("using: id > 0, withCheck: id > 1"),
    altered,
    policy("withCheck: id > 1"),
    replaced,
  ],
  ["no condition at all", policy("command: select"), policy("command: select, using: id > 0"), altered],
  [
    "roles",
    policy("using: id > 0"),
    policy("using: id > 0, to: [reader]"),
    altered,
    policy("using: id > 0, to: [writer, reader, pg_monitor]"),
    altered,
    policy("using: id > 0, to: [public, reader]"),
    altered,
  ],
  [
    "comment",
    policy("using: id > 0"),
    policy('using: id > 0, comment: "it\'s"'),
    altered,
    policy("using: id > 0, comment: other"),
    altered,
  ],
  ["another name", policy("using: id > 0"), policy("using: id > 0").replace("name: p", 'name: "Other one"')],
  [
    "a column that it uses changes its type",
    using("region = 'x' AND amount > 1"),
    using("region = 'x' AND amount > 1")
      .replace("region, type: text }, { name: status", 'region, type: "varchar(9)" }, { name: status')
      .replace("numeric(10,2)", "int"),
  ],
];

const BASE = "{ kind: Role, name: reader }\n---\n{ kind: Role, name: writer }";
const WITHOUT = {
  source: { ledger: "none", manage: { mode: "authoritative" }, external: { schemas: ["public"], roles: ["*"] } },
} as const;

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("every field", () => takeTurns(database, CASES, BASE));
  test("every text, without a ledger", () => takeTurns(database, CASES.slice(0, TEXTS.length), BASE, WITHOUT));

  test("rows that come back, asked as the role", async () => {
    const on = await database();
    const estate = (policies: string, security = "on"): string => `
{ kind: Role, name: eu }
---
{ kind: Role, name: us }
---
{ kind: Schema, name: s }
---
{ kind: Table, schema: s, name: t, columns: [{ name: region, type: text }, { name: n, type: int }], rowSecurity: "${security}" }
---
{ kind: Grant, to: public, privileges: [usage], on: { schema: s } }
---
{ kind: Grant, to: public, privileges: [select, insert], on: { table: s.t } }
${policies}`;
    const seen = async (role: string) => {
      await on.query(`SET ROLE ${role}`);
      const rows = await on.query("SELECT region || n AS r FROM s.t ORDER BY 1");
      await on.query("RESET ROLE");
      return rows.map(({ r }) => r);
    };
    const own = "---\n{ kind: RowPolicy, table: s.t, name: own, to: [eu, us], using: region = upper(current_user) }";
    await on.apply(estate(own));
    await on.query("INSERT INTO s.t VALUES ('EU', 1), ('EU', 2), ('US', 1)");
    expect([await seen("eu"), await seen("us")]).toEqual([["EU1", "EU2"], ["US1"]]);
    await expect(on.query("SET ROLE us; INSERT INTO s.t VALUES ('EU', 3)")).rejects.toThrow(/row-level security/);
    await on.query("ROLLBACK; RESET ROLE");
    await on.apply(
      estate(`${own}\n---\n{ kind: RowPolicy, table: s.t, name: few, as: restrictive, command: select, using: n < 2 }`),
    );
    expect([await seen("eu"), await seen("us")]).toEqual([["EU1"], ["US1"]]);
    await on.apply(
      estate(
        `${own.replace("[eu, us]", "[us]")}\n---\n{ kind: RowPolicy, table: s.t, name: writes, command: insert, to: [eu], withCheck: n > 5 }`,
      ),
    );
    expect([await seen("eu"), await seen("us")]).toEqual([[], ["US1"]]);
    await on.apply(estate("", "off"));
    expect(await seen("eu")).toEqual(["EU1", "EU2", "US1"]);
    await on.apply("");
  });

  test("a text changed by another hand is drift; the same text written anew is none", async () => {
    const on = await database();
    const one =
      "{ kind: Schema, name: s }\n---\n{ kind: Table, schema: s, name: t, columns: [{ name: status, type: varchar(10) }] }\n---\n{ kind: RowPolicy, table: s.t, name: p, using: \"status IN ('new','open')\" }";
    await on.apply(one);
    await on.query("DROP POLICY p ON s.t; CREATE POLICY p ON s.t USING (status   IN ('new' , 'open'))");
    expect((await on.plan(one)).steps).toEqual([]);
    await on.query("ALTER POLICY p ON s.t USING (true)");
    expect((await on.plan(one)).steps.map(({ action }) => action)).toEqual(["alter"]);
    await on.apply(one);
    // Declared in the server's own words, it becomes yet another text there, and still the second plan is empty.
    const found = [...(await on.inspect()).values()].find(({ kind }) => kind === "RowPolicy")?.spec.using as string;
    await on.apply(one.replace("\"status IN ('new','open')\"", JSON.stringify(found)));
    const { diagnostics } = await on.plan(
      one.replace("using: \"status IN ('new','open')\"", 'command: insert, using: "true); DROP TABLE s.t; --"'),
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["NOT_SUPPORTED", "NOT_SUPPORTED"]);
  });
});
