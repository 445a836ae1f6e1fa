/**
 * A calendar. Nothing in its rows depends on the session's language, time zone or date style: days are counted as whole
 * numbers from the first, and names come from arrays. https://www.postgresql.org/docs/current/functions-datetime.html
 */
import type { Column } from "../../core/columns.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { Lowering } from "../../core/engine.ts";
import type { DateDimension, Seed, Table } from "../../core/specs.ts";
import { expr, join, type Sql, sql } from "../../core/sql.ts";
import { carried, nameOf, native, once } from "./lowering.ts";
import { lit, number } from "./quote.ts";

const MONTHS = words("January February March April May June July August September October November December");
const DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday");

/** A part of the day `d`, as the type for which `pg_catalog` has every operator: a better match elsewhere would be taken. */
const part = (name: string): Sql => sql`extract(${expr(name)} FROM d)::integer`;

/** Each column with the expression that gives it for the day `d`. */
function columnsOf(fiscalStart: number): readonly (readonly [column: Column, value: Sql])[] {
  const [year, month, day, weekday] = [part("year"), part("month"), part("day"), part("isodow")];
  const start = number(fiscalStart);
  const fiscalYear = fiscalStart === 1 ? year : sql`${year} + CASE WHEN ${month} >= ${start} THEN 1 ELSE 0 END`;
  return [
    [column("date_key", "integer", "The day as yyyymmdd."), sql`${year} * 10000 + ${month} * 100 + ${day}`],
    [column("date", "date"), sql`d`],
    [column("year", "smallint"), sql`${year}::smallint`],
    [column("quarter", "smallint"), sql`${part("quarter")}::smallint`],
    [column("month", "smallint"), sql`${month}::smallint`],
    [column("month_name", "text"), sql`(${MONTHS})[${month}]`],
    [column("iso_year", "smallint", "Year that the ISO week belongs to."), sql`${part("isoyear")}::smallint`],
    [column("week", "smallint", "ISO week, 1 to 53, of iso_year."), sql`${part("week")}::smallint`],
    [column("day_of_month", "smallint"), sql`${day}::smallint`],
    [column("day_of_week", "smallint", "1 is Monday, 7 Sunday."), sql`${weekday}::smallint`],
    [column("day_name", "text"), sql`(${DAYS})[${weekday}]`],
    [column("day_of_year", "smallint"), sql`${part("doy")}::smallint`],
    [column("is_weekend", "boolean", "Saturday or Sunday."), sql`${weekday} >= 6`],
    [column("is_month_end", "boolean"), sql`extract(day FROM d + 1)::integer = 1`],
    [column("fiscal_year", "smallint", "Named after the year in which it ends."), sql`(${fiscalYear})::smallint`],
    [column("fiscal_quarter", "smallint"), sql`((${month} + ${number(12 - fiscalStart)}) % 12 / 3 + 1)::smallint`],
  ];
}

export const dateDimension: Lowering<DateDimension> = {
  fills: true,
  lower: once((spec) => {
    const columns = columnsOf(spec.fiscalYearStart ?? 1);
    const table: Table = {
      schema: spec.schema,
      name: spec.name,
      columns: columns.map(([each]) => each),
      primaryKey: ["date_key"],
      unique: [["date"]],
      ...carried(spec),
    };
    const faults = faultsOf(spec);
    // Rows that cannot be written are not asked for: who refers to the table is not to be blamed.
    if (faults.length > 0) return { objects: [native("Table", table)], diagnostics: faults };
    const seed: Seed = {
      table: nameOf(spec),
      key: ["date_key"],
      columns: columns.map(([{ name }]) => name),
      rows: rows(
        spec,
        join(
          columns.map(([, value]) => value),
          ",\n  ",
        ),
      ).text,
    };
    return { objects: [native("Table", table), native("Seed", seed)] };
  }),
};

function rows({ from, to }: DateDimension, values: Sql): Sql {
  return sql`SELECT
  ${values}
FROM (
  SELECT DATE ${lit(from)} + n AS d
  FROM generate_series(0, DATE ${lit(to)} - DATE ${lit(from)}) AS n
) AS days`;
}

function column(name: string, type: string, comment?: string): Column {
  return { name, type, notNull: true, ...(comment !== undefined && { comment }) };
}

function words(names: string): Sql {
  return sql`ARRAY[${join(names.split(" ").map(lit))}]`;
}

function faultsOf({ schema, name, from, to }: DateDimension): Diagnostic[] {
  const wrong = [...new Set([from, to])].filter((day) => !isDay(day));
  if (wrong.length > 0) {
    return wrong.map((day) =>
      error("WRONG_TYPE", `${quoted(day)} is no day of the calendar`, {
        detail: "Write `from` and `to` as year, month and day: `2020-01-31`.",
      }),
    );
  }
  if (from <= to) return [];
  return [
    error("WRONG_TYPE", `${quoted(nameOf({ schema, name }))} would end on ${to}, before it begins on ${from}`, {
      detail: "`from` is the first day and `to` the last: exchange them.",
    }),
  ];
}

/** JavaScript rolls the 30th of February over to March; PostgreSQL has no year 0. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) && text >= "0001";
}
