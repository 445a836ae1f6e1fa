import { describe, expect, test } from "@jest/globals";
import { declared, lowered } from "./support/lowered.ts";
import { estate } from "./support/roundtrip.ts";
import { freshDatabase, freshServer, majors } from "./support/server.ts";

const STAR = `
kind: Schema
name: sales
---
kind: DimensionTable
schema: sales
name: customer_dim
naturalKey: [customer_number]
history: "2"
columns:
  customer_number: text
  email: { type: text, classification: pii, comment: "Where invoices go." }
  region: { type: varchar(50), notNull: true, default: "'EU'" }
rowSecurity: forced
comment: Who buys.
---
kind: DimensionTable
schema: sales
name: dim_product
naturalKey: [sku]
columns: { sku: text, price: "numeric(10,2)" }
---
kind: DateDimension
schema: sales
name: date_dim
from: "2023-12-25"
to: "2025-01-05"
fiscalYearStart: 4
---
kind: FactTable
schema: sales
name: sales_fact
key: [sale_id]
dimensions:
  customer_key: sales.customer_dim
  product_key: { table: sales.dim_product, optional: true, comment: "None for services." }
  order_date_key: sales.date_dim
columns:
  sale_id: { type: bigint, identity: always }
  order_date: date
  sales_amount: numeric(10,2)
  region: varchar(50)
date: order_date
partitionReady: true
indexes: [region]
`;

function dimension(more: string): string {
  return `kind: DimensionTable\nschema: sales\nname: customer_dim\n${more}`;
}

function fact(more: string): string {
  return `${dimension("columns: { region: text }")}\n---\nkind: FactTable\nschema: sales\nname: sales_fact\n${more}`;
}

const names = (columns: unknown): string[] => (columns as { name: string }[]).map(({ name }) => name);

describe("DimensionTable", () => {
  test("is a table with a key of its own, and says where it came from", () => {
    const { native, spec, codes } = lowered(STAR);
    expect(codes).toEqual([]);
    expect(spec("Table/sales.dim_product")).toMatchObject({
      primaryKey: { name: "dim_product_pkey", columns: ["product_key"] },
      unique: [{ name: "dim_product_sku_key", columns: ["sku"] }],
      columns: [
        { name: "product_key", type: "bigint", notNull: true, identity: "always" },
        { name: "sku", type: "text", notNull: true },
        { name: "price", type: "numeric(10,2)" },
        { name: "created_at", type: "timestamp with time zone", notNull: true, default: "now()" },
        { name: "updated_at", type: "timestamp with time zone", notNull: true, default: "now()" },
      ],
    });
    expect(native.get("Table/sales.dim_product" as never)).toMatchObject({
      intent: "DimensionTable/sales.dim_product",
      origin: { file: "test.yaml" },
    });
  });

  test("keeps versions apart where it has a history", () => {
    const { spec } = lowered(STAR);
    const table = spec("Table/sales.customer_dim");
    expect(names(table?.columns)).toEqual(
      "customer_key customer_number email region valid_from valid_to is_current created_at updated_at".split(" "),
    );
    expect(table).toMatchObject({ rowSecurity: "forced", comment: "Who buys." });
    expect(table?.unique).toMatchObject([{ columns: ["customer_number", "valid_from"] }]);
    expect(spec("Index/sales.customer_dim_customer_number_current_idx")).toMatchObject({
      unique: true,
      where: "is_current",
    });
  });

  test("carries what is said of it, and takes no name for another", () => {
    const { spec } = lowered(
      dimension(
        "columns: { a: text }\nsurrogateKey: id\naudit: false\nprotect: true\nignore: [comment]\nowner: loader",
      ),
    );
    const table = spec("Table/sales.customer_dim");
    expect(table).toMatchObject({ protect: true, ignore: ["comment"], owner: "loader" });
    expect(names(table?.columns)).toEqual(["id", "a"]);
  });

  test.each([
    ["columns: { customer_key: bigint }", ["error DUPLICATE"]],
    ["columns: { created_at: date }", ["error DUPLICATE"]],
    ["columns: { created_at: date }\naudit: false", []],
    ['columns: { a: text, is_current: boolean }\nhistory: "2"\nnaturalKey: [a]', ["error DUPLICATE"]],
    ['columns: { a: text }\nhistory: "2"', ["error MISSING_FIELD"]],
    ["columns: { sku: text }\nnaturalKey: [skv]", ["error UNKNOWN_COLUMN"]],
  ])("%s", (more, expected) => {
    const { codes, diagnostics } = lowered(dimension(more));
    expect(codes).toEqual(expected);
    for (const { detail, address, origin } of diagnostics) {
      expect({ detail, address, origin }).toEqual({
        detail: expect.any(String),
        address: "DimensionTable/sales.customer_dim",
        origin: { file: "test.yaml", line: 1 },
      });
    }
  });
});

