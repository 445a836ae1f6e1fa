-- Datumline plan of warehouse: postgresql 18.1 at db.example.com:5432/analytics, as owner, mode additive
-- Plan: 2 to create, 1 to alter, 1 to replace, 1 to rename, 1 to drop.
-- access: analyst gains SELECT on sales.customer_dim.email [pii] (via bi_reader → analyst)
-- Secrets are not in here: statements that need one have a comment in its place and do not run as they are.

BEGIN;

-- create Role bi_reader
CREATE ROLE bi_reader WITH LOGIN PASSWORD /* secret from env BI_PASSWORD, as scram-sha-256 */;

-- rename Table sales.orders
ALTER TABLE sales.order_list RENAME TO orders;

-- replace View sales.customers
DROP VIEW sales.customers;

-- alter Table sales.customer_dim
-- DELETES_DATA: column phone|mobile and what it holds is lost (affects sales.customer_dim)
ALTER TABLE sales.customer_dim DROP COLUMN "phone|mobile";
-- LOCKS_TABLE: the table is scanned and locked meanwhile (affects sales.customer_dim)
ALTER TABLE sales.customer_dim ALTER COLUMN region SET NOT NULL;

-- replace View sales.customers
SET search_path = sales;
CREATE VIEW sales.customers AS
  -- line 0
  -- line 1
  -- line 2
  -- line 3
  -- line 4
  -- line 5
  -- line 6
  -- line 7
  -- line 8
  -- line 9
  -- line 10
  -- line 11
  -- line 12
  -- line 13
  -- line 14
;

COMMIT;

-- Outside any transaction: not undone if a later statement fails.

-- create Index sales.orders_day
CREATE INDEX CONCURRENTLY orders_day ON sales.orders (day);

BEGIN;

-- drop Grant analyst/table/sales.orders/select
-- NARROWS_ACCESS: analyst loses SELECT on sales.orders (affects analyst)
REVOKE SELECT ON TABLE sales.orders FROM analyst;

COMMIT;
