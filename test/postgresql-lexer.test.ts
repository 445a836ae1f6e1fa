import { describe, expect, test } from "@jest/globals";
import { address } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import { identifierChains, needsOf, textFault, tokens, unwrapped, userText } from "../providers/postgresql/lexer.ts";

describe("names", () => {
  test.each<[string, string[][]]>([
    ["a.b.c", [["a", "b", "c"]]],
    ["Orders", [["orders"]]],
    ['"Orders"."My ""Name""" x', [["Orders", 'My "Name"'], ["x"]]],
    ["a . b", [["a", "b"]]],
    ["o.*, p", [["o"], ["p"]]],
    ["'it''s not.a name'", []],
    ["e'it\\'s a.b' c", [["c"]]],
    ["'sales.number'", [["sales", "number"]]],
    ['nextval(\'"Sales"."Number"\'::regclass)', [["nextval"], ["Sales", "Number"], ["regclass"]]],
    ["$$ a.b ' $$ c $x$ $$ d $$ $x$ e", [["c"], ["e"]]],
    ["a -- b\n c /* d /* e */ f */ g", [["a"], ["c"], ["g"]]],
    ["1.5 + .5e10 + 0xff", []],
    ["größe.höhe", [["größe", "höhe"]]],
    ["date'2026-01-01' b", [["date"], ["b"]]],
    ["x'ff' b'10' n", [["ff"], ["n"]]],
    ["$1::int", [["int"]]],
  ])("%s", (text, chains) => {
    expect(identifierChains(text)).toEqual(chains);
  });

  test("a long text does not exhaust the stack", () => {
    const long = `'${"x''y".repeat(500_000)}' AND /* ${"/*".repeat(10)}${"*/".repeat(10)} */ "${"a".repeat(1_000_000)}"`;
    expect([...tokens(long)].map(({ kind }) => kind)).toEqual(["text", "word", "comment", "name"]);
    expect([...tokens(`'${"''".repeat(1_000_000)}`)].map(({ kind }) => kind)).toEqual(["open"]);
  });
});

describe("needs", () => {
  const named = (kind: string, schema: string, name: string) =>
    [address(kind, [schema, name]), { kind, spec: { schema, name } }] as const;
  const catalog: Catalog = new Map([
    named("Table", "sales", "orders"),
    named("Table", "sales", "Lines"),
    named("View", "sales", "recent"),
    named("View", "hr", "staff"),
    named("Enum", "sales", "status"),
    named("Sequence", "sales", "number"),
    named("MaterializedView", "sales", "totals"),
    named("RowPolicy", "sales", "unrelated"),
  ]);
  const needs = (text: string): string[] =>
    needsOf(text, "sales", catalog)
      .map((need) => need.address)
      .sort();

  test.each<[string, string[]]>([
    ["SELECT id FROM orders", ["Table/sales.orders"]],
    ['SELECT * FROM sales.orders o JOIN LATERAL sales."Lines" l ON true', ["Table/sales.Lines", "Table/sales.orders"]],
    ["SELECT * FROM unknown u, recent r, hr.staff", ["View/hr.staff", "View/sales.recent"]],
    [
      "SELECT * FROM (orders o JOIN totals t USING (id)) CROSS JOIN ONLY recent",
      ["MaterializedView/sales.totals", "Table/sales.orders", "View/sales.recent"],
    ],
    [
      "SELECT * FROM orders JOIN recent ON (recent.id IN (SELECT 1)), totals",
      ["MaterializedView/sales.totals", "Table/sales.orders", "View/sales.recent"],
    ],
    ["id IN (SELECT x FROM recent)", ["View/sales.recent"]],
    ["nextval('sales.number')", ["Sequence/sales.number"]],
    ["'new'::status", ["Enum/sales.status"]],
    ["status", ["Enum/sales.status"]],
  ])("%s", (text, expected) => {
    expect(needs(text)).toEqual(expected);
  });

  test.each([
    "SELECT recent, totals AS staff FROM unknown",
    "SELECT coalesce(recent, 1), x FROM unknown WHERE a IN (recent, totals)",
    "SELECT 1 FROM unknown ORDER BY recent, totals",
    "a IS DISTINCT FROM recent",
    "'hr.staff'",
    "staff.id",
    "unrelated",
    "-- orders\n/* recent */ 'sales . orders x'",
  ])("not a view, nor what is no relation: %s", (text) => {
    expect(needs(text)).toEqual([]);
  });

  test("of several catalogs", () => {
    const other: Catalog = new Map([named("Table", "sales", "extra")]);
    expect(needsOf("SELECT FROM extra, orders", "sales", catalog, other).map((need) => need.address)).toEqual([
      "Table/sales.extra",
      "Table/sales.orders",
    ]);
  });
});

describe("faults", () => {
  test.each([
    ["a = 1; DROP TABLE x", "it holds more than one statement"],
    ["a = 'x", "a quote in it is not closed"],
    ['a = "x', "a quote in it is not closed"],
    ["a = $t$ x $$", "a quote in it is not closed"],
    ["a /* b /* c */", "a comment in it is not closed"],
    ["a) OR (true", "a parenthesis in it closes what it did not open"],
    ["(a", "a parenthesis in it is not closed"],
  ])("%s", (text, fault) => {
    expect(textFault(text)).toBe(fault);
  });

  test.each(["a = ';'", "a /* ; */ = 1", 'f(";")', "f($$;$$) -- ;", "(a) OR (b)"])("none: %s", (text) => {
    expect(textFault(text)).toBeUndefined();
  });

  test("several statements", () => {
    expect(textFault("SELECT ';'; SELECT 2")).toBe("it holds more than one statement");
  });
});

test("a comment at the end does not swallow what follows", () => {
  expect(userText("a = 1 -- only ours").text).toBe("a = 1 -- only ours\n");
  expect(userText("a = '-- no'").text).toBe("a = '-- no'");
  expect(userText("a -- b\n = 1").text).toBe("a -- b\n = 1");
});

test.each([
  ["(a = 1)", "a = 1"],
  ["(a) = (b)", "(a) = (b)"],
  ["((a) = (b))", "(a) = (b)"],
  ["(a = ')')", "a = ')'"],
  ["lower(a)", "lower(a)"],
])("unwrapped %s", (text, bare) => {
  expect(unwrapped(text)).toBe(bare);
});
