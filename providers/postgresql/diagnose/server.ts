/** What the server is, and what the connected role may do there. */
import { error, warning } from "../../../core/diagnostic.ts";
import type { Outcome } from "../../../core/network/steps.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";

/** Seconds by which clocks may differ. */
const SKEW = 5;

export async function version(client: Client): Promise<Outcome> {
  const [row] = await client.ask(
    "SELECT current_setting('server_version'), current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('transaction_read_only')",
    [],
  );
  const [name, number, standby, readOnly] = row as readonly string[];
  const isStandby = standby === "t";
  const kind = isStandby ? "standby" : readOnly === "on" ? "primary that is read-only" : "primary";
  const result = `PostgreSQL ${name}, ${kind}`;
  const facts = { version: `${name}`, standby: isStandby, readOnly: isStandby || readOnly === "on" };
  if (Number(number) < 130000) {
    const detail = "Datumline supports PostgreSQL 13 and newer.";
    return { result, facts, diagnostic: error("UNSUPPORTED_VERSION", `The server is PostgreSQL ${name}`, { detail }) };
  }
  if (isStandby) {
    const detail = "Plans work; connect to the primary to apply.";
    return { result, facts, diagnostic: warning("READ_ONLY", "The server is a standby", { detail }) };
  }
  if (readOnly !== "on") return { result, facts };
  const detail =
    "Plans work; to apply, switch `default_transaction_read_only` off for the server, the database or the role.";
  return { result, facts, diagnostic: warning("READ_ONLY", "Transactions are read-only here", { detail }) };
}

export async function privileges(client: Client): Promise<Outcome> {
  const [rows] = await client.query(
    sql`SELECT rolsuper, rolcreaterole, rolbypassrls, has_database_privilege(current_database(), 'CREATE') FROM pg_roles WHERE rolname = current_user`
      .text,
  );
  const [superuser, createrole, bypassrls, create] = (rows?.[0] ?? []) as readonly string[];
  const has = [
    superuser === "t" && "superuser",
    createrole === "t" && "createrole",
    bypassrls === "t" && "bypassrls",
    create === "t" && "create schemas",
  ];
  const result = has.filter(Boolean).join(", ") || "none beyond its own objects";
  const lacks = [
    superuser !== "t" && createrole !== "t" && "CREATEROLE, to declare roles",
    create !== "t" && "CREATE on the database, to declare schemas and to keep the ledger",
  ];
  const missing = lacks.filter((one): one is string => typeof one === "string");
  if (missing.length === 0) return { result };
  const detail = "Fine as long as nothing of the kind is declared.";
  const summary = `The connected role lacks ${missing.join("; ")}`;
  return { result, diagnostic: warning("MISSING_PRIVILEGE", summary, { detail }) };
}

/** The session has its own time zone; that of others is what it would be set back to. */
export async function encoding(client: Client): Promise<Outcome> {
  const [rows] = await client.query(
    sql`SELECT current_setting('server_encoding'), reset_val FROM pg_settings WHERE name = 'TimeZone'`.text,
  );
  const [name, timeZone] = (rows?.[0] ?? []) as readonly string[];
  const result = `${name}, time zone ${timeZone}`;
  const facts = { encoding: `${name}`, timeZone: `${timeZone}` };
  if (name === "UTF8") return { result, facts };
  const detail = "It is chosen when a database is made: dump it, make one with ENCODING 'UTF8', and restore.";
  const summary =
    name === "SQL_ASCII"
      ? "The database does not know in which encoding its texts are"
      : `The database cannot hold every character: its encoding is ${name}`;
  return { result, facts, diagnostic: warning("CONNECTION_ADVICE", summary, { detail }) };
}

export async function clock(client: Client): Promise<Outcome> {
  const before = Date.now();
  const [rows] = await client.query("SELECT extract(epoch FROM clock_timestamp()) * 1000");
  const after = Date.now();
  // The answer was given at some time in between.
  const away = Number(rows?.[0]?.[0]) - (before + after) / 2;
  const seconds = Math.max(0, Math.abs(away) - (after - before) / 2) / 1000;
  const how = away < 0 ? "behind" : "ahead";
  const facts = { skewMilliseconds: Math.round(away) };
  if (seconds < SKEW) return { result: `within ${Math.max(1, Math.ceil(seconds))} s of this machine's`, facts };
  const result = `${seconds.toFixed(0)} s ${how} of this machine's`;
  const detail = "Let both follow a time server (`timedatectl`, chrony).";
  return { result, facts, diagnostic: warning("CLOCK_SKEW", `The server's clock is ${result}`, { detail }) };
}
