/** Rules about ways around row and column security: each where it is so and where, for want of one thing, it is not. */
import { expect, test } from "@jest/globals";
import type { Address } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import type { Child } from "../core/child.ts";
import type { Judged } from "../core/guardrail.ts";
import type { Spec } from "../core/kind.ts";
import { catalog, found, judged, type Named, routine } from "./support/judged.ts";

const role = (name: string, more: Spec = {}): Named => ["Role", { name, ...more }];
const login = (name: string, more: Spec = {}): Named => role(name, { login: true, ...more });
const grant = (
  to: string,
  privileges: readonly string[],
  on: { readonly [what: string]: string | readonly string[] },
): Named => ["Grant", { to, privileges, on }];
const select = (to: string, table: string): Named => grant(to, ["select"], { table });
const policy = (more: Spec = {}): Named => [
  "RowPolicy",
  { table: "s.t", name: "own", to: ["a"], using: "tenant = 1", ...more },
];
const TENANT = { name: "tenant", type: "bigint" };
const columns = [{ name: "id", type: "bigint" }, TENANT];
const table = (more: Spec = {}): Named => [
  "Table",
  { schema: "s", name: "t", columns, rowSecurity: "forced", ...more },
];
const other = (more: Spec = {}): Named => ["Table", { schema: "s", name: "o", columns, ...more }];
const view = (query: string, more: Spec = {}): Named => ["View", { schema: "s", name: "v", query, ...more }];
const refers = (more: { readonly columns?: readonly string[] } = {}): Spec => ({
  foreignKeys: [{ columns: ["id"], references: { table: "s.t" }, ...more }],
});
const WRITES = [select("a", "s.t"), grant("a", ["insert"], { table: "s.t" })];
const BY_NAME = policy({ to: ["staff"], using: "tenant = (SELECT m.t FROM m WHERE m.login = current_user)" });
const member = (...memberOf: readonly unknown[]): Spec => ({ memberOf }) as Spec;
const COMPUTED = { name: "short", type: "text", generated: "right(card, 4)" };
const CARD = { name: "card", type: "text", classification: "secret" };

type Case = readonly [code: string, so: readonly Named[], not: readonly Named[]];

