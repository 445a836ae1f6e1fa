/**
 * Sessions that hold a snapshot while it is dumped, count what is large, or wait until a copy is filled: what a role or a database
 * has set for those who work there would end them on the way. pg_dump and pg_restore do the same for theirs.
 */
import { sql } from "../../../core/sql.ts";
import { type Client, type Endpoint, open } from "../client.ts";

/** Not every version has all of them. */
const PATIENT = sql`SELECT set_config(name, '0', false) FROM pg_settings
WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')`;

export async function openPatient(at: Endpoint): Promise<Client> {
  const client = await open(at);
  try {
    await client.query(PATIENT.text);
    return client;
  } catch (problem) {
    await client.end();
    throw problem;
  }
}
