/**
 * Acting as a role. SET ROLE needs membership with the SET option; who may grant the role gives it to itself for as long
 * as the proof takes. https://www.postgresql.org/docs/current/sql-set-role.html
 */
import { randomBytes } from "node:crypto";
import type { Target } from "../../../core/engine.ts";
import { nameParts } from "../../../core/names.ts";
import { EMPTY, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id, lit, named } from "../quote.ts";
import { attempt, Refused, rowsOf } from "./attempt.ts";

/** Why a proof cannot be tried; undefined where it can. */
export type Hindrance = string | undefined;

/** Takes on the role until the savepoint around it is rolled back, with the settings that a login as it would have. */
export async function become(client: Client, role: string, target: Target): Promise<Hindrance> {
  const own = await settingsOf(client, role);
  const set = async (): Promise<undefined | Refused> =>
    attempt(client, async () => void (await client.query(sql`SET LOCAL ROLE ${id(role)}`.text)));
  let refused = await set();
  if (refused?.isDenied) {
    const member = target.versionNumber >= 160000 ? sql` WITH SET TRUE` : EMPTY;
    const granted = await attempt(client, () => client.query(sql`GRANT ${id(role)} TO CURRENT_USER${member}`.text));
    if (!(granted instanceof Refused)) refused = await set();
  }
  if (refused?.code === "22023") return `there is no role ${role}`;
  if (refused)
    return `${target.user} may not act as ${role}: ${refused.words}. Make it a member (GRANT ${id(role).text} TO ${id(target.user).text}), connect as one that may, or give the test a \`url\` to log in with`;
  for (const [name, value] of own) await attempt(client, () => configure(client, name, value));
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

async function configure(client: Client, name: string, value: string): Promise<void> {
  await client.query(sql`SELECT set_config(${lit(name)}, ${lit(value)}, true)`.text);
}

/** The settings of a test, as the role itself sets them. */
export async function applySettings(
  client: Client,
  settings: Readonly<Record<string, string | number | boolean>> | undefined,
): Promise<Hindrance> {
  for (const [name, value] of Object.entries(settings ?? {})) {
    const refused = await attempt(client, () => configure(client, name, `${value}`));
    if (refused instanceof Refused) return `the setting ${name} was refused: ${refused.words}`;
  }
  return undefined;
}

/** A role that has nothing but what everybody has and, where asked for, the privilege to read one table. */
export async function makeProbe(
  client: Client,
  reads: string | undefined,
): Promise<{ readonly role: string } | string> {
  const role = `datumline_probe_${randomBytes(6).toString("hex")}`;
  const made = await rowsOf(client, sql`CREATE ROLE ${id(role)}; SELECT`);
  if (made instanceof Refused) return `no role could be made to try it with: ${made.words}`;
  if (reads === undefined) return { role };
  const [schema] = nameParts(reads) as [string, string];
  const granted = await rowsOf(
    client,
    sql`GRANT USAGE ON SCHEMA ${id(schema)} TO ${id(role)}; GRANT SELECT ON ${named(reads)} TO ${id(role)};
SELECT has_schema_privilege(${lit(role)}, ${lit(schema)}, 'USAGE') AND has_table_privilege(${lit(role)}, ${lit(named(reads).text)}, 'SELECT')`,
  );
  if (granted instanceof Refused) return `the privilege to read ${reads} could not be given: ${granted.words}`;
  // Who has no right to grant is only warned.
  return granted[0]?.[0] === "t" ? { role } : `the connected role may not give the privilege to read ${reads}`;
}
