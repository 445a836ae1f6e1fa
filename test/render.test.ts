import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { Address } from "../core/address.ts";
import type { Drift } from "../core/drift.ts";
import { plansFromJson, plansToJson } from "../core/plan-file.ts";
import { diagnosticText, diagnosticTexts, inReadingOrder } from "../core/render/diagnostics.ts";
import { renderDrift } from "../core/render/drift.ts";
import { cell, code, fenced } from "../core/render/escape.ts";
import { painter } from "../core/render/paint.ts";
import { PLAN_FORMATS, renderPlans } from "../core/render/plan.ts";
import { planSql } from "../core/render/sql.ts";
import { brief, lineChanges, secretMark, shownChange } from "../core/render/values.ts";
import { EMPTY, PLAN } from "./support/handmade-plan.ts";

/** `UPDATE_GOLDEN=1` writes them anew; the diff is the review. */
function expectGolden(name: string, text: string): void {
  const file = new URL(`./golden/${name}`, import.meta.url);
  if (process.env.UPDATE_GOLDEN || !existsSync(file)) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}

describe("a plan", () => {
  test("as text", () => expectGolden("plan.txt", renderPlans([PLAN], "text")));
  test("as text with everything", () =>
    expectGolden("plan-verbose.txt", renderPlans([PLAN], "text", { verbose: true })));
  test("as Markdown", () => expectGolden("plan.md", renderPlans([PLAN], "markdown")));
  test("as SQL", () => expectGolden("plan.sql", renderPlans([PLAN], "sql")));
  test("as HTML", () => expectGolden("plan.html", renderPlans([PLAN], "html")));

  test("as JSON it is the plan itself, and can be read again", () => {
    const text = renderPlans([PLAN], "json");
    expect(JSON.parse(text)).toEqual(PLAN);
    expect(plansFromJson(text, "plan.json")).toEqual({ plans: [PLAN], diagnostics: [] });
  });

  test("several stand side by side", () => {
    const other = { ...EMPTY, dataSource: "lake" };
    const text = renderPlans([PLAN, other], "json");
    expect(JSON.parse(text)).toEqual({ version: 1, plans: [PLAN, other] });
    expect(plansFromJson(text, "plan.json").plans).toEqual([PLAN, other]);
    for (const format of PLAN_FORMATS) expect(renderPlans([PLAN, other], format)).toContain("lake");
  });

  test("ends with its verdict", () => {
    const last = (text: string): string | undefined => text.trimEnd().split("\n").at(-1);
    expect(last(renderPlans([PLAN], "text"))).toBe(
      "Plan: 2 to create, 1 to alter, 1 to replace, 1 to rename, 1 to drop.",
    );
    expect(last(renderPlans([EMPTY], "text"))).toBe("No changes. The live system is as declared.");
    const observed = { ...EMPTY, observed: PLAN.observed };
    expect(last(renderPlans([observed], "text"))).toBe(
      "No changes to make. 1 difference in scopes that are only observed.",
    );
    const wrong = { ...EMPTY, diagnostics: PLAN.diagnostics };
    expect(last(renderPlans([wrong], "text", { diagnostics: false }))).toBe("No plan: see the errors.");
  });

  test("has colours only where they are asked for", () => {
    expect(renderPlans([PLAN], "text")).not.toContain("\u001b");
    expect(renderPlans([PLAN], "text", { colour: true })).toContain("\u001b[31m");
  });
});

describe("the script", () => {
  test("has a transaction around what can be undone together, and none around what cannot", () => {
    const lines = planSql(PLAN).split("\n");
    const of = (text: string): number => lines.findIndex((line) => line.startsWith(text));
    expect(lines.filter((line) => line === "BEGIN;")).toHaveLength(2);
    expect(lines.filter((line) => line === "COMMIT;")).toHaveLength(2);
    expect(of("COMMIT;")).toBeLessThan(of("CREATE INDEX CONCURRENTLY"));
    expect(lines.lastIndexOf("BEGIN;")).toBeGreaterThan(of("CREATE INDEX CONCURRENTLY"));
  });

  test("has none at all for an engine without transactions", () => {
    expect(planSql(PLAN, { transactions: false })).not.toMatch(/^(BEGIN|COMMIT);$/m);
  });

  test("does not let a comment at the end of a text swallow the semicolon", () => {
    expect(planSql(PLAN)).toContain("  -- line 14\n;");
  });

  test("keeps a name with a line break inside its comment", () => {
    const address = 'Table/sales."a\nDROP TABLE b; --"' as Address;
    const text = planSql({
      ...EMPTY,
      steps: [{ address, action: "create", statements: [{ order: 0, phase: "build", sql: "SELECT 1" }] }],
    });
    expect(text).toContain('-- create Table sales."a DROP TABLE b; --"');
    expect(text).not.toMatch(/^DROP/m);
  });

  test("marks where a secret goes, in a way that does not run", () => {
    expect(planSql(PLAN)).toContain("LOGIN PASSWORD /* secret from env BI_PASSWORD, as scram-sha-256 */;");
    const mark = secretMark({ at: 0, secret: { file: "a*/ b" }, form: "text", subject: "x" });
    expect(mark.indexOf("*/")).toBe(mark.length - 2);
  });
});

