/**
 * A part of a dump: schemas whole, or tables bare. What `pg_restore` takes for a table is the table and its rows, without keys,
 * indexes and policies, so nobody but its owner may read it. https://www.postgresql.org/docs/current/app-pgrestore.html
 */
import type { Manifest, RestoreContext } from "../../../core/backups/model.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { nameParts } from "../../../core/names.ts";
import { join, sql } from "../../../core/sql.ts";
import { type Endpoint, open } from "../client.ts";
import { id, lit, named } from "../quote.ts";

type Only = RestoreContext["only"];

/** Options of `pg_restore`. */
export function selection(only: Only): string[] {
  const { schemas = [], tables = [] } = only ?? {};
  return [
    ...schemasOf(only).map((schema) => `--schema=${schema}`),
    ...tables.map((table) => `--table=${nameParts(table)[1]}`),
    // Of a table alone the policies that its grants rely on are not there.
    ...(tables.length > 0 && schemas.length === 0 ? ["--no-privileges"] : []),
  ];
}

function schemasOf(only: Only): string[] {
  const { schemas = [], tables = [] } = only ?? {};
  return [...new Set([...schemas, ...tables.map((table) => nameParts(table)[0] as string)])];
}

/** Refuses what no part can be taken of, or what names none. */
export function refuseUnselectable({ id: backup, format }: Manifest, only: Only): void {
  const { schemas = [], tables = [] } = only ?? {};
  if (schemas.length + tables.length === 0) return;
  if (format === "plain") {
    throw refused(
      `${backup} is a plain text of SQL: it is restored as a whole`,
      "Leave out `--schema` and `--table`, and take the part out of the copy; or back up with `format: custom`.",
    );
  }
  if (schemas.length > 0 && tables.length > 0)
    throw refused("Schemas and tables are restored one or the other", "Restore twice, into two databases.");
  for (const table of tables)
    if (nameParts(table).length !== 2)
      throw refused(`\`--table\` needs \`schema.name\`, not ${table}`, "Such as `--table public.orders`.");
}

/** Fills a new database with a part: its schemas are made before, and it is looked for after. */
export async function withSelected(
  at: Endpoint,
  { only, tell = () => undefined }: Pick<RestoreContext, "only" | "tell">,
  backup: string,
  fill: () => Promise<void>,
): Promise<void> {
  const { schemas = [], tables = [] } = only ?? {};
  const names = schemasOf(only);
  if (names.length === 0) return fill();
  const client = await open(at);
  try {
    await client.query(
      join(
        names.map((name) => sql`CREATE SCHEMA IF NOT EXISTS ${id(name)}`),
        "; ",
      ).text,
    );
    await fill();
    const looked = [
      ...schemas.map(
        (name) =>
          sql`SELECT ${lit(`schema ${name}`)}, CASE WHEN EXISTS (SELECT FROM pg_class WHERE relnamespace = ${lit(id(name).text)}::regnamespace) THEN 'r' END`,
      ),
      ...tables.map(
        (name) =>
          sql`SELECT ${lit(`table ${name}`)}, (SELECT relkind::text FROM pg_class WHERE oid = to_regclass(${lit(named(name).text)}))`,
      ),
    ];
    const [found = []] = await client.query(join(looked, " UNION ALL ").text);
    for (const [what, kind] of found) {
      if (!kind)
        throw refused(`The backup ${backup} holds no ${what}`, "Mend the name; it is written as the server holds it.");
      if (kind === "p")
        throw refused(
          `The ${what} is partitioned, and holds no rows itself`,
          "Name its partitions, or take its schema.",
        );
    }
  } finally {
    await client.end();
  }
  if (tables.length > 0)
    tell("Tables alone come without keys, indexes, defaults, policies and grants: only their owner may read them.");
}

function refused(summary: string, detail: string): Refusal {
  return new Refusal([error("RESTORE_REFUSED", summary, { detail })]);
}
