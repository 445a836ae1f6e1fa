/**
 * Acting as a role. SET ROLE needs membership with the SET option; who may grant the role gives it to itself for as long
 * as the proof takes. https://www.postgresql.org/docs/current/sql-set-role.html
 */
import { randomBytes } from "node:crypto";
import type { Target } from "../../../core/engine.ts";
import { nameParts } from "../../../core/names.ts";
import { EMPTY, expr, join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id, lit, named } from "../quote.ts";
import { Refused, rowsOf } from "./attempt.ts";

/** Why a proof cannot be tried; undefined where it can. */
export type Hindrance = string | undefined;

/** Takes on the role until the savepoint around it is rolled back, with the settings that a login as it would have. */
export async function become(client: Client, role: string, target: Target): Promise<Hindrance> {
  const own = await settingsOf(client, role);
  const set = sql`SET LOCAL ROLE ${id(role)}`;
  let taken = await rowsOf(client, set);
  if (taken instanceof Refused && taken.isDenied) {
    const member = target.versionNumber >= 160000 ? sql` WITH SET TRUE` : EMPTY;
    const granted = await rowsOf(client, sql`GRANT ${id(role)} TO CURRENT_USER${member}`);
    if (!(granted instanceof Refused)) taken = await rowsOf(client, set);
  }
  const refused = taken instanceof Refused ? taken : undefined;
  if (refused?.code === "22023") return `there is no role ${role}; mend the name, or apply what declares it first`;
  if (refused)
    return `${target.user} may not act as ${role}: ${refused.words}. Make it a member (GRANT ${id(role).text} TO ${id(target.user).text}), connect as one that may, or give the test a \`url\` to log in with`;
  await client.query("SET LOCAL search_path = DEFAULT");
  for (const [name, value] of own) await rowsOf(client, configured(name, value));
  return undefined;
}

/** Settings that the session gets when the role logs in; SET ROLE does not bring them. */
async function settingsOf(client: Client, role: string): Promise<readonly (readonly [string, string])[]> {
  const [rows = []] = await client.query(
    sql`SELECT setting FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole CROSS JOIN unnest(s.setconfig) AS setting
WHERE r.rolname = ${lit(role)} AND r.rolcanlogin
  AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) ORDER BY s.setdatabase`
      .text,
  );
  return rows.flatMap(([setting]) => {
    const at = setting?.indexOf("=") ?? -1;
    const name = setting?.slice(0, at) ?? "";
    return at < 0 || FIXED.has(name) ? [] : [[name, (setting as string).slice(at + 1)] as const];
  });
}

/** What says who acts. */
const FIXED: ReadonlySet<string> = new Set(["role", "session_authorization"]);

function configured(name: string, value: string): Sql {
  return sql`SELECT set_config(${lit(name)}, ${lit(value)}, true)`;
}

/** The settings of a test, as the role itself sets them. */
export async function applySettings(
  client: Client,
  settings: Readonly<Record<string, string | number | boolean>> | undefined,
): Promise<Hindrance> {
  for (const [name, value] of Object.entries(settings ?? {})) {
    const refused = await rowsOf(client, configured(name, `${value}`));
    if (refused instanceof Refused) return `the setting ${name} was refused: ${refused.words}`;
  }
  return undefined;
}

/** A role that has nothing but what everybody has. */
export async function makeProbe(client: Client): Promise<{ readonly role: string } | string> {
  const role = `datumline_probe_${randomBytes(6).toString("hex")}`;
  const made = await rowsOf(client, sql`CREATE ROLE ${id(role)}`);
  return made instanceof Refused
    ? `no role could be made to try it with: ${made.words}; give the connected role CREATEROLE`
    : { role };
}

/** Gives a role privileges on a table until the savepoint around it is rolled back; or says why that cannot be. */
export async function lend(
  client: Client,
  role: string,
  privileges: readonly string[],
  table: string,
): Promise<Hindrance> {
  const [schema] = nameParts(table) as [string, string];
  const grants = privileges.map((word) => sql`; GRANT ${expr(word.toUpperCase())} ON ${named(table)} TO ${id(role)}`);
  const has = privileges.map(
    (word) => sql` AND has_table_privilege(${lit(role)}, ${lit(named(table).text)}, ${lit(word)})`,
  );
  const lent = await rowsOf(
    client,
    sql`GRANT USAGE ON SCHEMA ${id(schema)} TO ${id(role)}${join(grants, "")};
SELECT has_schema_privilege(${lit(role)}, ${lit(schema)}, 'USAGE')${join(has, "")}`,
  );
  const what = `the privileges on ${table} that the proof takes`;
  if (lent instanceof Refused) return `${what} could not be given: ${lent.words}`;
  // Who has no right to grant is only warned.
  return lent[0]?.[0] === "t"
    ? undefined
    : `the connected role may not give ${what}: it takes the owner, or the grant option`;
}
