/** What proofs came to, in every form, read back as the tools read it; and how values are compared. */
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import type { Address } from "../core/address.ts";
import { judge, type Seen } from "../core/proofs/judge.ts";
import type { AccessClaim, ProofResult } from "../core/proofs/model.ts";
import type { ProofReport } from "../core/proofs/report.ts";
import { sameValue, shownValue } from "../core/proofs/values.ts";
import { renderProofs } from "../core/render/proofs.ts";
import { PLAN } from "./support/handmade-plan.ts";
import { parseXml } from "./support/xml.ts";

/** Whatever a name may hold. */
const NASTY = `a <b> & "c" 'd' # \\ | \`e\` \u0007\u001b[31m \ud800 ]]> ✓ *x* ok 1 - y`;

function result(
  name: string,
  more: Partial<ProofResult> & { readonly severity?: "error" | "warning" } = {},
): ProofResult {
  const { severity = "error", ...rest } = more;
  const claim = { sort: "quality", check: { name } } as const;
  const proof = {
    rule: "QualityCheck",
    name,
    address: `QualityCheck/${name}` as Address,
    severity,
    claim,
    origin: { file: "q.yaml", line: 3, column: 1 },
  } as const;
  return { proof, outcome: "held", reasons: [], milliseconds: 12, ...rest };
}

const REPORT: ProofReport = {
  version: 1,
  dataSource: "warehouse",
  target: PLAN.target,
  results: [
    result("plain", { seen: "4 rows" }),
    result(NASTY, {
      outcome: "failed",
      reasons: [NASTY, "second\nline"],
      sample: {
        columns: ["id", NASTY],
        rows: [
          ["1", NASTY],
          [null, "two\nlines"],
        ],
      },
    }),
    result("slow", { outcome: "not proved", reasons: ["the time was up"] }),
    result("soft", { outcome: "failed", severity: "warning", reasons: ["1 of 4"] }),
  ],
};
const OTHER: ProofReport = { ...REPORT, dataSource: "lake # 2", results: [result("plain")] };

