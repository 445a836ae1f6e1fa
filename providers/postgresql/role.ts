/**
 * Attributes change in place; a password is sent as a SCRAM verifier that is computed here, so that the server's log and
 * whoever reads the wire learn nothing of it. https://www.postgresql.org/docs/current/sql-createrole.html
 */

import { address } from "../../core/address.ts";
import type { Alteration, Hazard, Statement } from "../../core/engine.ts";
import type { Role } from "../../core/specs.ts";
import { join, type Sql, secretHole, sql } from "../../core/sql.ts";
import { arrayItems, changed, comment } from "./common.ts";
import { type Membership, membershipFields, memberships } from "./membership.ts";
import { id, lit, number } from "./quote.ts";
import { ROLE_NAMES } from "./reads.ts";
import { canonicalSettings, settingChanges, settings } from "./settings.ts";
import { type PostgresHandler, query, type Row, type Snapshot, sparse } from "./snapshot.ts";

const ROLES =
  query(sql`SELECT oid, rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolreplication, rolbypassrls,
  rolconnlimit, to_char(rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), rolvaliduntil = 'infinity'
FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname`);

const MEMBERS = query(({ version }) =>
  version >= 160000
    ? sql`SELECT member, roleid, bool_or(admin_option), bool_or(inherit_option), bool_or(set_option),
  CASE WHEN bool_or(grantor <> 10 AND grantor <> (SELECT oid FROM pg_roles WHERE rolname = current_user)) THEN array_agg(grantor) END
FROM pg_auth_members GROUP BY 1, 2`
    : sql`SELECT member, roleid, bool_or(admin_option), NULL, NULL, NULL FROM pg_auth_members GROUP BY 1, 2`,
);

const SETTINGS = query(sql`SELECT s.setrole, s.setdatabase <> 0, s.setconfig
FROM pg_db_role_setting s WHERE s.setrole <> 0
  AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))`);

const ATTRIBUTES = [
  ["login", 2, sql`LOGIN`, sql`NOLOGIN`],
  ["superuser", 3, sql`SUPERUSER`, sql`NOSUPERUSER`],
  ["createdb", 4, sql`CREATEDB`, sql`NOCREATEDB`],
  ["createrole", 5, sql`CREATEROLE`, sql`NOCREATEROLE`],
  ["inherit", 6, sql`INHERIT`, sql`NOINHERIT`],
  ["replication", 7, sql`REPLICATION`, sql`NOREPLICATION`],
  ["bypassrls", 8, sql`BYPASSRLS`, sql`NOBYPASSRLS`],
] as const;

/** Not ours to change: the role that bootstrapped the cluster, and the one connected. */
const BOOTSTRAP = "10";

export const role: PostgresHandler<Role> = {
  reads: [ROLES, MEMBERS, SETTINGS],
  *inspect(snapshot) {
    const { members, grantors } = readMembers(snapshot);
    const configured = new Map<string, Row[]>();
    for (const row of snapshot.rows(SETTINGS))
      configured.set(row[0] as string, [...(configured.get(row[0] as string) ?? []), row]);
    for (const row of snapshot.rows(ROLES)) {
      const [oid, name] = row as [string, string];
      if (!isDeclarable(row, snapshot)) continue;
      const own = configured.get(oid) ?? [];
      const groups = members.get(oid)?.sort((a, b) => (a.role < b.role ? -1 : 1));
      const probe = snapshot.probes.get(address("Role", name));
      yield {
        spec: sparse<Role>({
          name,
          ...attributes(row),
          connectionLimit: row[9] === "-1" ? undefined : Number(row[9]),
          validUntil: row[10] === null || row[11] === "t" ? undefined : row[10],
          password: snapshot.passwords.get(name) && (probe?.spec as Role | undefined)?.password,
          passwordVersion: snapshot.passwords.get(name)?.version,
          memberOf: groups,
          grantors: grantors.get(oid),
          settings: parse(own.filter((setting) => setting[1] === "f")),
          databaseSettings: parse(own.filter((setting) => setting[1] === "t")),
          comment: snapshot.comment("pg_authid", oid),
        }),
      };
    }
  },
  check: (spec, target) => [
    ...(target.versionNumber < 160000 &&
    spec.memberOf?.some((of) => typeof of !== "string" && (of.inherit === false || of.set === false))
      ? ["`inherit` and `set` of a membership need PostgreSQL 16; before it, INHERIT is an attribute of the member"]
      : []),
    ...(spec.validUntil !== undefined && spec.validUntil !== "infinity" && instant(spec.validUntil) === undefined
      ? [`\`validUntil\` is no moment: ${spec.validUntil}; write 2026-12-31T00:00:00Z`]
      : []),
    ...(spec.name === target.user
      ? ["it is the role that connects, which nobody changes under way; take its document out"]
      : []),
  ],
  normalise: ({ validUntil, ...spec }) => {
    const moment =
      validUntil === undefined || validUntil === "infinity" ? undefined : (instant(validUntil) ?? validUntil);
    return canonicalSettings(moment === undefined ? spec : { ...spec, validUntil: moment });
  },
  create: (spec, context) => [
    {
      sql: sql`CREATE ROLE ${id(spec.name)}${options(creation(spec))}`,
      ...(spec.superuser || spec.bypassrls ? { hazards: powers(spec) } : {}),
    },
    ...memberships(spec, undefined, context),
    ...settings(spec, context),
    ...comment(sql`ROLE ${id(spec.name)}`, spec.comment),
  ],
  alter: (change, context) => [
    ...alterAttributes(change),
    ...memberships(change.after, membershipFields(change.fields), context, change.before),
    ...settingChanges(change.after, change.fields, context),
    ...comment(sql`ROLE ${id(change.after.name)}`, change.after.comment, change.fields),
  ],
  rename: (from, to) => [{ sql: sql`ALTER ROLE ${id(from.name)} RENAME TO ${id(to.name)}`, phase: "rename" }],
  drop: (spec) => [
    {
      sql: sql`DROP ROLE ${id(spec.name)}`,
      hazards: [
        { code: "NARROWS_ACCESS", message: `${spec.name} and everything granted to it goes`, affects: [spec.name] },
      ],
    },
  ],
};

