import { address } from "../address.ts";
import { NAME } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { compactRole, normaliseRole, ROLE_FIELDS } from "../role-fields.ts";
import { flag, list, reference, set, text } from "../schema.ts";
import type { ReadOnlyRole } from "../specs.ts";

export const readOnlyRole = defineKind<ReadOnlyRole>({
  name: "ReadOnlyRole",
  rank: 10,
  intent: true,
  as: ["Role"],
  summary:
    "A role that reads every table and view of some schemas: those that exist and those that their owners will make.",
  fields: {
    name: NAME,
    schemas: set("Schemas it reads.", reference("Schema.", "Schema"), { minItems: 1 }),
    of: set(
      "Roles whose objects it reads, now and in future, such as the one that runs the migrations.",
      reference("Role.", "Role"),
      { minItems: 1 },
    ),
    except: list(
      "Tables and views that it does not read: `schema.name`, `*` stands for any characters.",
      text("Name or pattern."),
    ),
    login: flag("May connect."),
    ...ROLE_FIELDS,
  },
  required: ["name", "schemas", "of"],
  address: (spec) => address("ReadOnlyRole", spec.name),
  scope: (spec) => ({ role: spec.name }),
  normalise: normaliseRole,
  compact: compactRole,
});
