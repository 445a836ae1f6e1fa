/** Rules and proofs that cannot be: each told with a code, where it stands, why, and what there is instead. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { ownServer } from "./support/cases.ts";
import { type Folder, folder } from "./support/cli.ts";
import { majors } from "./support/server.ts";

const BASE = `
kind: DataSource
name: warehouse
engine: postgresql
connection: { url: { env: DATABASE_URL } }
external: { schemas: [app], roles: [ghost] }
---
{ kind: Schema, name: sales }
---
{ kind: Role, name: reader }
---
{ kind: Role, name: group }
---
{ kind: Role, name: late, inherit: false }
---
{ kind: Role, name: auditor, memberOf: [pg_read_all_data] }
---
kind: Table
schema: sales
name: sale
columns:
  - { name: id, type: bigint }
  - { name: amount, type: "numeric(10,2)" }
  - { name: buyer, type: text, classification: pii }
primaryKey: [id]
---
{ kind: Table, schema: sales, name: staff, columns: [{ name: id, type: uuid }, { name: boss, type: bigint }, { name: number, type: int }] }
`;

/** Made by others: nothing of it is declared. */
const LIVE = `CREATE SCHEMA app;
CREATE TABLE app.part (id bigint, region text, tenant uuid) PARTITION BY LIST (region);
CREATE TABLE app.plain (id bigint, tenant uuid);
CREATE TABLE app.member (login text, tenant text);
CREATE VIEW app.shown AS SELECT 1 AS id; CREATE MATERIALIZED VIEW app.kept AS SELECT 1 AS id`;

const rule = (table: string, more: string): string =>
  `{ kind: RowAccess, table: ${table}, name: r, to: [reader], ${more} }`;

type Wrong = readonly [document: string, told: string, instead: string];

