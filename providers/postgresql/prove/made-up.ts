/** Values for columns that need one and were given none: of the right type, and unlike any that is there. */
import { randomInt, randomUUID } from "node:crypto";
import { expr, type Sql, sql } from "../../../core/sql.ts";
import { lit } from "../quote.ts";

/** A column as planting has to know it. */
export interface PlantColumn {
  readonly name: string;
  /** As the server writes it, for a cast. */
  readonly type: string;
  /** pg_type.typname and typcategory; of a domain, its base type's. */
  readonly base: string;
  readonly category: string;
  /** pg_attribute.atttypmod, or -1 */
  readonly modifier: number;
  readonly needed: boolean;
  readonly default: string | null;
  /** pg_attribute.attidentity and attgenerated */
  readonly identity: string;
  readonly generated: string;
  readonly label: string | null;
}

/** Of the values that may do, the one that comes next; undefined where nobody knows one. */
export function madeUp(column: PlantColumn, literals: readonly string[], choice: number): Sql | undefined {
  const text = choice === 0 ? freshValue(column) : fitting(column, literals)[choice - 1];
  return text === undefined ? undefined : sql`${lit(text)}::${expr(column.type)}`;
}

/** Values that stand in the checks of a column, and for numbers their neighbours: `status IN ('open', 'paid')`. */
function fitting({ category }: PlantColumn, literals: readonly string[]): readonly string[] {
  if (category !== "N") return literals.filter((text) => category !== "D" || /^\d{4}-/.test(text));
  const numbers = literals.filter((text) => /^-?\d+(\.\d+)?$/.test(text)).map(Number);
  return numbers.flatMap((number) => [number, number + 1, number - 1]).map(String);
}

function freshValue(column: PlantColumn): string | undefined {
  const { base, category, modifier, label } = column;
  return label ?? BY_TYPE[base]?.() ?? BY_CATEGORY[category]?.(modifier, base);
}

const BY_TYPE: Readonly<Record<string, () => string>> = {
  int2: () => `${randomInt(20_000, 32_000)}`,
  int4: () => `${randomInt(1_000_000_000, 2_000_000_000)}`,
  int8: () => `${randomInt(100_000_000_000_000, 200_000_000_000_000)}`,
  money: () => "1",
  // Neither the first of a month nor of a year, which some masks show.
  date: () => `1971-0${randomInt(2, 10)}-${randomInt(10, 29)}`,
  time: () => "04:05:06",
  timetz: () => "04:05:06+00",
  timestamp: () => `1971-0${randomInt(2, 10)}-${randomInt(10, 29)} 04:05:06`,
  timestamptz: () => `1971-0${randomInt(2, 10)}-${randomInt(10, 29)} 04:05:06+00`,
  uuid: () => randomUUID(),
  json: () => `{"canary": ${randomInt(1_000_000)}}`,
  jsonb: () => `{"canary": ${randomInt(1_000_000)}}`,
  bytea: () => `\\x${randomUUID().replaceAll("-", "")}`,
  xml: () => `<canary>${randomInt(1_000_000)}</canary>`,
  cidr: () => "192.0.2.0/24",
  macaddr: () => "08:00:2b:01:02:03",
  tsvector: () => "canary",
};

const BY_CATEGORY: Readonly<Record<string, (modifier: number, base: string) => string>> = {
  N: (modifier, base) => (base === "numeric" && modifier >= 0 ? decimal(modifier - 4) : `${randomInt(1_000, 9_999)}`),
  S: (modifier, base) => cut(`canary.${randomUUID().slice(0, 13)}@example.org`, modifier, base),
  B: () => "true",
  D: () => "1971-02-13 04:05:06",
  T: () => "1 day",
  I: () => "192.0.2.1",
  A: () => "{}",
  R: () => "empty",
  V: (modifier, base) => (base === "bit" && modifier > 0 ? "1".repeat(modifier) : "1"),
};

/** As many digits before the point as there is room for, nine at most. */
function decimal(modifier: number): string {
  const [precision, scale] = [(modifier >> 16) & 0xffff, modifier & 0x7ff];
  const digits = Math.min(9, Math.max(0, precision - scale));
  return digits === 0 ? "0" : `${randomInt(10 ** (digits - 1), 10 ** digits)}`;
}

/** A short column keeps the part that is random. */
function cut(text: string, modifier: number, base: string): string {
  const room = base === "name" ? 63 : base === "char" ? 1 : modifier - 4;
  return modifier < 0 && base !== "name" && base !== "char"
    ? text
    : room >= text.length
      ? text
      : text.slice(7, 7 + room);
}