describe("FactTable", () => {
  test("refers to its dimensions, with an index on each, on the date and on what is asked for", () => {
    const { native, spec } = lowered(STAR);
    const table = spec("Table/sales.sales_fact");
    expect(names(table?.columns)).toEqual(
      "sale_id customer_key order_date_key product_key order_date sales_amount region created_at".split(" "),
    );
    expect(table).toMatchObject({ primaryKey: { columns: ["sale_id", "order_date"] } });
    expect(table?.columns).toEqual(
      expect.arrayContaining([
        { name: "customer_key", type: "bigint", notNull: true },
        { name: "product_key", type: "bigint", comment: "None for services." },
        { name: "order_date_key", type: "integer", notNull: true },
        { name: "order_date", type: "date", notNull: true },
      ]),
    );
    expect([...native.keys()].filter((at) => at.startsWith("Index/sales.sales_fact"))).toEqual([
      "Index/sales.sales_fact_customer_key_idx",
      "Index/sales.sales_fact_order_date_key_idx",
      "Index/sales.sales_fact_product_key_idx",
      "Index/sales.sales_fact_order_date_idx",
      "Index/sales.sales_fact_region_idx",
    ]);
  });

  test("takes the type of a column from a table that is only there", () => {
    const live = declared(
      "kind: Table\nschema: crm\nname: person\ncolumns: [{ name: id, type: uuid }]\nprimaryKey: [id]",
    );
    const { spec, codes } = lowered(fact("dimensions: { person: crm.person }\ncolumns: { n: integer }"), live);
    expect(codes).toEqual([]);
    expect(spec("Table/sales.sales_fact")).toMatchObject({
      columns: expect.arrayContaining([{ name: "person", type: "uuid", notNull: true }]),
      foreignKeys: [{ references: { table: "crm.person", columns: ["id"] } }],
    });
  });

  test("may refer to facts, in a circle even", () => {
    const { spec, codes } = lowered(
      `${fact("key: [id]\ndimensions: { back: sales.return_fact }\ncolumns: { id: uuid }")}
---
kind: FactTable
schema: sales
name: return_fact
key: [id]
dimensions: { sale: sales.sales_fact, previous: { table: sales.return_fact, optional: true } }
columns: { id: integer }`,
    );
    expect(codes).toEqual([]);
    const types = (at: string): string[] => ((spec(at)?.columns ?? []) as { type: string }[]).map(({ type }) => type);
    expect(types("Table/sales.sales_fact").slice(0, 2)).toEqual(["uuid", "integer"]);
    expect(types("Table/sales.return_fact").slice(0, 3)).toEqual(["integer", "bigint", "uuid"]);
  });

  test.each([
    ["columns: { amount: integer }\ndate: order_date", ["error UNKNOWN_COLUMN"]],
    ["dimensions: { day: { table: sales.customer_dim } }\ncolumns: { amount: integer }\ndate: day", []],
    ["columns: { amount: integer }\nkey: [amont]\nindexes: [x]", ["error UNKNOWN_COLUMN", "error UNKNOWN_COLUMN"]],
    ["dimensions: { c: sales.customer_dim }\ncolumns: { c: bigint }", ["error DUPLICATE"]],
    ["columns: { created_at: date }", ["error DUPLICATE"]],
    ["columns: { a: date }\nkey: [a]\npartitionReady: true", ["error MISSING_FIELD"]],
    [
      "dimensions: { c: { table: sales.customer_dim, column: regoin } }\ncolumns: { a: date }",
      ["error UNKNOWN_COLUMN"],
    ],
    ["dimensions: { c: sales.keyless }\ncolumns: { a: date }", ["error MISSING_FIELD"]],
    ["dimensions: { c: elsewhere.unknown }\ncolumns: { a: date }", ["error MISSING_FIELD"]],
    ["dimensions: { c: { table: elsewhere.unknown, type: uuid, column: id } }\ncolumns: { a: date }", []],
  ])("%s", (more, expected) => {
    const live = declared("kind: Table\nschema: sales\nname: keyless\ncolumns: [{ name: id, type: uuid }]");
    expect(lowered(fact(more), live).codes).toEqual(expected);
  });

  test("names an index in no more bytes than PostgreSQL keeps, and each by another name", () => {
    const long = "ä".repeat(20);
    const { native } = lowered(
      `kind: FactTable\nschema: sales\nname: ${long}\ncolumns: { ${long}a: text, ${long}b: text }\nindexes: [${long}a, ${long}b]`,
    );
    const found = [...native.values()].filter(({ kind }) => kind === "Index").map(({ spec }) => spec.name as string);
    expect(new Set(found).size).toBe(2);
    for (const name of found) {
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
      expect(name).toMatch(/^ä{20}_ä+_[0-9a-z]{8}_idx$/);
    }
  });
});

