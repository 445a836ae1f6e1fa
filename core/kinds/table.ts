import { address } from "../address.ts";
import { COLUMNS, columnList } from "../columns.ts";
import { NAME, OWNER, PARAMETERS, parameterTexts, SCHEMA_REFERENCE } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { choice, column, expression, flag, keyed, list, object, reference, set, text } from "../schema.ts";
import type { Table } from "../specs.ts";

const COLUMN_NAME = column("Column.");
const COLUMN_NAMES = list("Columns, in order.", COLUMN_NAME, { minItems: 1 });
const CONSTRAINT_NAME = text("Name of the constraint; by default the one that the engine would give.");
const TIMING = {
  deferrable: flag("May be checked at the end of the transaction."),
  initiallyDeferred: flag("Is checked at the end of the transaction unless the session says otherwise."),
};
const ACTIONS = ["no action", "restrict", "cascade", "set null", "set default"];

const PRIMARY_KEY = object(
  "Primary key with options.",
  {
    name: CONSTRAINT_NAME,
    columns: COLUMN_NAMES,
    include: set("Further columns kept in its index.", COLUMN_NAME),
    ...TIMING,
  },
  ["columns"],
);

const UNIQUE = object(
  "A unique constraint with options.",
  {
    name: CONSTRAINT_NAME,
    columns: COLUMN_NAMES,
    include: set("Further columns kept in its index.", COLUMN_NAME),
    nullsNotDistinct: flag("Two NULLs are equal."),
    ...TIMING,
  },
  ["columns"],
);

const CHECK = object(
  "A check constraint.",
  {
    name: text("Name of the constraint."),
    expression: expression("SQL condition that every row meets."),
    noInherit: flag("Does not hold for tables that inherit."),
  },
  ["name", "expression"],
);

const FOREIGN_KEY = object(
  "A foreign key.",
  {
    name: CONSTRAINT_NAME,
    columns: COLUMN_NAMES,
    references: object(
      "What it refers to.",
      {
        table: reference("Table.", ["Table"], { orders: false }),
        columns: list("Its columns; by default its primary key.", column("Column.", "table"), { minItems: 1 }),
      },
      ["table"],
    ),
    onDelete: choice("When the row referred to is deleted.", ACTIONS, { default: "no action" }),
    onUpdate: choice("When the key referred to changes.", ACTIONS, { default: "no action" }),
    match: choice("Whether some of its columns may be NULL.", ["simple", "full"], { default: "simple" }),
    ...TIMING,
  },
  ["columns", "references"],
);

export const table = defineKind<Table>({
  name: "Table",
  rank: 40,
  summary: "A table: columns, keys, checks and whether row policies apply to it.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    columns: COLUMNS,
    primaryKey: {
      anyOf: [COLUMN_NAMES, PRIMARY_KEY],
      description: "Primary key: its columns, or its columns with options.",
    },
    unique: keyed(
      "Unique constraints: a list of columns each, or with options.",
      "name",
      { anyOf: [COLUMN_NAMES, UNIQUE] },
      { open: true },
    ),
    checks: keyed("Conditions that every row meets.", "name", CHECK, { open: true }),
    foreignKeys: keyed("Foreign keys.", "name", FOREIGN_KEY, { open: true }),
    rowSecurity: choice(
      "Whether row policies decide which rows are seen: `on` for everyone but the owner, `forced` for the owner as well.",
      ["off", "on", "forced"],
      { default: "off" },
    ),
    owner: OWNER,
    postgresql: object("What only PostgreSQL has.", {
      unlogged: flag("Not written to the write-ahead log; emptied after a crash."),
      tablespace: text("Tablespace, where it is not the database's own."),
      parameters: PARAMETERS,
    }),
  },
  required: ["schema", "name", "columns"],
  address: (spec) => address("Table", [spec.schema, spec.name]),
  normalise,
  compact,
});

function normalise(spec: Table): Table {
  const { primaryKey, unique, foreignKeys, postgresql } = spec;
  return {
    ...spec,
    columns: columnList(spec.columns),
    ...(primaryKey && { primaryKey: { name: constraintName(spec.name, [], "pkey"), ...keyOf(primaryKey) } }),
    ...(unique && {
      unique: unique.map(keyOf).map((key) => ({ name: constraintName(spec.name, key.columns, "key"), ...key })),
    }),
    ...(foreignKeys && {
      foreignKeys: foreignKeys.map((key) => ({ name: constraintName(spec.name, key.columns, "fkey"), ...key })),
    }),
    ...(postgresql?.parameters && {
      postgresql: {
        ...postgresql,
        parameters: parameterTexts(postgresql.parameters),
      },
    }),
  };
}

type Key = Extract<NonNullable<Table["unique"]>[number], { columns: unknown }>;

function keyOf(key: readonly string[] | Key): Key {
  return isColumns(key) ? { columns: key } : key;
}

function isColumns(key: readonly string[] | Key): key is readonly string[] {
  return Array.isArray(key);
}

/** The name that PostgreSQL and most of its cousins choose, as long as it fits into 63 bytes. */
function constraintName(table: string, columns: readonly string[], suffix: string): string {
  const name = [table, ...columns, suffix].join("_");
  if (Buffer.byteLength(name) <= 63) return name;
  return `${name.slice(0, 62 - suffix.length)}_${suffix}`;
}

function compact(spec: Table): Table {
  const { primaryKey, unique, foreignKeys } = spec;
  const short = (key: Key, ofColumns: readonly string[], suffix: string): readonly string[] | Key => {
    const { name, ...rest } = key;
    if (name !== constraintName(spec.name, ofColumns, suffix)) return key;
    return Object.keys(rest).length === 1 ? rest.columns : rest;
  };
  return {
    ...spec,
    ...(primaryKey && !isColumns(primaryKey) && { primaryKey: short(primaryKey, [], "pkey") }),
    ...(unique && { unique: unique.map(keyOf).map((key) => short(key, key.columns, "key")) }),
    ...(foreignKeys && {
      foreignKeys: foreignKeys.map(({ name, ...key }) =>
        name === constraintName(spec.name, key.columns, "fkey") ? key : { name, ...key },
      ),
    }),
  } as Table;
}
