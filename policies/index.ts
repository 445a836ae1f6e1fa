import type { Guardrail } from "../core/guardrail.ts";
import { policyBehindPooler } from "./behind-pooler.ts";
import { classifiedInClear } from "./classified-in-clear.ts";
import { poolsTooLarge } from "./connections.ts";
import { grantedToLogin } from "./granted-to-login.ts";
import { columnGrantWithoutEffect, everybodyMayDoIt, grantOptionSpreads } from "./grants.ts";
import { missingPolicyIndex } from "./missing-policy-index.ts";
import { permissivePoliciesAddUp } from "./permissive-policies-add-up.ts";
import { policyCallsLeaky, policyCallsVolatile } from "./policy-functions.ts";
import { clientsBeyondLimit, portTaken } from "./poolers.ts";
import { loginPassesChecks, ownerBypassesRowSecurity } from "./roles.ts";
import { definerForEverybody, definerWithoutPath } from "./routines.ts";
import { settingIsNotABoundary } from "./setting-is-not-a-boundary.ts";
import { tableWithoutIsolation } from "./table-without-isolation.ts";
import { unclassified } from "./unclassified.ts";
import { viewBypassesRowSecurity } from "./view-bypasses-row-security.ts";

/** Every guardrail, in the order in which their diagnostics are told. */
export const GUARDRAILS: readonly Guardrail[] = [
  settingIsNotABoundary,
  permissivePoliciesAddUp,
  viewBypassesRowSecurity,
  ownerBypassesRowSecurity,
  tableWithoutIsolation,
  policyCallsVolatile,
  policyCallsLeaky,
  classifiedInClear,
  columnGrantWithoutEffect,
  everybodyMayDoIt,
  grantedToLogin,
  grantOptionSpreads,
  loginPassesChecks,
  definerWithoutPath,
  definerForEverybody,
  missingPolicyIndex,
  policyBehindPooler,
  poolsTooLarge,
  portTaken,
  clientsBeyondLimit,
];

/** What is guessed of a live system, and told where somebody looks at one: in no plan. */
export const GUESSES: readonly Guardrail[] = [unclassified];