const WRONG: readonly Wrong[] = [
  [
    rule("app.part", "match: { column: region, setting: app.region }"),
    "error NOT_SUPPORTED: Which rows of it reader see cannot be told: `app.part` is a partitioned table",
    "A table of a kind that Datumline does not read gets its policies by hand",
  ],
  [
    rule("app.shown", 'condition: "true"'),
    "error NOT_SUPPORTED: Which rows of it reader see cannot be told: `app.shown` is a view",
    "A view has no policies of its own: restate the rule in its query",
  ],
  [rule("app.kept", 'condition: "true"'), "`app.kept` is a materialized view", "restate the rule in its query"],
  [
    rule("app.nothing", 'condition: "true"'),
    "error MISSING_FIELD: Which rows of it reader see cannot be told: `app.nothing` is not known",
    "Declare it, or mend the name",
  ],
  [
    rule("sales.sale", "user: { column: amount }"),
    "error WRONG_TYPE: `amount` is of type numeric(10,2), and the name of a role is text",
    "look the name up in a table of who is who: `mapping: { table, user, key }`",
  ],
  [
    rule("sales.sale", "mapping: { table: sales.staff, user: number, key: id, column: id }"),
    "error WRONG_TYPE: `id` of `sales.sale` is of type bigint, and `id` of `sales.staff` is of type uuid: PostgreSQL compares no such two",
    "Name the columns that hold the same, or give them one type",
  ],
  [
    rule("sales.sale", "mapping: { table: sales.staff, user: number, key: boss, column: id }"),
    "error WRONG_TYPE: `number` is of type int",
    "Name a column with names of roles",
  ],
  [
    rule("sales.sale", "hierarchy: { table: sales.staff, child: id, parent: boss, user: number, column: id }"),
    "error WRONG_TYPE: `boss` of `sales.staff` is of type bigint, and `id` of `sales.staff` is of type uuid",
    "give them one type",
  ],
  [
    rule("sales.sale", "mapping: { table: sales.sale, user: buyer, key: id }"),
    "error CYCLE: The rule about `sales.sale` looks into that very table",
    "Keep who sees what in a table of its own",
  ],
  [
    rule("sales.sale", 'condition: "buyer = (1"'),
    "error SYNTAX: The `condition` of `r` is no condition: a parenthesis in it is not closed",
    "Write one SQL condition",
  ],
  [
    "{ kind: ColumnAccess, table: app.part, to: [reader], except: [region] }",
    "error NOT_SUPPORTED: Which columns of `app.part` reader may read cannot be told: `app.part` is a partitioned table",
    "List the columns that may be read: `columns`",
  ],
  [
    "{ kind: ColumnAccess, table: sales.sale, to: [reader], exceptClasses: [personal] }",
    "error UNKNOWN_CLASS: No declared column is classified `personal`",
    "The classes are `pii`",
  ],
  [
    "{ kind: ColumnAccess, table: sales.sale, to: [reader], columns: [buyer], exceptClasses: [pii] }",
    "error MISSING_FIELD: Nothing of `sales.sale` is left for reader to read",
    "Name the columns that may be read",
  ],
  [
    "{ kind: TenantIsolation, name: r, column: tenant, tables: [app.part], setting: app.tenant }",
    "error NOT_SUPPORTED: The type of `tenant` of `app.part` cannot be told: `app.part` is a partitioned table",
    "Give it the policies by hand",
  ],
  [
    "{ kind: TenantIsolation, name: r, column: tenant, tables: [app.plain], mapping: { table: app.member, user: login, key: tenant } }",
    "error WRONG_TYPE: `tenant` of `app.plain` is of type uuid, and `tenant` of `app.member` is of type text",
    "Name the columns that hold the same",
  ],
  [
    "{ kind: MaskedView, schema: sales, name: masked, from: sales.sale, mask: { buyer: yearOfDate } }",
    "error WRONG_TYPE: `buyer` is of type text, of which `yearOfDate` shows nothing",
    "Mask the column with `nullify`, `redact` or `hash`",
  ],
  [
    "{ kind: MaskedView, schema: sales, name: masked, from: app.part, mask: { region: redact } }",
    "error MISSING_FIELD: The columns of `app.part` that `sales.masked` shows cannot be told",
    "list `columns`",
  ],
  [
    "{ kind: MaskedView, schema: sales, name: masked, from: sales.sale, mask: { buyer: redact }, to: [auditor] }",
    "error MASK_BYPASSED: The masks of `sales.masked` hide nothing from auditor, a member of pg_read_all_data, which reads every table",
    "Take the membership of `pg_read_all_data` away",
  ],
  [
    '{ kind: BreakGlassRole, name: glass, for: [late], until: "2020-01-01T00:00:00Z", memberOf: [group] }',
    "warning BREAK_GLASS_ENDED: `glass` ended on 2020-01-01T00:00:00Z: nobody may take it on",
    "Take the document out, or give it a later end",
  ],
  [
    '{ kind: Role, name: later, memberOf: [{ role: group, until: "2020-01-01T00:00:00Z" }] }',
    "warning MEMBERSHIP_EXPIRED: The membership of Role later in group ended on 2020-01-01T00:00:00Z",
    "give it a later end",
  ],
  [
    "{ kind: Role, name: later, memberOf: [{ role: group, until: tomorrow }] }",
    "error WRONG_TYPE: `memberOf[0].until` is not written as it must be, such as `2026-12-31T00:00:00Z`",
    "End of the membership, with a time zone",
  ],
  [
    "{ kind: RoleTemplate, schema: sales, members: { reader: [raeder] } }",
    "error UNKNOWN_REFERENCE: There is no Role `raeder`",
    "Did you mean `reader`?",
  ],
];

