/** Connections that the server takes. https://www.postgresql.org/docs/current/runtime-config-connection.html */
import type { Capacity } from "../../core/connections.ts";
import { sql } from "../../core/sql.ts";
import { query, type Snapshot } from "./snapshot.ts";

/** in all, for superusers, for roles that may use the reserve */
export const CAPACITY = query(
  sql`SELECT current_setting('max_connections'), current_setting('superuser_reserved_connections'), current_setting('reserved_connections', true)`,
);

export function capacityOf(snapshot: Snapshot): Capacity | undefined {
  const [row] = snapshot.rows(CAPACITY);
  if (!row) return undefined;
  return { maxConnections: Number(row[0]), reserved: Number(row[1]) + Number(row[2] ?? 0) };
}
