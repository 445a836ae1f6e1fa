import type { Client } from "./client.ts";
import type { Query, Reading, Row } from "./snapshot.ts";

/** With an empty search_path the server qualifies every name, so that a text reads the same for everybody. */
const SETTINGS = "SET LOCAL search_path = ''; SET LOCAL jit = off";

/**
 * Makes all reads in one snapshot of the database: one round trip on each of two connections, however many objects
 * there are. Reads take no lock that an apply waits for.
 */
export async function readAll(
  reads: readonly Query[],
  reading: Reading,
  client: Client,
  helper: Client | undefined,
  inTransaction: boolean,
): Promise<Map<Query, readonly Row[]>> {
  const text = (some: readonly Query[]): string => some.map((read) => read.sql(reading).text).join(";\n");
  if (inTransaction) return answersOf(reads, (await client.query(`${SETTINGS};\n${text(reads)}`)).slice(2));
  const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  if (!helper) return answersOf(reads, (await client.query(`${begin}; ${SETTINGS};\n${text(reads)};\nCOMMIT`)).slice(3));
  const [mine, theirs] = halves(reads);
  const exported = await client.query(`${begin}; ${SETTINGS}; SELECT pg_export_snapshot()`);
  const snapshot = exported[3]?.[0]?.[0] as string;
  const [first, second] = await Promise.all([
    client.query(text(mine)),
    helper.query(`${begin}; SET TRANSACTION SNAPSHOT '${snapshot}'; ${SETTINGS};\n${text(theirs)};\nCOMMIT`),
  ]);
  await client.query("COMMIT");
  return new Map([...answersOf(mine, first), ...answersOf(theirs, second.slice(4))]);
}

function answersOf(reads: readonly Query[], results: readonly Row[][]): Map<Query, readonly Row[]> {
  return new Map(reads.map((read, index) => [read, results[index] ?? []]));
}

/** Two lists of about the same weight: heaviest first, each to the lighter side. */
function halves(reads: readonly Query[]): [Query[], Query[]] {
  const sides: [Query[], Query[]] = [[], []];
  const weights = [0, 0];
  for (const read of [...reads].sort((a, b) => b.weight - a.weight)) {
    const side = (weights[0] as number) <= (weights[1] as number) ? 0 : 1;
    sides[side].push(read);
    weights[side] = (weights[side] as number) + read.weight;
  }
  return sides;
}

