import { describe, expect, test } from "@jest/globals";
import { actions, type Case, ownServer, type Reached, takeTurns } from "./support/cases.ts";
import { majors } from "./support/server.ts";

const TABLE = `
kind: Table
schema: $
name: t
columns: [{ name: id, type: int }, { name: a, type: text }, { name: b, type: "varchar(20)" }, { name: n, type: "numeric(10,2)" }, { name: at, type: timestamptz }]
primaryKey: [id]
rowSecurity: "on"`;
const view = (query: string, fields = ""): string =>
  `${TABLE}\n---\nkind: View\nschema: $\nname: v\nquery: ${JSON.stringify(query)}\n${fields}`;
const kept = (query: string, fields = ""): string =>
  view(query, fields).replace("kind: View", "kind: MaterializedView");

const of =
  (...expected: string[]) =>
  ({ steps }: Reached): void =>
    expect(actions(steps)).toEqual(expected);
const altered = of("alter View");
const replaced = of("replace View");

/** What is declared in many spellings; the server's own is another one. */
const QUERIES = [
  "SELECT * FROM t",
  "select id, a from $.t where a IN ('new','open','done')",
  "SELECT o.id, concat(left(a, 1), '***') AS masked FROM t AS o WHERE n::decimal(10,2) > 5",
  "SELECT id FROM t WHERE CAST(b AS varchar(50)) = 'x' OR b LIKE '%@x.com' OR n BETWEEN 0 AND 100",
  "SELECT date_trunc('month', at) AS m, count(*) FILTER (WHERE a != 'x') AS c FROM t WHERE at >= now() - interval '1 month' GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
  "WITH x AS (SELECT id FROM t) SELECT x.id, t.a FROM x JOIN t USING (id) -- why",
  "SELECT 'a;b' AS text, current_user AS who, extract(year FROM at) = 2024 AS then FROM t;  ",
  "SELECT id, row_number() OVER (PARTITION BY a ORDER BY n) AS r FROM t UNION ALL SELECT 1, 2",
  "SELECT id FROM t WHERE pg_has_role(current_user, 'pg_monitor', 'member') AND at AT TIME ZONE 'UTC' > '2024-01-01'",
  "VALUES (1, 'one'), (2, 'two')",
];

const VIEWS: readonly Case[] = [
  ...QUERIES.map((query, index): Case => [`query ${index}`, view(query)]),
  ["a condition changes", view("SELECT id FROM t"), view("SELECT id FROM t WHERE id > 1"), altered],
  ["a column more at the end", view("SELECT id FROM t"), view("SELECT id, a FROM t"), altered],
  ["another column first", view("SELECT id FROM t"), view("SELECT a, id FROM t"), replaced],
  ["a column of another type", view("SELECT id FROM t"), view("SELECT id::text FROM t"), replaced],
  ["security barrier", view("SELECT id FROM t"), view("SELECT id FROM t", "securityBarrier: true"), altered],
  [
    "security invoker (15+)",
    view("SELECT id FROM t"),
    view("SELECT id FROM t", "securityInvoker: true"),
    altered,
    view("SELECT id FROM t", "securityInvoker: true\nsecurityBarrier: true"),
    altered,
  ],
  [
    "check option",
    view("SELECT id FROM t"),
    view("SELECT id FROM t", "checkOption: local"),
    altered,
    view("SELECT id FROM t", "checkOption: cascaded"),
    altered,
  ],
  [
    "options and query at once",
    view("SELECT id FROM t", "securityBarrier: true\ncheckOption: local"),
    view("SELECT id FROM t WHERE id > 2", "checkOption: cascaded"),
    altered,
    view("SELECT a FROM t", "securityBarrier: true"),
    replaced,
  ],
  [
    "comments",
    view("SELECT id, a FROM t"),
    view("SELECT id, a FROM t", 'comment: "it\'s"\ncolumnComments: { id: key, a: name }'),
    altered,
    view("SELECT id, a FROM t", "comment: other\ncolumnComments: { a: changed }"),
    altered,
  ],
  [
    "owner",
    view("SELECT id FROM t"),
    view("SELECT id FROM t", "owner: keeper"),
    altered,
    view("SELECT a FROM t", "owner: keeper"),
    replaced,
    view("SELECT a FROM t", "owner: postgres"),
    altered,
  ],
  [
    "a new column of its table",
    view("SELECT id FROM t"),
    view("SELECT id, fresh FROM t").replace(
      "{ name: id, type: int }",
      "{ name: id, type: int }, { name: fresh, type: int }",
    ),
    of("alter Table", "alter View"),
  ],
  [
    "a new table",
    view("SELECT id FROM t"),
    `${view("SELECT t.id, o.x FROM t LEFT JOIN o ON o.x = t.id")}\n---\n{ kind: Table, schema: $, name: o, columns: [{ name: x, type: int }] }`,
    of("alter View", "create Table"),
  ],
  [
    "a column of its table goes",
    view("SELECT * FROM t"),
    view("SELECT * FROM t").replace("{ name: a, type: text }, ", ""),
    of("alter Table", "replace View"),
  ],
  [
    "the type of a column that it uses",
    view("SELECT b, n FROM t WHERE b <> 'x'"),
    view("SELECT b, n FROM t WHERE b <> 'x'").replace("varchar(20)", "varchar(30)"),
    of("alter Table", "replace View"),
    view("SELECT b, n FROM t WHERE b <> 'x'")
      .replace("varchar(20)", "text")
      .replace("numeric(10,2)", "double precision"),
  ],
  [
    "the type of a column that it does not use",
    view("SELECT id FROM t"),
    view("SELECT id FROM t").replace("varchar(20)", "varchar(30)"),
    of("alter Table"),
  ],
];

