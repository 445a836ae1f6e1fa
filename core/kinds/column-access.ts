import { address } from "../address.ts";
import { defineKind } from "../kind.ts";
import { nameParts } from "../names.ts";
import { column, reference, set, text } from "../schema.ts";
import type { ColumnAccess } from "../specs.ts";

const WORD = text("Word of `classification`.");

export const columnAccess = defineKind<ColumnAccess>({
  name: "ColumnAccess",
  rank: 80,
  intent: true,
  summary:
    "The columns of a table that some roles may read, and no others: whatever else they were granted to read of it is revoked, whoever granted it.",
  comment: false,
  fields: {
    table: reference("Table.", "Table"),
    to: set("Roles; `public` for what everybody may read.", reference("Role.", "Role"), { minItems: 1 }),
    columns: set("Columns that they may read. Without `columns` and `classes`: all.", column("Column.", "table"), {
      minItems: 1,
    }),
    classes: set("Columns of these classes, which they may read as well.", WORD, { minItems: 1 }),
    except: set("Columns that they may not read, whatever else is said.", column("Column.", "table"), { minItems: 1 }),
    exceptClasses: set("Columns of these classes, which they may not read, whatever else is said.", WORD, {
      minItems: 1,
    }),
  },
  required: ["table", "to"],
  example: { table: "sales.customer", to: ["analyst"], exceptClasses: ["pii"] },
  address: (spec) => address("ColumnAccess", nameParts(spec.table), spec.to.join(", ")),
  scope: (spec) => ({ schema: nameParts(spec.table)[0] as string }),
  check: ({ columns, classes, except, exceptClasses }) =>
    (columns ?? classes ?? except ?? exceptClasses)
      ? []
      : ["it takes at least one of columns, classes, except, exceptClasses; a Grant gives the whole table"],
  // What a role may read of a table is one fact.
  expand: (spec) => [...spec.to].map((role) => ({ ...spec, to: [role] })),
  group: {
    key: ({ to: _, ...rest }) => JSON.stringify(rest),
    join: (specs) => ({ ...(specs[0] as ColumnAccess), to: specs.flatMap(({ to }) => to).sort() }),
  },
});
