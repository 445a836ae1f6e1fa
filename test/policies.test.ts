import { expect, test } from "@jest/globals";
import type { Spec } from "../core/kind.ts";
import { GUARDRAILS } from "../policies/index.ts";
import { judge } from "../policies/judge.ts";
import { catalog, codes, judged } from "./support/judged.ts";
import { lowered } from "./support/lowered.ts";

const TABLE = ["Table", { schema: "sales", name: "customer_dim", columns: [], rowSecurity: "forced" }] as const;
const view = (query: string, more: Spec = {}) => ["View", { schema: "sales", name: "v", query, ...more }] as const;

test.each([
  ["region = current_setting('app.current_region', true)", ["SETTING_IS_NOT_A_BOUNDARY"]],
  ["region = current_setting( 'app.region' )", ["SETTING_IS_NOT_A_BOUNDARY"]],
  ["at > current_setting('TimeZone')", []],
  ["user_id = current_user", []],
  ["region = pg_catalog.current_setting(E'app.region', true)", ["SETTING_IS_NOT_A_BOUNDARY"]],
  ["region = 'current_setting(''app.region'')' /* current_setting('a.b') */ -- current_setting('a.b')", []],
])("a policy using %s", (using, expected) => {
  expect(codes(catalog(["RowPolicy", { table: "sales.customer_dim", name: "p", using }]))).toEqual(expected);
});

test.each([
  ["SELECT * FROM customer_dim", {}, ["VIEW_BYPASSES_ROW_SECURITY"]],
  ['SELECT * FROM sales . "customer_dim" c', {}, ["VIEW_BYPASSES_ROW_SECURITY"]],
  ["SELECT * FROM SALES.Customer_Dim", {}, ["VIEW_BYPASSES_ROW_SECURITY"]],
  ["SELECT * FROM customer_dim", { securityInvoker: true }, []],
  ["SELECT 'customer_dim' AS x -- customer_dim", {}, []],
  ["SELECT * FROM other.customer_dim", {}, []],
  ["SELECT count(*) AS customer_dim FROM sales_fact", {}, []],
  ["SELECT x.customer_dim FROM sales_fact x, other y WHERE x.a IS DISTINCT FROM customer_dim", {}, []],
  ["SELECT 1 FROM a, customer_dim", {}, ["VIEW_BYPASSES_ROW_SECURITY"]],
  ["SELECT 1 FROM a WHERE id IN (SELECT id FROM ONLY customer_dim)", {}, ["VIEW_BYPASSES_ROW_SECURITY"]],
  ["SELECT 1 FROM (a JOIN customer_dim USING (id))", {}, ["VIEW_BYPASSES_ROW_SECURITY"]],
  ["SELECT $x$ FROM customer_dim $x$, E'\\' FROM customer_dim'", {}, []],
])("a view of %s with %j", (query, more, expected) => {
  expect(codes(catalog(TABLE, view(query, more)))).toEqual(expected);
});

test("names the table and its policies", () => {
  const policy = ["RowPolicy", { table: "sales.customer_dim", name: "regional_access", using: "true" }] as const;
  const [found] = GUARDRAILS.flatMap((guardrail) =>
    guardrail.find(judged(catalog(TABLE, policy, view("SELECT 1 FROM customer_dim")))),
  );
  expect(found?.summary).toContain("shows rows of sales.customer_dim (regional_access) that");
  expect(found?.detail).toContain("securityInvoker");
});

test("a view that runs as its reader does so wherever it is read from, but for a materialized view", () => {
  const inner = [
    "View",
    { schema: "sales", name: "inner", query: "SELECT * FROM customer_dim", securityInvoker: true },
  ];
  expect(codes(catalog(TABLE, inner as [string, Spec], view('SELECT * FROM "inner"')))).toEqual([]);
  const kept = ["MaterializedView", { schema: "sales", name: "kept", query: 'SELECT * FROM "inner"' }] as const;
  expect(codes(catalog(TABLE, inner as [string, Spec], kept))).toEqual(["VIEW_BYPASSES_ROW_SECURITY"]);
});

