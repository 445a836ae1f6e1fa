/** Columns of a table. https://www.postgresql.org/docs/current/sql-altertable.html */
import type { FieldChange, Hazard, NormaliseContext, Statement } from "../../core/engine.ts";
import { EMPTY, expr, join, type Sql, sql } from "../../core/sql.ts";
import type { Table } from "../../core/specs.ts";
import { arrayItems } from "./common.ts";
import { id, lit, named, number, qualified } from "./quote.ts";
import { type ColumnRow, query, relationName, type Row, type Snapshot, sparse } from "./snapshot.ts";
import { canonicalType } from "./types.ts";

export type Column = Table["columns"][number];

/** relation, columns, expressions: the server need not open a relation for a default, which names no column */
export const DEFAULTS = query(
  ({ within }) => sql`SELECT d.adrelid, array_agg(d.adnum),
  array_agg(CASE WHEN strpos(d.adbin::text, '{VAR ') = 0 THEN pg_get_expr(d.adbin, 0) ELSE pg_get_expr(d.adbin, d.adrelid) END)
FROM pg_attrdef d WHERE d.oid >= 16384${within(sql`d.adrelid`)}
GROUP BY d.adrelid`,
  15,
);

/**
 * relation, column, options of the sequence of an identity column, type of the column: only those that do not count from
 * 1 by 1 upwards
 */
export const IDENTITIES = query(
  sql`SELECT d.refobjid, d.refobjsubid, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, s.seqtypid::regtype::text
FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
  AND ((s.seqstart, s.seqincrement, s.seqmin, s.seqcache, s.seqcycle) <> (1, 1, 1, 1, false)
    OR s.seqmax <> CASE s.seqtypid WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647 ELSE 9223372036854775807 END)`,
  4,
);

const LARGEST: Readonly<Record<string, string>> = { smallint: "32767", integer: "2147483647", bigint: "9223372036854775807" };

/** By relation and number of the column. */
export interface ColumnDetails {
  readonly defaults: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly identities: ReadonlyMap<string, Row>;
}

export function readDetails(snapshot: Snapshot): ColumnDetails {
  return {
    defaults: new Map(snapshot.rows(DEFAULTS).map(([relation, numbers, texts]) => [relation as string, byNumber(numbers, texts)])),
    identities: new Map(snapshot.rows(IDENTITIES).map((row) => [`${row[0]}.${row[1]}`, row])),
  };
}

function byNumber(numbers: string | null | undefined, texts: string | null | undefined): Map<string, string> {
  const items = arrayItems(texts ?? null);
  return new Map(arrayItems(numbers ?? null).map((number, index) => [number, items[index] as string]));
}

export function readColumn(relation: string, column: ColumnRow, details: ColumnDetails, snapshot: Snapshot): Column {
  const { number, name, type, collation } = column;
  const text = details.defaults.get(relation)?.get(number);
  const identity = column.identity === "a" ? "always" : column.identity === "d" ? "by default" : undefined;
  return sparse<Column>({
    name,
    type,
    notNull: column.notNull ? true : undefined,
    default: column.generated === "-" ? text : undefined,
    identity,
    sequence: identity && sequenceOptions(details.identities.get(`${relation}.${number}`)),
    generated: column.generated === "-" ? undefined : text,
    virtual: column.generated === "v" ? true : undefined,
    collation,
    comment: snapshot.comment("pg_class", relation, number),
  });
}

/** How an identity column counts, where it is not from 1 by 1 upwards. */
function sequenceOptions(row: Row | undefined): Column["sequence"] {
  if (!row) return undefined;
  const up = !(row[3] as string).startsWith("-");
  const options = sparse<NonNullable<Column["sequence"]>>({
    start: (up ? row[2] === row[4] : row[2] === row[5]) ? undefined : Number(row[2]),
    increment: row[3] === "1" ? undefined : Number(row[3]),
    minValue: !up || row[4] === "1" ? undefined : Number(row[4]),
    maxValue: (up ? row[5] === LARGEST[row[8] as string] : row[5] === "-1") ? undefined : Number(row[5]),
    cache: row[6] === "1" ? undefined : Number(row[6]),
    cycle: row[7] === "t" ? true : undefined,
  });
  return Object.keys(options).length > 0 ? options : undefined;
}

/** Types in the server's spelling; what a key implies is not said twice. */
export function normaliseColumns(table: Table, context: NormaliseContext): readonly Column[] {
  const key = new Set((table.primaryKey as { columns?: readonly string[] } | undefined)?.columns ?? []);
  return table.columns.map((column) => {
    const type = canonicalType(column.type, table.schema, context);
    const implied = (key.has(column.name) || column.identity !== undefined) && !column.notNull;
    if (type === column.type && !implied && column.collation === undefined) return column;
    return { ...column, type, ...(implied && { notNull: true }), ...(column.collation && { collation: collation(column.collation) }) };
  });
}

/** `C` is `pg_catalog."C"`. */
export function collation(name: string): string {
  const text = name.includes(".") ? named(name).text : `pg_catalog.${id(name.replaceAll('"', "")).text}`;
  return text;
}

