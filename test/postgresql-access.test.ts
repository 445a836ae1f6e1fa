import { describe, expect, test } from "@jest/globals";
import { estate } from "./support/roundtrip.ts";
import { freshServer, majors } from "./support/server.ts";

const ESTATE = `
kind: Schema
name: sales
---
kind: Role
name: analyst
---
kind: Role
name: regional_manager
memberOf: [analyst]
---
kind: Table
schema: sales
name: customer_dim
columns:
  - { name: customer_key, type: bigint, identity: always }
  - { name: email, type: text, classification: pii }
  - { name: region, type: text, notNull: true }
primaryKey: [customer_key]
rowSecurity: forced
---
kind: RowPolicy
table: sales.customer_dim
name: regional_access
command: select
to: [regional_manager]
using: region = current_setting('app.user_region', true)
---
kind: Grant
to: analyst
privileges: [select]
on: { table: sales.customer_dim, columns: [customer_key, region] }
---
kind: Grant
to: analyst
privileges: [usage]
on: { schema: sales }
---
kind: View
schema: sales
name: regions
query: SELECT region, count(*) AS customers FROM customer_dim GROUP BY region
---
kind: MaterializedView
schema: sales
name: kept
query: SELECT region FROM regions
`;

describe.each(majors())("PostgreSQL %i", (major) => {
  test("an estate is applied, and the second plan is empty", async () => {
    const server = await freshServer({ major });
    const sales = estate(server.url({ database: "postgres" }));
    const first = await sales.apply(ESTATE);
    expect(first.steps.map((step) => step.action)).not.toContain("alter");
    await sales.query("INSERT INTO sales.customer_dim (email, region) VALUES ('a@x', 'EU'), ('b@x', 'US')");
    const rows = await sales.query(
      "BEGIN; SET LOCAL ROLE regional_manager; SET LOCAL app.user_region = 'EU'; SELECT region FROM sales.customer_dim; COMMIT",
    );
    expect(rows).toBeDefined();
  });
});
