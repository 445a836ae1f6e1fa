/**
 * Roles belong to a whole server. A restore makes those that are missing, where it is told to, and leaves those that are
 * there as they are: others use them as well.
 * https://www.postgresql.org/docs/current/app-pg-dumpall.html
 */
import type { DataObject } from "../../../core/catalog.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import type { Client } from "../client.ts";
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

/** `lines` are the statements that make the roles of the backup; none where none are to be made. */
export async function rolesFor(
  lines: readonly string[],
  objects: readonly DataObject[],
  admin: Client,
  tell: (line: string) => void,
): Promise<void> {
  const [rows = []] = await admin.query(ROLES);
  const there = new Map(rows.map(([name, words]) => [name as string, new Set((words as string).split(" "))]));
  const needed = objects.filter(({ kind }) => kind === "Role").map(({ spec }) => spec.name as string);
  // The role that was connected owns things as well, and is in no catalog.
  const made = lines.flatMap((line) => (line.startsWith("CREATE") ? (roleOf(line) ?? []) : []));
  const missing = new Set([...needed, ...made].filter((name) => !there.has(name)));
  if (missing.size > 0 && lines.length === 0) {
    const detail = "Make them first, or restore with `--globals`, which makes them without passwords.";
    throw new Refusal([
      error("ROLE_MISSING", `The server lacks roles of the backup: ${[...missing].join(", ")}`, { detail }),
    ]);
  }
  for (const line of lines) {
    const name = roleOf(line);
    const own = name === undefined ? undefined : there.get(name);
    const others = own ? attributesIn(line).filter((word) => !own.has(word)) : [];
    if (others.length > 0) tell(`The role ${name} is not as it was (${others.join(", ")}), and stays as it is.`);
  }
  const statements = lines.filter((line) => missing.has(roleOf(line) ?? ""));
  if (statements.length > 0) await admin.query(statements.join(";\n"));
}

/** Of `ALTER ROLE … WITH NOSUPERUSER INHERIT …`; nothing of any other statement. */
function attributesIn(statement: string): readonly string[] {
  const words = /^ALTER ROLE (?:"(?:[^"]|"")+"|[\w$]+) WITH ([A-Z ]+)/.exec(statement)?.[1] ?? "";
  return words.split(" ").filter((word) => Object.hasOwn(ATTRIBUTES, word.replace(/^NO/, "")));
}
