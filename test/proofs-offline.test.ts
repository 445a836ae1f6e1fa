/** What is wrong with tests and checks, told before anything is connected to. */
import { describe, expect, test } from "@jest/globals";
import { folder } from "./support/cli.ts";
import { PROVED } from "./support/proofs.ts";

describe("offline", () => {
  const checked = async (documents: string): Promise<string> => {
    const here = folder();
    here.write("e.yaml", `${PROVED}---\n${documents}`);
    const { code, err } = await here.run("check -f e.yaml");
    expect(code).toBe(1);
    return err;
  };

  test("roles, tables and columns that do not exist: where, and what was meant", async () => {
    const here = folder();
    here.write("estate.yaml", PROVED);
    const tests = [
      "{ kind: AccessTest, name: a, as: raeder, on: app.customer, columns: [emial], plant: [{ tenat: x }], values: { sence: 1 }, command: insert, expect: { denied: true } }",
      "{ kind: AccessTest, name: b, as: reader, on: app.costumer, expect: { denied: true } }",
      "{ kind: AccessTest, name: c, as: reader, on: app.customer, expect: { rows: [{ tenent: a }] } }",
      "{ kind: AccessTest, name: d, as: reader, on: app.customer, query: SELECT 1 AS tenent, expect: { rows: [{ tenent: 1 }] } }",
      "{ kind: QualityCheck, name: e, on: app.customer, notNull: tennant }",
      "{ kind: QualityCheck, name: f, on: app.sale, references: { columns: [customer], table: app.customer, to: [key] } }",
    ];
    here.write("e.yaml", tests.join("\n---\n"));
    const { code, err } = await here.run("check -f .");
    expect(code).toBe(1);
    const found = err.trim().split(/\n(?! )/);
    expect(found.map((one) => one.replace(/\n\s+/g, " | "))).toEqual([
      "e.yaml:1:34: error UNKNOWN_REFERENCE: There is no Role `raeder` | Did you mean `reader`? Declare it, or list it under `external.roles` of the DataSource.",
      "e.yaml:1:70: error UNKNOWN_COLUMN: The table `app.customer` has no column `emial` | Did you mean `email`?",
      "e.yaml:1:111: error UNKNOWN_COLUMN: The table `app.customer` has no column `sence` | Did you mean `since`?",
      "e.yaml:1:88: error UNKNOWN_COLUMN: The table `app.customer` has no column `tenat` | Did you mean `tenant`?",
      "e.yaml:3:46: error UNKNOWN_REFERENCE: There is no Table, View or MaterializedView `app.costumer` | Did you mean `app.customer`? Declare it, or list its schema under `external.schemas` of the DataSource.",
      // What was said already is not said again.
      "e.yaml:5:79: error UNKNOWN_COLUMN: The table `app.customer` has no column `tenent`",
      "e.yaml:9:59: error UNKNOWN_COLUMN: The table `app.customer` has no column `tennant` | Did you mean `tenant`?",
      expect.stringMatching(
        /^e.yaml:11:\d+: error UNKNOWN_COLUMN: .* has no column `key` .*\| Its columns are `id`, `tenant`/,
      ),
    ]);
  });

  test("tests and checks that could not fail, or say two things", async () => {
    const tests: readonly (readonly [string, string])[] = [
      ["expect: { denied: true }", "`on` or `query` must say what is tried"],
      ["query: SELECT 1, command: insert, expect: { denied: true }", "`query` stands for all of the SELECT"],
      ["query: SELECT 1, plant: [{}], expect: { none: true }", "`plant` needs `on`"],
      ["on: app.sale, plant: [{}], url: { env: X }, expect: { none: true }", "`plant` and `url` exclude each other"],
      ["on: app.sale, expect: { denied: true, none: true }", "what is `denied` shows nothing else"],
      ["on: app.sale, expect: { none: true, count: 1 }", "`none` leaves no rows"],
      ["on: app.sale, expect: { denied: false }", "`expect` says nothing that could fail"],
      ["on: app.sale, command: delete, expect: { none: true }", "`where` must say which rows are touched"],
      ['on: app.sale, command: update, where: "true", expect: { none: true }', "an update needs `values`"],
      ["on: app.sale, command: insert, expect: { only: x }", "are expected of a select"],
      ["on: app.sale, settings: { role: postgres }, expect: { none: true }", "who acts is said by `as`"],
      ["on: app.sale, expect: {}", "expect"],
      ["on: app.sale, expect: { rows: [] }", "expect"],
      ["on: app.sale, expect: { count: { min: 2, max: 1 } }", "`min` of `count` is greater than its `max`"],
    ];
    const written = tests.map(([fields], index) => `{ kind: AccessTest, name: t${index}, as: reader, ${fields} }`);
    const err = await checked(written.join("\n---\n"));
    for (const [, words] of tests) expect(err).toContain(words);
    const checks: readonly (readonly [string, string])[] = [
      ["on: app.sale", "it takes one of notNull"],
      ["on: app.sale, notNull: id, noFuture: made", "and has notNull, noFuture"],
      ["notNull: id", "`on` must say which table"],
      ["on: app.sale, range: { column: id }", "`range` needs `min` or `max`"],
      ["on: app.sale, references: { columns: [id, customer], table: app.customer, to: [id] }", "as many columns"],
      ['violations: SELECT 1, where: "true"', "leave `where` out"],
      ["violations: SELECT 1, threshold: 1%", "a share of the rows needs `on`"],
      ["on: app.sale, rowCount: { min: 1 }, threshold: 1", "`threshold` counts rows"],
      ["on: app.sale, notNull: id, threshold: 120%", "a `threshold` of 120% is more than all rows: say 100% at most"],
      ["on: app.sale, rowCount: { min: 5, max: 4 }", "`min` of `rowCount` is greater than its `max` (5, 4)"],
      [
        "on: app.sale, range: { column: amount, min: 10, max: 9.5 }",
        "`min` of `range` is greater than its `max` (10, 9.5)",
      ],
      [
        "on: app.sale, range: { column: made, min: 2025-02-01, max: 2025-01-31 }",
        "`min` of `range` is greater than its `max` (2025-02-01, 2025-01-31)",
      ],
    ];
    const quality = checks.map(([fields], index) => `{ kind: QualityCheck, name: q${index}, ${fields} }`);
    const said = await checked(quality.join("\n---\n"));
    for (const [, words] of checks) expect(said).toContain(words);
  });
});