describe.each(majors())("PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });
  let here: Folder;
  beforeAll(async () => {
    const at = await url();
    const hand = new pg.Client(at);
    await hand.connect();
    await hand.query(LIVE);
    await hand.end();
    here = folder({ DATABASE_URL: at });
    here.write("base.yaml", BASE);
    const applied = await here.run("apply -f base.yaml --yes --allow all");
    if (applied.code !== 0) throw new Error(applied.err);
  });

  test.each(WRONG)("%s", async (document, told, instead) => {
    here.write("rule.yaml", document);
    const { err, code } = await here.run("plan -f base.yaml -f rule.yaml");
    const [first, ...more] = err.split(/\n(?! )/).filter((one) => one.includes(told));
    // A guardrail refuses with 3.
    expect([code > 0, more]).toEqual([!told.startsWith("warning"), []]);
    expect(first).toMatch(/^rule\.yaml:1:\d+: /);
    expect(first).toContain(instead);
  });

  test("what only the server can tell is told where it is declared, and nothing of it stays", async () => {
    here.write("rule.yaml", `# The sum of one row.\n${rule("sales.sale", 'condition: "sum(amount) > 1"')}`);
    const { err, code } = await here.run("apply -f base.yaml -f rule.yaml --yes --allow all");
    expect(code).toBe(1);
    expect(err).toContain(
      "rule.yaml:2:1: error STATEMENT_FAILED: RowPolicy sales.sale/r: aggregate functions are not allowed in policy expressions",
    );
    expect(err).toContain("Nothing of this run was kept: what ran before it was undone. Mend what is declared");
  });

  test("what was not tried has not passed: exit 2, counted, with a place and a next step", async () => {
    const tests = [
      "{ kind: AccessTest, name: role, as: ghost, on: sales.sale, expect: { count: 0 } }",
      "{ kind: AccessTest, name: table, as: reader, on: app.nothing, expect: { denied: true } }",
      "{ kind: AccessTest, name: columns, as: reader, on: app.nothing, expect: { columns: [id] } }",
      "{ kind: AccessTest, name: column, as: reader, on: app.plain, plant: [{ region: EU }], expect: { count: 1 } }",
      "{ kind: AccessTest, name: empty, as: group, on: sales.sale, query: SELECT FROM sales.sale, expect: { none: true } }",
      "{ kind: QualityCheck, name: missing, on: app.nothing, notNull: id }",
      "{ kind: QualityCheck, name: unknown, severity: warning, on: app.plain, notNull: region }",
      "{ kind: QualityCheck, name: slow, timeout: 50ms, violations: SELECT pg_sleep(2) }",
      "{ kind: QualityCheck, name: allowed, on: app.plain, notNull: id }",
      "{ kind: AccessTest, name: allowed, as: reader, query: SELECT 1 WHERE false, allowEmpty: true, expect: { none: true } }",
    ];
    here.write("rule.yaml", tests.join("\n---\n"));
    const grants = `{ kind: Grant, to: group, privileges: [usage], on: { schema: sales } }\n---\n{ kind: Grant, to: group, privileges: [select], on: { table: sales.sale } }`;
    here.write("grants.yaml", grants);
    await here.run("apply -f base.yaml -f grants.yaml --yes --allow all");
    const { code, out } = await here.run(
      "test -f base.yaml -f grants.yaml -f rule.yaml --only AccessTest/* --only QualityCheck/*",
    );
    expect(code).toBe(2);
    const again = "mend the name, or apply what declares it first";
    for (const [name, place, reason] of [
      ["AccessTest/role", "1:1", `there is no role ghost; ${again}`],
      ["AccessTest/table", "3:1", `there is no table or view app.nothing; ${again}`],
      ["AccessTest/columns", "5:1", `there is no table or view app.nothing; ${again}`],
      [
        "AccessTest/column",
        "7:1",
        'no row could be planted into app.plain: column "region" of relation "plain" does not exist',
      ],
      [
        "AccessTest/empty",
        "9:1",
        "there is no row in sales.sale that group could have met; plant one, or say `allowEmpty: true`",
      ],
      ["QualityCheck/missing", "11:1", `relation "app.nothing" does not exist; ${again}`],
      ["QualityCheck/unknown", "13:1", `column "region" does not exist; ${again}`],
      ["QualityCheck/slow", "15:1", "the time was up: raise `timeout`, or narrow it with `where`"],
    ] as const) {
      expect(out).toContain(`? NOT_PROVED ${name} (rule.yaml:${place})\n`);
      expect(out).toContain(reason);
    }
    expect(out).toContain("\n2 held, 8 not proved.\n");
  });
});
