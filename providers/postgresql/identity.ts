/**
 * How identity columns count. The sequence behind one is altered through its column, with all options at once, because
 * the server checks each against the rest. https://www.postgresql.org/docs/current/sql-altertable.html
 */

import type { Table } from "../../core/specs.ts";
import { EMPTY, expr, join, type Sql, sql } from "../../core/sql.ts";
import { id, lit, number, qualified } from "./quote.ts";

type Column = Table["columns"][number];
export type Counting = NonNullable<Column["sequence"]>;

const LIMITS: Readonly<Record<string, readonly [smallest: string, largest: string]>> = {
  smallint: ["-32768", "32767"],
  integer: ["-2147483648", "2147483647"],
  bigint: ["-9223372036854775808", "9223372036854775807"],
};

function limits(type: string): readonly [string, string] {
  return LIMITS[type] ?? (LIMITS.bigint as readonly [string, string]);
}

/** Every option with the server's own choice filled in; numbers as text, since the largest do not fit into a number. */
function inFull({ start, increment = 1, minValue, maxValue, cache = 1, cycle = false }: Counting, type: string) {
  const [smallest, largest] = limits(type);
  const least = minValue === undefined ? (increment > 0 ? "1" : smallest) : `${minValue}`;
  const most = maxValue === undefined ? (increment > 0 ? largest : "-1") : `${maxValue}`;
  return {
    start: start === undefined ? (increment > 0 ? least : most) : `${start}`,
    increment,
    least,
    most,
    cache,
    cycle,
  };
}

/** The options that are not what the server chooses by itself; undefined where all are. */
export function unusual(options: Counting, type: string): Counting | undefined {
  const { start, increment = 1, minValue, maxValue, cache = 1, cycle = false } = options;
  const usual = inFull({ increment }, type);
  const differs = (value: number | undefined, from: string): value is number =>
    value !== undefined && value !== Number(from);
  const limited = {
    ...(increment !== 1 && { increment }),
    ...(differs(minValue, usual.least) && { minValue }),
    ...(differs(maxValue, usual.most) && { maxValue }),
  };
  const found: Counting = {
    ...(differs(start, inFull(limited, type).start) && { start }),
    ...limited,
    ...(cache !== 1 && { cache }),
    ...(cycle && { cycle }),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}

export function identitySql(column: Column): Sql {
  const { start, increment, minValue, maxValue, cache, cycle } = column.sequence ?? {};
  const options = [
    ...(start === undefined ? [] : [sql`START WITH ${number(start)}`]),
    ...(increment === undefined ? [] : [sql`INCREMENT BY ${number(increment)}`]),
    ...(minValue === undefined ? [] : [sql`MINVALUE ${number(minValue)}`]),
    ...(maxValue === undefined ? [] : [sql`MAXVALUE ${number(maxValue)}`]),
    ...(cache === undefined ? [] : [sql`CACHE ${number(cache)}`]),
    ...(cycle ? [sql`CYCLE`] : []),
  ];
  return sql`GENERATED ${always(column)} AS IDENTITY${options.length > 0 ? sql` (${join(options, " ")})` : EMPTY}`;
}

export function always(column: Column): Sql {
  return column.identity === "always" ? sql`ALWAYS` : sql`BY DEFAULT`;
}

/**
 * Counts on in the new way from where it is. One that has given no number yet begins at the new start; one that has not
 * come as far as the new limit steps to it, since the server would refuse the limit.
 */
export function recount(table: Pick<Table, "schema" | "name">, column: Column): Sql[] {
  const name = qualified(table.schema, table.name);
  const alter = sql`ALTER TABLE ${name} ALTER COLUMN ${id(column.name)}`;
  const [smallest, largest] = limits(column.type);
  const { start, increment, least, most, cache, cycle } = inFull(column.sequence ?? {}, column.type);
  const [edge, past] = increment > 0 ? [least, sql`<`] : [most, sql`>`];
  return [
    sql`${alter} SET MINVALUE ${expr(smallest)} SET MAXVALUE ${expr(largest)}`,
    sql`SELECT setval(s, CASE WHEN pg_sequence_last_value(s) IS NULL THEN ${expr(start)} ELSE ${expr(edge)} END, false)
FROM CAST(pg_get_serial_sequence(${lit(name.text)}, ${lit(column.name)}) AS regclass) s
WHERE coalesce(pg_sequence_last_value(s) ${past} ${expr(edge)}, true)`,
    sql`${alter} SET INCREMENT BY ${number(increment)} SET MINVALUE ${expr(least)} SET MAXVALUE ${expr(most)} SET START WITH ${expr(start)} SET CACHE ${number(cache)} SET ${cycle ? sql`CYCLE` : sql`NO CYCLE`}`,
  ];
}
