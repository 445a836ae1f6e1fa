/** One helper for each shape of thing that several cells alter in the same way. */
import type { FieldChange, Hazard, Statement } from "../../core/engine.ts";
import { join, type Sql, sql } from "../../core/sql.ts";
import { id, lit } from "./quote.ts";

/** `COMMENT ON`, where there is one to be set, or where the fields say that it changed. */
export function comment(on: Sql, text: string | undefined, fields?: readonly FieldChange[]): Statement[] {
  if (fields ? !changed(fields, "comment") : text === undefined) return [];
  return [{ sql: sql`COMMENT ON ${on} IS ${text === undefined ? sql`NULL` : lit(text)}` }];
}

/** `ALTER … OWNER TO`; rights that come with ownership move with it. */
export function owner(of: Sql, role: string | undefined, fields?: readonly FieldChange[]): Statement[] {
  if (role === undefined || (fields && !changed(fields, "owner"))) return [];
  const moved = fields?.find((field) => field.path[0] === "owner");
  const hazards: Hazard[] = moved
    ? [
        { code: "WIDENS_ACCESS", message: `${role} becomes the owner, with every right on it`, affects: [role] },
        {
          code: "NARROWS_ACCESS",
          message: `${moved.from ?? "the present owner"} is no longer the owner`,
          affects: [`${moved.from ?? "owner"}`],
        },
      ]
    : [];
  return [{ sql: sql`ALTER ${of} OWNER TO ${id(role)}`, hazards }];
}

/** Comments of the columns of a view: a map, compared key by key. */
export function columnComments(
  relation: Sql,
  comments: Readonly<Record<string, string>> | undefined,
  fields?: readonly FieldChange[],
): Statement[] {
  const names = fields
    ? fields.filter((field) => field.path[0] === "columnComments").map((field) => field.path[1] as string)
    : Object.keys(comments ?? {});
  return names.map((name) => {
    const text = comments?.[name];
    return { sql: sql`COMMENT ON COLUMN ${relation}.${id(name)} IS ${text === undefined ? sql`NULL` : lit(text)}` };
  });
}

/** Storage parameters: `SET (a = b)` and `RESET (c)` for those that changed under `postgresql.parameters`. */
export function parameters(alter: Sql, fields: readonly FieldChange[]): Statement[] {
  const changes = fields.filter(
    (field) => field.path[0] === "postgresql" && (field.path[1] === undefined || field.path[1] === "parameters"),
  );
  const before: Record<string, string> = {};
  const after: Record<string, string> = {};
  for (const { path, from, to } of changes) {
    Object.assign(before, parameterMap(path, from));
    Object.assign(after, parameterMap(path, to));
  }
  const set = Object.entries(after).filter(([name, value]) => before[name] !== value);
  const reset = Object.keys(before).filter((name) => !(name in after));
  return [
    ...(set.length > 0 ? [{ sql: sql`${alter} SET (${assignments(set)})` }] : []),
    ...(reset.length > 0 ? [{ sql: sql`${alter} RESET (${join(reset.map(parameterName))})` }] : []),
  ];
}

function parameterMap(path: readonly string[], value: FieldChange["to"]): Record<string, string> {
  if (value === undefined) return {};
  if (path.length === 3) return { [path[2] as string]: value as string };
  if (path.length === 2) return value as Record<string, string>;
  return ((value as { parameters?: Record<string, string> }).parameters ?? {}) as Record<string, string>;
}

export function assignments(parameters: readonly (readonly [string, string])[]): Sql {
  return join(parameters.map(([name, value]) => sql`${parameterName(name)} = ${lit(value)}`));
}

/** `toast.autovacuum_enabled` has two parts, each an identifier. */
function parameterName(name: string): Sql {
  return join(name.split(".", 2).map(id), ".");
}

/** `fillfactor=70` of pg_class.reloptions, as an array in text form. */
export function reloptions(text: string | null): Record<string, string> | undefined {
  if (text === null) return undefined;
  const entries = arrayItems(text).map((item): [string, string] => {
    const at = item.indexOf("=");
    return [item.slice(0, at), item.slice(at + 1)];
  });
  return entries.length > 0 ? Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) : undefined;
}

/** Elements of a one-dimensional array in its text form: `{a,"b c",NULL}`. */
export function arrayItems(text: string | null): string[] {
  if (text === null || text === "{}") return [];
  if (!text.includes('"')) return text.slice(1, -1).split(",");
  const items: string[] = [];
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1);
      const item = text.slice(at + 1, end);
      items.push(item.includes("\\") ? item.replace(/\\(.)/gs, "$1") : item);
      at = end + 1;
    } else {
      const comma = text.indexOf(",", at);
      const end = comma < 0 ? text.length - 1 : comma;
      items.push(text.slice(at, end));
      at = end;
    }
  }
  return items;
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  for (;;) {
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
}

export function changed(fields: readonly FieldChange[], name: string): boolean {
  return fields.some((field) => field.path[0] === name);
}

/** Numbers of a vector such as pg_index.indkey: `1 2 0`. */
export function vector(text: string | null): string[] {
  return text ? text.split(" ") : [];
}