describe("Markdown", () => {
  test("takes nothing of a name for markup", () => {
    expect(cell("<img> | *a* @team [x](y)")).toBe("&lt;img\\> \\| \\*a\\* @\u200bteam \\[x\\](y)");
    expect(code("a`b|c")).toBe("`` a`b\\|c ``");
    expect(fenced("```\nx", "sql")).toBe("````sql\n```\nx\n````");
  });

  test("leaves SQL out that no forge would take", () => {
    const statements = Array.from({ length: 4000 }, (_, order) => ({
      order,
      phase: "build" as const,
      sql: `SELECT ${order}, ${"x".repeat(40)}`,
    }));
    const text = renderPlans(
      [{ ...EMPTY, steps: [{ address: "Seed/a.b" as Address, action: "create", statements }] }],
      "markdown",
    );
    expect(text.length).toBeLessThan(65_000);
    expect(text).toContain("--format sql");
  });
});

test("HTML runs nothing and loads nothing", () => {
  const text = renderPlans([PLAN], "html");
  expect(text).not.toMatch(/<script|<link|src=|@import|url\(/);
  expect(text).toContain("sales.&lt;b&gt;@team&lt;/b&gt;()");
});

describe("values", () => {
  test("look as they could stand in a document", () => {
    expect(brief({ name: "a", type: "numeric(10,2)", notNull: true, list: ["x", "y z"] })).toBe(
      '{ name: a, type: "numeric(10,2)", notNull: true, list: [x, y z] }',
    );
    expect(brief("true")).toBe('"true"');
    expect(brief("")).toBe('""');
  });

  test("an absent field shows what it means", () => {
    const at = "Table/a.b" as Address;
    expect(shownChange(at, { path: ["columns", "x", "notNull"], from: undefined, to: true }).line).toBe("false → true");
    expect(shownChange(at, { path: ["comment"], from: undefined, to: "hello" }).line).toBe("+ hello");
    expect(shownChange(at, { path: ["rowSecurity"], from: "forced", to: undefined }).line).toBe("forced → off");
  });

  test("long lists show what joins and leaves", () => {
    const change = { path: ["values"], from: ["a", "b", "c", "d"], to: ["a", "c", "d", "e"] };
    expect(shownChange("Enum/a.b" as Address, change).line).toBe("- b, + e");
  });

  test("texts show the lines that differ and what is around them", () => {
    expect(lineChanges("a\nb\nc\nd\ne", "a\nb\nX\nd\ne")).toEqual(["  a", "  b", "- c", "+ X", "  d", "  e"]);
    expect(lineChanges("", "x\ny")).toEqual(["+ x", "+ y"]);
  });
});

describe("diagnostics", () => {
  const [warned, failed] = PLAN.diagnostics as [(typeof PLAN.diagnostics)[number], (typeof PLAN.diagnostics)[number]];

  test("place, severity, code, summary; what to do below", () => {
    expect(diagnosticText(warned)).toBe(
      "warehouse/sales.yaml:40:1: warning SETTING_IS_NOT_A_BOUNDARY: RowPolicy regional_access trusts a session setting\n" +
        "    Use `current_user`,\n    or let only a trusted application connect.",
    );
    expect(diagnosticText(failed)).toMatch(/^error PROTECTED: Table sales.orders is protected/);
  });

  test("errors come last, and each once", () => {
    expect(inReadingOrder([failed, warned, failed]).map(({ severity }) => severity)).toEqual(["warning", "error"]);
  });

  test("what to do about several of the same is said once", () => {
    const other = { ...failed, summary: "Another" };
    expect(diagnosticTexts([failed, other]).join("\n").split("Take `protect")).toHaveLength(2);
  });

  test("colour", () => {
    expect(diagnosticText(failed, painter(true))).toContain("\u001b[1m\u001b[31merror PROTECTED\u001b[39m\u001b[22m");
  });
});

describe("plan files", () => {
  test("what is no plan is told", () => {
    const codeOf = (text: string): string | undefined => plansFromJson(text, "x").diagnostics[0]?.code;
    for (const text of [
      "",
      "{}",
      "[]",
      "null",
      "kind: Role",
      '{"version":1}',
      '{"version":1,"plans":[]}',
      '{"version":1,"plans":[{}]}',
    ])
      expect(codeOf(text)).toBe("PLAN_FORMAT");
    const newer = plansFromJson(plansToJson([PLAN]).replace('"version": 1', '"version": 2'), "x").diagnostics[0];
    expect(newer?.summary).toBe("The plan has format 2; this Datumline reads 1");
  });
});

describe("drift", () => {
  const drift: Drift = {
    version: 1,
    dataSource: "warehouse",
    target: PLAN.target,
    drifted: [
      {
        address: "Table/sales.customer_dim" as Address,
        how: "changed",
        fields: [{ path: ["columns", "region", "notNull"], from: true, to: undefined }],
      },
      { address: "View/sales.customers" as Address, how: "gone" },
      { address: 'Table/sales."a|b"' as Address, how: "added" },
    ],
    unmanaged: [{ address: "Table/sales.scratch" as Address }],
    compared: 12,
  };

  test("as text", () => expectGolden("drift.txt", renderDrift([drift], "text")));
  test("as Markdown", () => expectGolden("drift.md", renderDrift([drift], "markdown")));
  test("as JSON", () => {
    expect(JSON.parse(renderDrift([drift], "json"))).toEqual(drift);
    expect(JSON.parse(renderDrift([drift, drift], "json"))).toEqual({ version: 1, drifts: [drift, drift] });
  });
  test("none", () => {
    expect(renderDrift([{ ...drift, drifted: [], unmanaged: [] }], "text")).toMatch(
      /\nNo drift. The live system is as last applied \(12 objects\).\n$/,
    );
  });
});
