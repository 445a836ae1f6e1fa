import { address } from "../address.ts";
import { bareQuery } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { nameParts } from "../names.ts";
import { column, expression, list, reference } from "../schema.ts";
import type { Seed } from "../specs.ts";

export const seed = defineKind<Seed>({
  name: "Seed",
  rank: 90,
  summary: "Rows that a table always has, as a query gives them. Rows with other keys are left alone.",
  comment: false,
  fields: {
    table: reference("Table.", "Table"),
    key: list("Columns that tell its rows apart; unique in the table.", column("Column.", "table"), { minItems: 1 }),
    columns: list("Columns that the query gives, in its order.", column("Column.", "table"), { minItems: 1 }),
    rows: expression("SELECT statement that gives the rows."),
  },
  required: ["table", "key", "columns", "rows"],
  address: (spec) => address("Seed", nameParts(spec.table)),
  scope: (spec) => ({ schema: nameParts(spec.table)[0] as string }),
  normalise: (spec) => ({ ...spec, rows: bareQuery(spec.rows) }),
});
