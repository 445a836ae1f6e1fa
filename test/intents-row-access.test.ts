import { describe, expect, test } from "@jest/globals";
import { ownServer } from "./support/cases.ts";
import { declared, lowered } from "./support/lowered.ts";
import type { Estate } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const TABLE = `
kind: Table
schema: sales
name: fact
columns:
  - { name: id, type: bigint, notNull: true }
  - { name: tenant, type: bigint }
  - { name: region, type: varchar(50) }
  - { name: agent, type: text }
  - { name: employee, type: integer }
primaryKey: [id]
`;
const AGENTS = `
kind: Table
schema: sales
name: agent_region
columns: [{ name: login, type: text }, { name: region, type: "varchar(50)" }, { name: secret, type: text }]
`;
const STAFF = `
kind: Table
schema: sales
name: staff
columns: [{ name: id, type: integer }, { name: boss, type: integer }, { name: login, type: text }]
primaryKey: [id]
`;

function access(name: string, more: string): string {
  return `kind: RowAccess\ntable: sales.fact\nname: ${name}\n${more}`;
}

const role = (name: string, more = ""): string => `kind: Role\nname: ${name}\n${more}`;
const join = (...documents: readonly string[]): string => documents.filter(Boolean).join("\n---\n");

describe("RowAccess", () => {
  test("is a policy, row security, and an index where none begins with the column", () => {
    const { codes, native, spec } = lowered(
      join(TABLE, access("own_tenant", "to: [app]\ntenant: { column: tenant, setting: app.tenant }\ncomment: C")),
    );
    expect(codes).toEqual([]);
    expect([...native.keys()]).toEqual([
      "Table/sales.fact",
      "RowPolicy/sales.fact/own_tenant",
      "Index/sales.fact_tenant_idx",
    ]);
    expect(spec("Table/sales.fact")?.rowSecurity).toBe("forced");
    expect(spec("RowPolicy/sales.fact/own_tenant")).toEqual({
      table: "sales.fact",
      name: "own_tenant",
      to: ["app"],
      using:
        "tenant OPERATOR(pg_catalog.=) (SELECT nullif(pg_catalog.current_setting('app.tenant', true), '')::bigint)",
      comment: "C",
    });
  });

  test("for some commands is a policy for each", () => {
    const { native } = lowered(
      join(TABLE, access("r", "to: [app]\nmatch: { column: region, setting: app.region }\ncommands: [select, insert]")),
    );
    const using = "region OPERATOR(pg_catalog.=) (SELECT nullif(pg_catalog.current_setting('app.region', true), ''))";
    expect([...native.values()].filter(({ kind }) => kind === "RowPolicy").map(({ spec }) => spec)).toEqual([
      { table: "sales.fact", name: "r_insert", command: "insert", to: ["app"], withCheck: using },
      { table: "sales.fact", name: "r_select", command: "select", to: ["app"], using },
    ]);
  });

  test.each([
    ["the key begins with it", "", "user: { column: id }"],
    ["it is not wanted", "", "user: { column: agent }\nindex: false"],
    [
      "another begins with it",
      "kind: Index\ntable: sales.fact\nname: mine\ncolumns: [agent, id]",
      "user: { column: agent }",
    ],
  ])("makes no index where %s", (_, index, more) => {
    const { native } = lowered(join(TABLE, index, access("r", `to: [app]\n${more}`)));
    expect([...native.keys()].filter((at) => at.startsWith("Index/") && at !== "Index/sales.mine")).toEqual([]);
  });

  test("two rules about one column share its index, which stays once it is made", () => {
    const rules = [1, 2].map((n) => access(`r${n}`, `to: [app${n}]\nuser: { column: agent }`));
    const { codes, native } = lowered(join(TABLE, ...rules));
    expect([codes, native.has("Index/sales.fact_agent_idx" as never)]).toEqual([[], true]);
    const live = declared(`${TABLE}\n---\nkind: Index\ntable: sales.fact\nname: fact_agent_idx\ncolumns: [agent]`);
    expect(lowered(rules[0] as string, live).native.has("Index/sales.fact_agent_idx" as never)).toBe(true);
  });

  test("of a table that nobody declares leaves the rest of it alone", () => {
    const { spec, native } = lowered(access("r", "to: [app]\nuser: { column: agent }"), declared(TABLE));
    expect(native.get("Table/sales.fact" as never)).toMatchObject({ found: true, intent: "RowAccess/sales.fact/r" });
    expect(spec("Table/sales.fact")).toMatchObject({
      rowSecurity: "forced",
      ignore: expect.arrayContaining(["columns"]),
    });
  });

  test("of a table of somebody else's migrations does not close it to them unnoticed", () => {
    const live = declared(join(`${TABLE}owner: django`, role("django")));
    const own = access("r", "to: [app]\nuser: { column: agent }");
    const { diagnostics } = lowered(own, live);
    expect(diagnostics).toEqual([
      expect.objectContaining({
        severity: "warning",
        code: "ROWS_CLOSED",
        summary:
          "Row security of `sales.fact` holds its owner django as well, and nothing opens rows to it: it sees none",
        detail: expect.stringContaining("RowAccess `to: [django]`"),
      }),
    ]);
    expect(lowered(join(own, access("z", "to: [django]\ncondition: 'true'")), live).codes).toEqual([]);
  });

  test.each([
    ["rowSecurity: off", ["error DUPLICATE"]],
    ["rowSecurity: on", []],
    ["rowSecurity: forced", []],
  ])("beside %s", (more, expected) => {
    const { codes, diagnostics } = lowered(join(`${TABLE}${more}`, access("r", "to: [app]\nuser: { column: agent }")));
    expect(codes).toEqual(expected);
    if (expected.length > 0)
      expect(diagnostics[0]?.summary).toBe(
        "`rowSecurity` of Table sales.fact is said twice: off by Table sales.fact (test.yaml:1), forced by RowAccess sales.fact/r (test.yaml:1)",
      );
  });

  const user = "user: { column: agent }";
  test.each([
    ["tenant: { column: tenat, setting: app.tenant }", [], ["error UNKNOWN_COLUMN"]],
    ["user: { column: employee }", [], ["error WRONG_TYPE"]],
    ["mapping: { table: sales.fact, user: agent, key: region }", [], ["error CYCLE"]],
    ["condition: 'true) OR (true'", [], ["error SYNTAX", "error NOT_SUPPORTED"]],
    [user, [role("app", "bypassrls: true")], ["error ACCESS_VOID"]],
    [`${user}\nrestrictive: true`, [], ["warning ROWS_CLOSED"]],
    [`${user}\nrestrictive: true`, [access("z", "to: [public]\ncondition: 'true'")], []],
    [user, [access("z", "to: [app]\ncondition: 'true'")], ["note ROWS_JOINED"]],
    [user, [access("z", "to: [other]\ncondition: 'true'")], []],
    [user, [access("z", "to: [staff]\ncondition: 'true'"), role("app", "memberOf: [staff]")], ["note ROWS_JOINED"]],
    [
      `${user}\nrestrictive: true`,
      [access("z", "to: [staff]\ncondition: 'true'"), role("app", "memberOf: [staff]")],
      [],
    ],
  ])("%s: %j", (more, documents, expected) => {
    expect(lowered(join(TABLE, access("r", `to: [app]\n${more}`), ...documents)).codes).toEqual(expected);
  });

  const granted = (to: string, privileges: string, on: string): string =>
    `kind: Grant\nto: ${to}\nprivileges: [${privileges}]\non: { ${on} }`;
  const mapping = "mapping: { table: sales.agent_region, user: login, key: region }";
  const hierarchy =
    "hierarchy: { table: sales.staff, child: id, parent: boss, user: login, column: employee }\nindex: false";
  const member = role("app", "memberOf: [staff]");
  const FACT = "table: sales.fact";
  test.each([
    [user, granted("app", "truncate", FACT), "error app may TRUNCATE `sales.fact`, whatever"],
    [
      user,
      granted("app", "references, trigger", FACT),
      "error app may put a trigger on and may refer by a foreign key to",
    ],
    [user, granted("app", "references", FACT), "warning app may refer by a foreign key to `sales.fact`"],
    [user, join(member, granted("staff", "truncate", FACT)), "error staff may TRUNCATE"],
    [user, granted("public", "truncate", FACT), "error public may TRUNCATE"],
    [user, granted("loader", "truncate", FACT), undefined],
    [mapping, granted("app", "insert", "table: sales.agent_region"), "error app may write `sales.agent_region`, which"],
    [mapping, granted("app", "update", "table: sales.agent_region, columns: [region]"), "error app may write"],
    [mapping, granted("app", "update", "table: sales.agent_region, columns: [secret]"), undefined],
    [mapping, granted("app", "delete", "table: sales.agent_region"), undefined],
    [mapping, granted("loader", "insert", "table: sales.agent_region"), undefined],
    [
      mapping,
      join(role("loader", "memberOf: [app]"), granted("loader", "insert", "table: sales.agent_region")),
      "error loader",
    ],
    [
      hierarchy,
      granted("app", "update", "table: sales.staff, columns: [boss]"),
      "error app may write `sales.staff`, which",
    ],
  ])("%s beside %s", (rule, more, expected) => {
    const told = lowered(join(TABLE, AGENTS, STAFF, access("r", `to: [app]\n${rule}`), more)).diagnostics;
    expect(told.map(({ severity, summary }) => `${severity} ${summary}`)).toEqual(
      expected === undefined ? [] : [expect.stringContaining(expected)],
    );
  });

  test("warns of what others granted, unless the plan takes it", () => {
    const live = declared(join(TABLE, granted("app", "truncate", FACT)));
    expect(lowered(join(TABLE, access("r", "to: [app]\nuser: { column: agent }")), live).codes).toEqual([
      "warning ACCESS_VOID",
    ]);
  });

  test.each([
    ["varchar(9)", "OPERATOR(pg_catalog.=)"],
    ["timestamp(3) with time zone", "OPERATOR(pg_catalog.=)"],
    ["bigint[]", "OPERATOR(pg_catalog.=)"],
    ["citext", "="],
  ])("compares a %s by %s", (type, operator) => {
    const { spec } = lowered(
      join(TABLE.replace("varchar(50)", type), access("r", "to: [app]\nmatch: { column: region, setting: a.r }")),
    );
    expect(spec("RowPolicy/sales.fact/r")?.using).toContain(`region ${operator} (SELECT`);
  });
});