const CASES: readonly Case[] = [
  ["POLICY_WITHOUT_ROW_SECURITY", [table({ rowSecurity: "off" }), policy()], [table(), policy()]],
  // Of a table that nobody knows nothing can be told.
  ["POLICY_WITHOUT_ROW_SECURITY", [table({ rowSecurity: "off" }), policy()], [policy()]],
  [
    "VIEW_WITHOUT_BARRIER",
    [table(), view("SELECT id FROM t WHERE tenant = 1"), select("a", "s.v")],
    [table(), view("SELECT id FROM t WHERE tenant = 1", { securityBarrier: true }), select("a", "s.v")],
  ],
  [
    "VIEW_WITHOUT_BARRIER",
    [table(), view("SELECT id, count(*) FROM t GROUP BY id HAVING count(*) > 1"), select("a", "s.v")],
    [table(), view("SELECT count(*) FILTER (WHERE id > 1) FROM t"), select("a", "s.v")],
  ],
  // Who may read the table sees nothing more, and a view that nobody may read shows nothing.
  [
    "VIEW_WITHOUT_BARRIER",
    [table(), view("SELECT id FROM t WHERE id = 1"), select("a", "s.v"), select("b", "s.t")],
    [role("a", member("b")), table(), view("SELECT id FROM t WHERE id = 1"), select("a", "s.v"), select("b", "s.t")],
  ],
  [
    "VIEW_WITHOUT_BARRIER",
    [table(), view("SELECT id FROM t WHERE id = 1"), select("a", "s.v")],
    [table(), view("SELECT id FROM t WHERE id = 1", { securityInvoker: true }), select("a", "s.v")],
  ],
  [
    "ROLE_IS_NOT_A_BOUNDARY",
    [BY_NAME, login("gate", member("x", "y")), role("x", member("staff")), role("y", member("staff"))],
    [BY_NAME, login("gate", member("x", "staff")), role("x", member("staff")), role("y", member("staff"))],
  ],
  [
    "ROLE_IS_NOT_A_BOUNDARY",
    [BY_NAME, login("gate", member("x", "y")), role("x", member("staff")), role("y", member("staff"))],
    [
      BY_NAME,
      login("gate", member("x", { role: "y", set: false })),
      role("x", member("staff")),
      role("y", member("staff")),
    ],
  ],
  // What it inherits it sees at once.
  [
    "ROLE_IS_NOT_A_BOUNDARY",
    [policy({ to: ["x"] }), policy({ name: "p", to: ["y"] }), login("gate", { ...member("x", "y"), inherit: false })],
    [policy({ to: ["x"] }), policy({ name: "p", to: ["y"] }), login("gate", member("x", "y"))],
  ],
  ["ROLE_MAKES_ROLES", [BY_NAME, login("h", { createrole: true })], [policy(), login("h", { createrole: true })]],
  ["ROLE_MAKES_ROLES", [BY_NAME, login("h", { createrole: true })], [BY_NAME, role("h", { createrole: true })]],
  ["LOGIN_REPLICATES", [login("c", { replication: true })], [role("c", { replication: true }), login("d")]],
  [
    "OWNER_LIFTS_ROW_SECURITY",
    [role("k"), login("m", member("k")), table({ owner: "k" })],
    [role("k"), login("m"), table({ owner: "k" })],
  ],
  [
    "OWNER_LIFTS_ROW_SECURITY",
    [login("k"), table({ owner: "k" })],
    [login("k"), table({ owner: "k", rowSecurity: "on" })],
  ],
  ["ROWS_ARE_COUNTED", [table(), policy(), login("a")], [table(), policy(), role("a")]],
  [
    "ROWS_ARE_COUNTED",
    [table(), policy({ to: ["public"] }), login("b")],
    [table({ rowSecurity: "off" }), policy(), login("a")],
  ],
  [
    "COMPUTED_FROM_CLASSIFIED",
    [other({ columns: [CARD, COMPUTED] })],
    [other({ columns: [CARD, { ...COMPUTED, classification: "public" }] })],
  ],
  [
    "COMPUTED_FROM_CLASSIFIED",
    [other({ columns: [CARD, COMPUTED] })],
    [other({ columns: [CARD, { ...COMPUTED, generated: "'card'" }] })],
  ],
  [
    "KEY_TELLS_OF_ROWS",
    [table({ primaryKey: ["id"] }), policy(), ...WRITES],
    [table({ primaryKey: ["tenant", "id"] }), policy(), ...WRITES],
  ],
  [
    "KEY_TELLS_OF_ROWS",
    [table({ unique: [{ columns: ["id"] }] }), policy({ using: "tenant OPERATOR(pg_catalog.=) 1" }), ...WRITES],
    [table({ primaryKey: ["id"] }), policy(), select("a", "s.t")],
  ],
  [
    "KEY_TELLS_OF_ROWS",
    [table(), ["Index", { table: "s.t", name: "i", columns: ["id"], unique: true }], policy(), ...WRITES],
    [table(), ["Index", { table: "s.t", name: "i", columns: ["id"] }], policy(), ...WRITES],
  ],
  // Random, and counted by the engine.
  [
    "KEY_TELLS_OF_ROWS",
    [table({ primaryKey: ["id"] }), policy(), ...WRITES],
    [table({ columns: [{ name: "id", type: "uuid" }, TENANT], primaryKey: ["id"] }), policy(), ...WRITES],
  ],
  [
    "KEY_TELLS_OF_ROWS",
    [table({ primaryKey: ["id"] }), policy(), ...WRITES],
    [
      table({ columns: [{ name: "id", type: "bigint", identity: "always" }, TENANT], primaryKey: ["id"] }),
      policy(),
      ...WRITES,
    ],
  ],
  [
    "KEY_TELLS_OF_ROWS",
    [table({ primaryKey: ["id"] }), policy(), ...WRITES],
    [table({ primaryKey: ["id"] }), policy({ to: ["b"] }), ...WRITES],
  ],
  [
    "REFERENCE_PAST_POLICIES",
    [table({ primaryKey: ["id"] }), other(refers()), policy(), grant("a", ["insert"], { table: "s.o" })],
    [
      table({ primaryKey: ["tenant", "id"] }),
      other(refers({ columns: ["tenant", "id"] })),
      policy(),
      grant("a", ["insert"], { table: "s.o" }),
    ],
  ],
  [
    "REFERENCE_PAST_POLICIES",
    [table({ primaryKey: ["id"] }), other(refers()), policy(), grant("a", ["delete"], { table: "s.t" })],
    [table({ primaryKey: ["id"] }), other(refers()), policy(), grant("a", ["select"], { table: "s.o" })],
  ],
  [
    "PATH_OPEN_TO_OTHERS",
    [table(), policy(), grant("a", ["create"], { schema: "s" })],
    [table(), policy(), grant("a", ["usage"], { schema: "s" }), grant("a", ["create"], { schema: "elsewhere" })],
  ],
  [
    "PATH_OPEN_TO_OTHERS",
    [table(), policy(), grant("public", ["create"], { schema: "ext" }), ["Extension", { name: "x", schema: "ext" }]],
    [table(), policy(), grant("public", ["create"], { schema: "ext" })],
  ],
  // Whoever makes the tables may create there, as one that no policy binds may.
  [
    "PATH_OPEN_TO_OTHERS",
    [table({ owner: "k" }), policy({ to: ["public"] }), grant("b", ["create"], { schema: "s" })],
    [table({ owner: "k" }), policy({ to: ["public"] }), grant("k", ["create"], { schema: "s" })],
  ],
];

