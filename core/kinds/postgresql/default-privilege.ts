import { address } from "../../address.ts";
import { byPrivilege, PRIVILEGES } from "../../fragments.ts";
import { defineKind } from "../../kind.ts";
import { choice, flag, reference } from "../../schema.ts";
import type { DefaultPrivilege } from "../../specs.ts";

export const defaultPrivilege = defineKind<DefaultPrivilege>({
  name: "DefaultPrivilege",
  rank: 85,
  summary: "Privileges that objects will have which a role makes from now on; those that exist are not touched.",
  comment: false,
  fields: {
    owner: reference("Role that makes the objects.", "Role"),
    schema: reference("Only objects in this schema. Absent: in all of them.", "Schema"),
    on: choice("What kind of object.", ["tables", "sequences", "functions", "types", "schemas"]),
    to: reference("Role that gets the privileges; `public` for every role.", "Role"),
    privileges: PRIVILEGES,
    grantOption: flag("May grant them to others."),
    revoked: flag("Takes away what the engine gives by default, such as EXECUTE on functions to `public`."),
  },
  required: ["owner", "on", "to", "privileges"],
  address: (spec) =>
    address(
      "DefaultPrivilege",
      spec.owner,
      ...(spec.schema === undefined ? [] : [spec.schema]),
      spec.on,
      spec.to,
      spec.privileges.join(", "),
    ),
  scope: (spec) => (spec.schema === undefined ? { role: spec.owner } : { schema: spec.schema }),
  ...byPrivilege<DefaultPrivilege>(),
});
