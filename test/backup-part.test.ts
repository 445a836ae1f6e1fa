/** A part of a backup: tables with all that is theirs, never open to more than before, and what stays out is told. */
import { beforeAll, expect, test } from "@jest/globals";
import type { Manifest } from "../core/backups/model.ts";
import { told } from "./support/backup-faults.ts";
import { type Backups, backupsOf, noBackups } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { unless } from "./support/skipping.ts";
import { type Warehouse, warehouse } from "./support/warehouse.ts";

const missing = noBackups();
const { suite } = unless(missing, "parts of a backup");

const SETUP = `
CREATE ROLE reader; CREATE ROLE "Odd keeper"; CREATE SCHEMA sales AUTHORIZATION "Odd keeper"; GRANT USAGE ON SCHEMA sales TO reader;
CREATE SCHEMA shared; CREATE TYPE shared.mood AS ENUM ('good', 'bad');
CREATE FUNCTION shared.mine(text) RETURNS boolean LANGUAGE sql AS 'SELECT $1 = current_user::text';
REVOKE ALL ON FUNCTION shared.mine FROM PUBLIC; GRANT USAGE ON SCHEMA shared TO reader; GRANT EXECUTE ON FUNCTION shared.mine TO reader;
CREATE FUNCTION shared.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.who := current_user; RETURN NEW; END';
CREATE TABLE sales.customer (id int PRIMARY KEY); INSERT INTO sales.customer VALUES (1);
CREATE TABLE sales.fact (id serial PRIMARY KEY, who text DEFAULT 'x', mood shared.mood, customer int REFERENCES sales.customer, CHECK (id > 0));
INSERT INTO sales.fact (who, mood, customer) VALUES ('reader', 'good', 1), ('other', 'bad', 1);
CREATE INDEX by_mood ON sales.fact (mood); COMMENT ON TABLE sales.fact IS 'said';
CREATE TRIGGER stamped BEFORE INSERT ON sales.fact FOR EACH ROW EXECUTE FUNCTION shared.stamp();
ALTER TABLE sales.fact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON sales.fact TO reader USING (shared.mine(who)); GRANT SELECT ON sales.fact TO reader;
CREATE TABLE sales.bound (id int PRIMARY KEY); INSERT INTO sales.bound VALUES (1); GRANT SELECT ON sales.bound TO reader;
GRANT UPDATE (id) ON sales.bound TO reader; ALTER TABLE sales.bound ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_of_it ON sales.bound TO reader USING (true);
CREATE POLICY few ON sales.bound AS RESTRICTIVE TO reader USING (id IN (SELECT id FROM sales.customer));
CREATE TABLE shared.heir () INHERITS (sales.customer); CREATE VIEW shared.v AS SELECT id FROM sales.fact;
CREATE TABLE shared.child (fact int REFERENCES sales.fact);
CREATE TABLE sales.split (i int PRIMARY KEY) PARTITION BY LIST (i); CREATE TABLE sales.split_1 PARTITION OF sales.split FOR VALUES IN (1);
INSERT INTO sales.split VALUES (1); ALTER TABLE sales.fact OWNER TO "Odd keeper"; ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO reader;
CREATE PUBLICATION p FOR TABLE sales.fact;
CREATE SCHEMA "DATA"; CREATE TABLE "DATA"."a b" (id int DEFAULT 1); INSERT INTO "DATA"."a b" VALUES (1); GRANT SELECT ON "DATA"."a b" TO reader;
ALTER TABLE "DATA"."a b" OWNER TO "Odd keeper"; ALTER TABLE "DATA"."a b" ENABLE ROW LEVEL SECURITY;
CREATE EXTENSION btree_gist; CREATE SCHEMA booked; CREATE TABLE booked.room (room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
CREATE TABLE booked.log (id bigserial, i int, PRIMARY KEY (id, i)) PARTITION BY LIST (i); CREATE TABLE booked.log_1 PARTITION OF booked.log FOR VALUES IN (1);
INSERT INTO booked.room VALUES (1, '[2026-01-01, 2026-02-01)'); INSERT INTO booked.log (i) VALUES (1), (1);
CREATE POLICY none ON "DATA"."a b" USING (false); CREATE POLICY few ON "DATA"."a b" USING (EXISTS (SELECT FROM sales.customer));
`;

let on: Warehouse;
let backups: Backups;
let manifests: readonly Manifest[];

beforeAll(async () => {
  if (missing) return;
  on = await warehouse(SETUP);
  backups = backupsOf(on.url(), folder().path);
  const formats = ["custom", "directory"] as const;
  manifests = [];
  for (const format of formats)
    manifests = [...manifests, (await backups.run({ schedule: { how: { format } } })).manifest];
});

async function restored(only: { tables?: string[]; schemas?: string[] }, index = 0): Promise<readonly string[]> {
  const lines: string[] = [];
  await on.ask("postgres", "DROP DATABASE IF EXISTS part");
  await backups.restore(manifests[index] as Manifest, "part", { only, tell: (line) => lines.push(line) });
  return lines;
}

const one = async (text: string): Promise<unknown> => Object.values((await on.ask("part", text)).rows[0] ?? {})[0];

