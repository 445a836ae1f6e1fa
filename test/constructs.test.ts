import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Construct } from "constructs";
import {
  DefaultPrivilege,
  DimensionTable,
  FactTable,
  Grant,
  Index,
  MaskedView,
  type PlainDocument,
  PostgresDataSource,
  type PostgresDataSourceProps,
  Project,
  Role,
  RowPolicy,
  Schema,
  Seed,
  Sequence,
  secret,
  sql,
  Table,
  View,
} from "../constructs/index.ts";
import { Refusal } from "../core/errors.ts";

function warehouse(props: PostgresDataSourceProps = {}): PostgresDataSource {
  return new PostgresDataSource(new Project(), "warehouse", props);
}

/** The fields of a construct's document that differ from construct to construct. */
function specOf(construct: { toDocument(): PlainDocument }): object {
  const { kind: _, dataSource: __, $construct: ___, ...spec } = construct.toDocument();
  return spec;
}

function refused(make: () => unknown): { code: string; place: string | undefined; message: string } {
  try {
    make();
  } catch (caught) {
    if (!(caught instanceof Refusal)) throw caught;
    const [first] = caught.diagnostics;
    return { code: `${first?.code}`, place: first?.origin?.construct, message: caught.message };
  }
  throw new Error("nothing was refused");
}

const columns = [{ name: "id", type: "bigint" }];

describe("what is made inside something belongs to it", () => {
  test("a schema", () => {
    const sales = new Schema(warehouse(), "sales");
    expect(specOf(new Table(sales, "orders", { columns }))).toEqual({ schema: "sales", name: "orders", columns });
    expect(specOf(new View(sales, "v", { name: "all orders", query: sql`SELECT 1` }))).toEqual({
      schema: "sales",
      name: "all orders",
      query: "SELECT 1",
    });
    expect(specOf(new Table(sales, "elsewhere", { schema: "other", columns }))).toMatchObject({ schema: "other" });
    expect(specOf(new Grant(sales, "g", { to: "public", privileges: ["usage"] }))).toMatchObject({
      on: { schema: "sales" },
    });
    expect(
      specOf(new DefaultPrivilege(sales, "d", { owner: "app", on: "tables", to: "public", privileges: ["select"] })),
    ).toMatchObject({ schema: "sales" });
  });

  test.each<[string, (scope: PostgresDataSource) => Table | DimensionTable]>([
    ["Table", (scope) => new Table(scope, "t", { schema: "sales", columns })],
    ["DimensionTable", (scope) => new DimensionTable(scope, "t", { schema: "sales", columns: { id: "bigint" } })],
  ])("a %s", (_, make) => {
    const table = make(warehouse());
    const to = new Role(table, "reader");
    const from = { table: "sales.t" };
    expect(specOf(new RowPolicy(table, "p", { using: sql`true` }))).toEqual({ ...from, name: "p", using: "true" });
    expect(specOf(new Index(table, "i", { columns: ["id"] }))).toMatchObject(from);
    expect(specOf(new Seed(table, "s", { key: ["id"], columns: ["id"], rows: sql`SELECT 1` }))).toMatchObject(from);
    expect(specOf(new MaskedView(table, "m", { mask: { id: "redact" } }))).toMatchObject({
      schema: "sales",
      from: "sales.t",
    });
    expect(specOf(new Grant(table, "g", { to, privileges: ["select"] }))).toMatchObject({ on: from });
    expect(specOf(new Grant(table, "c", { to, privileges: ["select"], on: { columns: ["id"] } }))).toMatchObject({
      on: { ...from, columns: ["id"] },
    });
    expect(specOf(new Grant(table, "o", { to, privileges: ["usage"], on: { schema: "x" } }))).toMatchObject({
      on: { schema: "x" },
    });
  });

  test("the nearest one that fits; a role holds nothing", () => {
    const role = new Role(new Schema(warehouse(), "sales"), "owner");
    const numbers = new Sequence(role, "numbers");
    expect(specOf(numbers)).toEqual({ schema: "sales", name: "numbers" });
    expect(specOf(new Grant(numbers, "g", { to: role, privileges: ["usage"] }))).toMatchObject({
      to: "owner",
      on: { sequence: "sales.numbers" },
    });
  });

  test("also through constructs of the user's own", () => {
    class Orders extends Construct {
      readonly table = new Table(this, "orders", { columns });
    }
    const orders = new Orders(new Schema(warehouse(), "sales"), "inner");
    expect(orders.table.reference).toBe("sales.orders");
    expect(orders.table.toDocument().$construct).toBe("warehouse/sales/inner/orders");
  });
});