describe("reports", () => {
  test("as text", () => {
    const lines = renderProofs([REPORT], "text").split("\n");
    expect(lines[2]).toBe("✓ QualityCheck/plain (4 rows)");
    expect(lines).toContain("? NOT_PROVED QualityCheck/slow (q.yaml:3:1)");
    expect(lines).toContain("! CHECK_FAILED QualityCheck/soft (q.yaml:3:1)");
    expect(lines).toContain("1 held, 1 failed, 1 not proved, 1 warning.");
  });

  test("as JSON", () => {
    const { results, ...rest } = JSON.parse(renderProofs([REPORT], "json"));
    expect(rest).toMatchObject({ version: 1, dataSource: "warehouse", held: 1, failed: 1, notProved: 1, warned: 1 });
    expect(results[1]).toMatchObject({ name: `QualityCheck/${NASTY}`, outcome: "failed", code: "CHECK_FAILED" });
    expect(JSON.parse(renderProofs([REPORT, OTHER], "json")).reports).toHaveLength(2);
  });

  test("as JUnit", () => {
    const root = parseXml(renderProofs([REPORT, OTHER], "junit"));
    expect(root.attributes).toMatchObject({ name: "datumline", tests: "5", failures: "1", errors: "1", time: "0.060" });
    const [suite, other] = root.children;
    expect([suite?.attributes.name, other?.attributes.name]).toEqual(["warehouse", "lake # 2"]);
    const cases = suite?.children ?? [];
    const clean = ["\u0007", "\u001b", "\ud800"].reduce((text, bad) => text.replaceAll(bad, "\ufffd"), NASTY);
    expect(cases.map(({ attributes }) => attributes.name)).toEqual(["plain", clean, "slow", "soft"]);
    expect(cases.map(({ children }) => children.map(({ name }) => name))).toEqual([
      [],
      ["failure"],
      ["error"],
      ["system-out"],
    ]);
    expect(cases[1]?.children[0]).toMatchObject({
      attributes: { message: `${clean}; second\nline`, type: "CHECK_FAILED" },
      text: expect.stringContaining("q.yaml:3:1"),
    });
    expect(cases[1]?.attributes).toMatchObject({ classname: "warehouse.QualityCheck", file: "q.yaml", line: "3" });
  });

  test("as TAP", () => {
    const [version, plan, ...lines] = renderProofs([REPORT], "tap").split("\n");
    expect([version, plan]).toEqual(["TAP version 14", "1..4"]);
    const points = lines.filter((line) => /^(not )?ok /.test(line));
    expect(points.map((line) => line.slice(0, 11))).toEqual([
      "ok 1 - Qual",
      "not ok 2 - ",
      "not ok 3 - ",
      "ok 4 - Qual",
    ]);
    // A `#` that is not escaped would begin a directive, and pass what failed as a TODO.
    expect(points[1]).not.toMatch(/[^\\]#/);
    const blocks = [...lines.join("\n").matchAll(/^ {2}---\n(.*?)^ {2}\.\.\.$/gms)].map(([, block]) =>
      parse(block as string),
    );
    expect(blocks.map(({ code, at }) => [code, at])).toEqual([
      ["CHECK_FAILED", "q.yaml:3:1"],
      ["NOT_PROVED", "q.yaml:3:1"],
      ["CHECK_FAILED", "q.yaml:3:1"],
    ]);
    expect(blocks[0].message).toBe(`${NASTY}\nsecond\nline`);
    expect(blocks[0].sample[1]).toEqual({ id: null, [NASTY]: "two\nlines" });
    const several = renderProofs([REPORT, OTHER], "tap").split("\n");
    expect(several.filter((line) => !/^ |^$/.test(line))).toEqual([
      "TAP version 14",
      "1..2",
      "# Subtest: warehouse",
      "not ok 1 - warehouse",
      "# Subtest: lake \\# 2",
      "ok 2 - lake \\# 2",
    ]);
  });

  test("as Markdown, in which no name does anything", () => {
    const text = renderProofs([REPORT], "markdown");
    expect(text).toContain("### Datumline test: `warehouse`");
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    expect(rows.map((row) => row.replaceAll("\\|", "").split("|").length)).toEqual([6, 6, 6, 6, 6]);
    expect(text.replace(/``? .*? ``?|`[^`]+`/g, "")).not.toMatch(/<b>|[^\\]\*x|@/);
  });
});

test("a value is the one that was written down, however the engine spells it", () => {
  const same: readonly (readonly [string | number | boolean | null, string | null])[] = [
    [10, "10.00"],
    ["010", "10"],
    [-0.5, "-0.50"],
    [0, "-0.0"],
    [1e21, "1e+21"],
    [true, "t"],
    [false, "false"],
    [null, null],
    ["2025-01-01T12:00:00Z", "2025-01-01 12:00:00+00"],
    ["2025-01-01 12:00", "2025-01-01T12:00:00.000"],
    ["2025-01-01 12:00:00+0530", "2025-01-01T12:00:00+05:30"],
    ["", ""],
  ];
  const different: readonly (readonly [string | number | boolean | null, string | null])[] = [
    [10, "10.01"],
    ["1.5", "15"],
    ["-1", "1"],
    [true, "f"],
    [null, ""],
    ["", null],
    ["9007199254740993", "9007199254740992"],
    ["2025-01-01 12:00Z", "2025-01-01 12:00:00"],
    ["a", "A"],
    ["x", null],
  ];
  for (const [value, seen] of same) expect([value, seen, sameValue(value, seen)]).toEqual([value, seen, true]);
  for (const [value, seen] of different) expect([value, seen, sameValue(value, seen)]).toEqual([value, seen, false]);
  expect(["plain text", "a, b", "", "NULL", null, 5, "x".repeat(70)].map(shownValue)).toEqual([
    "plain text",
    '"a, b"',
    '""',
    '"NULL"',
    "NULL",
    "5",
    `${"x".repeat(60)}…`,
  ]);
});

test("a row stands for one that is expected, and each expected one has its own", () => {
  const claim = (rows: NonNullable<AccessClaim["expect"]["rows"]>): AccessClaim => ({
    sort: "access",
    as: "reader",
    on: "s.t",
    command: "select",
    timeout: "60s",
    expect: { rows },
  });
  const seen: Seen = {
    rows: [
      { a: "1", b: "x" },
      { a: "1", b: "y" },
      { a: "1", b: "y" },
    ],
    count: 3,
  };
  const outcome = (rows: NonNullable<AccessClaim["expect"]["rows"]>) => judge(claim(rows), seen, () => true);
  expect(outcome([{ a: 1 }, { b: "y" }, { a: 1, b: "x" }]).outcome).toBe("held");
  expect(outcome([{ a: 1 }, { b: "x" }, { b: "x" }]).reasons).toEqual([
    "reader does not see { b: x }",
    "reader sees { a: 1, b: y }, which is not expected",
  ]);
  expect(judge(claim([{ a: 1 }]), { ...seen, count: 90 }, () => false).reasons).toEqual([
    "reader sees { a: …, b: … }, which is not expected",
    "reader sees { a: …, b: … }, which is not expected",
    "reader sees 87 rows more that are not expected",
  ]);
});
