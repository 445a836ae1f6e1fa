/**
 * Databases that go for good. What keeps a server from dropping one is cleared where that harms nobody, and named otherwise.
 * https://www.postgresql.org/docs/current/sql-dropdatabase.html
 */
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { join, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id, lit } from "../quote.ts";

/**
 * Whoever uses it is turned away; nothing happens where there is none. `within` connects to a database that is a copy: its
 * subscriptions are the original's, and go without a word to the publisher.
 */
export async function dropDatabase(
  admin: Client,
  name: string,
  within?: (database: string) => Promise<Client>,
): Promise<void> {
  const [found] = await admin.ask("SELECT datistemplate FROM pg_database WHERE datname = $1", [name]);
  if (!found) return;
  if (found[0] === "t") await admin.query(sql`ALTER DATABASE ${id(name)} IS_TEMPLATE false`.text);
  if (within && (await subscriptionsOf(admin, name)).length > 0) {
    const client = await within(name);
    try {
      await dropSubscriptions(client);
    } finally {
      await client.end();
    }
  }
  const why = await inTheWay(admin, name);
  if (why)
    throw new Refusal([
      error("RESTORE_REFUSED", `The database ${name} cannot be dropped: ${why.says}`, { detail: why.next }),
    ]);
  await admin.query(sql`DROP DATABASE IF EXISTS ${id(name)} WITH (FORCE)`.text);
}

/** What FORCE does not overcome. */
export async function inTheWay(
  admin: Client,
  name: string,
): Promise<{ readonly says: string; readonly next: string } | undefined> {
  const subscriptions = await subscriptionsOf(admin, name);
  if (subscriptions.length > 0)
    return {
      says: `it subscribes to other servers (${subscriptions.join(", ")})`,
      next: "Drop its subscriptions (`DROP SUBSCRIPTION`, connected to it), then restore again.",
    };
  const slots = await named(
    admin,
    sql`SELECT slot_name FROM pg_replication_slots WHERE database = ${lit(name)} AND active ORDER BY 1`.text,
  );
  if (slots.length > 0)
    return {
      says: `others subscribe to it (slots ${slots.join(", ")})`,
      next: "Stop what reads from these replication slots, then restore again.",
    };
  const prepared = await named(
    admin,
    sql`SELECT gid FROM pg_prepared_xacts WHERE database = ${lit(name)} ORDER BY 1`.text,
  );
  if (prepared.length > 0)
    return {
      says: `it has prepared transactions (${prepared.join(", ")})`,
      next: "End them (`COMMIT PREPARED` or `ROLLBACK PREPARED`, connected to it), then restore again.",
    };
  return undefined;
}

function subscriptionsOf(admin: Client, name: string): Promise<readonly string[]> {
  return named(
    admin,
    sql`SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = ${lit(name)} ORDER BY 1`
      .text,
  );
}

async function named(admin: Client, text: string): Promise<readonly string[]> {
  const [rows = []] = await admin.query(text);
  return rows.map(([name]) => name as string);
}

const OWN = sql`SELECT s.subname, s.subslotname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database() ORDER BY 1`;

/** Of a copy, with the slot that each had; without one nothing is asked of the publisher, where the original still reads. */
export async function loosenSubscriptions(client: Client): Promise<readonly (readonly [string, string])[]> {
  const [rows = []] = await client.query(OWN.text);
  // The original may have set otherwise for all who connect.
  if (rows.length > 0) await client.query("SET default_transaction_read_only = off");
  for (const [name] of rows) {
    const on = sql`ALTER SUBSCRIPTION ${id(name as string)}`;
    await client.query(join([sql`${on} DISABLE`, sql`${on} SET (slot_name = NONE)`], ";\n").text);
  }
  return rows.map(([name, slot]) => [name as string, slot ?? (name as string)] as const);
}

async function dropSubscriptions(client: Client): Promise<void> {
  for (const [name] of await loosenSubscriptions(client)) await client.query(sql`DROP SUBSCRIPTION ${id(name)}`.text);
}
