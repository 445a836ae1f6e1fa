/** What a role has whichever kind declares it: limits, password, memberships, settings. */
import { SCALAR, SECRET } from "./fragments.ts";
import { choice, flag, keyed, map, object, reference, type Schema, text, whole } from "./schema.ts";
import type { Role } from "./specs.ts";

const MEMBERSHIP_FIELDS: Readonly<Record<string, Schema>> = {
  admin: flag("May grant the membership to others."),
  inherit: flag("Has the privileges of the group without SET ROLE.", true),
  set: flag("May SET ROLE to the group.", true),
  until: {
    ...moment("End of the membership, with a time zone. Past it, it counts as not declared: a plan revokes it."),
    local: true,
  },
  enforce: {
    ...choice("What ends with it by itself: the password of the member. Absent: nothing does.", ["validUntil"]),
    local: true,
  },
};

const MEMBERSHIP = object(
  "A membership.",
  { role: reference("Role it is a member of.", "Role"), ...MEMBERSHIP_FIELDS },
  ["role"],
);

/** The same from the other side: roles that are members. They are changed by it, so they need not be made before. */
export const MEMBERS: Schema = keyed(
  "Members: a name, or a name with options.",
  "role",
  {
    anyOf: [
      reference("Role that is a member.", "Role", { orders: false }),
      object(
        "A member.",
        { role: reference("Role that is a member.", "Role", { orders: false }), ...MEMBERSHIP_FIELDS },
        ["role"],
      ),
    ],
  },
  { minItems: 1 },
);

/** A point in time. */
export function moment(description: string): Schema {
  return text(description, {
    pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})$",
    examples: ["2026-12-31T00:00:00Z"],
  });
}

const SETTINGS = map("Setting by name, such as `statement_timeout: 30s`.", SCALAR);

export const ROLE_FIELDS: Readonly<Record<string, Schema>> = {
  connectionLimit: whole("Most connections at a time; -1 for no limit.", { minimum: -1, default: -1 }),
  validUntil: text("Time after which its password no longer works, ISO 8601 with a time zone.", {
    examples: ["2026-12-31T00:00:00Z"],
  }),
  password: { ...SECRET, absent: "keep" },
  passwordVersion: whole(
    "Raise it to send the password again where the server does not let us compare the one it holds.",
    { minimum: 1, absent: "keep" },
  ),
  memberOf: keyed(
    "Roles it is a member of: a name, or a name with options.",
    "role",
    { anyOf: [reference("Role it is a member of.", "Role"), MEMBERSHIP] },
    { open: true },
  ),
  settings: { ...SETTINGS, open: true, description: `${SETTINGS.description} Holds in every database.` },
  databaseSettings: { ...SETTINGS, open: true, description: `${SETTINGS.description} Holds in this database only.` },
};

type RoleFields = Pick<Role, "memberOf" | "settings" | "databaseSettings">;

export function normaliseRole<S extends RoleFields>(spec: S): S {
  return {
    ...spec,
    ...(spec.memberOf && { memberOf: memberList(spec.memberOf) }),
    ...(spec.settings && { settings: texts(spec.settings) }),
    ...(spec.databaseSettings && { databaseSettings: texts(spec.databaseSettings) }),
  };
}

/** Memberships in the one form that is compared. */
export function memberList<M extends { readonly role: string }>(
  members: readonly (string | M)[],
): ({ role: string } | M)[] {
  return members.map((each) => (typeof each === "string" ? { role: each } : each));
}

export function compactRole<S extends RoleFields>(spec: S): S {
  return {
    ...spec,
    ...(spec.memberOf && {
      memberOf: spec.memberOf.map((of) => (typeof of !== "string" && Object.keys(of).length === 1 ? of.role : of)),
    }),
  };
}

function texts(settings: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === "boolean" ? (value ? "on" : "off") : `${value}`,
    ]),
  );
}
