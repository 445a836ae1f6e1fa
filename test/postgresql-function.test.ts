import { describe, expect, test } from "@jest/globals";
import { estate, statements } from "./support/roundtrip.ts";
import { freshDatabase, majors } from "./support/server.ts";

const MARGIN = `
kind: Schema
name: sales
---
kind: Function
schema: sales
name: margin
arguments: [{ name: price, type: "decimal(10,2)" }, { name: cost, type: int }]
returns: decimal
volatility: immutable
strict: true
parallel: safe
comment: share of the price
body: |
  SELECT (price - cost) / price -- $body$ and 'quotes'
`;

describe.each(majors())("functions on PostgreSQL %i", (major) => {
  test("applied, called, and the second plan is empty; nobody else may execute it until a Grant says so", async () => {
    const on = estate(await freshDatabase(major));
    await on.apply(MARGIN);
    expect(await on.query("SELECT round(sales.margin(10, 4), 1) AS share")).toEqual([{ share: "0.6" }]);
    const acl = "SELECT proacl::text FROM pg_proc WHERE proname = 'margin'";
    expect(String((await on.query(acl))[0]?.proacl)).not.toMatch(/[{,]=X/);
    const given = `${MARGIN}---\nkind: Grant\nto: public\nprivileges: [execute]\non: { function: "sales.margin(numeric, int)" }\n`;
    await on.apply(given);
    expect(String((await on.query(acl))[0]?.proacl)).toMatch(/[{,]=X/);
  });

  test("text, volatility and settings change in place, and what is granted stays", async () => {
    const on = estate(await freshDatabase(major));
    const given = `${MARGIN}---\nkind: Grant\nto: public\nprivileges: [execute]\non: { function: "sales.margin(numeric, integer)" }\n`;
    await on.apply(given);
    const changed = given
      .replace(
        "volatility: immutable",
        "volatility: stable\nsecurity: definer\nsettings: { search_path: 'pg_catalog,pg_temp' }",
      )
      .replace("/ price --", "/ nullif(price, 0) --");
    const plan = await on.apply(changed);
    expect(statements(plan)).toEqual([expect.stringMatching(/^CREATE OR REPLACE FUNCTION sales\.margin/)]);
    expect(
      plan.steps.flatMap(({ statements: all }) => all.flatMap(({ hazards = [] }) => hazards.map(({ code }) => code))),
    ).toEqual(["CHANGES_SECURITY_CONTEXT"]);
  });

  test("another result is refused; a body changed by another hand is repaired; what is no longer declared goes", async () => {
    const on = estate(await freshDatabase(major));
    await on.apply(MARGIN);
    const refused = await on.plan(MARGIN.replace("returns: decimal", "returns: text"));
    expect(refused.diagnostics.map(({ code }) => code)).toEqual(["NOT_SUPPORTED"]);
    await on.query(
      "CREATE OR REPLACE FUNCTION sales.margin(price numeric, cost integer) RETURNS numeric LANGUAGE sql AS 'SELECT 1.0'",
    );
    expect(await on.drift(MARGIN)).toEqual(["Function/sales.margin(numeric, integer)"]);
    await on.apply(MARGIN);
    const plan = await on.apply("kind: Schema\nname: sales\n");
    expect(statements(plan)).toEqual(["DROP FUNCTION sales.margin(numeric, integer)"]);
  });

  test("what is there is read as it would be declared; what the kind cannot say is told", async () => {
    const on = estate(await freshDatabase(major));
    await on.query(`CREATE SCHEMA app; CREATE TABLE app.t (id bigint);
      CREATE FUNCTION app.all_of(a text, b character varying) RETURNS TABLE(x text, "Y z" integer) LANGUAGE plpgsql STABLE ROWS 7 COST 9
        SET search_path TO app, pg_temp SET work_mem TO '1MB' AS $$BEGIN RETURN QUERY SELECT a, 1; END$$;
      CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN new; END$$;
      CREATE FUNCTION app.with_default(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a';
      CREATE PROCEDURE app.work() LANGUAGE sql AS ''`);
    const catalog = await on.inspect();
    expect([...catalog.keys()].filter((at) => at.startsWith("Function/"))).toEqual([
      "Function/app.all_of(text, character varying)",
      "Function/app.touch()",
    ]);
    const plan = await on.plan("kind: Schema\nname: app\n", { mode: "authoritative" });
    const routines = plan.notModelled.filter(({ type }) => type === "function" || type === "procedure");
    expect(routines.map(({ names }) => names)).toEqual([["app.with_default(integer)"], ["app.work()"]]);
    const declared = [...catalog.values()].map(({ kind, spec }) => JSON.stringify({ kind, ...spec })).join("\n---\n");
    expect((await on.plan(declared)).steps).toEqual([]);
  });
});