function readMembers(snapshot: Snapshot) {
  const members = new Map<string, Membership[]>();
  const grantors = new Map<string, Record<string, string[]>>();
  for (const [member, group, admin, inherit, set, by] of snapshot.rows(MEMBERS)) {
    const all = members.get(member as string) ?? [];
    members.set(member as string, all);
    all.push({
      role: snapshot.role(group as string),
      ...(admin === "t" && { admin: true }),
      ...(inherit === "f" && { inherit: false }),
      ...(set === "f" && { set: false }),
    });
    if (!by) continue;
    const names = arrayItems(by)
      .map((oid) => snapshot.role(oid))
      .sort();
    grantors.set(member as string, { ...grantors.get(member as string), [snapshot.role(group as string)]: names });
  }
  return { members, grantors };
}

/** Roles that are nobody's to declare, as far as what they can do goes: the server's own, its first one, the one connected. */
export function rolesBeyond(snapshot: Snapshot): Role[] {
  const { members } = readMembers(snapshot);
  const rows = new Map(snapshot.rows(ROLES).map((row) => [row[0], row]));
  return snapshot.rows(ROLE_NAMES).flatMap(([oid, name]) => {
    const row = rows.get(oid as string);
    if (row && isDeclarable(row, snapshot)) return [];
    return [sparse<Role>({ name: name as string, ...(row && attributes(row)), memberOf: members.get(oid as string) })];
  });
}

function isDeclarable([oid, name]: Row, { connectedAs }: Snapshot): boolean {
  return oid !== BOOTSTRAP && name !== connectedAs;
}

function attributes(row: Row): Partial<Role> {
  const found: Record<string, boolean> = {};
  for (const [field, column] of ATTRIBUTES) {
    const value = row[column] === "t";
    if (value !== (field === "inherit")) found[field] = value;
  }
  return found;
}

function parse(rows: readonly Row[]): Record<string, string> | undefined {
  const entries = rows
    .flatMap((row) => arrayItems(row[2] ?? null))
    .map((item): [string, string] => [item.slice(0, item.indexOf("=")), item.slice(item.indexOf("=") + 1)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function options(words: readonly Sql[]): Sql {
  return words.length > 0 ? sql` WITH ${join(words, " ")}` : sql``;
}

function creation(spec: Role): Sql[] {
  return [
    ...ATTRIBUTES.filter(([field]) => spec[field] !== undefined && spec[field] !== (field === "inherit")).map(
      ([field, , yes, no]) => (spec[field] ? yes : no),
    ),
    ...(spec.connectionLimit === undefined ? [] : [sql`CONNECTION LIMIT ${number(spec.connectionLimit)}`]),
    ...(spec.validUntil ? [sql`VALID UNTIL ${lit(spec.validUntil)}`] : []),
    ...(spec.password ? [password(spec)] : []),
  ];
}

function password(spec: Role): Sql {
  return spec.password ? sql`PASSWORD ${secretHole(spec.password, "scram-sha-256", spec.name)}` : sql`PASSWORD NULL`;
}

function alterAttributes({ after, fields }: Alteration<Role>): Statement[] {
  const words: Sql[] = [];
  const hazards: Hazard[] = [];
  for (const [field, , yes, no] of ATTRIBUTES) {
    const change = fields.find(({ path }) => path[0] === field);
    if (!change) continue;
    const given = after[field] ?? field === "inherit";
    words.push(given ? yes : no);
    hazards.push(attributeHazard(after.name, field, given));
  }
  if (changed(fields, "connectionLimit")) words.push(sql`CONNECTION LIMIT ${number(after.connectionLimit ?? -1)}`);
  if (changed(fields, "validUntil")) words.push(sql`VALID UNTIL ${lit(after.validUntil ?? "infinity")}`);
  if (changed(fields, "password") || changed(fields, "passwordVersion")) words.push(password(after));
  return words.length === 0 ? [] : [{ sql: sql`ALTER ROLE ${id(after.name)}${options(words)}`, hazards }];
}

function attributeHazard(name: string, field: string, given: boolean): Hazard {
  return given
    ? { code: "WIDENS_ACCESS", message: `${name} gains ${field}`, affects: [name] }
    : { code: "NARROWS_ACCESS", message: `${name} loses ${field}`, affects: [name] };
}

function powers(spec: Role): Hazard[] {
  const power = spec.superuser ? "superuser: every check is passed" : "bypassrls: row policies do not apply";
  return [{ code: "WIDENS_ACCESS", message: `${spec.name} is ${power}`, affects: [spec.name] }];
}

/** Any way to write a moment, as the server gives it back: in UTC, to the second; undefined where it cannot be read. */
function instant(text: string): string | undefined {
  const zoned =
    /(z|utc|gmt|[+-]\d{2}(:?\d{2})?)\s*$/i.test(text.replace(/^\s*\d{4}-\d{2}-\d{2}/, "")) || !text.includes(":");
  const moment = new Date(zoned ? text : `${text}Z`);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString().replace(/\.\d+Z$/, "Z");
}
