import { Grant, type PostgresDataSource, Role, RowPolicy, type Schema, sql } from "datumline/constructs";
import type { Star } from "./star.ts";
import type { Views } from "./views.ts";

/** Who reads which columns and which rows. */
export function declareAccess(
  warehouse: PostgresDataSource,
  declared: { readonly sales: Schema } & Star & Views,
): void {
  const { sales, customers, products, days, facts, assignments, summary, analytics, masked } = declared;
  // Columns are granted to all readers, rows to each role by itself: a member has the policies of its groups as well,
  // so a regional manager that were an analyst would see every region.
  const reader = new Role(warehouse, "sales_reader", { comment: "Reads figures, no persons." });
  const analyst = new Role(warehouse, "analyst", { memberOf: [reader], comment: "Sees every sale." });
  const regionalManager = new Role(warehouse, "regional_manager", {
    memberOf: [reader],
    comment: "Sees the sales of one region.",
  });
  const accountManager = new Role(warehouse, "account_manager", {
    memberOf: [reader],
    comment: "Sees the sales of the customers that it looks after.",
  });

  new Grant(sales, "readers", { to: reader, privileges: ["usage"] });
  new Grant(facts, "readers", {
    to: reader,
    privileges: ["select"],
    on: { columns: ["sale_id", "customer_id", "product_id", "order_date", "sales_amount", "region"] },
  });
  // No name, no e-mail address, no card: the masked view shows as much of them as may be seen.
  new Grant(customers, "readers", {
    to: reader,
    privileges: ["select"],
    on: { columns: ["customer_id", "segment", "region"] },
  });
  for (const each of [products, days, summary, analytics]) {
    new Grant(each, "readers", { to: reader, privileges: ["select"] });
  }
  // The masked view runs with its owner's rights and shows every customer, as an analyst may see them.
  new Grant(masked, "analysts", { to: analyst, privileges: ["select"] });
  new Grant(assignments, "account_managers", { to: accountManager, privileges: ["select"] });

  for (const table of [facts, customers]) {
    new RowPolicy(table, "all_rows", { command: "select", to: [analyst], using: sql`true` });
    // The application that connects sets the region; whoever runs SQL of their own could set another.
    new RowPolicy(table, "regional_access", {
      command: "select",
      to: [regionalManager],
      using: sql`region = current_setting('app.current_region', true)`,
    });
    new RowPolicy(table, "user_sales_access", {
      command: "select",
      to: [accountManager],
      using: sql`customer_id IN (SELECT customer_id FROM ${assignments} WHERE user_id = current_user)`,
    });
  }
}