describe("references", () => {
  test("constructs, names and names in parts", () => {
    const source = warehouse();
    const analyst = new Role(source, "analyst");
    const customer = new DimensionTable(source, "customer", {
      schema: "a.b",
      columns: { id: "bigint" },
      owner: analyst,
    });
    expect(customer.reference).toBe('"a.b".customer');
    const fact = new FactTable(source, "sales", {
      schema: "sales",
      dimensions: {
        customer,
        product: { table: { schema: "a.b", name: "product" }, optional: true },
        day: "sales.day",
      },
      columns: {},
    });
    expect(specOf(fact)).toMatchObject({
      dimensions: {
        customer: '"a.b".customer',
        product: { table: '"a.b".product', optional: true },
        day: "sales.day",
      },
    });
    expect(
      specOf(new Role(source, "r", { memberOf: [analyst, { role: analyst, admin: true }, "x"].slice(1) })),
    ).toEqual({
      name: "r",
      memberOf: [{ role: "analyst", admin: true }, "x"],
    });
  });

  test("in SQL they are quoted", () => {
    const source = warehouse();
    const table = new Table(source, 'my "table"', { schema: "sales", columns });
    expect(`${sql`SELECT * FROM ${table} WHERE pg_has_role(${sql.literal("o'hara")}, 'member')`}`).toBe(
      `SELECT * FROM "sales"."my ""table""" WHERE pg_has_role('o''hara', 'member')`,
    );
  });

  test("of a kind that does not fit, or of another data source", () => {
    const project = new Project();
    const one = new PostgresDataSource(project, "one");
    const two = new PostgresDataSource(project, "two");
    const role = new Role(one, "r");
    // @ts-expect-error: a role is no table
    expect(refused(() => new RowPolicy(one, "p", { table: role }))).toEqual({
      code: "CONSTRUCT",
      place: "one/p",
      message: "one/p: `table` takes a Table, not a Role. one/r is a Role. [CONSTRUCT]",
    });
    expect(refused(() => new Schema(two, "s", { owner: role }))).toMatchObject({ code: "CONSTRUCT", place: "two/s" });
    // @ts-expect-error: a comment is text
    expect(refused(() => new Schema(one, "s", { comment: role }))).toMatchObject({ code: "CONSTRUCT", place: "one/s" });
  });
});

test("SQL: indentation taken out, backslashes kept, numbers safe, text refused", () => {
  const inner = sql`
    a = 1
      AND b ~ '^\d+$'
  `;
  expect(inner.text).toBe("a = 1\n  AND b ~ '^\\d+$'");
  expect(sql`x -${-1} + ${2.5} AND (${inner})`.text).toBe("x -(-1) + 2.5 AND (a = 1\n  AND b ~ '^\\d+$')");
  expect(sql`\`x\` \${y}`.text).toBe("`x` $" + "{y}");
  expect(
    sql`
      SELECT id
      FROM ${sql.raw("t")}
      WHERE
        ${inner}
    `.text,
  ).toBe("SELECT id\nFROM t\nWHERE\n  a = 1\n  AND b ~ '^\\d+$'");
  // @ts-expect-error: text may hold anything
  expect(() => sql`x = ${"'; DROP TABLE x"}`).toThrow(TypeError);
  expect(() => sql`x = ${Number.NaN}`).toThrow(TypeError);
});

