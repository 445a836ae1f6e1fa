/**
 * Rules in a file of the user's: `export const rules: Rule[]`. It is loaded as any module is and runs with the rights of
 * whoever plans, like an app of constructs does. A rule that throws refuses the plan: what did not run has not passed.
 */
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import type { Finding, Judged } from "../core/guardrail.ts";
import { importModule } from "../core/import.ts";
import type { ObjectOf } from "./objects.ts";

/** A rule of one's own: what it finds of the declaration, the live system and the plan. */
export type Rule = (judged: Judged) => readonly Finding[] | Promise<readonly Finding[]>;

/** What the rules of a policy's module find; a problem where they could not be asked. */
export async function moduleFindings(
  { spec, address, origin }: ObjectOf<"Policy">,
  judged: Judged,
): Promise<{ readonly findings: readonly Finding[]; readonly problem?: Diagnostic }> {
  const { name, module = "" } = spec;
  const folder = origin?.file === undefined ? "." : dirname(origin.file);
  try {
    const { rules } = (await importModule(pathToFileURL(resolve(judged.cwd ?? ".", folder, module)).href)) as {
      readonly rules?: readonly Rule[];
    };
    if (!Array.isArray(rules)) throw new Error("it exports no list `rules`");
    const found = (await Promise.all(rules.map((rule) => rule(judged)))).flat();
    const faulty = found.find((one) => typeof one?.address !== "string" || typeof one?.summary !== "string");
    if (faulty !== undefined) throw new Error(`a finding has an address and a summary, not ${JSON.stringify(faulty)}`);
    return { findings: found };
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    const summary = `Policy ${name}: ${module} cannot be asked: ${why}`;
    const at = { address, ...(origin && { origin }), detail: nextOf(problem) };
    return { findings: [], problem: error("POLICY_MODULE", summary, at) };
  }
}

function nextOf(problem: unknown): string {
  if ((problem as NodeJS.ErrnoException | undefined)?.code !== "ERR_UNKNOWN_FILE_EXTENSION")
    return "It exports `rules`, a list of `Rule` of `datumline/policies`, each of which returns what it finds.";
  return `Node.js reads TypeScript from 22.18 on, and this is ${process.versions.node}: take a newer one, or compile the module and name the .mjs.`;
}
