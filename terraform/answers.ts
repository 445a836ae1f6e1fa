import type { Answer, Diagnostic, Private, Values } from "./plugin/provider.ts";

export type PlanAnswer = Answer & { readonly planned: Values | null; readonly private?: Private };

/** No plan, and why. */
export function refused(diagnostics: readonly Diagnostic[]): PlanAnswer {
  return { planned: null, diagnostics };
}
