/** Each rule where it finds something and where, for want of one thing, it does not. */
import { expect, test } from "@jest/globals";
import type { Spec } from "../core/kind.ts";
import { objectsOf } from "../policies/objects.ts";
import { unclassified } from "../policies/unclassified.ts";
import { catalog, codes, found, judged, type Named, routine } from "./support/judged.ts";

const role = (name: string, more: Spec = {}): Named => ["Role", { name, ...more }];
const grant = (to: string, more: Spec = {}): Named => [
  "Grant",
  { to, privileges: ["select"], on: { table: "s.t" }, ...more },
];
const policy = (name: string, more: Spec = {}): Named => ["RowPolicy", { table: "s.t", name, using: "a = 1", ...more }];
const columns = (...names: readonly string[]): Spec["columns"] => names.map((name) => ({ name, type: "int" }));
const table = (more: Spec = {}): Named => ["Table", { schema: "s", name: "t", columns: columns("a"), ...more }];

test.each([
  ["PERMISSIVE_POLICIES_ADD_UP", [policy("one"), policy("two")], [policy("one"), policy("two", { as: "restrictive" })]],
  [
    "PERMISSIVE_POLICIES_ADD_UP",
    [policy("one"), policy("two", { command: "select" })],
    [policy("one", { to: ["a"] }), policy("two", { to: ["b"] })],
  ],
  [
    "COLUMN_GRANT_WITHOUT_EFFECT",
    [grant("a"), grant("a", { on: { table: "s.t", columns: ["a"] } })],
    [grant("b"), grant("a", { on: { table: "s.t", columns: ["a"] } })],
  ],
  ["GRANTED_TO_EVERYBODY", [grant("public")], [grant("public", { on: { schema: "s" }, privileges: ["usage"] })]],
  [
    "GRANTED_TO_LOGIN",
    [role("a", { login: true }), role("b", { login: true }), grant("a"), grant("b")],
    [role("a", { login: true }), role("b"), grant("a"), grant("b")],
  ],
  [
    "GRANTED_TO_LOGIN",
    [role("a", { login: true }), role("b", { login: true }), grant("a"), grant("b"), grant("g")],
    ["a", "b"].map((name) => role(name, { login: true, memberOf: [{ role: "g" }] })).concat([grant("a"), grant("g")]),
  ],
  ["GRANT_OPTION_SPREADS", [grant("a", { grantOption: true })], [grant("a")]],
  [
    "LOGIN_PASSES_CHECKS",
    [role("a", { login: true, bypassrls: true })],
    [role("a", { bypassrls: true }), role("b", { login: true })],
  ],
  [
    "OWNER_BYPASSES_ROW_SECURITY",
    [role("g"), role("a", { login: true, memberOf: ["g"] }), table({ rowSecurity: "on", owner: "g" })],
    [role("a", { login: true }), table({ rowSecurity: "forced", owner: "a" }), role("g")],
  ],
  ["POLICY_WITHOUT_INDEX", [table(), policy("p")], [table({ primaryKey: ["a"] }), policy("p")]],
  [
    "POLICY_WITHOUT_INDEX",
    [table(), policy("p", { using: "(SELECT x.y) = a" })],
    [table(), policy("p", { using: "f(a) AND b.a = 1" })],
  ],
  // As intents write it.
  [
    "POLICY_WITHOUT_INDEX",
    [table(), policy("p", { using: "(a)::bigint OPERATOR(pg_catalog.=) (SELECT 1)" })],
    [table(), policy("p", { using: "a OPERATOR(pg_catalog.<>) 1" })],
  ],
  // As the server writes it.
  [
    "POLICY_WITHOUT_INDEX",
    [table(), policy("p", { using: "((a)::text = current_setting('x.y'::text))" })],
    [table(), policy("p", { using: "(f(a) = 1)" })],
  ],
] as const)("%s, where it is so and where it is not", (code, so, not) => {
  expect(codes(catalog(...so))).toContain(code);
  expect(codes(catalog(...not))).not.toContain(code);
});

const EXECUTE = grant("public", { privileges: ["execute"], on: { function: "s.f(integer)" } });

test.each([
  ["DEFINER_WITHOUT_PATH", { asOwner: true }, true],
  ["DEFINER_WITHOUT_PATH", { asOwner: true, fixedPath: true }, false],
  ["DEFINER_WITHOUT_PATH", {}, false],
  ["DEFINER_WITHOUT_PATH", { asOwner: true, inExtension: true }, false],
  ["DEFINER_WITHOUT_PATH", { asOwner: true, schema: "elsewhere" }, false],
  ["DEFINER_FOR_EVERYBODY", { asOwner: true }, true],
  ["DEFINER_FOR_EVERYBODY", {}, false],
  ["DEFINER_FOR_EVERYBODY", { asOwner: true, signature: "s.f(text)" }, false],
  ["DEFINER_FOR_EVERYBODY", { asOwner: true, isTrigger: true }, false],
] as const)("%s of a function with %j: %s", (code, more, isTold) => {
  const on = judged(catalog(table()), catalog(EXECUTE), [routine("f", more)]);
  expect(found(code, on)).toHaveLength(isTold ? 1 : 0);
});

