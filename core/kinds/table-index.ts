import { address } from "../address.ts";
import { NAME, PARAMETERS, parameterTexts } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { nameParts } from "../names.ts";
import { choice, column, expression, flag, list, object, reference, set, text } from "../schema.ts";
import type { Index } from "../specs.ts";

const KEY = object("A column or an expression of the index.", {
  column: column("Column; this or `expression`.", "table"),
  expression: expression("SQL expression, such as `lower(email)`; this or `column`."),
  order: choice("Direction.", ["asc", "desc"], { default: "asc" }),
  nulls: choice("Where NULLs sort; by default last when ascending, first when descending.", ["first", "last"]),
  operatorClass: expression("Operator class, where it is not the type's default for the method."),
  collation: text("Collation, where it is not the column's own."),
});

export const index = defineKind<Index>({
  name: "Index",
  rank: 50,
  summary: "An index on a table or a materialized view.",
  fields: {
    table: reference("Table or materialized view that it is on.", ["Table", "MaterializedView"]),
    name: NAME,
    method: text("Access method: btree, hash, gin, gist, spgist, brin, or one that an extension brings.", {
      default: "btree",
    }),
    columns: list(
      "What is indexed, in order: columns by name, or columns and expressions with options.",
      {
        anyOf: [column("Column.", "table"), KEY],
      },
      { minItems: 1 },
    ),
    unique: flag("Refuses a second row with the same values."),
    nullsNotDistinct: flag("Two NULLs are equal."),
    include: set("Further columns kept in the index.", column("Column.", "table")),
    where: expression("SQL condition: only rows that meet it are indexed."),
    concurrently: {
      ...flag("Built and dropped without blocking writers; takes longer, and stands outside the transaction."),
      local: true,
    },
    postgresql: object("What only PostgreSQL has.", {
      tablespace: text("Tablespace, where it is not the database's own."),
      parameters: PARAMETERS,
    }),
    invalid: { ...flag("A concurrent build of it failed: it takes space and answers no query."), computed: true },
  },
  required: ["table", "name", "columns"],
  address: (spec) => address("Index", [schemaOf(spec), spec.name]),
  scope: (spec) => ({ schema: schemaOf(spec) }),
  check: (spec) =>
    spec.columns.every(
      (key) => typeof key === "string" || (key.column === undefined) !== (key.expression === undefined),
    )
      ? []
      : ["each of `columns` takes either `column` or `expression`"],
  normalise: (spec) => ({
    ...spec,
    columns: spec.columns.map((key) => (typeof key === "string" ? { column: key } : withoutUsualNulls(key))),
    ...(spec.postgresql?.parameters && {
      postgresql: {
        ...spec.postgresql,
        parameters: parameterTexts(spec.postgresql.parameters),
      },
    }),
  }),
  compact: (spec) => ({
    ...spec,
    columns: spec.columns.map((key) =>
      typeof key !== "string" && key.column && Object.keys(key).length === 1 ? key.column : key,
    ),
  }),
});

type Key = Exclude<Index["columns"][number], string>;

function withoutUsualNulls(key: Key): Key {
  const { nulls, ...rest } = key;
  const usual = key.order === "desc" ? "first" : "last";
  return nulls === undefined || nulls === usual ? rest : key;
}

function schemaOf(spec: Index): string {
  return nameParts(spec.table)[0] as string;
}
