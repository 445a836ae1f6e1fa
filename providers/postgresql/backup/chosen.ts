/**
 * What of a database is dumped and what of it is counted. Names are looked up in the snapshot and given to pg_dump to the
 * letter: what it takes for a pattern it folds to lower case, and leaves out the rows of another table, or of none.
 */
import { type Diagnostic, error, warning } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { nameParts } from "../../../core/names.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import { sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { allTables, type CheckedTable, isLike, likeAny, unlike } from "./checks.ts";

export interface Chosen {
  /** Options of pg_dump. */
  readonly words: readonly string[];
  /** Tables whose rows are counted. */
  readonly counted: readonly string[];
  readonly notes: readonly Diagnostic[];
}

/** Asked in the transaction that is dumped. Refuses what names nothing, where more or less would be kept than was said. */
export async function choose(client: Client, { name, what = {}, check = [] }: BackupSchedule): Promise<Chosen> {
  const tables = await allTables(client);
  const { schemas, except = [] } = what;
  const [rows = []] = schemas ? await client.query(SCHEMAS.text) : [];
  const known = new Set(rows.map(([schema]) => schema));
  const unknown = [
    ...(schemas ?? []).filter((schema) => !known.has(schema)).map((schema) => `the schema ${schema}`),
    ...unlike(tables, except).map((pattern) => `a table that is like ${pattern}`),
  ];
  if (unknown.length > 0) throw nothing(name, unknown);
  const isHeld = (table: CheckedTable): boolean => schemas?.includes(table.schema) ?? true;
  const left = tables.filter((table) => isLike(except, table));
  const checked = likeAny(tables, check).filter((table) => isHeld(table) && !isLike(except, table));
  return {
    words: [
      ...(schemas ?? []).map((schema) => `--schema=${literal(schema)}`),
      ...left.map((table) => `--exclude-table-data=${nameParts(table.name).map(literal).join(".")}`),
    ],
    counted: checked.filter(({ isMaterialized }) => !isMaterialized).map(({ name }) => name),
    notes: [...unmatched(tables.filter(isHeld), check), ...filledAnew(checked, check)],
  };
}

const WRITTEN =
  'It is written as the server holds it, a table as `schema.table`, where a part with a dot or a space is quoted (`"My schema".orders`); `*` stands for any characters.';

const SCHEMAS = sql`SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`;

/** In double quotes a pattern means its letters. */
function literal(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function unmatched(tables: readonly CheckedTable[], check: readonly string[]): Diagnostic[] {
  return unlike(tables, check).map((pattern) =>
    warning("NOT_COUNTED", `\`check\` names ${pattern}, and no table that is backed up is like it`, {
      detail: `Mend the name in \`check\`, or take it out. ${WRITTEN}`,
    }),
  );
}

/** A dump holds no rows of a materialized view: what a restore computes is newer than what was there. Patterns mean tables. */
function filledAnew(checked: readonly CheckedTable[], check: readonly string[]): Diagnostic[] {
  return checked
    .filter(({ name, isMaterialized }) => isMaterialized && check.includes(name))
    .map(({ name }) =>
      warning("NOT_COUNTED", `${name} was not counted: it is a materialized view, which a restore fills anew`, {
        detail: "A drill does not compare it. Take it out of `check`, and name the tables that it is made of.",
      }),
    );
}

function nothing(schedule: string, unknown: readonly string[]): Refusal {
  const detail = `Nothing was backed up. Mend the name in \`what\`. ${WRITTEN}`;
  return new Refusal([
    error("UNKNOWN_REFERENCE", `${schedule} speaks of ${unknown.join(", of ")}, and the database has none`, { detail }),
  ]);
}
