import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { parse } from "yaml";
import { checkDocument } from "../core/documents/raw.ts";
import { KINDS } from "../core/kinds/index.ts";
import { VOCABULARY } from "../core/schema.ts";
import { editorSchema } from "../scripts/generate/editor-schema.ts";
import { referencePages } from "../scripts/generate/reference.ts";
import { arbitrarySpec } from "./support/arbitrary-spec.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const kinds = [...KINDS.values()].map((kind) => [kind.name, kind] as const);

describe("the schema for editors", () => {
  const schema = JSON.parse(editorSchema());
  const accepts = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);

  test("holds none of our own words", () => {
    // Names of fields may be any word; keywords may not.
    const keywords = new Set<string>();
    const look = (value: unknown, isNames: boolean): void => {
      if (value === null || typeof value !== "object") return;
      for (const [key, inside] of Object.entries(value)) {
        if (!isNames && !Array.isArray(value)) keywords.add(key);
        look(inside, !isNames && (key === "properties" || key === "$defs"));
      }
    };
    look(schema, false);
    expect(VOCABULARY.filter((word) => keywords.has(word))).toEqual([]);
  });

  test.each(kinds)("%s: accepts what the check accepts, and nothing unknown", (name, kind) => {
    fc.assert(
      fc.property(arbitrarySpec(kind), (spec) => {
        expect(accepts({ kind: name, ...spec }) || accepts.errors).toBe(true);
        expect(accepts({ kind: name, ...spec, nmae: "x" })).toBe(false);
      }),
      { numRuns: 30 },
    );
    const computed = Object.keys(kind.schema.properties).filter((field) => kind.schema.properties[field]?.computed);
    for (const field of computed) expect(schema.$defs[name].properties[field]).toBeUndefined();
    for (const field of kind.schema.required) expect(schema.$defs[name].else.required).toContain(field);
  });

  test("names in parts, data sources, overrides, kinds", () => {
    expect(accepts({ kind: "RowPolicy", table: { schema: "a.b", name: "c" }, name: "p", dataSource: "w" })).toBe(true);
    expect(accepts({ kind: "RowPolicy", table: { schema: "a" }, name: "p" })).toBe(false);
    expect(accepts({ kind: "Table", schema: "s", name: "t", override: true })).toBe(true);
    expect(accepts({ kind: "Table", schema: "s", name: "t" })).toBe(false);
    expect(accepts({ kind: "Tabel", schema: "s", name: "t" })).toBe(false);
    expect(accepts({ kind: "DataSource", name: "w", engine: "postgresql", connection: { password: "clear" } })).toBe(
      false,
    );
  });
});

describe("the reference", () => {
  const pages = referencePages();

  test("each page has an example that can be copied, and links that lead somewhere", () => {
    expect(Object.keys(pages)).toHaveLength(KINDS.size + 1);
    for (const [path, page] of Object.entries(pages)) {
      for (const [, target] of page.matchAll(/\]\(([^)]+)\)/g)) {
        expect([target, existsSync(join("docs/reference", target as string))]).toEqual([target, true]);
      }
      const example = /```yaml\n(.*?)```/s.exec(page)?.[1];
      if (path.endsWith("README.md")) continue;
      expect(checkDocument({ value: parse(example as string), origin: {} }, (origin) => origin).diagnostics).toEqual(
        [],
      );
    }
  });

  test("each field has a row of four cells", () => {
    for (const [path, page] of Object.entries(pages)) {
      const rows = page.split("\n").filter((line) => line.startsWith("| `"));
      for (const row of rows) expect(`${path} ${row.replaceAll("\\|", "").split("|").length}`).toBe(`${path} 6`);
    }
    expect(pages["docs/reference/table.md"]).toContain(
      "| `foreignKeys[].references.table` | name of a [Table](table.md) | required | Table. |",
    );
  });
});

describe("npm run generate", () => {
  const folder = mkdtempSync(join(tmpdir(), "datumline-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const generate = (...options: readonly string[]): { status: number | null; stderr: string } => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--import", import.meta.resolve("tsx"), join(ROOT, "scripts/generate.ts"), ...options],
      { cwd: folder, encoding: "utf8" },
    );
    return { status, stderr };
  };

  test("writes everything, tells what is stale, takes away what is no longer made", () => {
    expect(generate()).toEqual({ status: 0, stderr: "" });
    expect(generate("--check")).toEqual({ status: 0, stderr: "" });
    const kept = join(folder, "core/own.ts");
    const gone = join(folder, "docs/reference/gone.md");
    const changed = join(folder, "constructs/kinds.ts");
    mkdirSync(join(folder, "docs/reference"), { recursive: true });
    for (const path of [kept, gone, changed]) writeFileSync(path, "by hand");
    const { status, stderr } = generate("--check");
    expect(status).toBe(1);
    expect(stderr).toContain("constructs/kinds.ts, docs/reference/gone.md.");
    expect(readFileSync(changed, "utf8")).toBe("by hand");
    expect(generate()).toEqual({ status: 0, stderr: "" });
    expect(existsSync(gone)).toBe(false);
    expect(existsSync(kept)).toBe(true);
    expect(readdirSync(join(folder, "schema"))).toEqual(["datumline.schema.json"]);
    expect(generate("--check").status).toBe(0);
  });
});
