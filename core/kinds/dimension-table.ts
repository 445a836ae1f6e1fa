import { address } from "../address.ts";
import { COLUMN_MAP, columnList } from "../columns.ts";
import { NAME, OWNER, SCHEMA_REFERENCE } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { choice, column, flag, list, text } from "../schema.ts";
import type { DimensionTable } from "../specs.ts";

export const dimensionTable = defineKind<DimensionTable>({
  name: "DimensionTable",
  rank: 40,
  intent: true,
  as: ["Table"],
  summary: "A dimension of a star schema: surrogate key, natural key, attributes, audit columns and their history.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    surrogateKey: text(
      "Column numbered by the engine that facts refer to; by default the table's name without `_dim` or `dim_`, with `_key`.",
    ),
    naturalKey: list(
      "Columns that identify a row in the source system; unique (per version where history is kept).",
      column("Column."),
      { minItems: 1 },
    ),
    columns: COLUMN_MAP,
    history: choice(
      "Slowly changing dimension: type `1` overwrites, type `2` keeps every version with `valid_from`, `valid_to` and `is_current`.",
      ["1", "2"],
      { default: "1" },
    ),
    audit: flag("Adds `created_at` and `updated_at`.", true),
    rowSecurity: choice("Whether row policies decide which rows are seen.", ["off", "on", "forced"], {
      default: "off",
    }),
    owner: OWNER,
  },
  required: ["schema", "name", "columns"],
  address: (spec) => address("DimensionTable", [spec.schema, spec.name]),
  normalise: (spec) => ({ ...spec, columns: columnList(spec.columns) }),
});
