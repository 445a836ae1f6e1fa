/** What an index is made of: columns and expressions, and how each is sorted. https://www.postgresql.org/docs/current/indexes-opclass.html */
import { address } from "../../core/address.ts";
import type { NormaliseContext } from "../../core/engine.ts";
import { formatName, nameParts } from "../../core/names.ts";
import type { Index, Table } from "../../core/specs.ts";
import { EMPTY, expr, type Sql, sql } from "../../core/sql.ts";
import { arrayItems, vector } from "./common.ts";
import { textFault, tokens, unwrapped, userText } from "./lexer.ts";
import { id, named } from "./quote.ts";
import { type ColumnRow, query, type Row, type Snapshot, sparse } from "./snapshot.ts";
import { collation } from "./table-columns.ts";
import { canonicalType } from "./types.ts";

/** oid, schema, name, method, type, is the default of the method for the type */
export const OPERATOR_CLASSES = query(
  sql`SELECT o.oid, n.nspname, o.opcname, m.amname, format_type(o.opcintype, NULL), o.opcdefault
FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod`,
);

export type Key = Exclude<Index["columns"][number], string>;

export interface OperatorClasses {
  readonly byOid: ReadonlyMap<string, { readonly name: string; readonly method: string; readonly usual: boolean }>;
  /** The default of a method for a type: `btree text` → oid. */
  readonly usual: ReadonlyMap<string, string>;
}

export function operatorClasses(snapshot: Snapshot): OperatorClasses {
  const byOid = new Map<string, { name: string; method: string; usual: boolean }>();
  const usual = new Map<string, string>();
  for (const row of snapshot.rows(OPERATOR_CLASSES)) {
    const [oid, schema, name, method, type, isDefault] = row as readonly [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    byOid.set(oid, {
      name: schema === "pg_catalog" ? formatName([name]) : formatName([schema, name]),
      method,
      usual: isDefault === "t",
    });
    if (isDefault === "t") usual.set(`${method} ${type}`, oid);
  }
  return { byOid, usual };
}

/** The keys of a row of the indexes. */
export function readKeys(row: Row, keys: number, snapshot: Snapshot, classes: OperatorClasses): Key[] {
  const numbers = vector(row[7] as string);
  const classOf = vector(row[8] as string);
  const options = vector(row[9] as string);
  const collations = vector(row[10] as string);
  const expressions = arrayItems(row[11] ?? null);
  return numbers.slice(0, keys).map((number, at) => {
    const column = snapshot.column(row[1] as string, number);
    const option = Number(options[at]);
    const usualNulls = (option & 1) === (option & 2) >> 1;
    return sparse<Key>({
      column: column?.name,
      expression: column ? undefined : unwrapped(expressions[at] ?? ""),
      order: option & 1 ? "desc" : undefined,
      nulls: usualNulls ? undefined : option & 2 ? "first" : "last",
      operatorClass: unusualClass(classOf[at] as string, column?.type, classes),
      collation: unusualCollation(row, at, collations[at] as string, column),
    });
  });
}

function unusualClass(oid: string, type: string | undefined, { byOid, usual }: OperatorClasses): string | undefined {
  const found = byOid.get(oid);
  if (!found) return undefined;
  const ofType = type === undefined ? undefined : usual.get(`${found.method} ${withoutModifier(type)}`);
  return (ofType === undefined ? found.usual : ofType === oid) ? undefined : found.name;
}

function withoutModifier(type: string): string {
  return type.replace(/\([^)]*\)/, "");
}

const DEFAULT = 'pg_catalog."default"';

function ownCollation(type: string | undefined, collation: string | undefined): string {
  return collation ?? (type === "name" ? 'pg_catalog."C"' : DEFAULT);
}

/** A collation of an expression is its own unless the definition says otherwise: no catalog tells the two apart. */
function unusualCollation(row: Row, at: number, collation: string, column: ColumnRow | undefined): string | undefined {
  if (collation === "0") return undefined;
  if (collation === "100")
    return column && ownCollation(column.type, column.collation) !== DEFAULT ? DEFAULT : undefined;
  const named = row[16] == null ? undefined : arrayItems(row[16])[at];
  if (named === undefined || named === "NULL") return undefined;
  return row[17] == null || vector(row[7] as string)[at] !== "0" || saysCollation(row[17], at) ? named : undefined;
}

