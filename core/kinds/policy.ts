import { address } from "../address.ts";
import { faults } from "../conditions.ts";
import { defineKind } from "../kind.ts";
import { choice, map, object, type Schema, set, text } from "../schema.ts";
import type { Policy } from "../specs.ts";

const SEVERITY = choice("How much it counts: an `error` refuses the plan, `off` says nothing.", [
  "error",
  "warning",
  "note",
  "off",
]);
const CONDITIONS = (description: string): Schema =>
  map(
    `${description} By field: a value, several of which one must be it, or tests by name: present, not, matches, min, max, any, all, has.`,
    {},
  );

export const policy = defineKind<Policy>({
  name: "Policy",
  rank: 110,
  judges: true,
  summary:
    "A rule over what is declared and planned: how much a built-in guardrail counts, conditions of your own, or a module with rules in TypeScript. It holds for every data source unless it names one.",
  fields: {
    name: text("Name, by which messages and exceptions call it."),
    rule: text("A built-in guardrail by its code, or a pack of them, of which the severity is set.", {
      examples: ["VIEW_BYPASSES_ROW_SECURITY", "row-security"],
    }),
    match: object("What it judges: all that meets every part of this.", {
      kind: set("Kinds.", text("Kind."), { minItems: 1 }),
      name: text("Name as references write it, such as `sales.customer`; `*` stands for any characters."),
      where: CONDITIONS("Conditions that its fields meet."),
      action: set(
        "It is part of a plan that does one of these to it.",
        choice("Action.", ["create", "alter", "replace", "rename", "drop"]),
        { minItems: 1 },
      ),
      hazard: set("It is part of a plan with one of these hazards.", text("Code of a hazard."), { minItems: 1 }),
    }),
    require: CONDITIONS("Conditions that must hold."),
    forbid: CONDITIONS("Conditions that must not hold together."),
    module: {
      ...text(
        "File with rules in TypeScript or JavaScript, relative to the document; it runs with the rights of whoever plans.",
      ),
      path: true,
    },
    severity: {
      anyOf: [SEVERITY, map("Severity by environment of the data source; `*` for all others.", SEVERITY)],
      description: "How much it counts, everywhere or by environment.",
      default: "error",
    },
    says: text("What is told of what breaks it; by default which fields do."),
    detail: text("What to do about it."),
    reason: text("Why a rule is turned off."),
  },
  required: ["name"],
  example: {
    name: "logins have a limit",
    match: { kind: ["Role"], where: { login: true } },
    require: { connectionLimit: { max: 100 } },
  },
  address: (spec) => address("Policy", spec.name),
  scope: () => ({}),
  check,
});

function check({ rule, match, require, forbid, module, severity, reason }: Policy): string[] {
  const ways = [rule, match, module].filter((given) => given !== undefined);
  const severities = typeof severity === "object" ? Object.values(severity) : [severity];
  return [
    ...(ways.length === 1 ? [] : ["it takes one of rule, match, module"]),
    ...(match === undefined && (require ?? forbid)
      ? ["`require` and `forbid` need `match`: what they are said of"]
      : []),
    ...(severities.includes("off") && reason === undefined ? ["`reason` must say why it is off"] : []),
    ...(require ? faults(require, "require") : []),
    ...(forbid ? faults(forbid, "forbid") : []),
    ...(match?.where ? faults(match.where, "match.where") : []),
  ];
}