/** All that the server says of a table. */
const SAYS = `SELECT json_build_object(
  'columns', (SELECT json_agg(json_build_array(attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid)) ORDER BY attnum) FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = c.oid AND attnum > 0),
  'indexes', (SELECT json_agg(pg_get_indexdef(indexrelid) ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = c.oid),
  'checks', (SELECT json_agg(pg_get_constraintdef(k.oid) ORDER BY conname) FROM pg_constraint k WHERE conrelid = c.oid AND contype <> 'f'),
  'policies', (SELECT json_agg(pg_get_expr(polqual, polrelid)) FROM pg_policy WHERE polrelid = c.oid),
  'triggers', (SELECT json_agg(pg_get_triggerdef(oid)) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal),
  'guarded', relrowsecurity, 'forced', relforcerowsecurity, 'acl', relacl, 'owner', relowner::regrole, 'comment', obj_description(c.oid)) AS says
 FROM pg_class c WHERE oid = 'sales.fact'::regclass`;

suite.each([
  ["custom", 0],
  ["directory", 1],
])("a table of a %s dump", (_, index) => {
  test("comes with all that is its own, and says what it cannot have", async () => {
    const lines = await restored({ tables: ["sales.fact"] }, index);
    expect(lines).toEqual([expect.stringMatching(/stays out: FK CONSTRAINT sales fact fact_customer_fkey/)]);
    expect((await on.ask("part", SAYS)).rows).toEqual((await on.ask("warehouse", SAYS)).rows);
    expect(await one("SELECT nextval('sales.fact_id_seq')::int")).toBe(3);
    expect(
      await one(
        "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace IN ('sales'::regnamespace, 'shared'::regnamespace)",
      ),
    ).toBe("fact");
  });
});

suite("a table", () => {
  test("whose policies cannot come is nobody's but its owner's", async () => {
    const lines = await restored({ tables: ["sales.bound"] });
    expect(lines).toEqual([
      expect.stringContaining("stays out: POLICY sales bound few."),
      expect.stringContaining("without privileges as well: TABLE sales bound."),
    ]);
    expect(await one("SELECT has_any_column_privilege('reader', 'sales.bound', 'SELECT, UPDATE')")).toBe(false);
    expect(await restored({ tables: ["sales.bound", "sales.customer"] })).toEqual([]);
    expect(await one("SELECT count(*)::int FROM pg_policy")).toBe(2);
    expect(await one("SELECT has_column_privilege('reader', 'sales.bound', 'id', 'UPDATE')")).toBe(true);
  });

  test("that is a partition stands alone; one that inherits is refused", async () => {
    expect(await restored({ tables: ["sales.split_1"] })).toEqual([]);
    expect(
      await one("SELECT count(*)::int FROM pg_index WHERE indrelid = 'sales.split_1'::regclass AND indisprimary"),
    ).toBe(1);
    const [manifest] = manifests as [Manifest];
    expect(await told(backups.restore(manifest, "heir", { only: { tables: ["shared.heir"] } }))).toMatchObject({
      summary: "TABLE shared heir needs other tables of the backup",
    });
    expect(await told(backups.restore(manifest, "split", { only: { tables: ["sales.split"] } }))).toMatchObject({
      summary: expect.stringContaining("partitioned"),
    });
  });
});

suite("a table that needs more than its line says", () => {
  const clash = "INSERT INTO booked.room VALUES (1, '[2026-01-15, 2026-01-16)')";

  test.each([{ tables: ["booked.room"] }, { schemas: ["booked"] }])(
    "that excludes has what it compares by: %j",
    async (only) => {
      expect(await restored(only)).toEqual([]);
      await expect(on.ask("part", clash)).rejects.toThrow("exclusion constraint");
    },
  );

  test("whose numbers come from another's sequence has it, at its number", async () => {
    expect(await restored({ tables: ["booked.log_1"] })).toEqual([]);
    expect(await one("INSERT INTO booked.log_1 (i) VALUES (1) RETURNING id::int")).toBe(3);
    expect(await restored({ tables: ["sales.fact"] })).toHaveLength(1);
    expect(await one("SELECT pg_get_serial_sequence('sales.fact', 'id')")).toBe("sales.fact_id_seq");
  });
});

suite("a table with a name that is easily taken for another", () => {
  test("comes with its policies, or without privileges", async () => {
    const tables = ['DATA."a b"'];
    expect(await restored({ tables })).toEqual([
      expect.stringContaining("stays out: POLICY DATA a b few"),
      expect.stringContaining("without privileges as well: TABLE DATA a b"),
    ]);
    const open = `SELECT has_table_privilege('reader', '"DATA"."a b"', 'SELECT')`;
    expect([await one(open), await one("SELECT count(*)::int FROM pg_policy")]).toEqual([false, 1]);
    expect(await restored({ tables: [...tables, "sales.customer"] })).toEqual([]);
    expect([await one(open), await one("SELECT count(*)::int FROM pg_policy")]).toEqual([true, 2]);
  });
});

suite("a schema", () => {
  test("comes with its owner and its privileges, without what is of others", async () => {
    expect(await restored({ schemas: ["sales"] })).toEqual([
      expect.stringMatching(/stays out: PUBLICATION TABLE sales p fact/),
    ]);
    expect((await on.ask("part", SAYS)).rows).toEqual((await on.ask("warehouse", SAYS)).rows);
    expect(await one("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'sales'")).toBe('"Odd keeper"');
    expect(await one("SELECT has_schema_privilege('reader', 'sales', 'USAGE')")).toBe(true);
    expect(await one("SELECT count(*)::int FROM sales.split")).toBe(1);
    const lines = await restored({ schemas: ["shared"] });
    expect(lines).toEqual([expect.stringMatching(/VIEW shared v.*TABLE shared heir|TABLE shared heir.*VIEW shared v/)]);
    expect(await one("SELECT count(*)::int FROM shared.child")).toBe(0);
  });
});
