import { address } from "../address.ts";
import { COLUMN_MAP, columnList } from "../columns.ts";
import { NAME, OWNER, SCHEMA_REFERENCE } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { choice, column, flag, list, map, object, reference, text } from "../schema.ts";
import type { FactTable } from "../specs.ts";

export const factTable = defineKind<FactTable>({
  name: "FactTable",
  rank: 41,
  intent: true,
  as: ["Table"],
  summary: "A fact table of a star schema: a foreign key to each dimension with an index, measures and a date.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    key: list(
      "Columns of the primary key; the date is added where the table is to be partitioned by it. Absent: none.",
      column("Column."),
      { minItems: 1 },
    ),
    dimensions: map("Dimension by the column that refers to it.", {
      anyOf: [
        reference("Dimension table.", ["Table"], { orders: false }),
        object(
          "Dimension table with options.",
          {
            table: reference("Dimension table.", ["Table"], { orders: false }),
            column: column("Its column; by default its primary key.", "table"),
            type: text("Type of the column; by default that of the column referred to."),
            optional: flag("May be NULL."),
            comment: text("Comment kept by the engine beside the column."),
          },
          ["table"],
        ),
      ],
    }),
    columns: COLUMN_MAP,
    date: column("Column with the date or time of the fact: never NULL, and indexed."),
    partitionReady: flag(
      "The primary key holds the date, so that the table can be partitioned by it later without a new key.",
    ),
    indexes: list("Further columns to be indexed, one index each.", column("Column.")),
    audit: flag("Adds `created_at`.", true),
    rowSecurity: choice("Whether row policies decide which rows are seen.", ["off", "on", "forced"], {
      default: "off",
    }),
    owner: OWNER,
  },
  required: ["schema", "name", "columns"],
  address: (spec) => address("FactTable", [spec.schema, spec.name]),
  normalise: (spec) => ({
    ...spec,
    columns: columnList(spec.columns),
    ...(spec.dimensions && {
      dimensions: Object.fromEntries(
        Object.entries(spec.dimensions).map(([column, to]) => [column, typeof to === "string" ? { table: to } : to]),
      ),
    }),
  }),
});
