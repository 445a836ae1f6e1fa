import type { Guardrail } from "../core/guardrail.ts";
import { loginReplicates, roleIsNotABoundary, roleMakesRoles } from "./becoming.ts";
import { policyBehindPooler } from "./behind-pooler.ts";
import { childWithoutRowSecurity } from "./child-without-row-security.ts";
import { classifiedInClear } from "./classified-in-clear.ts";
import { computedFromClassified } from "./computed-from-classified.ts";
import { pathOpenToOthers, policyCallsWithoutPath } from "./condition-names.ts";
import { poolsTooLarge } from "./connections.ts";
import { drillUnfit } from "./drills.ts";
import { grantedToLogin } from "./granted-to-login.ts";
import { columnGrantWithoutEffect, everybodyMayDoIt, grantOptionSpreads } from "./grants.ts";
import { missingPolicyIndex } from "./missing-policy-index.ts";
import { keyTellsOfRows, referencePastPolicies } from "./past-policies.ts";
import { permissivePoliciesAddUp } from "./permissive-policies-add-up.ts";
import { policyCallsLeaky, policyCallsVolatile } from "./policy-functions.ts";
import { policyWithoutRowSecurity } from "./policy-without-row-security.ts";
import { poolMoves } from "./pool-moves.ts";
import { clientsBeyondLimit, portTaken } from "./poolers.ts";
import { loginPassesChecks, ownerBypassesRowSecurity } from "./roles.ts";
import { definerForEverybody, definerWithoutPath } from "./routines.ts";
import { sessionBehindPooler } from "./session-bound.ts";
import { settingIsNotABoundary } from "./setting-is-not-a-boundary.ts";
import { tableWithoutIsolation } from "./table-without-isolation.ts";
import { unclassified } from "./unclassified.ts";
import { viewBypassesRowSecurity } from "./view-bypasses-row-security.ts";
import { viewShowsKeptColumn, viewWithoutBarrier } from "./view-readers.ts";
import { ownerLiftsRowSecurity, rowsAreCounted } from "./what-stays-open.ts";

/** Every guardrail, in the order in which their diagnostics are told. */
export const GUARDRAILS: readonly Guardrail[] = [
  settingIsNotABoundary,
  permissivePoliciesAddUp,
  policyWithoutRowSecurity,
  viewBypassesRowSecurity,
  viewShowsKeptColumn,
  viewWithoutBarrier,
  ownerBypassesRowSecurity,
  ownerLiftsRowSecurity,
  tableWithoutIsolation,
  childWithoutRowSecurity,
  roleIsNotABoundary,
  policyCallsVolatile,
  policyCallsLeaky,
  policyCallsWithoutPath,
  pathOpenToOthers,
  keyTellsOfRows,
  referencePastPolicies,
  rowsAreCounted,
  classifiedInClear,
  computedFromClassified,
  columnGrantWithoutEffect,
  everybodyMayDoIt,
  grantedToLogin,
  grantOptionSpreads,
  loginPassesChecks,
  loginReplicates,
  roleMakesRoles,
  definerWithoutPath,
  definerForEverybody,
  missingPolicyIndex,
  policyBehindPooler,
  sessionBehindPooler,
  poolMoves,
  poolsTooLarge,
  portTaken,
  clientsBeyondLimit,
  drillUnfit,
];

/** What is guessed of a live system, and told where somebody looks at one: in no plan. */
export const GUESSES: readonly Guardrail[] = [unclassified];