export function columnSql(column: Column): Sql {
  const parts: Sql[] = [id(column.name), expr(column.type)];
  if (column.collation) parts.push(sql`COLLATE ${expr(column.collation)}`);
  if (column.generated) parts.push(sql`GENERATED ALWAYS AS (${expr(column.generated)}) ${column.virtual ? sql`VIRTUAL` : sql`STORED`}`);
  if (column.identity) parts.push(identitySql(column));
  if (column.default !== undefined) parts.push(sql`DEFAULT ${expr(`${column.default}`)}`);
  if (column.notNull) parts.push(sql`NOT NULL`);
  return join(parts, " ");
}

function identitySql(column: Column): Sql {
  const { start, increment, minValue, maxValue, cache, cycle } = column.sequence ?? {};
  const options = [
    ...(start === undefined ? [] : [sql`START WITH ${number(start)}`]),
    ...(increment === undefined ? [] : [sql`INCREMENT BY ${number(increment)}`]),
    ...(minValue === undefined ? [] : [sql`MINVALUE ${number(minValue)}`]),
    ...(maxValue === undefined ? [] : [sql`MAXVALUE ${number(maxValue)}`]),
    ...(cache === undefined ? [] : [sql`CACHE ${number(cache)}`]),
    ...(cycle ? [sql`CYCLE`] : []),
  ];
  const always = column.identity === "always" ? sql`ALWAYS` : sql`BY DEFAULT`;
  return sql`GENERATED ${always} AS IDENTITY${options.length > 0 ? sql` (${join(options, " ")})` : EMPTY}`;
}

export function columnComment(table: Table, column: Column): Statement {
  return {
    sql: sql`COMMENT ON COLUMN ${qualified(table.schema, table.name)}.${id(column.name)} IS ${column.comment === undefined ? sql`NULL` : lit(column.comment)}`,
  };
}

/** What happens to columns; `size` says in words how many rows are concerned. */
export function alterColumns(before: Table, after: Table, fields: readonly FieldChange[], size: string): Statement[] {
  const names = new Set(fields.filter(({ path }) => path[0] === "columns").map(({ path }) => path[1] as string));
  const statements: Statement[] = [];
  for (const name of names) {
    const own = fields.filter(({ path }) => path[0] === "columns" && path[1] === name);
    const column = after.columns.find((one) => one.name === name);
    const whole = own.find(({ path }) => path.length === 2);
    if (!column) statements.push(dropColumn(after, name, size));
    else if (whole) statements.push(...addColumn(after, column, size));
    else statements.push(...alterColumn(before, after, column, own, size));
  }
  return statements;
}

function alterTable(table: Table): Sql {
  return sql`ALTER TABLE ${qualified(table.schema, table.name)}`;
}

function dropColumn(table: Table, name: string, size: string): Statement {
  return {
    sql: sql`${alterTable(table)} DROP COLUMN ${id(name)}`,
    hazards: [{ code: "DELETES_DATA", message: `column ${name} and what it holds in ${size} is lost`, affects: [relationName(table)] }],
    lock: "ACCESS EXCLUSIVE",
    disturbs: [name],
  };
}

function addColumn(table: Table, column: Column, size: string): Statement[] {
  const rewrites = column.identity !== undefined || (column.generated !== undefined && !column.virtual) || volatile(column.default);
  const hazards: Hazard[] = rewrites
    ? [{ code: "REWRITES_TABLE", message: `adding ${column.name} writes ${size} anew`, affects: [relationName(table)] }]
    : [];
  return [
    { sql: sql`${alterTable(table)} ADD COLUMN ${columnSql(column)}`, scope: table.schema, hazards, lock: "ACCESS EXCLUSIVE" },
    ...(column.comment === undefined ? [] : [columnComment(table, column)]),
  ];
}

/** A default that calls a function may differ from row to row; those that cannot are few and known. */
function volatile(value: Column["default"]): boolean {
  if (typeof value !== "string" || !value.includes("(")) return false;
  return !/^\s*(now|transaction_timestamp|current_setting)\s*\([^()]*\)\s*(::\s*[\w ]+)?$/i.test(value);
}

