/** Which rows a check calls wrong, as a condition. NULL is wrong only where it is asked for. */
import type { QualityCheck } from "../../../core/specs.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import { id, ids, lit, named } from "../quote.ts";
import { filtered, type Source } from "./source.ts";

export interface WrongRows {
  readonly condition: Sql;
  /** Columns that a sample shows, besides the key. */
  readonly columns: readonly string[];
  /** What is wrong with such a row. */
  readonly says: string;
}

export function wrongRows(check: QualityCheck, source: Source): WrongRows {
  const { notNull, unique, range, accepted, references, noFuture } = check;
  if (notNull !== undefined) {
    return { condition: sql`${id(notNull)} IS NULL`, columns: [], says: `${notNull} is NULL` };
  }
  if (noFuture !== undefined) {
    return { condition: sql`${id(noFuture)} > now()`, columns: [noFuture], says: `${noFuture} lies in the future` };
  }
  if (unique) return shared(unique, source);
  if (range) return outOfRange(range);
  if (accepted) {
    const { column, values } = accepted;
    const list = join(values.map((value) => lit(`${value}`)));
    return { condition: sql`${id(column)} NOT IN (${list})`, columns: [column], says: `${column} holds another value` };
  }
  if (references) return orphans(references, check.on as string);
  throw new Error("internal: a check that looks at no row");
}

/** By a list of the keys that stand more than once, which the server hashes. */
function shared(columns: readonly string[], source: Source): WrongRows {
  const present = columns.map((column) => sql`${id(column)} IS NOT NULL`);
  const key = ids(columns);
  const twice = sql`SELECT ${key} FROM ${filtered(source, ...present)} GROUP BY ${key} HAVING count(*) > 1`;
  const what = columns.length === 1 ? columns[0] : `(${columns.join(", ")})`;
  return { condition: sql`(${key}) IN (${twice})`, columns, says: `${what} is that of another row as well` };
}

function outOfRange({ column, min, max }: NonNullable<QualityCheck["range"]>): WrongRows {
  const below = min === undefined ? [] : [sql`${id(column)} < ${lit(`${min}`)}`];
  const above = max === undefined ? [] : [sql`${id(column)} > ${lit(`${max}`)}`];
  const bounds = [
    ...(min === undefined ? [] : [`less than ${min}`]),
    ...(max === undefined ? [] : [`more than ${max}`]),
  ];
  return {
    condition: sql`(${join([...below, ...above], " OR ")})`,
    columns: [column],
    says: `${column} is ${bounds.join(" or ")}`,
  };
}

function orphans({ columns, table, to }: NonNullable<QualityCheck["references"]>, on: string): WrongRows {
  const present = columns.map((column) => sql`${named(on)}.${id(column)} IS NOT NULL`);
  const equal = columns.map((column, index) => sql`other.${id(to[index] as string)} = ${named(on)}.${id(column)}`);
  return {
    condition: sql`${join(present, " AND ")} AND NOT EXISTS (SELECT FROM ${named(table)} AS other WHERE ${join(equal, " AND ")})`,
    columns,
    says: `${columns.join(", ")} refers to no row of ${table}`,
  };
}
