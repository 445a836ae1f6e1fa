import type { Guardrail } from "../core/guardrail.ts";
import { columnGrantWithoutEffect, everybodyMayDoIt, grantedToLogin, grantOptionSpreads } from "./grants.ts";
import { missingPolicyIndex } from "./missing-policy-index.ts";
import { permissivePoliciesAddUp } from "./permissive-policies-add-up.ts";
import { loginPassesChecks, ownerBypassesRowSecurity } from "./roles.ts";
import { settingIsNotABoundary } from "./setting-is-not-a-boundary.ts";
import { viewBypassesRowSecurity } from "./view-bypasses-row-security.ts";

/** Every guardrail, in the order in which their diagnostics are told. */
export const GUARDRAILS: readonly Guardrail[] = [
  settingIsNotABoundary,
  permissivePoliciesAddUp,
  viewBypassesRowSecurity,
  columnGrantWithoutEffect,
  ownerBypassesRowSecurity,
  loginPassesChecks,
  everybodyMayDoIt,
  grantedToLogin,
  grantOptionSpreads,
  missingPolicyIndex,
];