test("a function is told by its address, with what to do by hand", () => {
  const odd = { signature: 's."Odd name"(integer)', asOwner: true };
  const given = grant("public", { privileges: ["execute"], on: { function: odd.signature } });
  expect(found("DEFINER_FOR_EVERYBODY", judged(catalog(table()), catalog(given), [routine("f", odd)]))).toEqual([
    expect.objectContaining({
      address: 'Function/s."Odd name"(integer)',
      byHand: 'REVOKE EXECUTE ON ROUTINE "s"."Odd name"(integer) FROM PUBLIC;',
    }),
  ]);
});

test("a declared function counts as it is declared, one that the plan drops not at all", () => {
  const there = routine("f", { asOwner: true });
  const declared = (more: Spec): Named => [
    "Function",
    { schema: "s", name: "f", arguments: [{ type: "integer" }], body: "SELECT 1", security: "definer", ...more },
  ];
  const loose = (on: ReturnType<typeof judged>) => found("DEFINER_WITHOUT_PATH", on).length;
  expect(loose(judged(catalog(table(), declared({ settings: { search_path: "s" } })), undefined, [there]))).toBe(0);
  expect(loose(judged(catalog(declared({}))))).toBe(1);
  const dropped = judged(catalog(table()), undefined, [there]);
  expect(loose({ ...dropped, inspection: { ...dropped.inspection, catalog: catalog(declared({})) } as never })).toBe(0);
});

const VOLATILE = { volatility: "volatile" } as const;

test.each([
  ["POLICY_CALLS_VOLATILE", "a = s.f(1)", VOLATILE, true],
  ["POLICY_CALLS_VOLATILE", "a = f(1)", VOLATILE, true],
  ["POLICY_CALLS_VOLATILE", 'a = "s" . "f"(1)', VOLATILE, true],
  ["POLICY_CALLS_VOLATILE", "a = S.F (1)", VOLATILE, true],
  ["POLICY_CALLS_VOLATILE", "a = other.f(1)", VOLATILE, false],
  ["POLICY_CALLS_VOLATILE", "a = pg_catalog.f(1)", VOLATILE, false],
  ["POLICY_CALLS_VOLATILE", "a = f AND a IN (1)", VOLATILE, false],
  ["POLICY_CALLS_VOLATILE", "b = 's.f(1)' -- s.f(1)", VOLATILE, false],
  ["POLICY_CALLS_VOLATILE", "a = s.f(1)", {}, false],
  ["POLICY_CALLS_VOLATILE", "a = s.f(1)", { ...VOLATILE, inExtension: true }, false],
  ["POLICY_CALLS_LEAKY", "s.f(a)", {}, true],
  ["POLICY_CALLS_LEAKY", "f((t.a)::bigint, ')')", {}, true],
  ["POLICY_CALLS_LEAKY", "s.f(1) AND a = 1", {}, false],
  ["POLICY_CALLS_LEAKY", "s.f('a')", {}, false],
  ["POLICY_CALLS_LEAKY", "s.f(a)", { leakproof: true }, false],
] as const)("%s of %s, with a function of %j: %s", (code, using, more, isTold) => {
  const on = judged(catalog(table(), policy("p", { using })), undefined, [routine("f", more)]);
  expect(found(code, on).map(({ address }) => address)).toEqual(isTold ? ["RowPolicy/s.t/p"] : []);
});

const PII = table({
  columns: [
    { name: "id", type: "int" },
    { name: "email", type: "text", classification: "pii" },
  ],
});

test("CLASSIFIED_IN_CLEAR: once for a table, with the roles and columns", () => {
  const on = judged(catalog(PII, grant("web"), grant("analyst"), grant("keeper", { privileges: ["insert"] })));
  expect(found("CLASSIFIED_IN_CLEAR", on)).toEqual([
    expect.objectContaining({
      address: "Table/s.t",
      summary: "Table s.t: analyst, web read email [pii] in clear, granted with the whole table",
      closes: [{ kind: "ColumnAccess", spec: { table: "s.t", to: ["analyst", "web"], except: ["email"] } }],
    }),
  ]);
});

