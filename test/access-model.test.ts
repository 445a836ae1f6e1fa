/**
 * The model of effective access and the server agree, on random databases: its functions about privileges, and what
 * statements under SET ROLE really do. Many databases lie side by side in one; the server is asked in a few round trips.
 */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { disagreements, rulesOf } from "./support/access-agreement.ts";
import { liveAccess } from "./support/access-live.ts";
import { ask, PROBE, script } from "./support/access-probe.ts";
import { arbitraryGrants, type Random } from "./support/arbitrary-grants.ts";
import { make } from "./support/made-grants.ts";
import { freshServer, majors } from "./support/server.ts";

/** Shared by the majors; CI asks for more of the oldest. The long run: DATUMLINE_TEST_MAJORS=18 DATUMLINE_TEST_RUNS=5000 npx jest test/access-model */
const RUNS = Math.ceil(Number(process.env.DATUMLINE_TEST_RUNS ?? 120) / majors(18, 15).length);
const BATCH = 25;
const DATABASE = "made";
const HOURS = 3_600_000;

test.each(majors(18, 15))(
  "PostgreSQL %i",
  async (major) => {
    const server = await freshServer({ major, settings: { max_locks_per_transaction: "512" } });
    await run(server.url(), "CREATE DATABASE probe");
    await run(server.url({ database: "probe" }), PROBE);
    // Where a batch fails, databases that have nothing to do with it shrink to none.
    const one = fc.option(arbitraryGrants, { nil: undefined, freq: 1_000_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: BATCH, maxLength: BATCH }), async (batch) => {
        expect(await compare(server, major, batch)).toEqual([]);
      }),
      {
        numRuns: Math.ceil(RUNS / BATCH),
        ...(process.env.DATUMLINE_TEST_SEED && { seed: Number(process.env.DATUMLINE_TEST_SEED) }),
      },
    );
  },
  2 * HOURS,
);

async function compare(
  server: EmbeddedPostgres,
  major: number,
  batch: readonly (Random | undefined)[],
): Promise<string[]> {
  const all = batch.flatMap((random, at) => (random ? [make(random, `e${at}`, major, DATABASE)] : []));
  if (all.length === 0) return [];
  await run(server.url(), `CREATE DATABASE ${DATABASE} TEMPLATE probe${major >= 15 ? " STRATEGY file_copy" : ""}`);
  const url = server.url({ database: DATABASE });
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(all.map(script).join(";\n"));
    const model = await liveAccess(url);
    const asked = all.map((made) => ({ made, rules: rulesOf(model, made) }));
    return [...(await ask(client, asked))].flatMap(([made, answers]) => {
      const found = disagreements(model, made, answers);
      return found.length > 0 ? [...found, script(made)] : [];
    });
  } finally {
    await client.end();
    await run(server.url(), `DROP DATABASE ${DATABASE}`);
    const roles = all.flatMap((made) => made.roles);
    await run(server.url(), `DROP ROLE IF EXISTS ${roles.join(", ")}`);
  }
}

async function run(url: string, text: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(text).finally(() => client.end());
}
