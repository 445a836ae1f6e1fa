import { address } from "../address.ts";
import { GRANTED, NAME, PRIVILEGES } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { moment } from "../role-fields.ts";
import { flag, list, object, reference, set, text } from "../schema.ts";
import type { BreakGlassRole } from "../specs.ts";

export const breakGlassRole = defineKind<BreakGlassRole>({
  name: "BreakGlassRole",
  rank: 10,
  intent: true,
  as: ["Role"],
  summary:
    "A role for emergencies with wide rights and an end. Nobody has them until it is taken on with SET ROLE, and every plan warns while that is possible.",
  fields: {
    name: NAME,
    for: set("Roles that may take it on.", reference("Role.", "Role", { orders: false }), { minItems: 1 }),
    until: moment("End, with a time zone: past it nobody may take it on, and it may nothing."),
    reason: text("Why it is open, such as the number of the incident."),
    grants: list(
      "What it may do.",
      object("Privileges on an object.", { privileges: PRIVILEGES, on: GRANTED }, ["privileges", "on"]),
      { minItems: 1 },
    ),
    memberOf: set("Roles whose rights it has, such as `pg_read_all_data`.", reference("Role.", "Role"), {
      minItems: 1,
    }),
    bypassrls: flag("Row policies do not apply to it."),
  },
  required: ["name", "for", "until"],
  example: {
    name: "emergency",
    for: ["analyst"],
    until: "2026-12-31T00:00:00Z",
    grants: [{ privileges: ["select", "update"], on: { table: "sales.customer" } }],
  },
  address: (spec) => address("BreakGlassRole", spec.name),
  scope: (spec) => ({ role: spec.name }),
  check: ({ grants, memberOf }) => ((grants ?? memberOf) ? [] : ["it takes at least one of grants, memberOf"]),
});