test.each([
  ["columns are named", catalog(PII, grant("a", { on: { table: "s.t", columns: ["email"] } }))],
  ["nothing is classified", catalog(table(), grant("a"))],
  [
    "it is everybody's",
    catalog(table({ columns: [{ name: "a", type: "int", classification: "public" }] }), grant("a")),
  ],
])("CLASSIFIED_IN_CLEAR: not where %s", (_, desired) => {
  expect(found("CLASSIFIED_IN_CLEAR", judged(desired))).toEqual([]);
});

test("CLASSIFIED_IN_CLEAR: not of whom a mask or a ColumnAccess says it already", () => {
  const desired = catalog(PII, grant("staff"), grant("other"), role("analyst", { memberOf: ["staff"] }));
  const declared = catalog(["MaskedView", { schema: "s", name: "m", from: "s.t", to: ["analyst"] }]);
  const told = [{ severity: "error", code: "MASK_BYPASSED", summary: "", address: "MaskedView/s.m" as never }] as const;
  expect(found("CLASSIFIED_IN_CLEAR", { ...judged(desired), declared, told })).toEqual([
    expect.objectContaining({ summary: expect.stringContaining("Table s.t: other read email") }),
  ]);
});

const of = (name: string, more: Spec = {}): Named => [
  "Table",
  { schema: "s", name, columns: columns("id", "org"), ...more },
];
const secured = (name: string): readonly Named[] => [
  of(name, { rowSecurity: "forced" }),
  ["RowPolicy", { table: `s.${name}`, name: "own", using: "org = s.mine()" }],
];

test("TABLE_WITHOUT_ISOLATION: closed by the policies of the others, and an index", () => {
  const on = judged(
    catalog(...secured("one"), ...secured("two"), of("three"), [
      "Table",
      { schema: "s", name: "four", columns: columns("id") },
    ]),
  );
  expect(found("TABLE_WITHOUT_ISOLATION", on)).toEqual([
    expect.objectContaining({
      address: "Table/s.three",
      summary: "Table s.three has org and shows every row, while s.one, s.two hide rows by it",
      closes: [
        { kind: "Table", spec: { schema: "s", name: "three", rowSecurity: "forced" } },
        { kind: "RowPolicy", spec: { table: "s.three", name: "own", using: "org = s.mine()" } },
        { kind: "Index", spec: { table: "s.three", name: "three_org_idx", columns: ["org"] } },
      ],
    }),
  ]);
});

test("TABLE_WITHOUT_ISOLATION: no policy that speaks of its own table is copied", () => {
  const own = (name: string): readonly Named[] => [
    of(name),
    ["RowPolicy", { table: `s.${name}`, name: "own", using: `org = 1 AND ${name}.id > 0` }],
  ];
  const [finding] = found("TABLE_WITHOUT_ISOLATION", judged(catalog(...own("one"), ...own("two"), of("three"))));
  expect(finding).not.toHaveProperty("closes");
});

test.each([
  ["one table alone hides rows", catalog(...secured("one"), of("three")), []],
  [
    "policies look things up in it",
    catalog(
      ...secured("one"),
      ...secured("two"),
      of("three"),
      policy("p", { table: "s.one", using: "org IN (SELECT org FROM s.three)" }),
    ),
    [],
  ],
  [
    "a TenantIsolation excepts it",
    catalog(...secured("one"), ...secured("two"), of("three")),
    [["TenantIsolation", { name: "t", except: [{ table: "s.th*", reason: "…" }] }]],
  ],
] as const)("TABLE_WITHOUT_ISOLATION: not where %s", (_, desired, declared) => {
  const on = { ...judged(desired), declared: catalog(...(declared as readonly Named[])) };
  expect(found("TABLE_WITHOUT_ISOLATION", on)).toEqual([]);
});

test("UNCLASSIFIED: names that tell, and names that do not", () => {
  const telling = [
    "email",
    "customerEmail",
    "home_phone",
    "ssn",
    "iban",
    "birth_date",
    "dateOfBirth",
    "credit_card",
    "first_name",
  ];
  const others = ["id", "name", "emailed", "email_verified", "cardinality", "address_id", "phone_count", "created_at"];
  const on = (names: readonly string[]) => unclassified.find(judged(catalog(table({ columns: columns(...names) }))));
  const [finding] = on([...telling, ...others]);
  const [remedy] = finding?.closes ?? [];
  expect(((remedy?.spec.columns ?? []) as { name: string }[]).map(({ name }) => name)).toEqual(telling);
  expect(on(others)).toEqual([]);
  const classified = table({ columns: [{ name: "email", type: "text", classification: "public" }] });
  expect(unclassified.find(judged(catalog(classified)))).toEqual([]);
});

test("objects of one kind, with their fields", () => {
  expect(objectsOf("Table", catalog(table(), role("a"))).map(({ address, spec }) => [address, spec.schema])).toEqual([
    ["Table/s.t", "s"],
  ]);
});
