import { describe, expect, test } from "@jest/globals";
import type { AccessModel } from "../core/access/model.ts";
import { accessLine } from "../core/access/words.ts";
import type { Address } from "../core/address.ts";
import { liveAccess } from "./support/access-live.ts";
import { ownServer } from "./support/cases.ts";
import { estate } from "./support/roundtrip.ts";
import { freshServer, majors } from "./support/server.ts";

const ESTATE = `
kind: Schema
name: sales
---
kind: Role
name: analyst
---
kind: Role
name: regional_manager
memberOf: [analyst]
---
kind: Table
schema: sales
name: customer_dim
columns:
  - { name: customer_key, type: bigint, identity: always }
  - { name: email, type: text, classification: pii }
  - { name: region, type: text, notNull: true }
primaryKey: [customer_key]
rowSecurity: forced
---
kind: RowPolicy
table: sales.customer_dim
name: regional_access
command: select
to: [regional_manager]
using: region = current_setting('app.user_region', true)
---
kind: Grant
to: analyst
privileges: [select]
on: { table: sales.customer_dim, columns: [customer_key, region] }
---
kind: Grant
to: analyst
privileges: [usage]
on: { schema: sales }
---
kind: View
schema: sales
name: regions
query: SELECT region, count(*) AS customers FROM customer_dim GROUP BY region
---
kind: MaterializedView
schema: sales
name: kept
query: SELECT region FROM regions
`;

