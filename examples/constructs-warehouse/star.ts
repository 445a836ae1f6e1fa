import { DateDimension, DimensionTable, FactTable, type Schema, sql, Table } from "datumline/constructs";

export interface Star {
  readonly customers: DimensionTable;
  readonly products: DimensionTable;
  readonly days: DateDimension;
  readonly facts: FactTable;
  readonly assignments: Table;
}

/** Sales by customer, product and day. */
export function declareStar(sales: Schema): Star {
  const customers = new DimensionTable(sales, "customer_dim", {
    surrogateKey: "customer_id",
    columns: {
      customer_name: { type: "text", notNull: true, classification: "pii" },
      email: { type: "text", classification: "pii" },
      credit_card: { type: "text", classification: "confidential" },
      segment: "text",
      region: { type: "varchar(50)", notNull: true },
      created_date: { type: "date", notNull: true, default: sql`current_date` },
    },
    rowSecurity: "on",
  });
  const products = new DimensionTable(sales, "product_dim", {
    surrogateKey: "product_id",
    columns: {
      product_name: { type: "text", notNull: true },
      category: "text",
      subcategory: "text",
      price: "numeric(10,2)",
    },
  });
  const days = new DateDimension(sales, "date_dim", { from: "2020-01-01", to: "2030-12-31", fiscalYearStart: 4 });
  const facts = new FactTable(sales, "sales_fact", {
    key: ["sale_id"],
    dimensions: { customer_id: customers, product_id: products },
    columns: {
      sale_id: { type: "bigint", identity: "always" },
      order_date: "date",
      sales_amount: { type: "numeric(10,2)", notNull: true },
      quantity: { type: "integer", notNull: true },
      region: { type: "varchar(50)", notNull: true },
    },
    date: "order_date",
    indexes: ["region"],
    rowSecurity: "on",
  });
  const assignments = new Table(sales, "user_customers", {
    columns: [
      { name: "user_id", type: "name", notNull: true, comment: "Role that looks after the customer." },
      { name: "customer_id", type: "bigint", notNull: true },
    ],
    primaryKey: ["user_id", "customer_id"],
    foreignKeys: [{ columns: ["customer_id"], references: { table: customers, columns: ["customer_id"] } }],
  });
  return { customers, products, days, facts, assignments };
}