const KEPT: readonly Case[] = [
  [
    "query",
    kept("SELECT id, a FROM t"),
    kept("SELECT id, a FROM t WHERE a IN ('x', 'y')"),
    of("replace MaterializedView"),
    kept("SELECT * FROM t", "withData: false"),
    of("replace MaterializedView"),
  ],
  [
    "comments",
    kept("SELECT id, a FROM t"),
    kept("SELECT id, a FROM t", "comment: c\ncolumnComments: { id: key }"),
    of("alter MaterializedView"),
    kept("SELECT id, a FROM t", "columnComments: { a: name }"),
  ],
  [
    "owner",
    kept("SELECT id FROM t"),
    kept("SELECT id FROM t", "owner: keeper"),
    kept("SELECT id FROM t", "owner: postgres"),
  ],
  [
    "with an index and grants, made again",
    `${kept("SELECT id, a FROM t", "owner: keeper\ncomment: c")}\n---\n{ kind: Index, table: $.v, name: by_id, columns: [id], unique: true, comment: i }\n---\n{ kind: Grant, to: reader, privileges: [select], on: { table: $.v } }\n---\n{ kind: View, schema: $, name: above, query: SELECT id FROM v }`,
    `${kept("SELECT id, a FROM t WHERE id > 0", "owner: keeper\ncomment: c")}\n---\n{ kind: Index, table: $.v, name: by_id, columns: [id], unique: true, comment: i }\n---\n{ kind: Grant, to: reader, privileges: [select], on: { table: $.v } }\n---\n{ kind: View, schema: $, name: above, query: SELECT id FROM v }`,
    of("replace Grant", "replace Index", "replace MaterializedView", "replace View"),
  ],
];

const BASE = "{ kind: Role, name: keeper }\n---\n{ kind: Role, name: reader }\n---\n{ kind: Role, name: other }";

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database } = ownServer({ major });

  test("views", () => takeTurns(database, VIEWS, BASE));
  test("texts without a ledger", () =>
    takeTurns(database, [...VIEWS.slice(0, QUERIES.length), ...VIEWS.slice(-5)], BASE, {
      source: { ledger: "none", manage: { mode: "authoritative" }, external: { schemas: ["public"] } },
    }));
  test("materialized views", () => takeTurns(database, KEPT, BASE));

  test("options by another hand, in any spelling", async () => {
    const on = await database();
    const one =
      "{ kind: Schema, name: s }\n---\n{ kind: View, schema: s, name: v, query: SELECT 1 AS a, securityBarrier: true }";
    await on.apply(one);
    await on.query("CREATE OR REPLACE VIEW s.v WITH (security_barrier = on) AS SELECT 1 AS a");
    expect((await on.plan(one)).steps).toEqual([]);
    await on.query(`ALTER VIEW s.v SET (security_barrier = 0${major >= 15 ? ", security_invoker = yes" : ""})`);
    expect((await on.plan(one)).steps.map(({ fields }) => fields?.map(({ path }) => path[0]))).toEqual([
      ["securityBarrier", ...(major >= 15 ? ["securityInvoker"] : [])],
    ]);
    await on.apply(one);
  });
});
