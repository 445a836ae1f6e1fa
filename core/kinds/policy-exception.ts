import { address } from "../address.ts";
import { defineKind } from "../kind.ts";
import { moment } from "../role-fields.ts";
import { set, text } from "../schema.ts";
import type { PolicyException } from "../specs.ts";

export const policyException = defineKind<PolicyException>({
  name: "PolicyException",
  rank: 110,
  judges: true,
  summary:
    "What a rule finds and may stay for a while, with a reason, an owner and an end. Every plan lists it; past its end the rule counts again.",
  fields: {
    name: text("Name, as plans list it."),
    rule: text("Built-in guardrail by its code, or a Policy by its name."),
    objects: set(
      "Objects that it excepts, as `sales.customer` or `View/sales.customer`; `*` stands for any characters.",
      text("Name or pattern."),
      { minItems: 1 },
    ),
    reason: text("Why it may stay."),
    owner: text("Who answers for it."),
    until: moment("End, with a time zone: past it the rule counts again."),
  },
  required: ["name", "rule", "objects", "reason", "owner", "until"],
  address: (spec) => address("PolicyException", spec.name),
  scope: () => ({}),
});
