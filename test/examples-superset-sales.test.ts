/** superset-sales: who is shown which rows, columns and masks of it. */
import { describe, expect, test } from "@jest/globals";
import type { Address } from "../core/address.ts";
import type { DataObject } from "../core/catalog.ts";
import { applied, as, DENIED, OPTIONS } from "./support/examples.ts";
import type { Estate } from "./support/roundtrip.ts";

describe("superset-sales", () => {
  const SETTING = "app.current_region = 'EU'";
  let filled: Promise<Estate> | undefined;
  const sales = (): Promise<Estate> => {
    filled ??= applied("superset-sales").then(async ({ on }) => {
      await on.query(`
        INSERT INTO sales.customer_dim (customer_name, email, credit_card, segment, region) VALUES
          ('Ada', 'ada.l@example.com', '4111', 'retail', 'EU'),
          ('Grace', 'grace@example.org', '4222', 'trade', 'US'),
          ('Alan', NULL, NULL, 'trade', 'EU');
        INSERT INTO sales.product_dim (product_name, category, price) VALUES ('Tea', 'drinks', 5), ('Bread', 'food', 3);
        INSERT INTO sales.sales_fact (customer_id, product_id, order_date, sales_amount, quantity, region) VALUES
          (1, 1, '2025-01-10', 10, 2, 'EU'), (1, 2, '2025-01-20', 3, 1, 'US'), (2, 1, '2025-02-01', 5, 1, 'US');
        CREATE ROLE maria IN ROLE account_manager;
        CREATE ROLE lead IN ROLE account_manager, regional_manager;
        INSERT INTO sales.user_customers VALUES ('maria', 1), ('lead', 2)`);
      return on;
    });
    return filled;
  };
  const AMOUNTS = "SELECT sales_amount FROM sales.sales_fact ORDER BY 1";

  test("the plan warns of the setting, and of nothing else", async () => {
    const { plan } = await applied("superset-sales");
    expect(plan.diagnostics.map(({ code, address }) => [code, address])).toEqual([
      ["SETTING_IS_NOT_A_BOUNDARY", expect.stringContaining("regional_access")],
    ]);
  });

  test("a group that may not enter the schema is found by the rule in a module", async () => {
    const { on, declaration } = await applied("superset-sales");
    const declared = new Map(
      [...declaration.declared].filter(([address]) => address !== "Grant/account_manager/schema/sales/usage"),
    );
    const { diagnostics } = await on.plan({ ...declaration, declared }, OPTIONS);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([
      expect.objectContaining({ summary: "account_manager is granted sales.user_customers and may not enter sales" }),
      expect.objectContaining({
        code: "POLICY_BROKEN",
        rule: "who is granted a table comes to it",
        summary: "account_manager is granted sales.sales_fact and may not enter sales",
      }),
    ]);
  });

  test("rows: analysts see every sale, regional managers their region, account managers their customers", async () => {
    const on = await sales();
    expect(await as(on, "analyst", AMOUNTS)).toEqual([["3.00"], ["5.00"], ["10.00"]]);
    expect(await as(on, "regional_manager", AMOUNTS)).toEqual([]);
    expect(await as(on, "regional_manager", AMOUNTS, SETTING)).toEqual([["10.00"]]);
    expect(await as(on, "maria", AMOUNTS)).toEqual([["3.00"], ["10.00"]]);
    expect(await as(on, "account_manager", AMOUNTS)).toEqual([]);
    // A permissive policy more opens nothing that the restrictive one closes.
    expect(await as(on, "lead", AMOUNTS, SETTING)).toEqual([["10.00"]]);
  });

  test("columns: of facts and customers, analysts read those that are granted", async () => {
    const on = await sales();
    await expect(as(on, "analyst", "SELECT quantity FROM sales.sales_fact")).rejects.toThrow(DENIED);
    await expect(as(on, "analyst", "SELECT * FROM sales.sales_fact")).rejects.toThrow(DENIED);
    await expect(as(on, "maria", "SELECT segment FROM sales.customer_dim")).rejects.toThrow(DENIED);
    for (const column of ["customer_name", "email", "credit_card"]) {
      const query = `SELECT ${column} FROM sales.customer_dim`;
      await expect(as(on, "analyst", query)).rejects.toThrow(DENIED);
      await expect(as(on, "regional_manager", query)).rejects.toThrow(DENIED);
    }
    expect(await as(on, "maria", "SELECT quantity FROM sales.sales_fact ORDER BY 1")).toEqual([[1], [2]]);
  });

  test("views show their reader what the reader may see", async () => {
    const on = await sales();
    const summary = "SELECT month::text, category, total_sales, sales FROM sales.sales_summary ORDER BY 1, 2";
    expect(await as(on, "analyst", summary)).toEqual([
      ["2025-01-01", "drinks", "10.00", "1"],
      ["2025-01-01", "food", "3.00", "1"],
      ["2025-02-01", "drinks", "5.00", "1"],
    ]);
    expect(await as(on, "regional_manager", summary, SETTING)).toEqual([["2025-01-01", "drinks", "10.00", "1"]]);
    const analytics = "SELECT customer_id, orders, spent, last_order::text FROM sales.customer_analytics ORDER BY 1";
    expect(await as(on, "analyst", analytics)).toEqual([
      ["1", "2", "13.00", "2025-01-20"],
      ["2", "1", "5.00", "2025-02-01"],
      ["3", "0", "0", null],
    ]);
    expect((await as(on, "regional_manager", analytics, SETTING)).map(([, orders]) => orders)).toEqual(["1", "0", "0"]);
    await expect(as(on, "maria", analytics)).rejects.toThrow(DENIED);
  });

  test("masks: what is shown, and to whom", async () => {
    const on = await sales();
    const query = "SELECT customer_name, email FROM sales.masked_customers ORDER BY customer_id";
    const masked = [
      ["A***", "ada***@***"],
      ["G***", "gra***@***"],
      ["A***", null],
    ];
    expect(await as(on, "analyst", query)).toEqual(masked);
    expect(await as(on, "regional_manager", query)).toEqual(masked);
    await expect(as(on, "maria", query)).rejects.toThrow(DENIED);
    await expect(as(on, "analyst", "SELECT credit_card FROM sales.masked_customers")).rejects.toThrow("does not exist");
  });

  test("a reader of the masked view who may read the address is refused", async () => {
    const { on, declaration } = await applied("superset-sales");
    const at = "ColumnAccess/sales.customer_dim/analyst" as Address;
    const access = declaration.declared.get(at) as DataObject;
    const wider = { ...access, spec: { ...access.spec, columns: ["email"] } };
    const plan = await on.plan({ ...declaration, declared: new Map(declaration.declared).set(at, wider) }, OPTIONS);
    expect(plan.diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
      "MASK_BYPASSED",
    ]);
  });

  test("dimensions, date and region of the facts are indexed, and a day outside of the calendar is refused", async () => {
    const on = await sales();
    const indexed = await on.query(
      `SELECT string_agg(substring(indexdef FROM '\\((.*)\\)'), ' ' ORDER BY 1) AS columns FROM pg_indexes WHERE tablename = 'sales_fact'`,
    );
    expect(String(indexed[0]?.columns).split(" ").sort()).toEqual([
      "customer_id",
      "order_date",
      "product_id",
      "region",
      "sale_id",
    ]);
    const sale = `INSERT INTO sales.sales_fact (customer_id, product_id, order_date, sales_amount, quantity, region)`;
    await expect(on.query(`${sale} VALUES (1, 1, '1999-01-01', 1, 1, 'EU')`)).rejects.toThrow("foreign key");
  });
});
