import { describe, expect, test } from "@jest/globals";
import { actions, ownServer } from "./support/cases.ts";
import { statements } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const seed = (rows: string, more = "columns: [id, name, at], key: [id]", column = ""): string => `
{ kind: Schema, name: s }
---
{ kind: Table, schema: s, name: t, columns: [{ name: id, type: int }, { name: name, type: "varchar(20)" }, { name: at, type: timestamptz }${column}], primaryKey: [id] }
---
{ kind: Seed, table: s.t, ${more}, rows: ${JSON.stringify(rows)} }`;

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("rows are put in, changed and left, in any spelling", async () => {
    const on = await database();
    const names = async () => (await on.query("SELECT id || name AS r FROM s.t ORDER BY id")).map(({ r }) => r);
    const first = await on.apply(seed("VALUES (1, 'one', '2024-01-01T00:00:00Z'::timestamptz), (2, 'two', NULL);"));
    expect(actions(first.steps)).toEqual(["create Schema", "create Seed", "create Table"]);
    // The same rows in other words are the same rows.
    expect(
      (
        await on.plan(
          seed(
            "SELECT g, CASE g WHEN 1 THEN 'one' ELSE 'two' END, CASE g WHEN 1 THEN timestamptz '2024-01-01 00:00Z' END FROM generate_series(1, 2) g -- all",
          ),
        )
      ).steps,
    ).toEqual([]);
    const changed = await on.apply(seed("VALUES (1, 'uno', NULL::timestamptz), (3, 'tre', NULL)"));
    expect(actions(changed.steps)).toEqual(["alter Seed"]);
    expect(await names()).toEqual(["1uno", "2two", "3tre"]);
    // Rows of others are others' business, and so is what stands in further columns.
    await on.query("INSERT INTO s.t VALUES (9, 'other', now()); UPDATE s.t SET at = now() WHERE id = 3");
    expect((await on.plan(seed("VALUES (1, 'uno'), (3, 'tre')", "columns: [id, name], key: [id]"))).steps).toEqual([]);
    // Another hand's change is drift, and repaired.
    await on.query("UPDATE s.t SET name = 'x' WHERE id = 1; DELETE FROM s.t WHERE id = 3");
    const again = seed("VALUES (1, 'uno'), (3, 'tre')", "columns: [id, name], key: [id]");
    expect((await on.plan(again)).steps).toHaveLength(1);
    await on.apply(again);
    expect(await names()).toEqual(["1uno", "2two", "3tre", "9other"]);
    await on.apply(seed("SELECT 5", "columns: [id], key: [id]"));
    expect(await names()).toEqual(["1uno", "2two", "3tre", null, "9other"]);
    await on.apply(again.slice(0, again.indexOf("---\n{ kind: Seed")));
    await on.apply("");
  });

  test("without a ledger, a column that is yet to come, and a table that is replaced by another", async () => {
    const on = await database();
    const without = { source: { ledger: "none" } } as const;
    await on.apply(seed("VALUES (1, 'one')", "columns: [id, name], key: [id]"), without);
    const more = await on.apply(
      seed("VALUES (1, 'one', 7)", "columns: [id, name, extra], key: [id]", ", { name: extra, type: int }"),
      without,
    );
    expect(statements(more).map((text) => text.slice(0, 11))).toEqual(["ALTER TABLE", "INSERT INTO"]);
    expect(await on.query("SELECT extra FROM s.t")).toEqual([{ extra: 7 }]);
    await on.apply(
      seed("VALUES (1, 'one', 7)", "columns: [id, name, extra], key: [name]", ", { name: extra, type: text }").replace(
        "primaryKey: [id]",
        "primaryKey: [id], unique: [[name]]",
      ),
      without,
    );
    expect(await on.query("SELECT extra FROM s.t")).toEqual([{ extra: "7" }]);
  });

  test("values of other types than the columns, and whatever the role or the database has set", async () => {
    const on = await database();
    const odd = (rows: string) => `
{ kind: Schema, name: s }
---
{ kind: Extension, name: citext }
---
{ kind: Table, schema: s, name: t, columns: [{ name: day, type: date }, { name: name, type: text, collation: C }, { name: at, type: timestamptz }, { name: n, type: "numeric(6,2)" }, { name: tags, type: "text[]" }, { name: body, type: jsonb }, { name: c, type: citext }], primaryKey: [day, name] }
---
{ kind: Seed, table: s.t, columns: [day, name, at, n, tags, body, c], key: [day, name], rows: ${JSON.stringify(rows)} }`;
    const rows = `VALUES ('2024-01-02', 'b', '2024-01-01 12:00', 1.005, '{a,b}', '{"a" : 1}', 'A'), ('2024-01-02', 'B', NULL, 2, '{}', NULL, 'b')`;
    await on.apply(odd(rows));
    await on.query(
      `ALTER ROLE postgres SET DateStyle = 'SQL, DMY'; ALTER ROLE postgres SET TimeZone = 'Asia/Tokyo'; ALTER ROLE postgres SET IntervalStyle = 'iso_8601'`,
    );
    try {
      expect((await on.plan(odd(rows))).steps).toEqual([]);
      expect((await on.plan(odd(`${rows} -- same`))).steps).toEqual([]);
      await on.apply(odd(rows.replace("12:00", "13:00")));
      expect(await on.query("SELECT (at AT TIME ZONE 'UTC')::text AS at FROM s.t WHERE name = 'b'")).toEqual([
        { at: "2024-01-01 13:00:00" },
      ]);
    } finally {
      await on.query("ALTER ROLE postgres RESET ALL");
    }
  });

  test("a query that fails leaves nothing", async () => {
    const on = await database();
    await expect(on.apply(seed("SELECT 1, 'a', now() FROM nowhere"))).rejects.toThrow(
      /relation "nowhere" does not exist/,
    );
    expect([...(await on.inspect()).keys()]).not.toContain("Schema/s");
    const { diagnostics } = await on.plan(seed("SELECT 1; DROP TABLE s.t"));
    expect(diagnostics.map(({ code }) => code)).toEqual(["NOT_SUPPORTED"]);
  });
});
