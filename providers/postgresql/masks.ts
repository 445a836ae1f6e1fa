/**
 * How a value is masked. NULL stays NULL, a text that is too short to be cut shows nothing of itself, and nothing
 * depends on the reader's session: who could set `TimeZone` or `DateStyle` would see another mask of the same value.
 * Functions are named with their schema, so that none that somebody put into the schema of the view is given the value.
 */
import type { MaskedView } from "../../core/specs.ts";
import { type Sql, sql } from "../../core/sql.ts";
import { id, lit, number } from "./quote.ts";

export type Mask = NonNullable<MaskedView["mask"]>[string];
type Kept = Extract<Mask, { readonly partial: unknown }>["partial"];

const STARS = "***";

/** The masked value of a column, or undefined where a mask does not suit its type. */
export function masked(name: string, mask: Mask, type: string | undefined): Sql | undefined {
  const value = id(name);
  if (mask === "redact") return redact(value, STARS);
  if (mask === "nullify") return sql`CASE WHEN false THEN ${value} END`;
  if (mask === "hash") return sql`pg_catalog.encode(pg_catalog.sha256(${bytes(value, type)}), 'hex')`;
  if (mask === "yearOfDate") return yearOf(value, type);
  return "redact" in mask ? redact(value, mask.redact) : partial(textOf(value, type), value, mask.partial);
}

function redact(value: Sql, shown: string): Sql {
  return sql`CASE WHEN ${value} IS NOT NULL THEN ${lit(shown)}::text END`;
}

function bytes(value: Sql, type: string | undefined): Sql {
  if (type !== undefined && baseType(type) === "bytea") return value;
  return sql`pg_catalog.convert_to(${textOf(value, type)}, 'UTF8')`;
}

/** As text; of a day cut once in each `DateStyle`, a reader would put the whole together. */
function textOf(value: Sql, type: string | undefined): Sql {
  const base = type && baseType(type);
  if (base === "bytea") return sql`pg_catalog.encode(${value}, 'hex')`;
  if (!base || !DATES.has(base)) return sql`${value}::text`;
  const zone = base === "timestamptz" ? sql` AT TIME ZONE 'UTC'` : sql``;
  // As JSON they are ISO 8601 always; in parentheses, since operators do not bind as a cast does.
  return sql`(pg_catalog.to_json(${value}${zone}) OPERATOR(pg_catalog.#>>) '{}')`;
}

function yearOf(value: Sql, type: string | undefined): Sql | undefined {
  const base = type === undefined ? "date" : baseType(type);
  if (base === "date") return sql`pg_catalog.date_trunc('year', ${value}::timestamp)::date`;
  if (base === "timestamp") return sql`pg_catalog.date_trunc('year', ${value})`;
  if (base === "timestamptz") return sql`pg_catalog.date_trunc('year', ${value} AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'`;
  return undefined;
}

function partial(text: Sql, value: Sql, { keepStart = 0, keepEnd = 0, keepDomain, with: rest = STARS }: Kept): Sql {
  if (!keepDomain) {
    return sql`CASE
    WHEN ${value} IS NULL THEN NULL
    WHEN pg_catalog.length(${text}) > ${number(keepStart + keepEnd)} THEN ${ends(text, keepStart, rest, keepEnd)}
    ELSE ${lit(rest)}
  END`;
  }
  // What is no e-mail address has no domain to keep: nothing of it is shown.
  const local = sql`substring(${text} FROM '^(.+)@[^@]+$')`;
  const domain = sql`substring(${text} FROM '@[^@]+$')`;
  return sql`CASE
    WHEN ${value} IS NULL THEN NULL
    WHEN ${local} IS NULL THEN ${lit(rest)}
    WHEN pg_catalog.length(${local}) > ${number(keepStart + keepEnd)} THEN ${ends(local, keepStart, rest, keepEnd)} || ${domain}
    ELSE ${lit(rest)} || ${domain}
  END`;
}

function ends(text: Sql, start: number, rest: string, end: number): Sql {
  const first = start > 0 ? sql`pg_catalog.left(${text}, ${number(start)}) || ` : sql``;
  const last = end > 0 ? sql` || pg_catalog.right(${text}, ${number(end)})` : sql``;
  return sql`${first}${lit(rest)}${last}`;
}

const DATES: ReadonlySet<string> = new Set(["date", "timestamp", "timestamptz"]);

/** Of the types that are masked by what they are, the short name. */
function baseType(type: string): string {
  const plain = type
    .toLowerCase()
    .replace(/^pg_catalog\./, "")
    .replace(/\s*\(\s*\d+\s*\)/, "")
    .replace(/\s+/g, " ")
    .trim();
  if (plain === "timestamp with time zone") return "timestamptz";
  return plain === "timestamp without time zone" ? "timestamp" : plain;
}
