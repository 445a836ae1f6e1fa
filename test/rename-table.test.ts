/** A renamed table keeps its rows, and what is named after it is renamed, not made again. */
import { expect, test } from "@jest/globals";
import { estate, statements } from "./support/roundtrip.ts";
import { freshDatabase } from "./support/server.ts";

const shop = (name: string, more = ""): string => `
kind: Schema
name: shop
---
kind: Table
schema: shop
name: ${name}
${more}columns:
  - { name: id, type: bigint, identity: always }
  - { name: code, type: text, default: "'EU'" }
  - { name: parent, type: bigint }
primaryKey: [id]
unique: [[code]]
foreignKeys: [{ columns: [parent], references: { table: shop.${name} } }]
rowSecurity: "on"
---
kind: RowPolicy
table: shop.${name}
name: some
using: code IN ('EU', 'US')
---
kind: Index
table: shop.${name}
name: by_code
columns: [{ expression: lower(code) }]
---
kind: Grant
to: public
privileges: [select]
on: { table: shop.${name}, columns: [code] }
---
kind: View
schema: shop
name: codes
query: SELECT code FROM ${name}
`;

test("a table under another name", async () => {
  const database = estate(await freshDatabase(18, "rename"));
  await database.apply(shop("old"));
  await database.query("INSERT INTO shop.old (code) VALUES ('EU')");
  const made = await database.apply(shop("new", "renamedFrom: old\n"));
  expect(statements(made).filter((text) => !text.includes("VIEW"))).toEqual([
    "ALTER TABLE shop.old RENAME TO new",
    "ALTER TABLE shop.new RENAME CONSTRAINT old_pkey TO new_pkey",
    "ALTER TABLE shop.new RENAME CONSTRAINT old_code_key TO new_code_key",
    "ALTER TABLE shop.new RENAME CONSTRAINT old_parent_fkey TO new_parent_fkey",
  ]);
  expect(await database.query("SELECT code FROM shop.new")).toEqual([{ code: "EU" }]);
  expect((await database.plan(shop("new"))).steps).toEqual([]);
});
