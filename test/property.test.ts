/**
 * Random pairs of estates: apply A, then B. The second plan is empty each time, and what is there is what B alone would
 * have made: nothing of A is left and nothing of B is missing.
 */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import type { Catalog } from "../core/catalog.ts";
import type { Plan } from "../core/plan.ts";
import { arbitraryEstate } from "./support/arbitrary-estate.ts";
import { estate } from "./support/roundtrip.ts";
import { freshServer } from "./support/server.ts";

/** More in the long run: DATUMLINE_TEST_RUNS=500 npx jest test/property */
const RUNS = Number(process.env.DATUMLINE_TEST_RUNS ?? 12);
const MANAGED = { mode: "authoritative" as const, source: { external: { schemas: ["public"] } } };

test("from any estate to any other", async () => {
  const [one, two] = await Promise.all([freshServer(), freshServer()]);
  let last: string | undefined;
  await fc.assert(
    fc.asyncProperty(arbitraryEstate, arbitraryEstate, async (a, b) => {
      // Roles belong to the server, not to the database of the last pair.
      for (const server of [one, two]) await estate(server.url({ database: last ?? "postgres" })).apply("", MANAGED);
      const database = `d${process.hrtime.bigint().toString(36)}`;
      for (const server of [one, two]) await run(server.url(), `CREATE DATABASE ${database}`);
      last = database;
      const changed = estate(one.url({ database }));
      const fresh = estate(two.url({ database }));
      await changed.apply(a, MANAGED);
      fc.pre(!looksLikeRename(await changed.plan(b, MANAGED)));
      await changed.apply(b, MANAGED);
      await fresh.apply(b, MANAGED);
      expect(specs(await changed.inspect())).toEqual(specs(await fresh.inspect()));
    }),
    {
      numRuns: RUNS,
      endOnFailure: true,
      ...(process.env.DATUMLINE_TEST_SEED && { seed: Number(process.env.DATUMLINE_TEST_SEED) }),
    },
  );
}, 600_000);

/** Two random tables can look like one under two names; that is refused, and not what is tested here. */
function looksLikeRename(plan: Plan): boolean {
  return plan.diagnostics.some((diagnostic) => diagnostic.code === "LOOKS_LIKE_RENAME");
}

/** Where a column stands in its table depends on its history, and nothing else does. */
function specs(catalog: Catalog): [string, unknown][] {
  return [...catalog]
    .map(([address, { spec }]): [string, unknown] => [
      address,
      spec.columns && address.startsWith("Table/") ? { ...spec, columns: sorted(spec.columns) } : spec,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function sorted(columns: unknown): unknown {
  return [...(columns as { name: string }[])].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function run(url: string, text: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(text);
  await client.end();
}
