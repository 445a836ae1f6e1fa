import { address } from "../../address.ts";
import { NAME, OWNER, SCHEMA_REFERENCE } from "../../fragments.ts";
import { defineKind } from "../../kind.ts";
import { list, text } from "../../schema.ts";
import type { Enum } from "../../specs.ts";

export const enumeration = defineKind<Enum>({
  name: "Enum",
  rank: 30,
  summary: "A type with a fixed list of values. Values can be added; PostgreSQL takes none away.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    values: list("Values, in their sort order.", text("Value.")),
    owner: OWNER,
  },
  required: ["schema", "name", "values"],
  address: (spec) => address("Enum", [spec.schema, spec.name]),
});
