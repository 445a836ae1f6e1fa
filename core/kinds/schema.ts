import { address } from "../address.ts";
import { NAME, OWNER } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import type { Schema } from "../specs.ts";

export const schema = defineKind<Schema>({
  name: "Schema",
  rank: 20,
  summary: "A namespace for tables, views and other objects.",
  fields: { name: NAME, owner: OWNER },
  required: ["name"],
  address: (spec) => address("Schema", spec.name),
  scope: (spec) => ({ schema: spec.name }),
});
