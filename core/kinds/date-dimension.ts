import { address } from "../address.ts";
import { NAME, OWNER, SCHEMA_REFERENCE } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { text, whole } from "../schema.ts";
import type { DateDimension } from "../specs.ts";

const DATE = "^\\d{4}-\\d{2}-\\d{2}$";

export const dateDimension = defineKind<DateDimension>({
  name: "DateDimension",
  rank: 40,
  intent: true,
  as: ["Table"],
  summary: "A calendar with a row for each day: year, quarter, month, ISO week, weekday, fiscal year.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    from: text("First day.", { pattern: DATE, examples: ["2020-01-01"] }),
    to: text("Last day.", { pattern: DATE, examples: ["2030-12-31"] }),
    fiscalYearStart: whole("Month in which the fiscal year begins, 1 to 12.", { minimum: 1, maximum: 12, default: 1 }),
    owner: OWNER,
  },
  required: ["schema", "name", "from", "to"],
  address: (spec) => address("DateDimension", [spec.schema, spec.name]),
});