test("a materialized view keeps rows for everybody", () => {
  const kept = ["MaterializedView", { schema: "sales", name: "kept", query: "SELECT * FROM customer_dim" }] as const;
  expect(codes(catalog(TABLE, kept))).toEqual(["VIEW_BYPASSES_ROW_SECURITY"]);
});

test("a table of somebody else counts by what it has now", () => {
  expect(codes(catalog(view("SELECT * FROM customer_dim")), catalog(TABLE))).toEqual(["VIEW_BYPASSES_ROW_SECURITY"]);
  const off = ["Table", { schema: "sales", name: "customer_dim", columns: [] }] as const;
  expect(codes(catalog(off, view("SELECT * FROM customer_dim")), catalog(TABLE))).toEqual([]);
});

/** What guardrails and lowering say of documents together. */
async function warnings(documents: string): Promise<string[]> {
  const { native, diagnostics } = lowered(documents);
  return (await judge({ ...judged(native), told: diagnostics }))
    .map(({ severity, code, address: at }) => `${severity} ${code} ${at}`)
    .sort();
}

/** As it is usually written: both policies permissive, a setting for a boundary, views with their owner's rights. */
const SALES = `
kind: Table
schema: sales
name: customer_dim
columns: [{ name: customer_id, type: bigint }, { name: customer_name, type: text }, { name: email, type: text }]
primaryKey: [customer_id]
---
kind: Table
schema: sales
name: sales_fact
columns: [{ name: customer_id, type: bigint }, { name: sales_amount, type: numeric }, { name: region, type: text }]
rowSecurity: on
---
kind: RowPolicy
table: sales.sales_fact
name: regional_access
using: region = current_setting('app.current_region', true)
---
kind: RowPolicy
table: sales.sales_fact
name: user_sales_access
using: customer_id IN (SELECT customer_id FROM user_customers WHERE user_id = current_user)
---
kind: View
schema: sales
name: customer_analytics
query: SELECT c.customer_id, count(*) AS orders FROM customer_dim c LEFT JOIN sales_fact f USING (customer_id) GROUP BY 1
---
kind: MaskedView
schema: sales
name: masked_customers
from: sales.customer_dim
mask: { customer_name: { partial: { keepStart: 1 } }, email: { partial: { keepStart: 3, with: "***@***" } } }
to: [analyst]
`;

test("the sales scenario is warned of where it is usually wrong", async () => {
  expect(await warnings(SALES)).toEqual([
    "warning PERMISSIVE_POLICIES_ADD_UP RowPolicy/sales.sales_fact/user_sales_access",
    "warning POLICY_WITHOUT_INDEX RowPolicy/sales.sales_fact/regional_access",
    "warning POLICY_WITHOUT_INDEX RowPolicy/sales.sales_fact/user_sales_access",
    "warning SETTING_IS_NOT_A_BOUNDARY RowPolicy/sales.sales_fact/regional_access",
    "warning VIEW_BYPASSES_ROW_SECURITY View/sales.customer_analytics",
  ]);
});

test("and not where it is right", async () => {
  const right = SALES.replace("query: SELECT c", "securityInvoker: true\nquery: SELECT c")
    .replace("name: regional_access", "name: regional_access\nas: restrictive")
    .replace(
      "current_setting('app.current_region', true)",
      "(SELECT u.region FROM user_regions u WHERE u.user_id = current_user)",
    );
  const index = (column: string) =>
    `---\n{ kind: Index, table: sales.sales_fact, name: by_${column}, columns: [${column}] }\n`;
  expect(await warnings(right + index("region") + index("customer_id"))).toEqual([]);
});

test("a masked view of a table with row policies says so once, by itself", async () => {
  const secured = SALES.replace("primaryKey: [customer_id]", "primaryKey: [customer_id]\nrowSecurity: forced");
  expect((await warnings(secured)).filter((text) => text.includes("masked_customers"))).toEqual([
    "warning VIEW_BYPASSES_ROW_SECURITY MaskedView/sales.masked_customers",
  ]);
});