function alterColumn(before: Table, after: Table, column: Column, fields: readonly FieldChange[], size: string): Statement[] {
  const table = alterTable(after);
  const name = id(column.name);
  const changes = new Map(fields.map((field) => [field.path[2] as string, field]));
  const statements: Statement[] = [];
  const alter = (change: Sql, more: Partial<Statement> = {}): void => {
    statements.push({ sql: sql`${table} ALTER COLUMN ${name} ${change}`, lock: "ACCESS EXCLUSIVE", ...more });
  };
  const renamed = changes.get("name");
  if (renamed) statements.push({ sql: sql`${table} RENAME COLUMN ${id(renamed.from as string)} TO ${name}`, phase: "rename", lock: "ACCESS EXCLUSIVE" });
  if (changes.has("generated") || changes.has("virtual")) return [...statements, ...regenerate(before, after, column, size)];
  const type = changes.get("type");
  if (type || changes.has("collation")) {
    const dropsDefault = column.default !== undefined || changes.has("default");
    if (dropsDefault) alter(sql`DROP DEFAULT`);
    alter(sql`TYPE ${expr(column.type)}${column.collation ? sql` COLLATE ${expr(column.collation)}` : EMPTY}${using(type, column)}`, {
      scope: after.schema,
      hazards: typeHazards(after, column, type, size),
      disturbs: [column.name],
    });
    if (column.default !== undefined) alter(sql`SET DEFAULT ${expr(`${column.default}`)}`, { scope: after.schema });
  } else if (changes.has("default") && !changes.has("identity")) {
    if (column.default === undefined) alter(sql`DROP DEFAULT`);
    else alter(sql`SET DEFAULT ${expr(`${column.default}`)}`, { scope: after.schema });
  }
  const nullable = changes.get("notNull");
  if (nullable && column.notNull) {
    alter(sql`SET NOT NULL`, { hazards: [{ code: "LOCKS_TABLE", message: `${column.name} not null: ${size} is scanned; it fails where there is a NULL`, affects: [relationName(after)] }] });
  }
  statements.push(...alterIdentity(alter, column, changes, before));
  if (nullable && !column.notNull) alter(sql`DROP NOT NULL`);
  if (changes.has("comment")) statements.push(columnComment(after, column));
  return statements;
}

function alterIdentity(
  alter: (change: Sql, more?: Partial<Statement>) => void,
  column: Column,
  changes: ReadonlyMap<string, FieldChange>,
  before: Table,
): Statement[] {
  const identity = changes.get("identity");
  if (!identity && !changes.has("sequence")) return [];
  if (identity && identity.from === undefined) {
    if (before.columns.find((one) => one.name === column.name)?.default !== undefined) alter(sql`DROP DEFAULT`);
    alter(sql`ADD ${identitySql(column)}`);
    return [];
  }
  if (identity && identity.to === undefined) {
    alter(sql`DROP IDENTITY`);
    if (column.default !== undefined) alter(sql`SET DEFAULT ${expr(`${column.default}`)}`);
    return [];
  }
  if (changes.has("sequence")) {
    alter(sql`DROP IDENTITY`);
    alter(sql`ADD ${identitySql(column)}`);
  } else alter(sql`SET GENERATED ${column.identity === "always" ? sql`ALWAYS` : sql`BY DEFAULT`}`);
  return [];
}

/** What a generated column holds can be computed again, so nothing is lost by making it anew. */
function regenerate(before: Table, after: Table, column: Column, size: string): Statement[] {
  const was = before.columns.find((one) => one.name === column.name);
  const drop: Statement = { ...dropColumn(after, column.name, size), hazards: was?.generated ? [] : (dropColumn(after, column.name, size).hazards ?? []) };
  return [drop, ...addColumn(after, column, size)];
}

/** Types that the server casts among each other; between all others a value goes through its text. */
const FAMILIES = [
  /^(smallint|integer|bigint|numeric|real|double precision)\b/,
  /^(date|timestamp|time)\b/,
  /^(character|text|name|bpchar)\b/,
  /^jsonb?$/,
  /^(inet|cidr)$/,
] as const;

function using(type: FieldChange | undefined, column: Column): Sql {
  if (!type) return EMPTY;
  const [from, to] = [`${type.from}`, column.type];
  const isText = (name: string): boolean => /^(character|text|name|bpchar)\b/.test(name) && !name.endsWith("[]");
  const direct = isText(from) || isText(to) || FAMILIES.some((family) => family.test(from) && family.test(to) && from.endsWith("[]") === to.endsWith("[]"));
  return direct ? sql` USING ${id(column.name)}::${expr(to)}` : sql` USING ${id(column.name)}::text::${expr(to)}`;
}

function typeHazards(table: Table, column: Column, type: FieldChange | undefined, size: string): Hazard[] {
  const affects = [relationName(table)];
  if (type && wideningOnly(`${type.from}`, `${type.to}`)) return [];
  return [{ code: "REWRITES_TABLE", message: `${column.name} as ${column.type}: ${size} is written anew; it fails where a value does not fit`, affects }];
}

/** Changes that the server makes without looking at a row. */
function wideningOnly(from: string, to: string): boolean {
  const varchar = /^character varying(?:\((\d+)\))?$/;
  const old = varchar.exec(from);
  if (old && to === "text") return true;
  if (from === "text" && to === "character varying") return true;
  const wider = varchar.exec(to);
  if (old && wider) return wider[1] === undefined || (old[1] !== undefined && Number(wider[1]) >= Number(old[1]));
  const numeric = /^numeric\((\d+),(\d+)\)$/;
  const small = numeric.exec(from);
  const large = numeric.exec(to);
  if (small && to === "numeric") return true;
  return small !== null && large !== null && small[2] === large[2] && Number(large[1]) >= Number(small[1]);
}
