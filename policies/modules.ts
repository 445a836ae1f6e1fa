/**
 * Rules in a file of the user's: `export const rules: Rule[]`. It is loaded as any module is and runs with the rights of
 * whoever plans, like an app of constructs does. A rule that throws refuses the plan: what did not run has not passed.
 */
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import type { Finding, Judged } from "../core/guardrail.ts";
import type { Policy } from "../core/specs.ts";
import type { Declared } from "./declared.ts";

/** A rule of one's own: what it finds of the declaration, the live system and the plan. */
export type Rule = (judged: Judged) => readonly Finding[] | Promise<readonly Finding[]>;

export async function moduleFindings(
  { spec, address, origin }: Declared<Policy>,
  judged: Judged,
): Promise<{ readonly findings: readonly Finding[]; readonly problem?: Diagnostic }> {
  const path = resolve(origin?.file === undefined ? "." : dirname(origin.file), spec.module as string);
  try {
    const { rules } = (await import(pathToFileURL(path).href)) as { readonly rules?: readonly Rule[] };
    if (!Array.isArray(rules)) throw new Error("it exports no list `rules`");
    const found = await Promise.all(rules.map((rule) => rule(judged)));
    return { findings: found.flat() };
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    const summary = `Policy ${spec.name}: ${spec.module} cannot be asked: ${why}`;
    return { findings: [], problem: error("POLICY_MODULE", summary, { address, ...(origin && { origin }) }) };
  }
}
