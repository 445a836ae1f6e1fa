import type { Finding, Guardrail } from "../core/guardrail.ts";
import type { Spec } from "../core/kind.ts";
import type { Remedy } from "../core/remedy.ts";
import type { Grant, Role } from "../core/specs.ts";
import { revoking } from "./by-hand.ts";
import { told } from "./grants.ts";
import { rolesIn, withGroups } from "./memberships.ts";
import { type ObjectOf, objectsOf } from "./objects.ts";

/**
 * What two logins were granted one by one is what a group is for: the third will be forgotten. Who has it through a group
 * as well was not.
 */
export const grantedToLogin: Guardrail = {
  code: "GRANTED_TO_LOGIN",
  pack: "grants",
  find({ desired, live }) {
    const roles = rolesIn(desired, live);
    const all = new Set([...objectsOf("Grant", desired), ...objectsOf("Grant", live)].map(({ spec }) => key(spec)));
    const alike = new Map<string, Given[]>();
    for (const given of objectsOf("Grant", desired)) {
      const { spec: grant, intent } = given;
      if (intent !== undefined || !roles.get(grant.to)?.login) continue;
      const groups = [...withGroups([grant.to], roles)].slice(1);
      if (groups.some((to) => all.has(key({ ...grant, to })))) continue;
      const what = key({ ...grant, to: "" });
      alike.set(what, [...(alike.get(what) ?? []), given]);
    }
    const groups = new Map<string, string>();
    return [...alike.values()].filter((given) => given.length > 1).map((given) => finding(given, roles, groups));
  },
};

type Given = ObjectOf<"Grant">;
type Roles = ReadonlyMap<string, Role>;

/** `groups` are those that were made up already, by their members. */
function finding(all: readonly Given[], roles: Roles, groups: Map<string, string>): Finding {
  const given = [...all].sort((a, b) => (a.spec.to < b.spec.to ? -1 : 1));
  const logins = given.map(({ spec }) => spec.to);
  const group = groups.get(logins.join("\n")) ?? groupName(logins, new Set([...roles.keys(), ...groups.values()]));
  groups.set(logins.join("\n"), group);
  const first = given[0] as Given;
  const { grantor: _, ...grant } = first.spec;
  const closes: Remedy[] = [
    { kind: "Role", spec: { name: group } },
    { kind: "Grant", spec: { ...grant, to: group } as unknown as Spec },
    ...logins.map((name) => ({ kind: "Role", spec: { name, memberOf: [{ role: group }] } })),
  ];
  return told(first, {
    summary: `it is granted to ${logins.length} logins one by one: ${logins.join(", ")}`,
    detail: "Grant it to a group role without login and make them members; then take it from each of them.",
    closes,
    byHand: given.map((one) => revoking(one.spec)).join(" "),
  });
}

/** `ada_and_bob`, `ada_and_3_others`: a name that nobody has. */
function groupName(logins: readonly string[], taken: ReadonlySet<string>): string {
  const [first = "", second = ""] = logins;
  const name = `${first.slice(0, 20)}_and_${logins.length === 2 ? second.slice(0, 20) : `${logins.length - 1}_others`}`;
  if (!taken.has(name)) return name;
  let count = 2;
  while (taken.has(`${name}_${count}`)) count += 1;
  return `${name}_${count}`;
}

function key({ to, privileges, on }: Grant): string {
  return JSON.stringify([to, privileges, on]);
}