/** Is there a COLLATE of its own after a key of `CREATE INDEX … USING method (key, key)`? */
function saysCollation(definition: string, key: number): boolean {
  let depth = 0;
  let at = 0;
  let started = false;
  for (const { kind, text } of tokens(definition)) {
    if (!started) {
      started = kind === "word" && text === "using";
      continue;
    }
    if (kind === "sign" && text === "(") depth += 1;
    if (kind === "sign" && text === ")") depth -= 1;
    if (kind === "sign" && text === "," && depth === 1) at += 1;
    if (kind === "word" && text === "collate" && depth === 1 && at === key) return true;
    if (depth === 0 && text === ")") return false;
  }
  return false;
}

/** What the key of a declared index says that goes without saying is left out. */
export function normaliseKey(key: Index["columns"][number], spec: Index, context: NormaliseContext): Key {
  if (typeof key === "string") return { column: key };
  const { operatorClass, collation: sorted, ...rest } = key;
  const column = columnOf(spec, key.column, context);
  const given = sorted === undefined ? undefined : collation(sorted);
  const type =
    column === undefined ? undefined : canonicalType(column.type, nameParts(spec.table)[0] as string, context);
  const own = ownCollation(type, column?.collation === undefined ? undefined : collation(column.collation));
  return {
    ...rest,
    ...(operatorClass !== undefined && operatorClass !== usualClass(type) && { operatorClass }),
    ...(given !== undefined && given !== own && { collation: given }),
  };
}

function columnOf(
  spec: Index,
  name: string | undefined,
  { desired, live }: NormaliseContext,
): Table["columns"][number] | undefined {
  const at = address("Table", nameParts(spec.table));
  const columns = (desired.get(at) ?? live.get(at))?.spec.columns as Table["columns"] | undefined;
  return columns?.find((column) => column.name === name);
}

/** The operator class that btree and most other methods take by themselves, for the types that people name it for. */
function usualClass(type: string | undefined): string | undefined {
  if (type === undefined) return undefined;
  return type.endsWith("[]") ? "array_ops" : USUAL[withoutModifier(type)];
}

const USUAL: Readonly<Record<string, string>> = {
  bigint: "int8_ops",
  boolean: "bool_ops",
  bytea: "bytea_ops",
  character: "bpchar_ops",
  "character varying": "text_ops",
  date: "date_ops",
  "double precision": "float8_ops",
  integer: "int4_ops",
  jsonb: "jsonb_ops",
  numeric: "numeric_ops",
  real: "float4_ops",
  smallint: "int2_ops",
  text: "text_ops",
  "timestamp with time zone": "timestamptz_ops",
  "timestamp without time zone": "timestamp_ops",
  tsvector: "tsvector_ops",
  uuid: "uuid_ops",
};

export function keyFaults(key: Index["columns"][number]): string[] {
  if (typeof key === "string") return [];
  const { column, expression, operatorClass } = key;
  const found: string[] = [];
  if ((column === undefined) === (expression === undefined))
    found.push("a key is either a `column` or an `expression`");
  const fault = textFault(expression ?? "");
  if (fault !== undefined) found.push(`the expression of a key is no single expression: ${fault}`);
  if (operatorClass?.includes("("))
    found.push("an `operatorClass` with parameters is not modelled yet; leave the index to plain SQL");
  return found;
}

export function keySql(key: Index["columns"][number]): Sql {
  if (typeof key === "string") return id(key);
  const of = key.expression === undefined ? id(key.column ?? "") : sql`(${userText(key.expression)})`;
  const collated = key.collation === undefined ? EMPTY : sql` COLLATE ${expr(key.collation)}`;
  const operators = key.operatorClass === undefined ? EMPTY : sql` ${named(key.operatorClass)}`;
  const direction = key.order === "desc" ? sql` DESC` : EMPTY;
  const nulls = key.nulls === undefined ? EMPTY : key.nulls === "first" ? sql` NULLS FIRST` : sql` NULLS LAST`;
  return sql`${of}${collated}${operators}${direction}${nulls}`;
}