test.each(CASES)("%s, where it is so and where it is not", (code, so, not) => {
  expect(found(code, judged(catalog(...so)))).toHaveLength(1);
  expect(found(code, judged(catalog(...not)))).toEqual([]);
});

/** What is declared beside the native objects. */
function declaring(intents: readonly Named[], ...desired: readonly Named[]): Judged {
  return { ...judged(catalog(...desired)), declared: catalog(...intents) };
}

const ONLY_ID: Named = ["ColumnAccess", { table: "s.t", to: ["a"], columns: ["id"] }];
const ID = grant("a", ["select"], { table: "s.t", columns: ["id"] });

test.each([
  ["SELECT tenant FROM t", true],
  ["SELECT x.tenant AS y, id FROM s.t x", true],
  ["SELECT * FROM t", true],
  ["SELECT id, (tenant) FROM t", true],
  ["SELECT id FROM (SELECT id, tenant FROM t) t", true],
  ["SELECT id FROM t WHERE tenant = 1", false],
  ["SELECT id, count(*), sum(tenant) FROM t GROUP BY id", false],
  ["SELECT id * 2, 'tenant' FROM t", false],
  ["SELECT tenant FROM other.t", false],
  ["SELECT md5(tenant) AS tenant FROM t", false],
  ["SELECT id AS tenant FROM t", false],
])("%s shows what a ColumnAccess keeps: %s", (query, isTold) => {
  const on = declaring([ONLY_ID], table(), ID, view(query), select("a", "s.v"));
  expect(found("VIEW_SHOWS_KEPT_COLUMN", on)).toHaveLength(isTold ? 1 : 0);
});

test("a view shows what is kept to its readers, and not to whom nothing is kept from", () => {
  const shown = [table(), ID, view("SELECT tenant FROM t")];
  const told = (...more: readonly Named[]) => found("VIEW_SHOWS_KEPT_COLUMN", declaring([ONLY_ID], ...shown, ...more));
  expect(told()).toEqual([]);
  expect(told(select("b", "s.v"))).toEqual([]);
  const [one] = told(select("public", "s.v"));
  expect(one?.summary).toBe("View s.v shows tenant of s.t to a, from whom a ColumnAccess keeps it");
  expect(told(role("a", member("b")), select("b", "s.v"))).toHaveLength(1);
  expect(
    found(
      "VIEW_SHOWS_KEPT_COLUMN",
      declaring([ONLY_ID], table(), ID, view("SELECT tenant FROM t", { securityInvoker: true }), select("a", "s.v")),
    ),
  ).toEqual([]);
});

