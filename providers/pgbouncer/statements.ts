/**
 * Statements are lines of the configuration under their section, as a plan shows them; `unset` takes a key out. A word
 * in capitals is said to the console. Whatever is written, one RELOAD at the end takes it over.
 */
import { expr, join, type Sql, sql } from "../../core/sql.ts";
import { entryText, quoted, unquoted } from "./ini.ts";

/** Sections of the configuration, and the userlist, which is a file of its own. */
export type Place = "pgbouncer" | "databases" | "users" | "userlist";

export type Edit = { readonly place: Place; readonly key: string; readonly value: string | undefined };

const COMMANDS = ["PAUSE", "RESUME", "ENABLE", "RELOAD", "RESTART"] as const;

export type Command = { readonly does: (typeof COMMANDS)[number]; readonly name?: string };

/** Lines of a section; a value that is undefined takes its key out. */
export function edits(place: Place, values: Iterable<readonly [string, string | Sql | undefined]>): Sql {
  const lines = [...values].map(([key, value]) => {
    const name = expr(quoted(key));
    if (value === undefined) return sql`unset ${name}`;
    return typeof value === "string" ? expr(entryText(key, value)) : sql`${name} = ${value}`;
  });
  return sql`[${expr(place)}]\n${join(lines, "\n")}`;
}

export function command(does: Command["does"], name?: string): Sql {
  return expr(name === undefined ? does : `${does} ${quoted(name)}`);
}

/** What a statement says. */
export function parseStatement(text: string): Edit[] | Command {
  const [head = "", ...lines] = text.split("\n");
  const [, place] = /^\[(.+)\]$/.exec(head) ?? [];
  if (place !== undefined) return lines.map((line) => parseLine(place as Place, line));
  const [, does, name] = /^([A-Z]+)(?: (.+))?$/.exec(head) ?? [];
  if (!COMMANDS.some((each) => each === does)) throw new Error(`internal: no statement: ${head}`);
  return { does: does as Command["does"], ...(name !== undefined && { name: unquoted(name) }) };
}

function parseLine(place: Place, line: string): Edit {
  const [, gone] = /^unset ("(?:[^"]|"")*"|\S+)$/.exec(line) ?? [];
  if (gone !== undefined) return { place, key: unquoted(gone), value: undefined };
  const [, key, value] = /^("(?:[^"]|"")*"|\S+) = ?(.*)$/.exec(line) ?? [];
  if (key === undefined) throw new Error("internal: a line that is no entry");
  return { place, key: unquoted(key), value: value ?? "" };
}
