import type { Address } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import { nameParts } from "../../core/names.ts";
import type { Seed } from "../../core/specs.ts";
import { join, type Sql, sql } from "../../core/sql.ts";
import type { Client } from "./client.ts";
import { id, lit, named } from "./quote.ts";
import { type ColumnTypes, hashOfTable } from "./seed.ts";

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
  const tables = await columnTypes(
    client,
    seeds.map(([, seed]) => seed.table),
    inTransaction,
  );
  for (const [at, seed] of seeds) {
    const types = tables.get(seed.table);
    const hash = types && (await hashOne(client, seed, types, inTransaction));
    if (hash !== undefined) found.set(at, hash);
  }
  return found;
}

/** Types of the columns of those tables that are there. */
async function columnTypes(
  client: Client,
  tables: readonly string[],
  inTransaction: boolean,
): Promise<Map<string, Map<string, string>>> {
  const names = join(tables.map((table) => sql`(${lit(table)}, to_regclass(${lit(named(table).text)}))`));
  const read = sql`SELECT x.name, a.attname, format_type(a.atttypid, a.atttypmod) FROM (VALUES ${names}) AS x (name, oid)
JOIN pg_attribute a ON a.attrelid = x.oid WHERE a.attnum > 0 AND NOT a.attisdropped`;
  const text = `SET LOCAL search_path = ''; ${read.text}`;
  const results = await client.query(inTransaction ? text : `BEGIN READ ONLY; ${text}; COMMIT`);
  const found = new Map<string, Map<string, string>>();
  for (const [table, column, type] of (results[inTransaction ? 1 : 2] ?? []) as readonly (readonly string[])[]) {
    found.set(table as string, (found.get(table as string) ?? new Map()).set(column, type));
  }
  return found;
}

async function hashOne(
  client: Client,
  seed: Seed,
  types: ColumnTypes,
  inTransaction: boolean,
): Promise<string | undefined> {
  const text = `${namesFor(seed).text}; ${hashOfTable(seed, types).text}`;
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

/** Names in its query mean what they mean when it fills the table: see `searchPath`. */
export function namesFor(seed: Seed): Sql {
  const own = lit(id(nameParts(seed.table)[0] as string).text);
  return sql`SELECT set_config('search_path', concat_ws(', ', ${own},
  (SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ') FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname <> 'pg_catalog')), true)`;
}
