/** Documents of a catalog, without a server: names of files, order, and that every form means the same. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import type { Address } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import { emit } from "../core/emit/files.ts";
import { fileName } from "../core/emit/layout.ts";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { canonical } from "../core/objects.ts";
import type { DataSource } from "../core/specs.ts";

const SOURCE: DataSource = {
  name: "warehouse",
  engine: "postgresql",
  connection: { host: "db", user: "owner", password: { env: "PGPASSWORD" } },
};
/** What a template would take for a hole. */
const HOLE = "$".concat("{b}");
const ENGINE = { isBuiltIn: (kind: string, name: string) => kind === "Role" && name === "public" };

function catalog(...objects: readonly (readonly [string, Spec])[]): Catalog {
  const found = new Map<Address, DataObject>();
  for (const [name, written] of objects) {
    const kind = KINDS.get(name) as Kind;
    const spec = canonical(kind.schema, kind.normalise?.(written) ?? written);
    found.set(kind.address(spec), { kind: name, spec });
  }
  return found;
}

const table = (schema: string, name: string): readonly [string, Spec] => [
  "Table",
  { schema, name, columns: [{ name: "a", type: "bigint", notNull: true }], primaryKey: ["a"], owner: "owner" },
];

describe("names of files", () => {
  test("plain names stay what they are; all others are made safe and unique", () => {
    expect(fileName("customer_dim")).toBe("customer_dim");
    const names = [
      "Orders",
      "ORDERS",
      "orders",
      "con",
      "schema",
      "a/b",
      "..",
      "ä",
      "a\u0308",
      "a-1",
      "",
      "x".repeat(300),
      "a.yaml",
    ];
    const made = names.map(fileName);
    expect(new Set(made.map((name) => name.toLowerCase().normalize())).size).toBe(names.length);
    for (const name of made) expect(name).toMatch(/^[a-z0-9_]{0,100}(-[0-9a-f]{8})?$/);
  });

  test("two names never get the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        fc.pre(a !== b);
        return fileName(a).toLowerCase() !== fileName(b).toLowerCase();
      }),
    );
  });
});

test("each table has a file with all that is on it; the rest has its place", () => {
  const files = emit(
    SOURCE,
    catalog(
      ["Grant", { to: "public", privileges: ["select"], on: { table: "sales.t" } }],
      ["Grant", { to: "public", privileges: ["usage"], on: { schema: "sales" } }],
      ["Grant", { to: "public", privileges: ["connect"], on: { database: "analytics" } }],
      ["Grant", { to: "public", privileges: ["execute"], on: { function: "sales.f()" } }],
      ["RowPolicy", { table: "sales.t", name: "mine", using: "true" }],
      ["Index", { table: "sales.t", name: "t_a", columns: ["a"] }],
      table("sales", "t"),
      ["View", { schema: "sales", name: "v", query: "SELECT 1", output: ["x integer"] }],
      ["Enum", { schema: "sales", name: "mood", values: ["b", "a"] }],
      ["DefaultPrivilege", { owner: "owner", schema: "sales", on: "tables", to: "public", privileges: ["select"] }],
      ["DefaultPrivilege", { owner: "owner", on: "tables", to: "public", privileges: ["select"] }],
      ["Extension", { name: "pgcrypto", schema: "sales" }],
      ["Schema", { name: "sales" }],
      ["Role", { name: "reader", memberOf: ["owner"] }],
    ),
    ENGINE,
    "yaml",
  );
  const kinds = Object.fromEntries(
    files.map(({ path, text }) => [path, parseAllDocuments(text).map((each) => each.get("kind"))]),
  );
  expect(kinds).toEqual({
    "datasource.yaml": ["DataSource"],
    "database.yaml": ["Extension", "Grant", "DefaultPrivilege"],
    "roles.yaml": ["Role"],
    "sales/schema.yaml": ["Schema", "Enum", "Grant", "Grant", "DefaultPrivilege"],
    "sales/t.yaml": ["Table", "Index", "RowPolicy", "Grant"],
    "sales/v.yaml": ["View"],
  });
  const text = files.map((file) => file.text).join("");
  // What only inspection fills is nobody's to declare.
  expect(text).not.toContain("output");
  expect(text).toContain("external: { roles: [ owner ] }");
  expect(text).toContain("password: { env: PGPASSWORD }");
  expect(text).toContain("primaryKey: [ a ]");
});

test("privileges of one grant stand together, and what is referred to and not there is external", () => {
  const grants = ["update", "select"].map(
    (privilege) => ["Grant", { to: "x", privileges: [privilege], on: { table: "far.t" } }] as const,
  );
  const [root, file] = emit(SOURCE, catalog(...grants), ENGINE, "json");
  expect(JSON.parse(file?.text ?? "")).toEqual([
    { kind: "Grant", to: "x", privileges: ["select", "update"], on: { table: "far.t" } },
  ]);
  expect(JSON.parse(root?.text ?? "")).toMatchObject([{ external: { schemas: ["far"], roles: ["x"] } }]);
});

test("any text comes back from YAML as it was", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1 }),
    fc
      .array(fc.constantFrom("a", " ", "\n", "\t", ":", "#", "-", "'", '"', "|", "%", "\\", "é", "\r"), {
        minLength: 1,
      })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, text, text, (query, comment, column) => {
      const [, file] = emit(
        SOURCE,
        new Map([
          [
            "View/a.b" as Address,
            { kind: "View", spec: { schema: "a", name: "b", query, columnComments: { [column]: comment }, comment } },
          ],
        ]),
        ENGINE,
        "yaml",
      );
      expect(parseAllDocuments(file?.text ?? "").map((each) => each.toJS() as unknown)).toEqual([
        { kind: "View", schema: "a", name: "b", query, columnComments: { [column]: comment }, comment },
      ]);
    }),
    { numRuns: 300 },
  );
});

test("a constructs app names everything once, and holds no secret", () => {
  const [app] = emit(
    SOURCE,
    catalog(
      ["Role", { name: "sales", login: true }],
      ["Schema", { name: "sales" }],
      ["View", { schema: "sales", name: "v", query: `SELECT \`a\`,\n ${HOLE} \\` }],
    ),
    ENGINE,
    "typescript",
  );
  expect(app?.path).toBe("main.ts");
  expect(app?.text).toContain('password: secret.env("PGPASSWORD")');
  expect(app?.text).toContain('new Role(source, "sales", { login: true });');
  expect(app?.text).toContain('new Schema(source, "Schema sales", { name: "sales" });');
  expect(app?.text).toContain(`\`SELECT \\\`a\\\`,\n \\${HOLE} \\\\\``);
});
