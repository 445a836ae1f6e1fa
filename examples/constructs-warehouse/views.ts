import { MaskedView, type Schema, sql, View } from "datumline/constructs";
import type { Star } from "./star.ts";

export interface Views {
  readonly summary: View;
  readonly analytics: View;
  readonly masked: MaskedView;
}

/** What the BI tool shows. The views run with their reader's rights, so that row policies hold through them. */
export function declareViews(sales: Schema, { customers, products, facts }: Star): Views {
  const summary = new View(sales, "sales_summary", {
    query: sql`
      SELECT date_trunc('month', f.order_date) AS month,
             p.category,
             sum(f.sales_amount) AS total_sales,
             count(*) AS orders
      FROM ${facts} f
      JOIN ${products} p USING (product_id)
      GROUP BY 1, 2
    `,
    securityInvoker: true,
    columnComments: {
      month: "First day of the month.",
      total_sales: "Sum of the amounts, in the currency of the shop.",
    },
  });
  const analytics = new View(sales, "customer_analytics", {
    query: sql`
      SELECT c.customer_id,
             c.segment,
             c.region,
             count(f.sale_id) AS orders,
             coalesce(sum(f.sales_amount), 0) AS spent,
             avg(f.sales_amount) AS average_order,
             max(f.order_date) AS last_order
      FROM ${customers} c
      LEFT JOIN ${facts} f USING (customer_id)
      GROUP BY c.customer_id, c.segment, c.region
    `,
    securityInvoker: true,
    columnComments: { last_order: "Day of the last order; NULL for who never ordered." },
  });
  const masked = new MaskedView(customers, "masked_customers", {
    columns: ["customer_id", "customer_name", "email", "segment", "region"],
    mask: {
      customer_name: { partial: { keepStart: 1 } },
      email: { partial: { keepStart: 3, with: "***@***" } },
    },
  });
  return { summary, analytics, masked };
}
