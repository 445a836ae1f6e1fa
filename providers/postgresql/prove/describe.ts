/** What planting has to know of a table: its columns, what they refer to, and what is checked of them. */
import { nameParts } from "../../../core/names.ts";
import { type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { lit } from "../quote.ts";
import { Refused, rowsOf } from "./attempt.ts";
import type { PlantColumn } from "./made-up.ts";

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly table: readonly [schema: string, name: string];
  readonly to: readonly string[];
}

interface Check {
  readonly name: string;
  readonly columns: readonly string[];
  readonly definition: string;
}

export interface Described {
  readonly columns: readonly PlantColumn[];
  readonly keys: readonly ForeignKey[];
  readonly checks: readonly Check[];
}

/** Where rows are planted. */
export interface Ground {
  readonly client: Client;
  /** What is known of its tables by now. */
  readonly described: Map<string, Described>;
}

/** Or why there is nothing to know. */
export async function describe({ client, described }: Ground, relation: string): Promise<Described | string> {
  const known = described.get(relation);
  if (known) return known;
  const [schema, name] = nameParts(relation) as [string, string];
  const rows = await rowsOf(client, description(schema, name));
  if (rows instanceof Refused) return `${relation} cannot be looked up: ${rows.words}`;
  const text = rows[0]?.[0];
  if (!text) return notThere(relation);
  const found = JSON.parse(text) as Described;
  described.set(relation, found);
  return found;
}

export function notThere(relation: string): string {
  return `there is no table or view ${relation}; mend the name, or apply what declares it first`;
}

/** Texts and numbers that stand in the checks of a column: values that may meet them. */
export function literalsOf(checks: readonly Check[], column: string): readonly string[] {
  const definitions = checks.filter(({ columns }) => columns.includes(column)).map(({ definition }) => definition);
  return [...definitions.join(" ").matchAll(/'((?:[^']|'')*)'|(-?\b\d+(?:\.\d+)?)/g)].map(
    ([, text, number]) => text?.replaceAll("''", "'") ?? (number as string),
  );
}

function description(schema: string, name: string): Sql {
  return sql`SELECT json_build_object(
  'columns', (
    SELECT coalesce(json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'base', b.typname, 'category', b.typcategory,
      'modifier', CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
      'needed', a.attnotnull OR t.typnotnull, 'default', coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault),
      'identity', a.attidentity, 'generated', a.attgenerated,
      'label', (SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder LIMIT 1)
    ) ORDER BY a.attnum), '[]')
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'keys', (
    SELECT coalesce(json_agg(json_build_object(
      'columns', (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(f.conkey) WITH ORDINALITY k(attnum, n) JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum),
      'table', json_build_array(rn.nspname, r.relname),
      'to', (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(f.confkey) WITH ORDINALITY k(attnum, n) JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum)
    )), '[]')
    FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace
    WHERE f.conrelid = c.oid AND f.contype = 'f'),
  'checks', (
    SELECT coalesce(json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid), 'columns', k.columns)), '[]')
    FROM (
      SELECT k.oid, k.conname, (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS columns
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey IS NOT NULL
      UNION ALL
      SELECT k.oid, k.conname, json_build_array(a.attname)
      FROM pg_constraint k JOIN pg_attribute a ON a.atttypid = k.contypid
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND k.contype = 'c') k))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ${lit(schema)} AND c.relname = ${lit(name)}`;
}
