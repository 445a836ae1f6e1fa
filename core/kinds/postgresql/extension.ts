import { address } from "../../address.ts";
import { COMMENT, NAME, SCHEMA_REFERENCE } from "../../fragments.ts";
import { defineKind } from "../../kind.ts";
import { text } from "../../schema.ts";
import type { Extension } from "../../specs.ts";

export const extension = defineKind<Extension>({
  name: "Extension",
  rank: 25,
  summary: "A PostgreSQL extension. Objects that belong to it are its own business.",
  fields: {
    name: NAME,
    schema: {
      ...SCHEMA_REFERENCE,
      absent: "keep",
      description: "Schema that its objects go to. Absent: where it is, or the extension's own choice.",
    },
    version: {
      ...text("Version. Absent: the one that is installed, or the newest that the server has."),
      absent: "keep",
    },
    comment: { ...COMMENT, absent: "keep", description: "Comment. Absent: the one that the extension brings." },
  },
  comment: false,
  required: ["name"],
  address: (spec) => address("Extension", spec.name),
});
