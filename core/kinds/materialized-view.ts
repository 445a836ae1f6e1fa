import { address } from "../address.ts";
import { bareQuery, COLUMN_COMMENTS, NAME, OUTPUT, OWNER, SCHEMA_REFERENCE } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { expression, flag } from "../schema.ts";
import type { MaterializedView } from "../specs.ts";

export const materializedView = defineKind<MaterializedView>({
  name: "MaterializedView",
  rank: 45,
  summary: "A stored query with its result kept until it is refreshed. Row policies do not reach into it.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    query: expression("The SELECT statement."),
    withData: { ...flag("Filled when created.", true), local: true },
    columnComments: COLUMN_COMMENTS,
    owner: OWNER,
    output: OUTPUT,
  },
  required: ["schema", "name", "query"],
  address: (spec) => address("MaterializedView", [spec.schema, spec.name]),
  normalise: (spec) => ({ ...spec, query: bareQuery(spec.query) }),
});