const { using, grants } = {
  using: (name: string): string =>
    `${role(name)}\n---\nkind: Grant\nto: ${name}\nprivileges: [usage]\non: { schema: sales }`,
  grants: (name: string): string =>
    `kind: Grant\nto: ${name}\nprivileges: [select, insert, update, delete]\non: { table: sales.fact }`,
};

async function ids(on: Estate, as: string, before = ""): Promise<unknown> {
  await on.query(`RESET ALL; SET ROLE ${as}; ${before}`);
  const rows = await on.query("SELECT id::int FROM sales.fact ORDER BY id");
  await on.query("RESET ROLE; RESET ALL");
  return rows.map(({ id }) => id);
}

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });
  const names = ["app", "ann", "bob", "cleo", "auditor"];
  const rows = `INSERT INTO sales.fact VALUES (1, 10, 'EU', 'ann', 1), (2, 20, 'US', 'bob', 2), (3, 10, 'US', 'cleo', 3), (4, NULL, NULL, NULL, NULL);
    INSERT INTO sales.agent_region VALUES ('bob', 'US', 'x'), ('ann', 'EU', 'y');
    INSERT INTO sales.staff VALUES (1, NULL, 'ann'), (2, 1, 'bob'), (3, 2, 'cleo')`;
  const base = join("kind: Schema\nname: sales", TABLE, AGENTS, STAFF, ...names.map(using), ...names.map(grants));

  test("each way shows the rows that it should, to the role itself", async () => {
    const sales = await database();
    await sales.apply(
      join(
        base,
        access("tenants", "to: [app]\ntenant: { column: tenant, setting: app.tenant }"),
        access("regions", "to: [bob]\nmapping: { table: sales.agent_region, user: login, key: region }"),
        access("own", "to: [ann]\nuser: { column: agent }"),
        access(
          "below",
          "to: [bob, cleo]\nhierarchy: { table: sales.staff, child: id, parent: boss, user: login, column: employee }\nrestrictive: true",
        ),
        access("all_rows", "to: [auditor, cleo]\ncondition: id < 4 -- not the last\ncommands: [select]"),
      ),
    );
    await sales.query(rows);
    expect(await ids(sales, "app", "SET app.tenant = '10'")).toEqual([1, 3]);
    expect(await ids(sales, "ann")).toEqual([1]);
    // By the region, and only what is below him.
    expect(await ids(sales, "bob")).toEqual([2, 3]);
    expect(await ids(sales, "cleo")).toEqual([3]);
    expect(await ids(sales, "auditor")).toEqual([1, 2, 3]);

    await sales.query("SET ROLE auditor");
    await expect(sales.query("INSERT INTO sales.fact VALUES (5)")).rejects.toThrow("row-level security");
    expect(await sales.query("UPDATE sales.fact SET agent = 'x' RETURNING id")).toEqual([]);
    await sales.query("RESET ROLE; SET ROLE bob");
    expect(await sales.query("SELECT login FROM sales.agent_region")).toHaveLength(2);
    await expect(sales.query("SELECT secret FROM sales.agent_region")).rejects.toThrow("permission denied");
    await expect(sales.query("UPDATE sales.agent_region SET region = 'EU'")).rejects.toThrow("permission denied");
    await sales.query("RESET ROLE");
  });

  test("nothing leads around a tenant: unset and empty settings, joins, rows of others", async () => {
    const sales = await database();
    await sales.apply(join(base, access("tenants", "to: [app]\ntenant: { column: tenant, setting: app.tenant }")));
    await sales.query(rows);
    expect(await ids(sales, "app")).toEqual([]);
    await sales.query("SET ROLE app; BEGIN; SET LOCAL app.tenant = '10'; COMMIT");
    expect(await sales.query("SELECT current_setting('app.tenant', true) AS t")).toEqual([{ t: "" }]);
    expect(await sales.query("SELECT id FROM sales.fact")).toEqual([]);
    await sales.query("SET app.tenant = '10'");
    expect(await sales.query("SELECT f.id FROM sales.fact f JOIN sales.fact g ON g.tenant = 20")).toEqual([]);
    expect(await sales.query("UPDATE sales.fact SET agent = 'x' WHERE id = 2 RETURNING id")).toEqual([]);
    expect(await sales.query("DELETE FROM sales.fact WHERE id = 2 RETURNING id")).toEqual([]);
    for (const text of [
      "INSERT INTO sales.fact VALUES (5, 20)",
      "UPDATE sales.fact SET tenant = 20 WHERE id = 1 RETURNING id",
      "INSERT INTO sales.fact VALUES (2, 10) ON CONFLICT (id) DO UPDATE SET agent = 'x' RETURNING agent",
    ])
      await expect(sales.query(text)).rejects.toThrow("row-level security");
    const plan = await sales.query("EXPLAIN SELECT * FROM sales.fact");
    expect(JSON.stringify(plan)).toContain("InitPlan");
    await sales.query("RESET ROLE");
  });

  test("a column whose type an extension brings, by the operator that comes with it", async () => {
    const sales = await database();
    const table = TABLE.replace("name: agent, type: text", "name: agent, type: citext");
    const own = access("own", "to: [app]\nmatch: { column: agent, setting: app.agent }");
    await sales.apply(join("kind: Extension\nname: citext", base.replace(TABLE, table), own));
    await sales.query(rows);
    expect(await ids(sales, "app", "SET app.agent = 'ANN'")).toEqual([1]);
  });

  test("on a table that nobody declares, and away again", async () => {
    const sales = await database();
    await sales.query(
      "CREATE SCHEMA sales; CREATE TABLE sales.fact (id bigint PRIMARY KEY, agent text DEFAULT upper('x'), n integer CHECK (n > 0)); INSERT INTO sales.fact VALUES (1, 'ann', 1)",
    );
    const options = { source: { external: { schemas: ["sales"] } } };
    const roles = join(...["ann", "bob"].flatMap((name) => [using(name), grants(name)]));
    const documents = join(roles, access("own", "to: [ann, bob]\nuser: { column: agent }"));
    await sales.apply(documents, options);
    expect([await ids(sales, "ann"), await ids(sales, "bob")]).toEqual([[1], []]);
    await sales.query("ALTER TABLE sales.fact ADD more text, DROP n");
    expect((await sales.plan(documents, options)).steps).toEqual([]);
    await sales.apply(roles, options);
    expect(
      await sales.query(
        "SELECT relrowsecurity, count(polname)::int FROM pg_class c LEFT JOIN pg_policy ON polrelid = c.oid WHERE c.oid = 'sales.fact'::regclass GROUP BY 1",
      ),
    ).toEqual([{ relrowsecurity: false, count: 0 }]);
  });
});
