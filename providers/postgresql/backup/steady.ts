/** What holds still while a database is dumped: the tables that are counted as well, and the folder that it goes to. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import { join as joined, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { number } from "../quote.ts";
import { hold, tablesLike } from "./checks.ts";

/** How often tables are looked up again that were dropped before they could be locked. */
const ATTEMPTS = 5;

/**
 * Begins the transaction whose snapshot is dumped and counted. The locks come before the snapshot: TRUNCATE empties a table
 * for snapshots that are older as well, and what is dropped is gone for everybody.
 */
export async function beginSteady(client: Client, patterns: readonly string[], lockTimeout: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const tables = (await tablesLike(client, patterns)).filter(({ isMaterialized }) => !isMaterialized);
    try {
      const statements = [
        sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`,
        // What row security would hide from the role is an error, never a smaller backup.
        sql`SET LOCAL row_security = off; SET LOCAL lock_timeout = ${number(lockTimeout)}`,
        ...(tables.length > 0 ? [hold(tables)] : []),
      ];
      await client.query(joined(statements, ";\n").text);
      return;
    } catch (problem) {
      const { code } = problem as { readonly code?: string };
      if (code !== "42P01" || attempt === ATTEMPTS) throw problem;
      await client.query("ROLLBACK");
    }
  }
}

const DATA_DIRECTORY = sql`SELECT setting FROM pg_settings WHERE name = 'data_directory'`;

/** A backup that lies in the folder of the server is lost with it, and the server takes it for its own. */
export async function refuseInside(client: Client, { name, to }: Pick<BackupSchedule, "name" | "to">): Promise<void> {
  // The server shows it to those who may read all settings, and a folder of another machine is not here.
  const [[row] = []] = await client.query(DATA_DIRECTORY.text);
  const data = row?.[0];
  if (!data || !existsSync(join(data, "PG_VERSION"))) return;
  for (const place of to ?? []) {
    if (!("directory" in place)) continue;
    const { directory } = place;
    if (!`${real(directory)}${sep}`.startsWith(`${real(data)}${sep}`)) continue;
    const detail = "Keep backups on another disk, better on another machine: name it under `to`.";
    throw new Refusal([
      error("PLACE_FAILED", `${name} would be kept in ${directory}, inside the server's own folder ${data}`, {
        detail,
      }),
    ]);
  }
}

/** Where a path leads that need not exist yet. */
function real(path: string): string {
  if (existsSync(path) || dirname(path) === path) return realpathSync(path);
  return join(real(dirname(path)), path.slice(dirname(path).length));
}
