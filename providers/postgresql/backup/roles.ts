/**
 * Roles belong to a whole server. A restore makes those that are missing, where it is told to, and leaves those that are
 * there as they are: others use them as well.
 * https://www.postgresql.org/docs/current/app-pg-dumpall.html
 */
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id } from "../quote.ts";
import { roleOf } from "./globals.ts";

/** Attributes as pg_dumpall spells them, with the columns that hold them. */
const ATTRIBUTES = {
  SUPERUSER: "rolsuper",
  INHERIT: "rolinherit",
  CREATEROLE: "rolcreaterole",
  CREATEDB: "rolcreatedb",
  LOGIN: "rolcanlogin",
  REPLICATION: "rolreplication",
  BYPASSRLS: "rolbypassrls",
} as const;
const WORDS = Object.entries(ATTRIBUTES).map(
  ([word, column]) => `CASE WHEN ${column} THEN '${word}' ELSE 'NO${word}' END`,
);
const ROLES = `SELECT rolname, concat_ws(' ', ${WORDS.join(", ")}) FROM pg_roles`;

/** What is known of the roles that a restore needs. */
export interface RolesKept {
  /** Statements that make those of the backup; undefined where it holds none. */
  readonly statements: readonly string[] | undefined;
  readonly needed: readonly string[];
  /** Those that are missing are made. */
  readonly make: boolean;
}

export async function rolesFor(
  { statements, needed, make }: RolesKept,
  admin: Client,
  tell: (line: string) => void,
): Promise<void> {
  const [rows = []] = await admin.query(ROLES);
  const there = new Map(rows.map(([name, words]) => [name as string, new Set((words as string).split(" "))]));
  const lines = (make && statements) || [];
  // The role that was connected owns things as well, and is in no catalog.
  const made = lines.flatMap((line) => (line.startsWith("CREATE") ? (roleOf(line) ?? []) : []));
  const missing = new Set([...needed, ...made].filter((name) => !there.has(name)));
  if (missing.size > 0 && !make) throw lacking([...missing], statements !== undefined);
  for (const line of lines) {
    const name = roleOf(line);
    const own = name === undefined ? undefined : there.get(name);
    const others = own ? attributesIn(line).filter((word) => !own.has(word)) : [];
    if (others.length > 0) tell(`The role ${name} is not as it was (${others.join(", ")}), and stays as it is.`);
  }
  const known = new Set(made);
  const unknown = [...missing].filter((name) => !known.has(name));
  const all = [
    ...lines.filter((line) => missing.has(roleOf(line) ?? "")),
    ...unknown.map((name) => sql`CREATE ROLE ${id(name)}`.text),
  ];
  if (all.length > 0) await admin.query(all.join(";\n"));
  if (unknown.length > 0)
    tell(
      `The backup does not hold these roles; they were made so that nobody can log in, without memberships: ${unknown.join(", ")}.`,
    );
}

function lacking(missing: readonly string[], areHeld: boolean): Refusal {
  const detail = areHeld
    ? "Make them first, or restore with `--globals`, which makes them without passwords."
    : "Make them first, or restore with `--globals`, which makes them so that nobody can log in: the backup holds no roles.";
  return new Refusal([
    error("ROLE_MISSING", `The server lacks roles of the backup: ${missing.join(", ")}`, { detail }),
  ]);
}

/** Of `ALTER ROLE … WITH NOSUPERUSER INHERIT …`; nothing of any other statement. */
function attributesIn(statement: string): readonly string[] {
  const words = /^ALTER ROLE (?:"(?:[^"]|"")+"|[\w$]+) WITH ([A-Z ]+)/.exec(statement)?.[1] ?? "";
  return words.split(" ").filter((word) => Object.hasOwn(ATTRIBUTES, word.replace(/^NO/, "")));
}
