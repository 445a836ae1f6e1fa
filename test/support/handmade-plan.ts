/** A plan with one of everything, for renderers. */
import type { Address } from "../../core/address.ts";
import type { Plan } from "../../core/plan.ts";

const at = (text: string): Address => text as Address;

export const PLAN: Plan = {
  version: 1,
  dataSource: "warehouse",
  source: {
    name: "warehouse",
    engine: "postgresql",
    connection: {
      host: "db.example.com",
      database: "analytics",
      user: "owner",
      password: { env: "WAREHOUSE_PASSWORD" },
    },
  },
  engine: "postgresql",
  target: {
    engine: "postgresql",
    identity: "1/2",
    location: "db.example.com:5432/analytics",
    version: "18.1",
    versionNumber: 180001,
    user: "owner",
    database: "analytics",
  },
  mode: "additive",
  fingerprint: "abc",
  probes: [],
  access: [
    {
      role: "analyst",
      change: "gains",
      object: at("Table/sales.customer_dim"),
      privilege: "select",
      columns: ["email"],
      classified: { email: "pii" },
      via: ["bi_reader", "analyst"],
    },
  ],
  steps: [
    {
      address: at("Role/bi_reader"),
      action: "create",
      origin: { file: "warehouse/roles.yaml", line: 3, column: 1 },
      intent: at("ReadOnlyRole/bi_reader"),
      spec: { name: "bi_reader", login: true, password: { env: "BI_PASSWORD" } },
      statements: [
        {
          order: 0,
          phase: "build",
          sql: "CREATE ROLE bi_reader WITH LOGIN PASSWORD ",
          secrets: [{ at: 42, secret: { env: "BI_PASSWORD" }, form: "scram-sha-256", subject: "bi_reader" }],
        },
      ],
    },
    {
      address: at("Table/sales.customer_dim"),
      action: "alter",
      origin: { file: "warehouse/sales.yaml", line: 12, column: 1 },
      spec: { schema: "sales", name: "customer_dim" },
      fields: [
        { path: ["columns", "region", "notNull"], from: undefined, to: true },
        { path: ["columns", "phone|mobile"], from: { name: "phone|mobile", type: "text" }, to: undefined },
        { path: ["comment"], from: "Customers", to: "Customers, `one` row each" },
      ],
      statements: [
        {
          order: 3,
          phase: "build",
          sql: 'ALTER TABLE sales.customer_dim DROP COLUMN "phone|mobile"',
          hazards: [
            {
              code: "DELETES_DATA",
              message: "column phone|mobile and what it holds is lost",
              affects: ["sales.customer_dim"],
            },
          ],
          lock: "ACCESS EXCLUSIVE",
        },
        {
          order: 4,
          phase: "build",
          sql: "ALTER TABLE sales.customer_dim ALTER COLUMN region SET NOT NULL",
          hazards: [
            {
              code: "LOCKS_TABLE",
              message: "the table is scanned\nand locked meanwhile",
              affects: ["sales.customer_dim"],
            },
          ],
          lock: "ACCESS EXCLUSIVE",
        },
      ],
    },
    {
      address: at("View/sales.customers"),
      action: "replace",
      reason: "needs Table sales.customer_dim, which changes",
      fields: [
        {
          path: ["query"],
          from: "SELECT customer_key,\n    region\n   FROM sales.customer_dim",
          to: "SELECT customer_key,\n    upper(region) AS region\n   FROM sales.customer_dim",
        },
      ],
      statements: [
        { order: 2, phase: "drop", sql: "DROP VIEW sales.customers" },
        {
          order: 5,
          phase: "build",
          enter: "SET search_path = sales",
          sql: `CREATE VIEW sales.customers AS\n${Array.from({ length: 15 }, (_, line) => `  -- line ${line}`).join("\n")}`,
        },
      ],
    },
    {
      address: at("Table/sales.orders"),
      from: at("Table/sales.order_list"),
      action: "rename",
      statements: [{ order: 1, phase: "rename", sql: "ALTER TABLE sales.order_list RENAME TO orders" }],
    },
    {
      address: at("Index/sales.orders_day"),
      action: "create",
      statements: [
        {
          order: 6,
          phase: "build",
          sql: "CREATE INDEX CONCURRENTLY orders_day ON sales.orders (day)",
          transactional: false,
        },
      ],
    },
    {
      address: at("Grant/analyst/table/sales.orders/select"),
      action: "drop",
      statements: [
        {
          order: 7,
          phase: "restrict",
          sql: "REVOKE SELECT ON TABLE sales.orders FROM analyst",
          hazards: [{ code: "NARROWS_ACCESS", message: "analyst loses SELECT on sales.orders", affects: ["analyst"] }],
        },
      ],
    },
  ],
  observed: [
    { address: at("Extension/pgcrypto"), action: "alter", fields: [{ path: ["version"], from: "1.3", to: "1.4" }] },
  ],
  unmanaged: [
    ...Array.from({ length: 12 }, (_, index) => ({ address: at(`Table/sales.scratch_${index}`) })),
    { address: at("Table/sales.customer_dim"), element: "columns.extra" },
  ],
  notModelled: [{ type: "function", count: 2, names: ["sales.margin(numeric)", "sales.<b>@team</b>()"] }],
  diagnostics: [
    {
      severity: "warning",
      code: "SETTING_IS_NOT_A_BOUNDARY",
      summary: "RowPolicy regional_access trusts a session setting",
      detail: "Use `current_user`,\nor let only a trusted application connect.",
      origin: { file: "warehouse/sales.yaml", line: 40, column: 1 },
    },
    {
      severity: "error",
      code: "PROTECTED",
      summary: "Table sales.orders is protected and would be dropped",
      detail: "Take `protect: true` off in a change of its own.",
      address: at("Table/sales.orders"),
    },
  ],
  bookkeeping: {
    found: [{ address: at("Schema/sales"), applied: { name: "sales" }, texts: {}, made: [] }],
    gone: [],
  },
};

export const EMPTY: Plan = {
  ...PLAN,
  steps: [],
  observed: [],
  unmanaged: [],
  notModelled: [],
  diagnostics: [],
  bookkeeping: { found: [], gone: [] },
};