test.each([
  ["2020-01-01", "2019-12-31", ["error WRONG_TYPE"]],
  ["2020-02-30", "2021-01-01", ["error WRONG_TYPE"]],
  ["2020-13-01", "2021-00-01", ["error WRONG_TYPE", "error WRONG_TYPE"]],
  ["0000-01-01", "2021-01-01", ["error WRONG_TYPE"]],
  ["2020-02-29", "2020-02-29", []],
])("a DateDimension from %s to %s", (from, to, expected) => {
  const { codes } = lowered(`kind: DateDimension\nschema: sales\nname: date_dim\nfrom: "${from}"\nto: "${to}"`);
  expect(codes).toEqual(expected);
});

describe.each(majors())("PostgreSQL %i", (major) => {
  test("a star is applied, and the second plan is empty", async () => {
    const url = await freshDatabase(major);
    const sales = estate(url);
    await sales.apply(STAR);
    const insert = (number: string, more = ""): Promise<unknown> =>
      sales.query(
        `INSERT INTO sales.customer_dim (customer_number${more && `, ${more}`}) VALUES ('${number}'${more && ", '1999-01-01'"})`,
      );
    await insert("a");
    await insert("b");
    await expect(insert("a", "valid_from")).rejects.toThrow("customer_dim_customer_number_current_idx");
    await expect(insert("c", "valid_to")).rejects.toThrow("customer_dim_valid_to_check");
    await sales.query(
      "UPDATE sales.customer_dim SET is_current = false, valid_to = now() + interval '1 day' WHERE customer_number = 'a'",
    );
    await insert("a", "valid_from");
    await sales.query(
      "INSERT INTO sales.sales_fact (customer_key, order_date_key, order_date) VALUES (1, 20240229, '2024-02-29')",
    );
    await expect(
      sales.query(
        "INSERT INTO sales.sales_fact (customer_key, order_date_key, order_date) VALUES (1, 20240230, '2024-02-29')",
      ),
    ).rejects.toThrow("sales_fact_order_date_key_fkey");
  });

  test("a calendar is right, whatever the session thinks of days", async () => {
    const url = await freshDatabase(major);
    const sales = estate(url);
    for (const setting of [
      "timezone = 'Pacific/Apia'",
      "datestyle = 'German'",
      "lc_time = 'C'",
      "intervalstyle = 'iso_8601'",
    ]) {
      await sales.query(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${setting.replaceAll("'", "''")}', current_database()); END $$`,
      );
    }
    await sales.apply(STAR);
    const day = async (date: string): Promise<unknown> => {
      const [row] = await sales.query(
        `SELECT concat_ws(' ', date_key, year, quarter, month, month_name, iso_year, week, day_of_month, day_of_week, day_name, day_of_year, is_weekend, is_month_end, fiscal_year, fiscal_quarter) AS day FROM sales.date_dim WHERE date = DATE '${date}'`,
      );
      return row?.day;
    };
    expect(await day("2023-12-31")).toBe("20231231 2023 4 12 December 2023 52 31 7 Sunday 365 t t 2024 3");
    expect(await day("2024-02-29")).toBe("20240229 2024 1 2 February 2024 9 29 4 Thursday 60 f t 2024 4");
    expect(await day("2024-04-01")).toBe("20240401 2024 2 4 April 2024 14 1 1 Monday 92 f f 2025 1");
    expect(await day("2024-12-30")).toBe("20241230 2024 4 12 December 2025 1 30 1 Monday 365 f f 2025 3");
    expect(await sales.query("SELECT count(*)::int AS days, min(date_key), max(date_key) FROM sales.date_dim")).toEqual(
      [{ days: 378, min: 20231225, max: 20250105 }],
    );
    await sales.query(
      "UPDATE sales.date_dim SET month_name = 'Hornung' WHERE month = 2; DELETE FROM sales.date_dim WHERE date_key = 20240401",
    );
    const repaired = await sales.apply(STAR.replace("2025-01-05", "2025-01-06"));
    expect(repaired.steps.map(({ address }) => address)).toEqual(["Seed/sales.date_dim"]);
    expect(
      await sales.query(
        "SELECT count(*)::int AS n, count(*) FILTER (WHERE month_name = 'February')::int AS feb FROM sales.date_dim",
      ),
    ).toEqual([{ n: 379, feb: 29 }]);
  });
});

test("a dimension that is renamed keeps its rows, and its key follows", async () => {
  const server = await freshServer();
  const sales = estate(server.url({ database: "postgres" }));
  await sales.apply(STAR);
  await sales.query("INSERT INTO sales.customer_dim (customer_number) VALUES ('a')");
  const renamed = STAR.replace("name: customer_dim", "name: client_dim\nrenamedFrom: customer_dim")
    .replace("sales.customer_dim", "sales.client_dim")
    .replace("name: sales_fact", "name: sale_fact\nrenamedFrom: sales_fact");
  const made = await sales.apply(renamed);
  expect(made.diagnostics).toEqual([]);
  expect(made.steps.map(({ action }) => action)).not.toContain("drop");
  expect(await sales.query("SELECT client_key, customer_number FROM sales.client_dim")).toEqual([
    { client_key: "1", customer_number: "a" },
  ]);
});
