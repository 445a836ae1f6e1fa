import { address } from "../address.ts";
import { NAME } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { nameParts } from "../names.ts";
import { choice, expression, reference, set } from "../schema.ts";
import type { RowPolicy } from "../specs.ts";

export const rowPolicy = defineKind<RowPolicy>({
  name: "RowPolicy",
  rank: 70,
  summary:
    "Which rows of a table a role sees or may write. Permissive policies are joined by OR, restrictive ones by AND.",
  fields: {
    table: reference("Table.", "Table"),
    name: NAME,
    command: choice("Command it applies to.", ["all", "select", "insert", "update", "delete"], { default: "all" }),
    as: choice(
      "Whether it opens rows (joined by OR) or narrows what others open (joined by AND).",
      ["permissive", "restrictive"],
      { default: "permissive" },
    ),
    to: set("Roles it applies to; `public` for all.", reference("Role.", "Role"), { default: ["public"], minItems: 1 }),
    using: expression("SQL condition on rows that exist already."),
    withCheck: expression("SQL condition on rows to be written; by default the same as `using`."),
  },
  required: ["table", "name"],
  address: (spec) => address("RowPolicy", nameParts(spec.table), spec.name),
  scope: (spec) => ({ schema: nameParts(spec.table)[0] as string }),
});