test("a view over a view shows what is kept, under whatever name", () => {
  const named = (name: string, query: string, more: object = {}): Named => [
    "View",
    { schema: "s", name, query, ...more },
  ];
  const told = (...views: readonly Named[]) =>
    found("VIEW_SHOWS_KEPT_COLUMN", declaring([ONLY_ID], table(), ID, ...views, select("a", "s.v"))).map(
      ({ summary }) => summary,
    );
  const shows = "View s.v shows tenant of s.t to a, from whom a ColumnAccess keeps it";
  const inner = named("inner", "SELECT id, tenant AS who FROM t", { securityInvoker: true });
  expect(told(inner, view("SELECT who FROM inner"))).toEqual([shows]);
  expect(told(inner, named("outer", "SELECT * FROM s.inner"), view("SELECT (who) AS it FROM outer"))).toEqual([shows]);
  expect(told(inner, view("SELECT id FROM inner"))).toEqual([]);
  expect(told(named("inner", "SELECT md5(tenant) AS tenant FROM t"), view("SELECT tenant FROM inner"))).toEqual([]);
  // One reads the other: the server would not take it, and neither is it followed forever.
  expect(told(named("w", "SELECT who FROM v"), view("SELECT tenant AS who FROM t UNION SELECT who FROM w"))).toEqual([
    shows,
  ]);
});

test("a materialized view shows what is masked", () => {
  const mask: Named = ["MaskedView", { schema: "s", name: "m", from: "s.t", mask: { tenant: "redact" }, to: ["a"] }];
  const kept = (query: string): Named => ["MaterializedView", { schema: "s", name: "v", query }];
  const told = (query: string) =>
    found("VIEW_SHOWS_KEPT_COLUMN", declaring([mask], table(), kept(query), select("a", "s.v")));
  expect(told("SELECT tenant FROM t")).toEqual([expect.objectContaining({ address: "MaterializedView/s.v" })]);
  expect(told("SELECT id FROM t")).toEqual([]);
});

test.each([
  [{}, true],
  [{ rowSecurity: "on" }, false],
  [{ of: ["s.o"] }, false],
  [{ name: "ungranted" }, false],
] as const)("a child with %j is told of: %s", (more, isTold) => {
  const on = judged(catalog(table(), policy(), other()), catalog(select("a", "s.child")));
  const child: Child = { schema: "s", name: "child", of: ["s.t"], rowSecurity: "off", ...more };
  const inspection = { ...on.inspection, children: [child] } as Judged["inspection"];
  expect(found("CHILD_WITHOUT_ROW_SECURITY", { ...on, ...(inspection && { inspection }) })).toHaveLength(
    isTold ? 1 : 0,
  );
});

test("a function that several policies call is told once, unless it has a path", () => {
  const desired = catalog(table(), policy({ using: "tenant = f(1)" }), policy({ name: "p", using: "tenant = s.f(2)" }));
  const told = (more: Parameters<typeof routine>[1]) =>
    found("POLICY_CALLS_WITHOUT_PATH", judged(desired, undefined, [routine("f", more)]));
  expect(told({})).toEqual([
    expect.objectContaining({
      address: "Function/s.f(integer)",
      summary: "RowPolicy s.t/own, RowPolicy s.t/p call s.f(integer), whose names each session looks up anew",
    }),
  ]);
  expect(told({ fixedPath: true })).toEqual([]);
});

test("of conditions that an intent made, only what somebody wrote counts", () => {
  const told = (more: Spec) => {
    const intents = catalog(["RowAccess", { table: "s.t", name: "own", to: ["a"], ...more }]);
    const [intent] = intents.keys() as IterableIterator<Address>;
    const made = [...catalog(policy())].map(([at, object]): [Address, DataObject] => [
      at,
      { ...object, intent: intent as Address },
    ]);
    const desired: Catalog = new Map([...catalog(table(), grant("a", ["create"], { schema: "s" })), ...made]);
    return found("PATH_OPEN_TO_OTHERS", { ...judged(desired), declared: intents });
  };
  expect(told({ condition: "tenant = 1" })).toHaveLength(1);
  expect(told({ user: { column: "tenant" } })).toEqual([]);
});

test("names of many tables are cut, and told once", () => {
  const many = Array.from({ length: 12 }, (_, number): Named[] => [
    table({ name: `t${number}`, owner: "k" }),
    policy({ table: `s.t${number}` }),
  ]).flat();
  const on = judged(catalog(login("a"), login("k"), ...many));
  for (const code of ["ROWS_ARE_COUNTED", "OWNER_LIFTS_ROW_SECURITY"])
    expect(found(code, on)).toEqual([expect.objectContaining({ summary: expect.stringContaining("and 2 more") })]);
});
