import { address } from "../address.ts";
import { NAME, OWNER, SCHEMA_REFERENCE } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { column, expression, flag, list, map, object, reference, set, text, whole } from "../schema.ts";
import type { MaskedView } from "../specs.ts";

const MASK = {
  anyOf: [
    {
      enum: ["redact", "hash", "nullify", "yearOfDate"],
      description:
        "`redact` shows `***`, `hash` a digest that is the same for the same value, `nullify` NULL, `yearOfDate` the first of January of its year.",
    },
    object("Shows `***`, or the text given.", { redact: text("Text shown in place of the value.") }, ["redact"]),
    object(
      "Shows some characters of the value and `***` for the rest.",
      {
        partial: object("What is kept.", {
          keepStart: whole("Characters kept at the start.", { minimum: 0, default: 0 }),
          keepEnd: whole("Characters kept at the end.", { minimum: 0, default: 0 }),
          keepDomain: flag("Keeps an e-mail address from its `@` on."),
          with: text("Text shown for the rest.", { default: "***" }),
        }),
      },
      ["partial"],
    ),
  ],
};

export const maskedView = defineKind<MaskedView>({
  name: "MaskedView",
  rank: 60,
  intent: true,
  as: ["View"],
  summary:
    "A view of a table in which some columns are masked. Its readers must not read those columns of the table itself.",
  fields: {
    schema: SCHEMA_REFERENCE,
    name: NAME,
    from: reference("Table whose rows it shows.", ["Table"]),
    columns: list("Columns it shows; by default all that are declared.", column("Column.", "from"), { minItems: 1 }),
    mask: { ...map("How a column is masked.", MASK), column: "from" },
    maskClasses: map(
      "How columns of a class are masked, by word of `classification`; what `mask` says of a column comes first.",
      MASK,
    ),
    where: expression("SQL condition on the rows it shows."),
    to: set("Roles that may read it.", reference("Role.", "Role")),
    owner: OWNER,
  },
  required: ["schema", "name", "from"],
  example: { schema: "sales", name: "customer_masked", from: "sales.customer", maskClasses: { pii: "redact" } },
  check: ({ mask, maskClasses }) => ((mask ?? maskClasses) ? [] : ["it takes at least one of mask, maskClasses"]),
  address: (spec) => address("MaskedView", [spec.schema, spec.name]),
});
