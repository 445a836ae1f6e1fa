/**
 * What belongs to a database and is in no dump of it: how its text is written and sorted, whose it is, who may do what with it,
 * and what it sets. It is a part of the backup like any other, since settings may hold what nobody else should read.
 * https://www.postgresql.org/docs/current/sql-createdatabase.html
 */
import { type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { number } from "../quote.ts";

/** What a copy must have as well. */
export interface Properties {
  readonly encoding: string;
  readonly locale: Locale;
  readonly owner: string;
  /** Who may do what with it, the defaults written out. */
  readonly privileges: readonly Privilege[];
  readonly connectionLimit: number;
  readonly isTemplate: boolean;
  readonly comment: string | null;
  readonly labels: readonly { readonly provider: string; readonly label: string }[];
  readonly settings: readonly Setting[];
}

export interface Locale {
  readonly provider: "libc" | "icu" | "builtin";
  readonly collate: string;
  readonly ctype: string;
  /** Of another provider than libc. */
  readonly name: string | null;
  readonly rules: string | null;
}

export interface Privilege {
  /** `public` for everybody. */
  readonly to: string;
  readonly privilege: "CREATE" | "CONNECT" | "TEMPORARY";
  readonly grantOption: boolean;
}

export interface Setting {
  /** Only for this role. */
  readonly role: string | null;
  /** `work_mem=64MB` */
  readonly setting: string;
}

/** What a server must have before it can take a copy, and need not have the same. */
export interface Kept extends Properties {
  /** Roles that own something, or that something is granted to. */
  readonly roles: readonly string[];
  /** Other than the server's own. */
  readonly tablespaces: readonly string[];
  /** Where it lies itself. */
  readonly tablespace: string;
}

/** Columns of the locale, which have been renamed. */
function localeAt(major: number): Sql {
  const [provider, name, rules] = [
    major >= 15 ? sql`d.datlocprovider` : sql`'c'`,
    major >= 17 ? sql`d.datlocale` : major >= 15 ? sql`d.daticulocale` : sql`NULL`,
    major >= 16 ? sql`d.daticurules` : sql`NULL`,
  ];
  return sql`jsonb_build_object('provider', CASE ${provider} WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' ELSE 'builtin' END,
 'collate', d.datcollate, 'ctype', d.datctype, 'name', ${name}, 'rules', ${rules})`;
}

function propertiesAt(major: number): Sql {
  return sql`SELECT jsonb_build_object(
 'encoding', pg_encoding_to_char(d.encoding), 'locale', ${localeAt(major)}, 'owner', pg_get_userbyid(d.datdba),
 'privileges', (SELECT coalesce(jsonb_agg(p ORDER BY p::text COLLATE "C"), '[]') FROM (SELECT DISTINCT
   CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END AS "to", a.privilege_type AS privilege,
   a.is_grantable AS "grantOption" FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a) p),
 'connectionLimit', d.datconnlimit, 'isTemplate', d.datistemplate, 'comment', shobj_description(d.oid, 'pg_database'),
 'labels', (SELECT coalesce(jsonb_agg(jsonb_build_object('provider', l.provider, 'label', l.label) ORDER BY l.provider COLLATE "C"), '[]')
   FROM pg_shseclabel l WHERE l.classoid = 'pg_database'::regclass AND l.objoid = d.oid),
 'settings', (SELECT coalesce(jsonb_agg(jsonb_build_object('role', r.rolname, 'setting', c) ORDER BY r.rolname, c COLLATE "C"), '[]')
   FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c WHERE s.setdatabase = d.oid))
FROM pg_database d WHERE d.datname = current_database()`;
}

/** The server remembers who uses whom, but for the role that it was made with. */
const NEEDED = sql`SELECT jsonb_build_object(
 'roles', (SELECT coalesce(jsonb_agg(r.rolname ORDER BY r.rolname), '[]') FROM pg_roles r WHERE r.rolname !~ '^pg_' AND (
   r.oid = d.datdba
   OR EXISTS (SELECT FROM pg_shdepend s WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid
     AND (s.dbid = d.oid OR (s.classid = 'pg_database'::regclass AND s.objid = d.oid)))
   OR EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setdatabase = d.oid AND s.setrole = r.oid)
   OR r.oid = 10 AND EXISTS (SELECT FROM (
       SELECT 'pg_class'::regclass AS classid, oid, relowner AS owner FROM pg_class
       UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc
       UNION ALL SELECT 'pg_type'::regclass, oid, typowner FROM pg_type
       UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace) o
     WHERE o.owner = r.oid AND o.oid >= ${number(16384)} AND NOT EXISTS (
       SELECT FROM pg_depend e WHERE e.classid = o.classid AND e.objid = o.oid AND e.deptype = 'e')))),
 'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = d.dattablespace),
 'tablespaces', (SELECT coalesce(jsonb_agg(t.spcname ORDER BY t.spcname), '[]') FROM pg_tablespace t
   WHERE t.spcname NOT IN ('pg_default', 'pg_global')
   AND (t.oid IN (SELECT reltablespace FROM pg_class)
     OR t.oid IN (SELECT refobjid FROM pg_shdepend WHERE dbid = d.oid AND refclassid = 'pg_tablespace'::regclass))))
FROM pg_database d WHERE d.datname = current_database()`;

/** Of the database that is connected to. */
export async function propertiesOf(client: Client): Promise<Properties> {
  const [[major] = []] = await client.query("SELECT current_setting('server_version_num')::int / 10000");
  const [[row] = []] = await client.query(propertiesAt(Number(major?.[0])).text);
  return JSON.parse(row?.[0] as string);
}

/** With what a server must have. */
export async function keptOf(client: Client): Promise<Kept> {
  const [[row] = []] = await client.query(NEEDED.text);
  return { ...(await propertiesOf(client)), ...JSON.parse(row?.[0] as string) };
}
