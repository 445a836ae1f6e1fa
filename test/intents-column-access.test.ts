import { describe, expect, test } from "@jest/globals";
import { planText } from "../core/render/text.ts";
import { judge } from "../policies/judge.ts";
import { ownServer } from "./support/cases.ts";
import { declared, lowered } from "./support/lowered.ts";
import { statements } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const TABLE = `
kind: Table
schema: sales
name: customer
columns:
  - { name: id, type: bigint }
  - { name: region, type: text }
  - { name: email, type: text, classification: pii }
  - { name: card, type: text, classification: secret }
primaryKey: [id]
`;

function access(more: string): string {
  return `kind: ColumnAccess\ntable: sales.customer\n${more}`;
}

const role = (name: string, more = ""): string => `kind: Role\nname: ${name}\n${more}`;
const grant = (to: string, columns = ""): string =>
  `kind: Grant\nto: ${to}\nprivileges: [select]\non: { table: sales.customer${columns} }`;

function columnsOf(more: string): unknown {
  const { spec } = lowered(`${TABLE}---\n${access(`to: [analyst]\n${more}`)}`);
  return (spec("Grant/analyst/table/sales.customer/columns/select") as { on?: { columns?: unknown } } | undefined)?.on
    ?.columns;
}

describe("ColumnAccess", () => {
  test.each([
    ["columns: [region, id]", ["id", "region"]],
    ["classes: [pii]", ["email"]],
    ["columns: [id]\nclasses: [pii]", ["email", "id"]],
    ["except: [card]", ["email", "id", "region"]],
    ["exceptClasses: [pii, secret]", ["id", "region"]],
    ["columns: [id, card]\nexceptClasses: [secret]", ["id"]],
  ])("%s", (more, expected) => {
    expect(columnsOf(more)).toEqual(expected);
  });

  test.each([
    ["columns: [emial]", ["error UNKNOWN_COLUMN"]],
    ["exceptClasses: [pi]", ["error UNKNOWN_CLASS"]],
    ["columns: [card]\nexceptClasses: [secret]", ["error MISSING_FIELD"]],
  ])("is refused: %s", (more, expected) => {
    expect(lowered(`${TABLE}---\n${access(`to: [analyst]\n${more}`)}`).codes).toEqual(expected);
  });

  test("of a table that nobody knows", () => {
    const live = declared("kind: Schema\nname: sales");
    expect(lowered(access("to: [analyst]\nexcept: [card]"), live).codes).toEqual(["error MISSING_FIELD"]);
    expect(lowered(access("to: [analyst]\ncolumns: [id]"), live).codes).toEqual([]);
  });

  test.each([
    ["the whole table is granted", [grant("analyst")], /analyst who may read all of sales\.customer/],
    ["a further column is granted", [grant("analyst", ", columns: [card]")], /analyst who may read \(card\)/],
    [
      "a group reads the whole table",
      [role("analyst", "memberOf: [staff]"), role("staff"), grant("staff")],
      /analyst, a member of staff, who may read all/,
    ],
    ["everybody reads it", [grant("public")], /like everybody/],
    ["it owns the table", [TABLE.replace("sales\nname", "sales\nowner: analyst\nname")], /who owns the table/],
    [
      "a ReadOnlyRole of this name reads the schema",
      ["kind: ReadOnlyRole\nname: analyst\nschemas: [sales]\nof: [loader]"],
      /as a ReadOnlyRole/,
    ],
  ])("keeps nothing back where %s", (_, documents, says) => {
    const table = documents.some((document) => document.includes("kind: Table")) ? [] : [TABLE];
    const all = lowered([...table, access("to: [analyst]\ncolumns: [id]"), ...documents].join("\n---\n")).diagnostics;
    const diagnostics = all.filter(({ code }) => code === "ACCESS_VOID");
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.summary).toMatch(says);
    expect(diagnostics[0]).toMatchObject({ severity: "error", address: "ColumnAccess/sales.customer/analyst" });
  });

  test("warns of ways that are only there", () => {
    const live = declared([TABLE, grant("public"), grant("analyst")].join("\n---\n"));
    const { diagnostics } = lowered(`${TABLE}---\n${access("to: [analyst]\ncolumns: [id]")}`, live);
    expect(diagnostics.map(({ severity, code, detail }) => [severity, code, detail])).toEqual([
      ["warning", "ACCESS_VOID", expect.stringContaining("Revoke SELECT on all of sales.customer from public")],
    ]);
  });

  test.each([
    ["", ["warning ACCESS_VOID"]],
    [", columns: [card]", ["warning ACCESS_VOID"]],
    [", columns: [id]", []],
  ])("warns of foreign keys to what is kept back (%s)", (columns, expected) => {
    const references = grant("analyst", columns).replace("select", "references");
    expect(lowered(`${TABLE}---\n${access("to: [analyst]\ncolumns: [id]")}\n---\n${references}`).codes).toEqual(
      expected,
    );
  });

  test("is one fact for each role", () => {
    const twice = `${access("to: [a, b]\ncolumns: [id]")}\n---\n${access("to: [b]\ncolumns: [region]")}`;
    expect(() => lowered(`${TABLE}---\n${twice}`)).toThrow("ColumnAccess sales.customer/b is declared twice");
  });
});

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });
  const options = { source: { external: { roles: ["helper"] } }, judge };
  const roles = ["analyst", "staff"].map(
    (name) => `${role(name)}\n---\nkind: Grant\nto: ${name}\nprivileges: [usage]\non: { schema: sales }`,
  );
  const base = ["kind: Schema\nname: sales", TABLE, ...roles].join("\n---\n");
  const documents = `${base}\n---\n${access("to: [analyst, staff]\nexceptClasses: [secret]")}`;

  test("reads these columns and no others, whatever others granted, in additive mode", async () => {
    const sales = await database();
    await sales.query("CREATE ROLE helper");
    await sales.apply(`${base}\n---\n${grant("helper")}\ngrantOption: true`, options);
    const rest = documents.concat(`\n---\n${grant("helper")}\ngrantOption: true`);
    await sales.query(`INSERT INTO sales.customer VALUES (1, 'EU', 'a@b', '4111');
      GRANT SELECT ON sales.customer TO analyst; GRANT SELECT (card) ON sales.customer TO staff WITH GRANT OPTION;
      GRANT UPDATE (region), INSERT ON sales.customer TO analyst; GRANT USAGE ON SCHEMA sales TO helper;
      SET ROLE helper; GRANT SELECT (id, card) ON sales.customer TO analyst; RESET ROLE`);
    const plan = await sales.apply(rest, options);
    // That the other one reads all of it, and hands it on, is told of that one.
    expect(plan.diagnostics.filter(({ summary }) => !summary.includes("helper"))).toEqual([]);
    expect(statements(plan).filter((sql) => sql.startsWith("REVOKE"))).toHaveLength(3);
    expect(planText(plan, { verbose: true })).toContain("from ColumnAccess sales.customer/analyst");
    expect(plan.steps.filter(({ action }) => action === "drop").map(({ reason }) => reason)).toEqual([
      "analyst reads only some columns of sales.customer",
      "analyst reads only some columns of sales.customer",
      "staff reads only some columns of sales.customer",
    ]);
    const denied = "permission denied";
    for (const name of ["analyst", "staff"]) {
      await sales.query(`SET ROLE ${name}`);
      expect(await sales.query("SELECT id::int, region, email FROM sales.customer")).toEqual([
        { id: 1, region: "EU", email: "a@b" },
      ]);
      for (const text of [
        "SELECT card FROM sales.customer",
        "SELECT * FROM sales.customer",
        "SELECT c FROM sales.customer c",
        "SELECT id FROM sales.customer WHERE card LIKE '4%'",
        "SELECT a.id FROM sales.customer a JOIN sales.customer b USING (card)",
        "UPDATE sales.customer SET region = card",
        "COPY sales.customer (card) TO STDOUT",
      ])
        await expect(sales.query(text)).rejects.toThrow(denied);
      await sales.query("RESET ROLE");
    }
    await sales.query("SET ROLE analyst");
    expect(await sales.query("UPDATE sales.customer SET region = 'US' RETURNING region, email")).toHaveLength(1);
    await expect(sales.query("UPDATE sales.customer SET region = 'US' RETURNING card")).rejects.toThrow(denied);
    await expect(sales.query("INSERT INTO sales.customer (id, card) VALUES (2, '5') RETURNING card")).rejects.toThrow(
      denied,
    );
    await sales.query("RESET ROLE");

    // It stays so: what is granted again is drift and taken again, of a single column as well.
    expect(await sales.drift(rest, options)).toEqual([]);
    await sales.query("GRANT SELECT (card) ON sales.customer TO staff; GRANT SELECT ON sales.customer TO analyst");
    expect((await sales.drift(rest, options)).sort()).toEqual([
      "Grant/analyst/table/sales.customer/select",
      "Grant/staff/table/sales.customer/columns/select",
    ]);
    await sales.query(
      "REVOKE SELECT ON sales.customer FROM analyst; GRANT SELECT (id, region, email) ON sales.customer TO analyst",
    );
    const again = await sales.apply(rest, options);
    expect(statements(again)).toEqual(["REVOKE SELECT (card) ON TABLE sales.customer FROM staff"]);
    await sales.query("GRANT SELECT ON sales.customer TO staff");
    const observed = await sales.plan(rest, { ...options, mode: "observe" });
    expect([observed.steps, observed.observed.map(({ action }) => action)]).toEqual([[], ["drop"]]);
    await sales.apply(rest, options);
  });

  test("takes from everybody, and from what default privileges would give", async () => {
    const sales = await database();
    await sales.query(`DO $$ BEGIN CREATE ROLE staff; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO staff, PUBLIC`);
    await sales.apply(
      [
        "kind: Schema\nname: sales",
        role("staff"),
        "kind: Grant\nto: public\nprivileges: [usage]\non: { schema: sales }",
        TABLE,
        access("to: [public, staff]\ncolumns: [id]"),
      ].join("\n---\n"),
    );
    await sales.query("SET ROLE staff");
    expect(await sales.query("SELECT id FROM sales.customer")).toEqual([]);
    await expect(sales.query("SELECT region FROM sales.customer")).rejects.toThrow("permission denied");
    await sales.query("RESET ROLE");
  });
});
