/** A small star schema behind a BI tool, deployed by Terraform: who reads which rows, and what of a person. */
import { App, TerraformStack } from "cdktn";
import {
  DimensionTable,
  FactTable,
  Grant,
  MaskedView,
  PostgresDataSource,
  Role,
  RowPolicy,
  Schema,
  secret,
  sql,
} from "datumline/cdktn";

const app = new App();
const stack = new TerraformStack(app, "warehouse");

const warehouse = new PostgresDataSource(stack, "analytics", {
  // Looked up where Terraform runs; it stands in no plan and no state.
  url: secret.env("DATABASE_URL"),
  manage: { schemas: { sales: "authoritative" } },
  terraform: {
    // What a plan may do to people and data without being refused. Widening access is the purpose of this stack.
    allow: ["WIDENS_ACCESS"],
    maxDrops: 2,
    // Set DESTROYABLE=1 for a trial that is to be destroyed again.
    protect: process.env.DESTROYABLE === undefined,
  },
});

const sales = new Schema(warehouse, "sales", { comment: "What was sold, to whom and where." });
const analyst = new Role(warehouse, "sales_analyst", { comment: "Sees every sale, and persons through a mask." });
const manager = new Role(warehouse, "sales_manager_eu", { comment: "Sees the sales of Europe." });

const customers = new DimensionTable(sales, "customer_dim", {
  surrogateKey: "customer_id",
  columns: {
    customer_name: { type: "text", notNull: true, classification: "pii" },
    email: { type: "text", classification: "pii" },
    region: { type: "varchar(50)", notNull: true },
  },
});
const facts = new FactTable(sales, "sales_fact", {
  key: ["sale_id"],
  dimensions: { customer_id: customers },
  columns: {
    sale_id: { type: "bigint", identity: "always" },
    order_date: "date",
    sales_amount: { type: "numeric(10,2)", notNull: true },
    region: { type: "varchar(50)", notNull: true },
  },
  indexes: ["region"],
  rowSecurity: "on",
});
const masked = new MaskedView(customers, "masked_customers", {
  columns: ["customer_id", "customer_name", "email", "region"],
  mask: {
    customer_name: { partial: { keepStart: 1 } },
    email: { partial: { keepStart: 3, with: "***@***" } },
  },
});

for (const reader of [analyst, manager]) {
  new Grant(sales, `use_${reader.reference}`, { to: reader, privileges: ["usage"] });
  new Grant(facts, `read_${reader.reference}`, { to: reader, privileges: ["select"] });
}
new Grant(masked, "read_analyst", { to: analyst, privileges: ["select"] });
new RowPolicy(facts, "every_sale", { command: "select", to: [analyst], using: sql`true` });
new RowPolicy(facts, "europe", { command: "select", to: [manager], using: sql`region = ${sql.literal("EU")}` });

app.synth();
