/**
 * A fact table. PostgreSQL indexes the key that is referred to, not the one that refers, so each dimension gets an index
 * of its own. https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
 */
import { type Column, columnList } from "../../core/columns.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowered, Lowering } from "../../core/engine.ts";
import type { FactTable, Index, Table } from "../../core/specs.ts";
import { dateDimension } from "./date-dimension.ts";
import { dimensionTable } from "./dimension-table.ts";
import {
  carried,
  clashes,
  derivedName,
  type NativeObject,
  nameOf,
  native,
  primaryKeyOf,
  tableOf,
  unknownColumns,
} from "./lowering.ts";

type Dimension = Exclude<NonNullable<FactTable["dimensions"]>[string], string>;
type ForeignKey = NonNullable<Table["foreignKeys"]>[number];

const CREATED: Column = { name: "created_at", type: "timestamptz", notNull: true, default: "now()" };

export const factTable: Lowering<FactTable> = { lower: (spec, context) => lowerFact(spec, context, [spec]) };

/** Facts may refer to facts, in a circle even: a column's type is not looked for in one that is being looked at. */
function lowerFact(spec: FactTable, context: LowerContext, above: readonly FactTable[]): Lowered {
  const factTables: Lowering<FactTable> = {
    lower: (other) => (above.includes(other) ? { objects: [] } : lowerFact(other, context, [...above, other])),
  };
  const intents = { ...DIMENSIONS, FactTable: factTables } as unknown as Readonly<Record<string, Lowering>>;
  const dimensions = Object.entries(spec.dimensions ?? {}).map(([name, to]) =>
    resolve(spec, name, typeof to === "string" ? { table: to } : to, context, intents),
  );
  const audit = spec.audit === false ? [] : [CREATED];
  const declared = columnList(spec.columns);
  const columns = columnsOf(spec, declared, dimensions, audit);
  const table: Table = {
    schema: spec.schema,
    name: spec.name,
    columns,
    ...(spec.key && { primaryKey: primaryKey(spec, spec.key) }),
    ...(dimensions.length > 0 && { foreignKeys: dimensions.map(({ foreignKey }) => foreignKey) }),
    ...(spec.rowSecurity && { rowSecurity: spec.rowSecurity }),
    ...carried(spec),
  };
  return {
    objects: [native("Table", table), ...indexes(spec, dimensions)],
    diagnostics: [
      ...dimensions.flatMap(({ diagnostics }) => diagnostics),
      ...clashes(nameOf(spec), declared, mends(dimensions, audit)),
      ...unknownColumns(nameOf(spec), named(spec), columns),
      ...(spec.partitionReady && spec.date === undefined ? [withoutDate(spec)] : []),
    ],
  };
}

const DIMENSIONS = { DimensionTable: dimensionTable, DateDimension: dateDimension };

interface Resolved {
  readonly column: Column;
  readonly foreignKey: ForeignKey;
  readonly diagnostics: readonly Diagnostic[];
}

function resolve(
  spec: FactTable,
  name: string,
  to: Dimension,
  context: LowerContext,
  intents: Readonly<Record<string, Lowering>>,
): Resolved {
  const table = tableOf(to.table, context, intents);
  const key = table && primaryKeyOf(table);
  const column = to.column ?? (key?.length === 1 ? key[0] : undefined);
  const referred = table?.columns.find((each) => each.name === column);
  const type = to.type ?? referred?.type;
  const diagnostics: Diagnostic[] = [];
  if (table && column === undefined) {
    diagnostics.push(
      error("MISSING_FIELD", `${quoted(to.table)} has no primary key of one column for ${quoted(name)} to refer to`, {
        detail: `Say which of its columns: \`${name}: { table: ${to.table}, column: … }\`.`,
      }),
    );
  } else if (table && column !== undefined) diagnostics.push(...unknownColumns(to.table, [column], table.columns));
  else if (context.live.size > 0 && type === undefined) {
    diagnostics.push(
      error("MISSING_FIELD", `The type of ${quoted(name)} of ${quoted(nameOf(spec))} cannot be told`, {
        detail: `${quoted(to.table)} is neither declared nor among the tables that are there. Declare it; or, where it is of a kind that Datumline does not read, say \`type\` and \`column\`.`,
      }),
    );
  }
  return {
    column: {
      name,
      // Only where nothing is there to be compared with, or the plan is refused.
      type: type ?? "bigint",
      ...(!to.optional && { notNull: true }),
      ...(to.comment !== undefined && { comment: to.comment }),
    },
    foreignKey: {
      columns: [name],
      references: { table: to.table, ...(column !== undefined && { columns: [column] }) },
    },
    diagnostics,
  };
}

/** The key first, as people look for it; then who, what and where; then the measures. */
function columnsOf(
  spec: FactTable,
  declared: readonly Column[],
  dimensions: readonly Resolved[],
  audit: readonly Column[],
): Column[] {
  const taken = new Set([...dimensions.map(({ column }) => column.name), ...audit.map(({ name }) => name)]);
  const own = declared
    .filter(({ name }) => !taken.has(name))
    .map((column) => (column.name === spec.date ? { ...column, notNull: true } : column));
  const isKey = ({ name }: Column): boolean => spec.key?.includes(name) ?? false;
  return [
    ...own.filter(isKey),
    ...dimensions.map(({ column }) => (column.name === spec.date ? { ...column, notNull: true } : column)),
    ...own.filter((column) => !isKey(column)),
    ...audit,
  ];
}

/** A partitioned table wants the column that it is partitioned by in every key. */
function primaryKey(spec: FactTable, key: readonly string[]): readonly string[] {
  const date = spec.partitionReady ? spec.date : undefined;
  return date === undefined || key.includes(date) ? key : [...key, date];
}

function indexes(spec: FactTable, dimensions: readonly Resolved[]): NativeObject[] {
  const columns = new Set([
    ...dimensions.map(({ column }) => column.name),
    ...(spec.date === undefined ? [] : [spec.date]),
    ...(spec.indexes ?? []),
  ]);
  // The index of the primary key is one already.
  const key = spec.key && primaryKey(spec, spec.key);
  if (key?.length === 1) columns.delete(key[0] as string);
  return [...columns].map((column) => {
    const index: Index = {
      table: nameOf(spec),
      name: derivedName([spec.name, column], "idx"),
      columns: [column],
      ...(spec.renamedFrom !== undefined && { renamedFrom: derivedName([spec.renamedFrom, column], "idx") }),
    };
    return native("Index", index);
  });
}

/** Columns that the document names besides declaring them. */
function named({ key = [], date, indexes: more = [] }: FactTable): string[] {
  return [...key, ...(date === undefined ? [] : [date]), ...more];
}

function mends(dimensions: readonly Resolved[], audit: readonly Column[]): ReadonlyMap<string, string> {
  return new Map([
    ...dimensions.map(({ column }): [string, string] => [column.name, "out of `dimensions`, which declares it"]),
    ...audit.map(({ name }): [string, string] => [name, "say `audit: false`"]),
  ]);
}

function withoutDate(spec: FactTable): Diagnostic {
  return error("MISSING_FIELD", `\`${nameOf(spec)}\` is to be ready for partitions, and no \`date\` says by what`, {
    detail: "Say which column holds the date or time of the fact: `date: …`.",
  });
}
