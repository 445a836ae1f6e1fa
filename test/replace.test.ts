/** What others stand on is changed or made anew: they step aside and come back as they were. */
import { describe, expect, test } from "@jest/globals";
import { ownServer } from "./support/cases.ts";
import { majors } from "./support/server.ts";

const BASE = "{ kind: Role, name: keeper }\n---\n{ kind: Role, name: reader }\n---\n{ kind: Role, name: other }";

/** A view on a view on a table, with all that hangs on them; `type` is that of a column which both use. */
const tower = (type: string): string => `${BASE}
---
{ kind: Schema, name: s }
---
{ kind: Table, schema: s, name: t, columns: [{ name: id, type: int }, { name: x, type: ${type}, default: 1 }], rowSecurity: "on" }
---
{ kind: RowPolicy, table: s.t, name: p, to: [reader], using: x > 0, comment: policy }
---
{ kind: View, schema: s, name: low, query: "SELECT id, x FROM t WHERE x IN (1, 2)", owner: keeper, securityBarrier: true, comment: low, columnComments: { x: "the x" } }
---
{ kind: View, schema: s, name: high, query: "SELECT x FROM low", securityInvoker: true }
---
{ kind: Grant, to: keeper, privileges: [usage], on: { schema: s } }
---
{ kind: Grant, to: keeper, privileges: [select], on: { table: s.t } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: s.low, columns: [id] } }
---
{ kind: Grant, to: reader, privileges: [select], grantOption: true, on: { table: s.high } }`;

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("what stands on a column whose type changes steps aside and comes back as it was", async () => {
    const on = await database();
    await on.apply(tower("int"));
    await on.query(`
CREATE VIEW s.foreign WITH (security_barrier = on, security_invoker = 1, check_option = local) AS SELECT * FROM s.low WHERE x > 1;
CREATE MATERIALIZED VIEW s.stored AS SELECT count(*) AS c FROM s.foreign;
CREATE INDEX ON s.stored (c);
COMMENT ON VIEW s.foreign IS 'not ours';
COMMENT ON COLUMN s.foreign.x IS 'nor this';
GRANT USAGE ON SCHEMA s TO other;
ALTER VIEW s.foreign OWNER TO other;
GRANT SELECT (id) ON s.foreign TO reader;
GRANT INSERT ON s.low TO other WITH GRANT OPTION;
SET ROLE other; GRANT INSERT ON s.low TO reader; GRANT SELECT ON s.foreign TO keeper; RESET ROLE;
INSERT INTO s.t (id) VALUES (1)`);
    const before = await on.inspect();
    await on.apply(tower("bigint"));
    const after = await on.inspect();
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [address, { spec }] of before) {
      if (/^(Table|View|MaterializedView)\//.test(address) || address.startsWith("RowPolicy/")) continue;
      expect([address, after.get(address)?.spec]).toEqual([address, spec]);
    }
    for (const name of ["foreign", "low", "high"]) {
      const [was, is] = [before, after].map(
        (catalog) => [...catalog].find(([at]) => at === `View/s.${name}`)?.[1].spec,
      );
      expect({ ...is, query: "", output: "" }).toEqual({ ...was, query: "", output: "" });
    }
    expect(await on.query("SELECT * FROM s.t")).toEqual([{ id: 1, x: "1" }]);
    // What nobody declares stays nobody's: it is not dropped with the rest.
    expect(
      await on.query("SELECT address FROM datumline.ledger WHERE address LIKE '%foreign%' OR address LIKE '%stored%'"),
    ).toEqual([]);
    await on
      .apply(
        tower("text")
          .replace("x > 0", "x > '0'")
          .replace("IN (1, 2)", "IN ('1', '2')")
          .replace("default: 1", "default: \"'1'\"")
          .replace("x > 1", "x > '1'"),
      )
      .then(
        () => expect(true).toBe(false),
        (problem: Error) => expect(problem.message).toMatch(/View s.foreign: operator does not exist: text > integer/),
      );
  });

  test("a generated column that is made anew keeps its index, keys, grants and what reads it", async () => {
    const on = await database();
    const of = (expression: string, more = "") => `${BASE}
---
{ kind: Schema, name: s }
---
{ kind: Table, schema: s, name: t, columns: [{ name: a, type: int }, { name: g, type: int, generated: ${expression}, comment: kept${more} }], unique: [[g]], checks: [{ name: c, expression: g > 0 }] }
---
{ kind: Table, schema: s, name: o, columns: [{ name: g, type: int }], foreignKeys: [{ columns: [g], references: { table: s.t, columns: [g] } }] }
---
{ kind: Index, table: s.t, name: i, columns: [g, a], where: g > 1 }
---
{ kind: View, schema: s, name: v, query: SELECT g FROM t }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: s.t, columns: [a, g] } }`;
    await on.apply(of("a + 1"));
    await on.query("INSERT INTO s.t VALUES (1); INSERT INTO s.o VALUES (2); GRANT UPDATE (g) ON s.t TO other");
    const before = await on.inspect();
    await on.apply(of("1 + a"));
    const after = await on.inspect();
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    expect(
      await on.query(
        "SELECT has_column_privilege('reader', 's.t', 'g', 'SELECT') AS r, has_column_privilege('other', 's.t', 'g', 'UPDATE') AS o, g FROM s.v",
      ),
    ).toEqual([{ r: true, o: true, g: 2 }]);
  });
});
