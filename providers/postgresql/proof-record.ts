/** When all that is declared was last proved, kept beside the ledger: one row for each data source. */
import { type Sql, sql } from "../../core/sql.ts";
import type { Client } from "./client.ts";
import { lit, number, qualified } from "./quote.ts";

/** Where it is, given the ledger's schema. */
export function proofsTable(schema: string): Sql {
  return qualified(schema, "proofs");
}

/** Made with the ledger. */
export function createProofs(schema: string): Sql {
  return sql`CREATE TABLE IF NOT EXISTS ${proofsTable(schema)} (
  source text PRIMARY KEY,
  proved_at timestamptz NOT NULL DEFAULT now(),
  proved_by text NOT NULL DEFAULT current_user,
  held integer NOT NULL,
  failed integer NOT NULL
)`;
}

/** Where there is no ledger, or nothing may be written to it, nothing is: a test needs neither. */
export async function recordProof(
  client: Client,
  { schema, source }: { readonly schema: string; readonly source: string },
  held: number,
  failed: number,
): Promise<void> {
  const record = sql`INSERT INTO ${proofsTable(schema)} (source, held, failed)
VALUES (${lit(source)}, ${number(held)}, ${number(failed)})
ON CONFLICT (source) DO UPDATE SET proved_at = now(), proved_by = current_user, held = excluded.held, failed = excluded.failed`;
  try {
    await client.query(record.text);
  } catch (problem) {
    if (!NOT_TO_BE_WRITTEN.has((problem as { code?: string }).code ?? "")) throw problem;
  }
}

/** No such table, no privilege, a server that accepts no writes. */
const NOT_TO_BE_WRITTEN: ReadonlySet<string> = new Set(["42P01", "42501", "25006"]);

/** `moment, held, failed` of the last. */
export function lastProof(schema: string, source: string): Sql {
  return sql`SELECT extract(epoch FROM proved_at), held, failed FROM ${proofsTable(schema)} WHERE source = ${lit(source)}`;
}
