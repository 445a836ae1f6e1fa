import type { Client } from "./client.ts";
import type { Query, Reading, Row } from "./snapshot.ts";

/**
 * With an empty search_path the server qualifies every name, so that a text reads the same for everybody. The rest is for
 * speed: catalogs are sorted in memory, and nobody compiles or starts workers for reads that take milliseconds.
 */
const SETTINGS =
  "SET LOCAL search_path = ''; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0";
const SETTINGS_COUNT = 4;

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
  if (inTransaction)
    return answersOf(reads, (await client.query(`${SETTINGS};\n${text(reads)}`)).slice(SETTINGS_COUNT));
  const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  if (!helper)
    return answersOf(
      reads,
      (await client.query(`${begin}; ${SETTINGS};\n${text(reads)};\nCOMMIT`)).slice(1 + SETTINGS_COUNT),
    );
  const [mine, theirs] = halves(reads);
  const exported = await client.query(`${begin}; ${SETTINGS}; SELECT pg_export_snapshot()`);
  const snapshot = exported[1 + SETTINGS_COUNT]?.[0]?.[0] as string;
  const [first, second] = await Promise.all([
    client.query(text(mine)),
    helper.query(`${begin}; SET TRANSACTION SNAPSHOT '${snapshot}'; ${SETTINGS};\n${text(theirs)};\nCOMMIT`),
  ]);
  await client.query("COMMIT");
  return new Map([...answersOf(mine, first), ...answersOf(theirs, second.slice(2 + SETTINGS_COUNT))]);
}

function answersOf(reads: readonly Query[], results: readonly Row[][]): Map<Query, readonly Row[]> {
  return new Map(reads.map((read, index) => [read, results[index] ?? []]));
}

/** Two lists of about the same weight: what deparses together, then heaviest first, each to the lighter side. */
function halves(reads: readonly Query[]): [Query[], Query[]] {
  const first = reads.filter((read) => read.deparses);
  const second: Query[] = [];
  const weight = (side: readonly Query[]): number => side.reduce((sum, read) => sum + read.weight, 0);
  for (const read of reads.filter(({ deparses }) => !deparses).sort((a, b) => b.weight - a.weight)) {
    (weight(first) < weight(second) ? first : second).push(read);
  }
  return [first, second];
}
