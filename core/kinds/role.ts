import { address } from "../address.ts";
import { NAME } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { compactRole, normaliseRole, ROLE_FIELDS } from "../role-fields.ts";
import { flag, list, map, text } from "../schema.ts";
import type { Role } from "../specs.ts";

export const role = defineKind<Role>({
  name: "Role",
  rank: 10,
  summary: "A user or a group of users; privileges are granted to it.",
  fields: {
    name: NAME,
    login: flag("May connect."),
    superuser: flag("Passes every check. Give it to nobody that an application uses."),
    createdb: flag("May create databases."),
    createrole: flag("May create, alter and drop roles."),
    inherit: flag("New memberships are inherited unless they say otherwise.", true),
    replication: flag("May stream the write-ahead log."),
    bypassrls: flag("Row policies do not apply to it."),
    ...ROLE_FIELDS,
    grantors: {
      ...map("Who granted each membership, where it is not who would grant it now.", list("Roles.", text("Role."))),
      computed: true,
    },
  },
  required: ["name"],
  address: (spec) => address("Role", spec.name),
  scope: (spec) => ({ role: spec.name }),
  normalise: normaliseRole,
  compact: compactRole,
});
