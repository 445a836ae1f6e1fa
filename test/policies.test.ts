import { expect, test } from "@jest/globals";
import { address } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import type { Spec } from "../core/kind.ts";
import { GUARDRAILS } from "../policies/index.ts";

function catalog(...objects: readonly (readonly [kind: string, spec: Spec])[]): Catalog {
  return new Map(
    objects.map(([kind, spec]): [ReturnType<typeof address>, DataObject] => [
      address(kind, `${spec.table ?? ""}${spec.name}`),
      { kind, spec },
    ]),
  );
}

function codes(desired: Catalog, live: Catalog = new Map()): string[] {
  return GUARDRAILS.flatMap((guardrail) => guardrail(desired, live)).map((diagnostic) => diagnostic.code);
}

const TABLE = ["Table", { schema: "sales", name: "customer_dim", columns: [], rowSecurity: "forced" }] as const;
const view = (query: string, more: Spec = {}) => ["View", { schema: "sales", name: "v", query, ...more }] as const;

test.each([
  ["region = current_setting('app.current_region', true)", ["SETTING_IS_NOT_A_BOUNDARY"]],
  ["region = current_setting( 'app.region' )", ["SETTING_IS_NOT_A_BOUNDARY"]],
  ["at > current_setting('TimeZone')", []],
  ["user_id = current_user", []],
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
])("a view of %s with %j", (query, more, expected) => {
  expect(codes(catalog(TABLE, view(query, more)))).toEqual(expected);
});

test("a table of somebody else counts by what it has now", () => {
  expect(codes(catalog(view("SELECT * FROM customer_dim")), catalog(TABLE))).toEqual(["VIEW_BYPASSES_ROW_SECURITY"]);
  const off = ["Table", { schema: "sales", name: "customer_dim", columns: [] }] as const;
  expect(codes(catalog(off, view("SELECT * FROM customer_dim")), catalog(TABLE))).toEqual([]);
});