describe("what is wrong is refused where it is written", () => {
  test("no data source above", () => {
    expect(refused(() => new Role(new Project(), "analyst"))).toMatchObject({ code: "CONSTRUCT", place: "analyst" });
  });

  test("keys and values that the kind does not take", () => {
    const source = warehouse();
    // @ts-expect-error: no such property
    expect(refused(() => new Role(source, "a", { logn: true }))).toEqual({
      code: "UNKNOWN_KEY",
      place: "warehouse/a",
      message: "warehouse/a: There is no field `logn`. Did you mean `login`? [UNKNOWN_KEY]",
    });
    // @ts-expect-error: no such property
    expect(refused(() => warehouse({ hots: "x" })).message).toContain("Did you mean `host`?");
    // @ts-expect-error: columns are missing
    expect(refused(() => new Table(source, "t", { schema: "s" })).code).toBe("MISSING_FIELD");
    expect(refused(() => new Table(source, "t", { columns })).message).toContain("`schema` is missing");
    // @ts-expect-error: SQL is written with the tag
    expect(specOf(new View(source, "v", { schema: "s", query: "SELECT 1" }))).toMatchObject({ query: "SELECT 1" });
    // What was refused leaves nothing behind.
    expect(source.node.children.map(({ node }) => node.id)).toEqual(["v"]);
  });

  test("the same id, the same object", () => {
    const source = warehouse();
    new Role(source, "a");
    expect(refused(() => new Role(source, "a"))).toMatchObject({ code: "DUPLICATE", place: "warehouse/a" });
    expect(refused(() => new Role(source, "b", { name: "a" })).message).toBe(
      "warehouse/b: Role a is declared twice. It is declared by warehouse/a already; keep one. [DUPLICATE]",
    );
    const table = new Table(source, "t", { schema: "s", columns });
    expect(
      refused(() => new DimensionTable(source, "d", { schema: "s", name: "t", columns: { id: "bigint" } })).code,
    ).toBe("DUPLICATE");
    const project = source.node.root as Project;
    expect(refused(() => new PostgresDataSource(project, "x", { name: "warehouse" })).code).toBe("DUPLICATE");
    new Role(new PostgresDataSource(project, "other"), "a");
    // Columns granted in two documents add up.
    new Grant(table, "one", { to: "public", privileges: ["select"], on: { columns: ["id"] } });
    new Grant(table, "two", { to: "public", privileges: ["select"], on: { columns: ["name"] } });
  });

  test("a secret in clear, which is not repeated", () => {
    const canary = "s3cret-canary";
    for (const make of [
      // @ts-expect-error: a secret is given by reference
      () => warehouse({ password: canary }),
      // @ts-expect-error: a secret is given by reference
      () => warehouse({ url: `postgres://u:${canary}@h/d` }),
      // @ts-expect-error: a secret is given by reference
      () => warehouse({ tls: { key: canary } }),
      // @ts-expect-error: a secret is given by reference
      () => new Role(warehouse(), "app", { password: canary }),
      // @ts-expect-error: a secret is given by reference
      () => warehouse({ password: { literal: canary } }),
      // @ts-expect-error: a mistyped key may hold one as well
      () => warehouse({ pasword: canary }),
      // @ts-expect-error: nor does a key show it
      () => warehouse({ password: { [canary]: "" } }),
    ]) {
      const { code, message } = refused(make);
      expect(code).toMatch(/LITERAL_SECRET|UNKNOWN_KEY|WRONG_TYPE/);
      expect(message).not.toContain(canary);
    }
    // @ts-expect-error: a secret is given by reference
    expect(refused(() => warehouse({ password: canary }))).toMatchObject({
      code: "LITERAL_SECRET",
      place: "warehouse",
    });
    expect(
      specOf(warehouse({ password: secret.exec("pass", "show", "db"), url: secret.file("url.txt") })),
    ).toMatchObject({
      connection: { url: { file: "url.txt" }, password: { exec: ["pass", "show", "db"] } },
    });
  });
});

describe("Project", () => {
  const folder = mkdtempSync(join(tmpdir(), "datumline-"));
  afterEach(() => {
    delete process.env.DATUMLINE_OUT;
    rmSync(folder, { recursive: true, force: true });
  });

  test("writes the same bytes each time, to where it is asked to", () => {
    const make = (): string => {
      const project = new Project({ outdir: join(folder, "own") });
      const source = new PostgresDataSource(project, "warehouse", { host: "localhost" });
      new Role(new Schema(source, "sales"), "b");
      new Role(source, "a");
      return readFileSync(project.synth(), "utf8");
    };
    const first = make();
    process.env.DATUMLINE_OUT = join(folder, "asked");
    expect(make()).toBe(first);
    expect(readFileSync(join(folder, "asked", "declaration.json"), "utf8")).toBe(first);
    const { documents } = JSON.parse(first) as { documents: PlainDocument[] };
    expect(documents.map(({ kind, $construct }) => `${kind} ${$construct}`)).toEqual([
      "DataSource warehouse",
      "Schema warehouse/sales",
      "Role warehouse/sales/b",
      "Role warehouse/a",
    ]);
    expect(documents[0]).toEqual({
      kind: "DataSource",
      name: "warehouse",
      engine: "postgresql",
      connection: { host: "localhost" },
      $construct: "warehouse",
    });
  });

  test("the user's own validations", () => {
    const project = new Project();
    const source = new PostgresDataSource(project, "warehouse");
    source.node.addValidation({ validate: () => ["no owner", "no tags"] });
    expect(() => project.documents()).toThrow("no owner\nno tags");
  });
});
