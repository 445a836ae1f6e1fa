import { describe, expect, test } from "@jest/globals";
import { apply } from "../core/apply.ts";
import type { Session } from "../core/engine.ts";
import type { Plan } from "../core/plan.ts";
import { postgresql } from "../providers/postgresql/engine.ts";
import { ownServer } from "./support/cases.ts";
import { type Estate, estate, statements } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const ONE = "{ kind: Schema, name: s }\n---\n{ kind: Table, schema: s, name: t, columns: [{ name: a, type: int }] }";
const ledger = (on: Estate) => on.query("SELECT address FROM datumline.ledger ORDER BY address");

describe.each(majors())("PostgreSQL %i", (major) => {
  const { database, url } = ownServer({ major });

  test("a statement that fails leaves nothing, and says which it was", async () => {
    const on = await database();
    await on.apply(ONE);
    const before = [await ledger(on), [...(await on.inspect())]];
    const wrong = `${ONE.replace("type: int", "type: bigint")}\n---\n{ kind: Table, schema: s, name: u, columns: [{ name: a, type: int, default: "nonsense()" }] }`;
    await expect(on.apply(wrong)).rejects.toMatchObject({
      name: "StatementError",
      engineCode: "42883",
      address: "Table/s.u",
      statement: expect.stringContaining("CREATE TABLE s.u"),
      message: expect.stringMatching(/^Table s\.u: function nonsense\(\) does not exist/),
    });
    await expect(on.apply(wrong.replace("nonsense()", "1 +"))).rejects.toMatchObject({
      engineCode: "42601",
      address: "Table/s.u",
    });
    expect([await ledger(on), [...(await on.inspect())]]).toEqual(before);
  });

  const open = (at: string): Promise<Session> =>
    postgresql.connect(
      { name: "test", engine: "postgresql", connection: { lockTimeout: 1 } },
      { url: at, readOnly: false, secret: async () => "" },
    );
  const run = async (at: string, plan: Plan): Promise<void> => {
    const session = await open(at);
    try {
      await apply(session, postgresql, plan, { progress: () => undefined, probes: new Map() });
    } finally {
      await session.close();
    }
  };

  test("a plan that no longer stands is refused; what it does not concern leaves it standing", async () => {
    const at = await url();
    const on = estate(at);
    await on.apply(ONE);
    const wider = ONE.replace("type: int", "type: bigint");
    const plan = await on.plan(wider);
    await on.query("CREATE TEMP TABLE mine (a int); ANALYZE s.t; INSERT INTO s.t VALUES (1)");
    await run(at, plan);
    const second = await on.plan(ONE);
    await on.query("ALTER TABLE s.t ADD COLUMN b int");
    await expect(run(at, second)).rejects.toMatchObject({ exitCode: 3, diagnostics: [{ code: "STALE_PLAN" }] });
    await expect(run(await url(), second)).rejects.toMatchObject({
      exitCode: 3,
      diagnostics: [{ code: "WRONG_TARGET" }],
    });
  });

  test("two at once queue, on a database without a ledger as well", async () => {
    const at = await url();
    const [one, two] = [estate(at), estate(at)];
    const results = await Promise.allSettled([
      one.apply("{ kind: Schema, name: one }"),
      two.apply("{ kind: Schema, name: two }"),
    ]);
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    for (const reason of refused) expect(reason).toMatchObject({ diagnostics: [{ code: "STALE_PLAN" }] });
    const plan = await one.plan("{ kind: Schema, name: three }");
    await one.query("SELECT pg_advisory_lock(3517264101)");
    const waiting = run(at, plan);
    for (;;) {
      const [row] = await one.query(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()",
      );
      if (row?.n === 1) break;
    }
    await one.query("SELECT pg_advisory_unlock(3517264101)");
    await waiting;
    expect((await two.query("SELECT nspname FROM pg_namespace WHERE nspname = 'three'")).length).toBe(1);
  });

  test("a lock that another session holds is not waited for longer than said", async () => {
    const at = await url();
    const on = estate(at);
    await on.apply(ONE);
    const plan = await on.plan(`${ONE.replace("type: int", "type: bigint")}\n---\n{ kind: Schema, name: other }`);
    await on.query("BEGIN; SELECT * FROM s.t");
    await expect(run(at, plan)).rejects.toMatchObject({
      name: "StatementError",
      engineCode: "55P03",
      address: "Table/s.t",
    });
    await on.query("ROLLBACK");
    expect([...(await on.inspect()).keys()]).not.toContain("Schema/other");
    await run(at, plan);
  });

  test("as many round trips and connections for few objects as for many", async () => {
    const traffic = async (tables: number) => {
      const at = await url();
      const on = estate(at);
      const names = Array.from({ length: tables }, (_, index) => `t${index}`);
      const documents = (type: string): string =>
        [
          "{ kind: Schema, name: s }",
          ...names.map(
            (name) =>
              `{ kind: Table, schema: s, name: ${name}, columns: [{ name: a, type: int, default: "1 + 1" }, { name: b, type: ${type} }], checks: [{ name: c, expression: "a IN (1, 2)" }] }`,
          ),
        ].join("\n---\n");
      await on.apply(documents("int"));
      const session = await open(at);
      try {
        let planned: Session["traffic"] | undefined;
        const plan = await on.plan(documents("bigint"), {
          traffic: (traffic) => {
            planned = traffic;
          },
        });
        await apply(session, postgresql, plan, { progress: () => undefined, probes: new Map() });
        return { tables: plan.steps.length, plan: planned, apply: { ...session.traffic } };
      } finally {
        await session.close();
      }
    };
    const [few, many] = [await traffic(10), await traffic(300)];
    expect([few.tables, many.tables]).toEqual([10, 300]);
    expect(many.plan).toEqual(few.plan);
    expect(many.apply).toEqual(few.apply);
    expect(few.plan?.roundTrips).toBeLessThanOrEqual(30);
    expect(few.apply.roundTrips).toBeLessThanOrEqual(30);
    expect(many.plan?.connections).toBeLessThanOrEqual(4);
  });

  test("what default privileges give to new objects is taken back in the same run where nobody declared it", async () => {
    const on = await database();
    const managed = { source: { manage: { schemas: { s: "authoritative" } } } } as const;
    const base = "{ kind: Role, name: reader }\n---\n{ kind: Role, name: writer }\n---\n{ kind: Schema, name: s }";
    await on.apply(base, managed);
    await on.query(
      "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO writer WITH GRANT OPTION; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO PUBLIC",
    );
    const more = (query: string): string => `${base}
---
{ kind: Table, schema: s, name: t, columns: [{ name: a, type: int }] }
---
{ kind: View, schema: s, name: v, query: ${query} }
---
{ kind: Sequence, schema: s, name: q }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: s.v } }`;
    await on.apply(more("SELECT a FROM t"), managed);
    expect(
      await on.query(
        "SELECT has_table_privilege('reader', 's.t', 'SELECT') AS t, has_table_privilege('reader', 's.v', 'SELECT') AS v, has_table_privilege('writer', 's.v', 'DELETE') AS w",
      ),
    ).toEqual([{ t: false, v: true, w: false }]);
    const replaced = await on.apply(more("SELECT 'x' AS b, a FROM t"), managed);
    expect(statements(replaced)).toContain("REVOKE DELETE ON TABLE s.v FROM writer");
    // What is replaced comes back as it was, whoever owns the rest of the schema.
    const again = await on.apply(more("SELECT 'y'::text AS c FROM t"));
    expect(statements(again)).toContain("REVOKE DELETE ON TABLE s.v FROM writer");
    await on.query("DROP OWNED BY writer, reader");
    await on.apply("");
  });
});
