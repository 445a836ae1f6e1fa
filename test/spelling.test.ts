/** Both sides in the server's words: what is written differently and means the same is the same. */
import { describe, expect, test } from "@jest/globals";
import { actions, ownServer } from "./support/cases.ts";
import { estate, type Options } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

/** The same estate twice, hardly a text in it written alike. */
const ONE = `
{ kind: Schema, name: s }
---
kind: Table
schema: s
name: t
columns:
  - { name: id, type: int }
  - { name: a, type: "varchar(10)", default: "'new'" }
  - { name: n, type: "decimal(10,2)", default: 0 }
  - { name: at, type: timestamptz, default: now() }
  - { name: tags, type: "text[]", default: "'{}'" }
  - { name: g, type: text, generated: "upper(a) || '!'" }
checks:
  - { name: c, expression: "a IN ('new', 'open') AND n BETWEEN 0 AND 100" }
rowSecurity: "on"
---
{ kind: RowPolicy, table: s.t, name: p, using: "a IN ('new', 'open')", withCheck: "n > 5" }
---
{ kind: Index, table: s.t, name: i, columns: [{ expression: lower(a) }], where: "a <> 'done'" }
---
{ kind: View, schema: s, name: v, query: "SELECT id, a FROM t WHERE a LIKE '%x'" }
---
{ kind: MaterializedView, schema: s, name: m, query: "SELECT count(*) AS c FROM t" }`;
const TWO = `
{ kind: Schema, name: s }
---
kind: Table
schema: s
name: t
columns:
  - { name: id, type: int4 }
  - { name: a, type: "CHARACTER VARYING ( 10 )", default: "'new'::varchar" }
  - { name: n, type: "numeric(10, 2)", default: "0" }
  - { name: at, type: timestamp with time zone, default: "NOW( )" }
  - { name: tags, type: text array, default: "'{}'::text[]" }
  - { name: g, type: text, generated: "UPPER( a )||'!' -- loud" }
checks:
  - { name: c, expression: "(a in ('new','open')) and (n >= 0 and n <= 100)" }
rowSecurity: "on"
---
{ kind: RowPolicy, table: s.t, name: p, using: "t.a in ('new','open')", withCheck: "(n > 5::numeric)" }
---
{ kind: Index, table: s.t, name: i, columns: [{ expression: "LOWER(a)" }], where: "(a != 'done')" }
---
{ kind: View, schema: s, name: v, query: "select t.id, t.a from s.t where t.a like '%x';" }
---
{ kind: MaterializedView, schema: s, name: m, query: "select count( * ) as c from s.t" }`;

const WITHOUT: Options = { source: { ledger: "none" } };

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database, url } = ownServer({ major });

  test.each([
    ["with a ledger", {}],
    ["without one", WITHOUT],
  ] as [string, Options][])("%s", async (_, options) => {
    const on = await database();
    await on.apply(ONE, options);
    expect(actions((await on.plan(TWO, options)).steps)).toEqual([]);
    await on.apply(TWO, options);
    const other = ONE.replace("n > 5", "n > 6")
      .replace("'done'", "'gone'")
      .replace("'%x'", "'%y'")
      .replace("AND 100", "AND 101")
      .replace("|| '!'", "|| '?'")
      .replace("'new'\" }", "'old'\" }");
    expect(actions((await on.apply(other, options)).steps)).toEqual([
      "alter RowPolicy",
      "alter Table",
      "alter View",
      "replace Index",
    ]);
  });

  test("found as declared, the texts are learned; of another major version they are asked for anew", async () => {
    const on = await database();
    await on.apply(ONE, WITHOUT);
    await on.query("DROP SCHEMA IF EXISTS datumline CASCADE");
    expect((await on.apply(ONE)).steps).toEqual([]);
    expect((await on.plan(ONE)).bookkeeping).toEqual({ found: [], gone: [] });
    await on.query("UPDATE datumline.ledger SET major = 9");
    const plan = await on.plan(ONE);
    expect([plan.steps, plan.bookkeeping.found.length > 3]).toEqual([[], true]);
    await on.apply(ONE);
    expect((await on.plan(ONE)).bookkeeping).toEqual({ found: [], gone: [] });
  });

  test("where nothing may be made to ask, the ledger is enough; without one it is said", async () => {
    const at = await url();
    const admin = estate(at);
    await admin.query(
      "CREATE ROLE keeper LOGIN; CREATE SCHEMA s AUTHORIZATION keeper; CREATE SCHEMA datumline AUTHORIZATION keeper",
    );
    const as = new URL(at);
    as.username = "keeper";
    const on = estate(as.href);
    const own = ONE.replace("{ kind: Schema, name: s }", "{ kind: Schema, name: s, owner: keeper }");
    await on.apply(own);
    await on.apply(own.replace("n > 5", "n > (5)"));
    const refused = on.plan(own.replace("n > 5", "n > ((5))"), WITHOUT);
    await expect(refused).rejects.toMatchObject({ diagnostics: [{ code: "MISSING_PRIVILEGE" }] });
    // A ledger that others keep.
    await admin.query("ALTER SCHEMA datumline OWNER TO postgres; ALTER TABLE datumline.ledger OWNER TO postgres");
    const unread = await on
      .plan(own)
      .catch((problem: { diagnostics: { code: string; detail: string }[] }) => problem.diagnostics[0]);
    expect(unread).toMatchObject({ code: "LEDGER_UNAVAILABLE" });
    await admin.query((unread as { detail: string }).detail.split("\n")[1] as string);
    expect((await on.plan(own)).steps).toHaveLength(1);
    await admin.query("DROP OWNED BY keeper CASCADE; DROP ROLE keeper");
  });
});
