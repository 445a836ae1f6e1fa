import type { Guardrail } from "../core/reconcile.ts";
import { settingIsNotABoundary } from "./setting-is-not-a-boundary.ts";
import { viewBypassesRowSecurity } from "./view-bypasses-row-security.ts";

/** Every guardrail, in the order in which their diagnostics are told. */
export const GUARDRAILS: readonly Guardrail[] = [settingIsNotABoundary, viewBypassesRowSecurity];
