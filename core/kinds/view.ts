import { address } from "../address.ts";
import { bareQuery, COLUMN_COMMENTS, NAME, OUTPUT, OWNER, SCHEMA_REFERENCE } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { choice, expression, flag } from "../schema.ts";
import type { View } from "../specs.ts";

export const view = defineKind<View>({
  name: "View",
  rank: 60,
  summary: "A stored query that reads like a table.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    query: expression("The SELECT statement."),
    securityBarrier: flag(
      "Conditions of a reader's query run after the view's own, so that no function in them sees hidden rows.",
    ),
    securityInvoker: flag("Runs with the rights of whoever reads it, row policies included, not with its owner's."),
    checkOption: choice("Refuses writes through the view that the view would not show.", ["local", "cascaded"]),
    columnComments: COLUMN_COMMENTS,
    owner: OWNER,
    output: OUTPUT,
  },
  required: ["schema", "name", "query"],
  address: (spec) => address("View", [spec.schema, spec.name]),
  normalise: (spec) => ({ ...spec, query: bareQuery(spec.query) }),
});