describe.each(majors())("PostgreSQL %i", (major) => {
  test("an estate is applied, and the second plan is empty", async () => {
    const server = await freshServer({ major });
    const sales = estate(server.url({ database: "postgres" }));
    const first = await sales.apply(ESTATE);
    expect(first.steps.map((step) => step.action)).not.toContain("alter");
    await sales.query("INSERT INTO sales.customer_dim (email, region) VALUES ('a@x', 'EU'), ('b@x', 'US')");
    const rows = await sales.query(
      "BEGIN; SET LOCAL ROLE regional_manager; SET LOCAL app.user_region = 'EU'; SELECT region FROM sales.customer_dim; COMMIT",
    );
    expect(rows).toBeDefined();
  });

  const { database, url } = ownServer({ major });

  /** What somebody else made, in a database of its own. */
  async function found(sql: string): Promise<AccessModel> {
    const at = await url();
    const other = estate(at);
    await other.query(sql);
    return liveAccess(at);
  }

  test("each path to columns of one privilege", async () => {
    const model =
      await found(`CREATE ROLE readers; CREATE ROLE bills; CREATE ROLE ann IN ROLE readers, bills; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO PUBLIC; CREATE TABLE s.t (a int, b int, c int, d int);
GRANT SELECT (a) ON s.t TO ann; GRANT SELECT (a, b) ON s.t TO readers; GRANT SELECT (c) ON s.t TO bills; GRANT SELECT (a, d) ON s.t TO PUBLIC`);
    expect(model.of("ann", "Table/s.t" as Address).privileges.get("select")).toEqual([
      { columns: new Set(["a"]), path: [], by: "grant" },
      { columns: new Set(["c"]), path: ["bills"], by: "grant" },
      { columns: new Set(["a", "b"]), path: ["readers"], by: "grant" },
      { columns: new Set(["a", "d"]), path: [], by: "everybody" },
    ]);
  });

  test("what takes SET ROLE, and whose rows are met then", async () => {
    const option = major >= 16 ? " WITH INHERIT FALSE" : "";
    const model =
      await found(`CREATE ROLE auditor BYPASSRLS; CREATE ROLE eve NOINHERIT; GRANT auditor TO eve${option}; CREATE SCHEMA r; GRANT USAGE ON SCHEMA r TO PUBLIC; CREATE TABLE r.t (a int, b int);
ALTER TABLE r.t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON r.t TO eve USING (a = 1);
GRANT SELECT (a) ON r.t TO eve; GRANT SELECT ON r.t TO auditor`);
    expect(model.of("eve", "Table/r.t" as Address).privileges.get("select")).toEqual([
      { columns: new Set(["a"]), path: [], by: "grant", rows: "a = 1" },
      { columns: "all", path: ["auditor"], by: "grant", setRole: true, allRows: "bypassrls" },
    ]);
  });

  test("what an owner gave up, and what is of no kind", async () => {
    const model =
      await found(`CREATE ROLE owner_of_all; CREATE SCHEMA o; CREATE TABLE o.p (a int, b int) PARTITION BY LIST (a); CREATE TABLE o.t (a int, b int);
CREATE FUNCTION o.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TABLE o.p OWNER TO owner_of_all; ALTER TABLE o.t OWNER TO owner_of_all;
ALTER FUNCTION o.f() OWNER TO owner_of_all; REVOKE ALL ON FUNCTION o.f() FROM PUBLIC;
REVOKE ALL ON o.t FROM owner_of_all; GRANT SELECT (b), DELETE ON o.t TO owner_of_all`);
    const has = (object: string) =>
      [...model.of("owner_of_all", object as Address).privileges].map(([name, [first]]) => [name, first?.by]);
    expect(has("Table/o.p")).toContainEqual(["truncate", "owner"]);
    expect(has("Function/o.f()")).toEqual([["execute", "owner"]]);
    expect(has("Table/o.t")).toEqual([
      ["delete", "grant"],
      ["select", "grant"],
    ]);
  });

  test("views: no column, numbers drawn, whole rows, and what was kept", async () => {
    const model =
      await found(`CREATE ROLE keeper; CREATE ROLE reader; CREATE SCHEMA v; GRANT USAGE ON SCHEMA v TO PUBLIC; CREATE SEQUENCE v.q; CREATE TABLE v.t (a int, b int); CREATE TABLE v.l (PARTITION_ID int) PARTITION BY LIST (partition_id);
GRANT SELECT (a, b) ON v.t TO keeper; GRANT SELECT (partition_id) ON v.l TO keeper; ALTER TABLE v.t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON v.t TO keeper USING (a = length(current_user));
CREATE VIEW v.count AS SELECT count(*) FROM v.t; CREATE VIEW v.numbered AS SELECT nextval('v.q'), b FROM v.t;
CREATE VIEW v.whole AS SELECT x::text FROM v.t x; CREATE VIEW v.part AS SELECT l::text, t.a FROM v.l, v.t; CREATE VIEW v.over AS SELECT w::text FROM v.numbered w;
CREATE VIEW v.denied AS SELECT a FROM v.part; CREATE MATERIALIZED VIEW v.kept AS SELECT a FROM v.t;
ALTER VIEW v.count OWNER TO keeper; ALTER VIEW v.numbered OWNER TO keeper; ALTER VIEW v.whole OWNER TO keeper; ALTER VIEW v.part OWNER TO keeper; ALTER VIEW v.over OWNER TO keeper;
ALTER VIEW v.denied OWNER TO reader; ALTER MATERIALIZED VIEW v.kept OWNER TO keeper;
GRANT SELECT ON ALL TABLES IN SCHEMA v TO reader; REVOKE SELECT ON v.t, v.l, v.part, v.over FROM reader; GRANT SELECT (l, a) ON v.part TO reader; GRANT SELECT (w) ON v.over TO reader`);
    const rows = "a = length((CURRENT_USER)::text)";
    const table = { object: "Table/v.t", rows };
    expect(model.through("reader")).toEqual(
      expect.arrayContaining([
        { by: "View/v.count", ...table, columns: [] },
        { by: "View/v.numbered", ...table, columns: ["b"] },
        { by: "View/v.over", ...table, columns: ["b"] },
        { by: "View/v.whole", ...table },
        { by: "View/v.part", object: "Table/v.l", rows: "all" },
        { by: "View/v.part", ...table, columns: ["a"] },
        { by: "View/v.denied", ...table, columns: ["a"] },
        { by: "MaterializedView/v.kept", ...table, columns: ["a"], filledBy: "keeper" },
      ]),
    );
  });

  test("a plan tells of each path, of views, and of who may become a superuser", async () => {
    const on = await database();
    const lines = async (documents: string): Promise<string[]> => (await on.apply(documents)).access.map(accessLine);
    const base = `
{ kind: Schema, name: p }
---
{ kind: Grant, to: public, privileges: [usage], on: { schema: p } }
---
{ kind: Role, name: team }
---
{ kind: Role, name: chief }
---
{ kind: Role, name: zoe, memberOf: [team] }
---
{ kind: Table, schema: p, name: t, columns: [{ name: a, type: int }, { name: b, type: int }, { name: c, type: int }] }
---
{ kind: View, schema: p, name: v, query: SELECT a FROM p.t }
---
{ kind: Grant, to: chief, privileges: [select], on: { table: p.v } }
`;
    expect(await lines(base)).toEqual([
      "everybody gains USAGE on schema p",
      "chief gains SELECT on p.v",
      "chief gains SELECT on p.t.a (through p.v)",
    ]);
    const granted = `${base}
---
{ kind: Grant, to: zoe, privileges: [select], on: { table: p.t, columns: [a] } }
---
{ kind: Grant, to: team, privileges: [select], on: { table: p.t, columns: [a, b] } }
`;
    expect(await lines(granted)).toEqual([
      "team gains SELECT on p.t (a, b)",
      "zoe gains SELECT on p.t.a",
      "zoe gains SELECT on p.t.b (via team → zoe)",
    ]);
    const member = major >= 16 ? "{ role: chief, inherit: false }" : "chief";
    const risen = granted
      .replace("name: chief", "name: chief, superuser: true")
      .replace("memberOf: [team]", `memberOf: [team, ${member}]`);
    const gained = await lines(risen);
    expect(gained).toContain("chief gains EVERY PRIVILEGE");
    expect(gained).toContain("zoe gains EVERY PRIVILEGE (via chief → zoe; after SET ROLE)");
    await on.apply("");
  });
});
