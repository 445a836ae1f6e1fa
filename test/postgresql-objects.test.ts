import { describe, expect, test } from "@jest/globals";
import type { Plan } from "../core/plan.ts";
import { type Estate, estate, statements } from "./support/roundtrip.ts";
import { freshDatabase, freshServer, majors } from "./support/server.ts";

/** Each step is applied on top of the one before it; the harness wants the second plan of each to be empty. */
async function inTurn(on: Estate, base: string, steps: readonly string[]): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const step of steps) plans.push(await on.apply(`${base}\n---\n${step}`));
  return plans;
}

/** What another hand did is found, and repaired. */
async function repaired(on: Estate, documents: string, drift: string): Promise<Plan> {
  await on.query(drift);
  const found = await on.plan(documents);
  expect(found.steps.length).toBeGreaterThan(0);
  await on.apply(documents);
  return found;
}

const spec = async (on: Estate, at: string) => [...(await on.inspect())].find(([address]) => address === at)?.[1].spec;

describe.each(majors())("PostgreSQL %i", (major) => {
  const database = async (name: string): Promise<Estate> => estate(await freshDatabase(major, name));

  describe("Index", () => {
    const BASE = `
kind: Schema
name: sales
---
kind: Extension
name: pg_trgm
---
kind: Table
schema: sales
name: orders
columns:
  - { name: id, type: bigint, identity: always }
  - { name: email, type: text }
  - { name: code, type: varchar(20), collation: C }
  - { name: amount, type: "numeric(10,2)" }
  - { name: at, type: timestamptz }
  - { name: tags, type: "text[]" }
  - { name: body, type: jsonb }
  - { name: span, type: tstzrange }
  - { name: place, type: point }
primaryKey: [id]
unique: [[code]]
---
kind: MaterializedView
schema: sales
name: totals
query: SELECT email, sum(amount) AS total FROM orders GROUP BY email
`;
    const KINDS = [
      "columns: [email]",
      "columns: [email]\nunique: true",
      "columns: [{ column: email, order: desc }, { column: amount, nulls: first }, { column: at, order: desc, nulls: last }]",
      "columns: [{ column: email, operatorClass: text_pattern_ops }, { column: code, collation: default }]",
      "columns: [{ column: email, collation: C }, { column: code, collation: C }, { column: amount, operatorClass: numeric_ops }]",
      "columns: [{ expression: lower(email) }, { expression: amount * 2, order: desc }, code]",
      "columns: [{ expression: lower(email), collation: C }, { expression: lower(code) }, { expression: \"email || 'x'\", operatorClass: text_pattern_ops }]",
      "columns: [{ expression: (body ->> 'name') }]\nwhere: at > '2026-01-01' AND email IS NOT NULL -- recent",
      "columns: [email]\ninclude: [code, amount]\nwhere: \"code <> ';'\"",
      "columns: [at]\npostgresql: { parameters: { fillfactor: 70 } }",
      "columns: [at]\npostgresql: { parameters: { fillfactor: 80, deduplicate_items: false } }\ncomment: it's late",
      "columns: [at]\ncomment: later",
      "method: brin\ncolumns: [at]\npostgresql: { parameters: { pages_per_range: 64, autosummarize: true } }",
      ...(major >= 14 ? ["method: brin\ncolumns: [{ column: at, operatorClass: timestamptz_minmax_multi_ops }]"] : []),
      "method: hash\ncolumns: [email]",
      "method: gin\ncolumns: [tags, body]\npostgresql: { parameters: { fastupdate: off } }",
      "method: gin\ncolumns: [{ column: body, operatorClass: jsonb_path_ops }]",
      "method: gin\ncolumns: [{ column: email, operatorClass: gin_trgm_ops }]",
      "method: gist\ncolumns: [span, { column: email, operatorClass: gist_trgm_ops }]\ninclude: [id]",
      "method: spgist\ncolumns: [place]",
      ...(major >= 15 ? ["columns: [email]\nunique: true\nnullsNotDistinct: true"] : []),
      "columns: [email]\nconcurrently: true",
      "columns: [email, at]\nunique: true\nconcurrently: true\ncomment: built aside",
    ];

    test("every kind of index, one after the other", async () => {
      const on = await database("index");
      const plans = await inTurn(
        on,
        BASE,
        KINDS.map((kind) => `kind: Index\ntable: sales.orders\nname: by_something\n${kind}`),
      );
      const actions = plans.map((plan) =>
        plan.steps.filter(({ address }) => address === "Index/sales.by_something").map(({ action }) => action),
      );
      expect(actions.slice(0, 3)).toEqual([["create"], ["replace"], ["replace"]]);
      expect(actions[10]).toEqual(["alter"]);
      expect(actions[11]).toEqual(["alter"]);
      const last = statements(plans.at(-1) as Plan);
      expect(last[0]).toBe("DROP INDEX CONCURRENTLY sales.by_something");
      expect(last[1]).toMatch(/^CREATE UNIQUE INDEX CONCURRENTLY by_something ON sales.orders/);
      expect(plans[1]?.steps[0]?.statements[1]?.hazards?.[0]?.code).toBe("LOCKS_TABLE");
      const gone = await on.apply(BASE);
      expect(statements(gone)).toEqual(["DROP INDEX sales.by_something"]);
    });

    test("of a materialized view, renamed, and going with it", async () => {
      const on = await database("index");
      const view = "kind: Index\ntable: sales.totals\nname: of_totals\ncolumns: [email]\nunique: true";
      const plans = await inTurn(on, BASE, [
        view,
        `${view.replace("of_totals", "totals_email")}\nrenamedFrom: of_totals`,
        view.replace("of_totals", "totals_email"),
      ]);
      expect(plans.slice(1).map((plan) => plan.steps.map(({ action }) => action))).toEqual([["rename"], []]);
      const changed = `${BASE.replace("sum(amount)", "max(amount)")}\n---\n${view.replace("of_totals", "totals_email")}`;
      expect((await on.apply(changed)).steps.map(({ action, address }) => `${action} ${address}`).sort()).toEqual([
        "replace Index/sales.totals_email",
        "replace MaterializedView/sales.totals",
      ]);
      const without = changed.slice(0, changed.indexOf("---\nkind: MaterializedView"));
      const gone = await on.apply(without);
      expect(statements(gone)).toEqual(["DROP MATERIALIZED VIEW sales.totals"]);
    });

    test("drift, and a concurrent build that failed", async () => {
      const on = await database("index");
      const one = `${BASE}\n---\nkind: Index\ntable: sales.orders\nname: by_email\ncolumns: [email]\nunique: true\nwhere: email <> ''`;
      await on.apply(one);
      await repaired(
        on,
        one,
        "DROP INDEX sales.by_email; CREATE UNIQUE INDEX by_email ON sales.orders (email DESC) WHERE email <> ''",
      );
      await repaired(
        on,
        one,
        "DROP INDEX sales.by_email; CREATE UNIQUE INDEX by_email ON sales.orders (email) WHERE email <> 'x'",
      );
      await repaired(
        on,
        one,
        "ALTER INDEX sales.by_email SET (fillfactor = 50); COMMENT ON INDEX sales.by_email IS 'x'",
      );
      await on.query("DROP INDEX sales.by_email; INSERT INTO sales.orders (email) VALUES ('a'), ('a')");
      await expect(
        on.query("CREATE UNIQUE INDEX CONCURRENTLY by_email ON sales.orders (email) WHERE email <> ''"),
      ).rejects.toThrow(/could not create unique/);
      const found = await on.plan(one);
      expect(found.steps.map(({ action, fields }) => [action, fields])).toEqual([
        ["replace", [{ path: ["invalid"], from: true }]],
      ]);
      await on.query("DELETE FROM sales.orders");
      await on.apply(one);
      expect((await on.plan(one)).steps).toEqual([]);
    });

    test("made by plain SQL: declared as found, there is nothing to do", async () => {
      const on = await database("index");
      await on.query(`CREATE SCHEMA x; CREATE SCHEMA tools; CREATE EXTENSION citext SCHEMA x; CREATE EXTENSION pg_trgm SCHEMA tools;
CREATE TABLE x.t (id integer, a text, b text COLLATE "C", c x.citext, n name, list integer[], span tstzrange, j jsonb, e "char");
CREATE INDEX i1 ON x.t (a); CREATE INDEX i2 ON x.t (b); CREATE INDEX i3 ON x.t (b COLLATE "default");
CREATE INDEX i4 ON x.t (a COLLATE "C" text_pattern_ops DESC NULLS LAST); CREATE INDEX i5 ON x.t (lower(b));
CREATE INDEX i6 ON x.t (lower(a) COLLATE "POSIX", (a || 'x') COLLATE "C", id DESC) WHERE id > 3 AND a ~ 'x)';
CREATE INDEX i7 ON x.t (c); CREATE INDEX i8 ON x.t (c text_ops); CREATE INDEX i9 ON x.t (n); CREATE INDEX i10 ON x.t (n COLLATE "default");
CREATE INDEX i11 ON x.t USING gin (a tools.gin_trgm_ops); CREATE INDEX i12 ON x.t USING gin (list); CREATE INDEX i13 ON x.t USING gist (span);
CREATE INDEX i14 ON x.t (e); CREATE INDEX "I 15" ON x.t (((id + 1)), (CASE WHEN id > 1 THEN 'a' ELSE 'b' END));
CREATE UNIQUE INDEX i16 ON x.t (id) INCLUDE (b, a); CREATE INDEX i17 ON x.t USING brin (id); CREATE INDEX i18 ON x.t USING hash (a)`);
      const found = [...(await on.inspect()).values()].filter(({ kind }) =>
        ["Schema", "Extension", "Table", "Index"].includes(kind),
      );
      expect(found.filter(({ kind }) => kind === "Index")).toHaveLength(18);
      const documents = found.map(({ kind, spec: fields }) => JSON.stringify({ kind, ...fields })).join("\n---\n");
      expect((await on.plan(documents)).steps).toEqual([]);
      await on.query("DROP SCHEMA x, tools CASCADE");
      await on.apply(documents);
      const again = [...(await on.inspect()).values()].filter(({ kind }) => kind === "Index");
      expect(again).toEqual(found.filter(({ kind }) => kind === "Index"));
    });

    test("what it refuses", async () => {
      const on = await database("index");
      const plan = await on.plan(
        `${BASE}\n---\nkind: Index\ntable: sales.orders\nname: bad\ncolumns: [{ order: desc }, { column: email, expression: lower(email) }, { expression: "lower(email" }]\nwhere: "true; DROP TABLE x"`,
      );
      expect(plan.diagnostics.map(({ code }) => code)).toEqual(Array(4).fill("NOT_SUPPORTED"));
    });
  });

  describe("Sequence", () => {
    const BASE = "kind: Schema\nname: sales";
    const STEPS = [
      "{}",
      "{ type: integer, start: 5, increment: 5, maxValue: 500, cache: 10, cycle: true, comment: numbers }",
      "{ type: smallint, minValue: 10 }",
      "{ type: smallint, minValue: 10, start: 20 }",
      "{ type: bigint, increment: -1 }",
      "{ type: integer, increment: -2, minValue: -100, maxValue: 50, start: 50 }",
      "{ type: integer, increment: -2, minValue: -100, maxValue: -10 }",
      "{ minValue: -9007199254740991, maxValue: 9007199254740991, start: 7 }",
    ];

    test("every field, one after the other", async () => {
      const on = await database("sequence");
      const plans = await inTurn(
        on,
        BASE,
        STEPS.map((fields) =>
          JSON.stringify({ kind: "Sequence", schema: "sales", name: "number" })
            .replace("}", `, ${fields.slice(1)}`)
            .replace(", }", "}"),
        ),
      );
      expect(plans.slice(1).every((plan) => plan.steps.every(({ action }) => action === "alter"))).toBe(true);
      const document = `${BASE}\n---\n{ kind: Sequence, schema: sales, name: other, renamedFrom: number, start: 7, minValue: -5 }`;
      expect((await on.apply(document)).steps.map(({ action }) => action)).toEqual(["rename"]);
      await repaired(on, document, "ALTER SEQUENCE sales.other INCREMENT 3 CACHE 4 CYCLE");
      expect(statements(await on.apply(BASE))).toEqual(["DROP SEQUENCE sales.other"]);
    });

    test("of a column, which it goes with", async () => {
      const on = await database("sequence");
      const table = (name: string, more = "") =>
        `kind: Table\nschema: sales\nname: ${name}\ncolumns:\n  - { name: id, type: bigint${more} }\n  - { name: x, type: text }`;
      const sequence = (owned: string) => `{ kind: Sequence, schema: sales, name: number${owned} }`;
      const owned = (of: string) => `, ownedBy: { table: sales.${of}, column: id }`;
      const plans = await inTurn(on, BASE, [
        [table("a", ", default: \"nextval('number')\""), table("b"), sequence(owned("a"))].join("\n---\n"),
        [table("a", ", default: \"nextval('number')\""), table("b"), sequence(owned("b"))].join("\n---\n"),
        [table("a", ", default: \"nextval('number')\""), table("b"), sequence("")].join("\n---\n"),
        [table("a", ", default: \"nextval('number')\""), table("b"), sequence(owned("b"))].join("\n---\n"),
        // The table goes and the sequence stays.
        [table("a", ", default: \"nextval('number')\""), sequence("")].join("\n---\n"),
        [table("a", ", default: \"nextval('number')\""), sequence(owned("a"))].join("\n---\n"),
        // The sequence goes and the column stays.
        [table("a")].join("\n---\n"),
        [table("a", ", default: \"nextval('number')\""), sequence(owned("a"))].join("\n---\n"),
        // Both go.
        `${table("a").replace(/ {2}- \{ name: id.*\n/, "")}`,
        [table("a", ", default: \"nextval('number')\""), sequence(owned("a"))].join("\n---\n"),
        "kind: Schema\nname: other",
      ]);
      expect(statements(plans[0] as Plan).at(-1)).toBe("ALTER SEQUENCE sales.number OWNED BY sales.a.id");
      expect(statements(plans.at(-1) as Plan).filter((text) => text.startsWith("DROP"))).toEqual([
        "DROP TABLE sales.a",
      ]);
    });

    test("a serial column is a sequence of its own", async () => {
      const on = await database("sequence");
      await on.query(
        "CREATE SCHEMA sales; CREATE TABLE sales.t (id serial, big bigserial, i int GENERATED ALWAYS AS IDENTITY)",
      );
      const found = [...(await on.inspect()).keys()].filter((address) => address.startsWith("Sequence/"));
      expect(found).toEqual(["Sequence/sales.t_big_seq", "Sequence/sales.t_id_seq"]);
      expect(await spec(on, "Sequence/sales.t_id_seq")).toEqual({
        schema: "sales",
        name: "t_id_seq",
        type: "integer",
        ownedBy: { table: "sales.t", column: "id" },
        owner: "postgres",
      });
    });
  });

  describe("Enum", () => {
    const of = (values: string, more = "") =>
      `kind: Schema\nname: sales\n---\n{ kind: Enum, schema: sales, name: status, values: [${values}]${more} }`;

    test("values are added where they are declared", async () => {
      const on = await database("enum");
      await on.apply(of("new, open"));
      const more = await on.apply(
        of("zero, first, new, 'in between, \"odd\" \\ ''one''', open, last, 'very last'", ", comment: state"),
      );
      expect(statements(more)).toHaveLength(6);
      expect((await spec(on, "Enum/sales.status"))?.values).toEqual([
        "zero",
        "first",
        "new",
        "in between, \"odd\" \\ 'one'",
        "open",
        "last",
        "very last",
      ]);
      const used = `${of("zero, first, new, 'in between, \"odd\" \\ ''one''', open, last, 'very last', used")}
---
kind: Table
schema: sales
name: orders
columns: [{ name: status, type: status, default: "'used'" }]
checks: [{ name: known, expression: status <> 'used' OR true }]`;
      await on.apply(used);
      await repaired(on, used, "COMMENT ON TYPE sales.status IS 'x'");
      expect(statements(await on.apply("kind: Schema\nname: sales"))).toEqual([
        "DROP TABLE sales.orders",
        "DROP TYPE sales.status",
      ]);
    });

    test("renamed", async () => {
      const on = await database("enum");
      await on.apply(of("a, b"));
      const renamed = await on.apply(of("a, b, c", ", renamedFrom: status").replace("name: status", "name: state"));
      expect(renamed.steps.map(({ action }) => action)).toEqual(["rename"]);
      expect(statements(renamed)).toEqual([
        "ALTER TYPE sales.status RENAME TO state",
        "ALTER TYPE sales.state ADD VALUE 'c' AFTER 'b'",
      ]);
    });

    test("taking one away or another order is refused, with what to do", async () => {
      const on = await database("enum");
      await on.apply(of("a, b, c"));
      const [gone] = (await on.plan(of("a, c"))).diagnostics;
      expect(gone).toMatchObject({
        severity: "error",
        code: "NOT_SUPPORTED",
        address: "Enum/sales.status",
        origin: { file: "test.yaml" },
      });
      expect(gone?.summary).toMatch(/takes no value away from an enum, and b would be/);
      const [moved] = (await on.plan(of("a, c, b, d"))).diagnostics;
      expect(moved?.summary).toMatch(/in their order, which is a, b, c/);
      await on.query("ALTER TYPE sales.status RENAME VALUE 'b' TO 'e'");
      expect((await on.plan(of("a, e, c"))).steps).toEqual([]);
    });
  });

  describe("Extension", () => {
    test("installed, moved, updated, dropped; its objects are its own", async () => {
      const on = await database("extension");
      const base = "kind: Schema\nname: tools";
      const [made] = await inTurn(on, base, [
        "{ kind: Extension, name: citext, version: '1.5' }",
        "{ kind: Extension, name: citext, version: '1.6' }",
        "{ kind: Extension, name: citext, schema: tools, version: '1.6', comment: case }",
        "{ kind: Extension, name: citext, comment: 'case, no' }",
        "{ kind: Extension, name: citext }",
      ]);
      expect(statements(made as Plan)).toContain("CREATE EXTENSION citext VERSION '1.5'");
      const catalog = await on.inspect();
      expect(
        [...catalog.keys()].filter((address) => !address.startsWith("Role/") && !address.startsWith("Grant/")),
      ).toEqual(
        ["Schema/public", "Schema/tools", "Extension/citext"].filter((address) => catalog.has(address as never)),
      );
      expect((await on.plan(base, { mode: "authoritative" })).notModelled).toEqual([]);
      expect(statements(await on.apply(base))).toEqual(["DROP EXTENSION citext"]);
    });

    test("it goes into public, and its types need no prefix", async () => {
      const on = await database("extension");
      await on.apply(
        `
{ kind: Schema, name: aaa }
---
{ kind: Table, schema: aaa, name: people, columns: [{ name: email, type: citext }] }
---
{ kind: Extension, name: citext }
---
{ kind: Index, table: aaa.people, name: by_email, method: gin, columns: [{ column: email, operatorClass: gin_trgm_ops }] }
---
{ kind: Extension, name: pg_trgm }
`.replace("{ column: email, operatorClass: gin_trgm_ops }", "{ expression: email::text, operatorClass: gin_trgm_ops }"),
      );
      expect((await spec(on, "Extension/citext"))?.schema).toBe("public");
    });

    test("a requirement comes first", async () => {
      const on = await database("extension");
      await on.apply("{ kind: Extension, name: earthdistance }\n---\n{ kind: Extension, name: cube }");
      expect(statements(await on.apply("{ kind: Schema, name: x }"))).toEqual(
        ["CREATE SCHEMA x", "DROP EXTENSION earthdistance", "DROP EXTENSION cube"].sort(
          (a, b) => Number(a.startsWith("CREATE")) - Number(b.startsWith("CREATE")),
        ),
      );
    });
  });

  describe("DefaultPrivilege", () => {
    const BASE = `
{ kind: Schema, name: sales }
---
{ kind: Role, name: maker }
---
{ kind: Role, name: reader }
---
{ kind: Role, name: other }`;

    test("every kind of object, with and without a schema", async () => {
      const server = await freshServer({ major });
      const on = estate(server.url());
      const of = (fields: string) => `{ kind: DefaultPrivilege, owner: maker, ${fields} }`;
      const plans = await inTurn(on, BASE, [
        [
          of("schema: sales, on: tables, to: reader, privileges: [select, insert]"),
          of("on: tables, to: reader, privileges: [select], grantOption: true"),
          of("on: sequences, to: reader, privileges: [usage]"),
          of("schema: sales, on: sequences, to: public, privileges: [select]"),
          of("on: functions, to: public, privileges: [execute], revoked: true"),
          of("schema: sales, on: functions, to: reader, privileges: [execute]"),
          of("on: types, to: public, privileges: [usage], revoked: true"),
          of("on: schemas, to: reader, privileges: [usage, create]"),
          of("on: tables, to: maker, privileges: [truncate], revoked: true"),
        ].join("\n---\n"),
        [
          of("schema: sales, on: tables, to: reader, privileges: [select], grantOption: true"),
          of("on: tables, to: reader, privileges: [select]"),
          of("on: functions, to: public, privileges: [execute], revoked: true"),
        ].join("\n---\n"),
      ]);
      expect(
        plans[0]?.steps
          .flatMap((step) => step.statements.flatMap((statement) => statement.hazards ?? []))
          .map(({ code }) => code)
          .sort(),
      ).toEqual(["WIDENS_ACCESS"]);
      const codes = plans[1]?.steps
        .flatMap((step) => step.statements.flatMap((statement) => statement.hazards ?? []))
        .map(({ code }) => code);
      expect(codes).toContain("NARROWS_ACCESS");
      const last = `${BASE}\n---\n${of("on: functions, to: public, privileges: [execute], revoked: true")}`;
      await on.apply(last);
      await repaired(on, last, "ALTER DEFAULT PRIVILEGES FOR ROLE maker GRANT EXECUTE ON FUNCTIONS TO PUBLIC");
      await on.query("ALTER DEFAULT PRIVILEGES FOR ROLE maker GRANT SELECT ON TABLES TO other");
      expect((await on.plan(last)).unmanaged).toEqual([]);
      const swept = await on.plan(last, { mode: "authoritative" });
      expect(statements(swept)).toContain("ALTER DEFAULT PRIVILEGES FOR ROLE maker REVOKE SELECT ON TABLES FROM other");
      await on.query("ALTER DEFAULT PRIVILEGES FOR ROLE maker REVOKE SELECT ON TABLES FROM other");
      // The roles go, and what is said of them before.
      await on.apply("{ kind: Schema, name: sales }");
      expect([...(await on.inspect()).keys()].filter((address) => address.startsWith("DefaultPrivilege/"))).toEqual([]);
    });

    test("what it refuses", async () => {
      const server = await freshServer({ major });
      const on = estate(server.url());
      const of = (fields: string) => `{ kind: DefaultPrivilege, owner: maker, ${fields} }`;
      const plan = await on.plan(
        [
          BASE,
          of("schema: sales, on: schemas, to: reader, privileges: [usage]"),
          of("on: tables, to: public, privileges: [select], grantOption: true"),
          of("schema: sales, on: functions, to: public, privileges: [execute], revoked: true"),
          of("on: tables, to: reader, privileges: [select], revoked: true"),
          of("on: functions, to: public, privileges: [execute]"),
          of("on: tables, to: maker, privileges: [insert]"),
        ].join("\n---\n"),
      );
      expect(plan.diagnostics.map(({ code }) => code)).toEqual(Array(6).fill("NOT_SUPPORTED"));
    });
  });
});
