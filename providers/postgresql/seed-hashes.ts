import type { Address } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import { nameParts } from "../../core/names.ts";
import type { Seed } from "../../core/specs.ts";
import { sql } from "../../core/sql.ts";
import type { Client } from "./client.ts";
import { lit, named } from "./quote.ts";
import { hashOfTable } from "./seed.ts";

/**
 * Hash of the rows of each seeded table that is there and has the declared columns. Each is a round trip: a declaration
 * seeds few tables, and the reads are of their rows, not of the catalogs.
 */
export async function seedHashes(
  client: Client,
  probes: Catalog,
  inTransaction: boolean,
): Promise<Map<Address, string>> {
  const seeds = [...probes]
    .filter(([, { kind }]) => kind === "Seed")
    .map(([at, { spec }]): [Address, Seed] => [at, spec as unknown as Seed]);
  const found = new Map<Address, string>();
  if (seeds.length === 0) return found;
  const there = await existing(
    client,
    seeds.map(([, seed]) => seed.table),
  );
  for (const [at, seed] of seeds) {
    if (!there.has(seed.table)) continue;
    const hash = await hashOne(client, seed, inTransaction);
    if (hash !== undefined) found.set(at, hash);
  }
  return found;
}

async function existing(client: Client, tables: readonly string[]): Promise<Set<string>> {
  const rows = await client.ask(
    "SELECT t FROM unnest($1::text[], $2::text[]) AS x (t, q) WHERE to_regclass(q) IS NOT NULL",
    [tables, tables.map((table) => named(table).text)],
  );
  return new Set(rows.map(([table]) => table as string));
}

async function hashOne(client: Client, seed: Seed, inTransaction: boolean): Promise<string | undefined> {
  const path = sql`SET LOCAL search_path = ${lit(nameParts(seed.table)[0] as string)}`;
  const text = `${path.text}; ${hashOfTable(seed).text}`;
  try {
    const results = await client.query(
      inTransaction
        ? `SAVEPOINT datumline_seed; ${text}; RELEASE SAVEPOINT datumline_seed`
        : `BEGIN READ ONLY; ${text}; COMMIT`,
    );
    return results[2]?.[0]?.[0] ?? undefined;
  } catch {
    // Its columns are not as declared yet: then its rows are not either.
    await client.query(inTransaction ? "ROLLBACK TO SAVEPOINT datumline_seed" : "ROLLBACK");
    return undefined;
  }
}
