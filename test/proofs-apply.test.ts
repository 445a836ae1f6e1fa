/** Proofs inside an apply, whose change is kept only where they hold. */
import { describe, expect, test } from "@jest/globals";
import pg from "pg";
import { ownServer } from "./support/cases.ts";
import { folder } from "./support/cli.ts";
import { PROVED } from "./support/proofs.ts";
import { majors } from "./support/server.ts";

describe.each(majors())("apply --prove on PostgreSQL %i", (major) => {
  const { url } = ownServer({ major });
  const TEST =
    "{ kind: AccessTest, name: all, as: reader, on: s.t, plant: [{ a: 1 }, { a: 2 }], expect: { count: 2 } }";
  const documents = (using: string, more = ""): string =>
    `${PROVED.slice(0, PROVED.indexOf("---"))}---
{ kind: Schema, name: s }
---
{ kind: Role, name: reader }
---
{ kind: Table, schema: s, name: t, columns: [{ name: a, type: int }], rowSecurity: on }
---
{ kind: RowPolicy, table: s.t, name: p, to: [reader], using: ${using} }
---
{ kind: Grant, to: reader, privileges: [usage], on: { schema: s } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: s.t } }
---
${TEST}${more}`;

  test("keeps the change where it holds, and nothing of it where it does not", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at });
    const hand = new pg.Client(at);
    await hand.connect();
    const exists = async (): Promise<unknown> =>
      (
        await hand.query(
          "SELECT to_regclass('s.t') AS t, to_regclass('datumline.ledger') AS l, to_regrole('reader') AS r",
        )
      ).rows[0];

    here.write("e.yaml", documents("a = 1"));
    const refused = await here.run("apply -f e.yaml --yes --prove");
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(
      "error PROOF_FAILED: AccessTest/all does not hold\n    reader sees 1 row, and 2 are expected",
    );
    expect(refused.err).toContain("Nothing was applied to warehouse: the change was undone");
    expect(await exists()).toMatchObject({ t: null, r: null });

    here.write("e.yaml", documents("a > 0"));
    const kept = await here.run("apply -f e.yaml --yes --prove");
    expect([kept.code, kept.err]).toEqual([0, expect.stringContaining("warehouse: 3 proofs, none refuted.")]);
    expect(await exists()).toMatchObject({ t: "s.t", r: "reader" });
    expect((await hand.query("SELECT * FROM s.t")).rows).toEqual([]);

    // Nothing to change, and still something to prove.
    await hand.query("ALTER POLICY p ON s.t USING (false)");
    const drifted = await here.run("apply -f e.yaml --yes --prove --allow all");
    expect(drifted.code).toBe(0);
    await hand.query("GRANT DELETE ON s.t TO reader");
    const unchanged = await here.run("apply -f e.yaml --yes --prove");
    expect([unchanged.code, unchanged.err]).toEqual([2, expect.stringContaining("ReadsOnly/reader does not hold")]);
    expect(unchanged.out).toContain("No changes");
    await hand.query("REVOKE DELETE ON s.t FROM reader");
    await hand.end();
  });

  test("a login sees nothing that is not committed, so that its role acts by SET ROLE; what cannot be undone is refused", async () => {
    const at = await url();
    const here = folder({ DATABASE_URL: at, READER: at });
    here.write(
      "e.yaml",
      documents(
        "a > 0",
        "\n---\n{ kind: AccessTest, name: login, as: reader, url: { env: READER }, on: s.t, expect: { columns: [a] } }",
      ),
    );
    expect((await here.run("apply -f e.yaml --yes --prove")).code).toBe(0);
    here.write(
      "e.yaml",
      documents("a > 0", "\n---\n{ kind: Index, table: s.t, name: i, columns: [a], concurrently: true }"),
    );
    const alone = await here.run("apply -f e.yaml --yes --prove --allow all");
    expect([alone.code, alone.err]).toEqual([
      1,
      expect.stringContaining(
        "NOT_SUPPORTED: warehouse cannot be proved inside the change: the plan holds what no transaction can hold: CREATE INDEX CONCURRENTLY",
      ),
    ]);
    await here.run("plan -f e.yaml --out plan.json");
    const plan = await here.run("apply plan.json --yes --prove");
    expect([plan.code, plan.err]).toEqual([1, expect.stringContaining("`--prove` needs the declaration")]);
  });
});
