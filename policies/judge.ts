/** All rules over one data source: what they find, how much it counts, and what is excepted for a while. */
import { type Address, address } from "../core/address.ts";
import type { Code } from "../core/codes.ts";
import { type Diagnostic, error, type Severity } from "../core/diagnostic.ts";
import type { Finding, Guardrail, Judge, Judged } from "../core/guardrail.ts";
import type { Policy } from "../core/specs.ts";
import { excepted } from "./exceptions.ts";
import { GUARDRAILS, GUESSES } from "./index.ts";
import { moduleFindings } from "./modules.ts";
import { type ObjectOf, objectsOf } from "./objects.ts";
import { withOtherTables } from "./other-tables.ts";
import { ownFindings } from "./own-rules.ts";
import { unknownRules } from "./rule-names.ts";

/** What plans are judged by. */
export const judge: Judge = (judged) => judgeBy(GUARDRAILS, judged);

/** The same by some of the built-in rules. */
export async function judgeBy(guardrails: readonly Guardrail[], judged: Judged): Promise<readonly Diagnostic[]> {
  const policies = objectsOf("Policy", judged.declared);
  const seen = { ...judged, live: withOtherTables(judged.live, judged.inspection) };
  const built = guardrails.flatMap((guardrail) =>
    guardrail
      .find(seen)
      .map((finding) => diagnosticOf(guardrail.code, guardrail.severity ?? "warning", finding, judged)),
  );
  const own = await Promise.all(policies.map((policy) => findingsOf(policy, judged)));
  const { weighed, unheeded } = weigh(judged.told, built, policies, judged);
  return [...excepted([...weighed, ...own.flat()], judged), ...unknownRules(judged.declared), ...unheeded];
}

async function findingsOf(policy: ObjectOf<"Policy">, judged: Judged): Promise<Diagnostic[]> {
  const { spec } = policy;
  const severity = severityOf(spec, judged);
  if (spec.rule !== undefined || severity === "off") return [];
  if (spec.match) return ownFindings(spec, judged).map((one) => broken(policy, severity, one, judged));
  const { findings, problem } = await moduleFindings(policy, judged);
  if (problem) return [problem];
  return findings.map((one) => broken(policy, severity, one, judged));
}

function broken({ spec }: ObjectOf<"Policy">, severity: Severity, finding: Finding, judged: Judged): Diagnostic {
  return { ...diagnosticOf("POLICY_BROKEN", severity, finding, judged), rule: spec.name };
}

function diagnosticOf(code: Code, severity: Severity, finding: Finding, judged: Judged): Diagnostic {
  const { summary, ...more } = finding;
  const origin = finding.origin ?? originOf(finding.address, judged);
  return { severity, code, summary, ...more, ...(origin && { origin }) };
}

function originOf(at: Address, { source, estate, desired, declared }: Judged): Diagnostic["origin"] {
  // A data source stands in no catalog of its own.
  if (at === address("DataSource", source.name)) return estate?.find((one) => one.source.name === source.name)?.origin;
  return (desired.get(at) ?? declared.get(at))?.origin;
}

/**
 * What is set for a code itself comes before what is set for its pack; of equals the last. What a built-in rule found may
 * count less; any other error stays one.
 */
function weigh(
  told: readonly Diagnostic[],
  built: readonly Diagnostic[],
  policies: readonly ObjectOf<"Policy">[],
  judged: Judged,
): { readonly weighed: Diagnostic[]; readonly unheeded: Diagnostic[] } {
  const byRule = new Map<string, ObjectOf<"Policy">>();
  for (const policy of policies) if (policy.spec.rule !== undefined) byRule.set(policy.spec.rule, policy);
  const all = [...told, ...built];
  if (byRule.size === 0) return { weighed: all, unheeded: [] };
  const firm = new Set(told.filter(({ severity }) => severity === "error"));
  const packs = new Map<Code, string>([...GUARDRAILS, ...GUESSES].map(({ code, pack }) => [code, pack]));
  const unheeded = new Map<Address, Diagnostic>();
  const weighed = all.flatMap((one): Diagnostic[] => {
    const policy = byRule.get(one.code) ?? byRule.get(packs.get(one.code) ?? "");
    if (!policy) return [one];
    const severity = severityOf(policy.spec, judged);
    if (firm.has(one)) {
      if (severity !== "error") unheeded.set(policy.address, withoutEffect(policy, one.code));
      return [one];
    }
    return severity === "off" ? [] : [{ ...one, severity, rule: policy.spec.name }];
  });
  return { weighed, unheeded: [...unheeded.values()] };
}

/** By environment where it is said so, `*` for the rest. */
function severityOf({ severity = "error" }: Policy, { source }: Judged): Severity | "off" {
  if (typeof severity === "string") return severity;
  return severity[source.environment ?? ""] ?? severity["*"] ?? "error";
}

function withoutEffect({ spec, address, origin }: ObjectOf<"Policy">, code: Code): Diagnostic {
  return {
    ...error("POLICY_WITHOUT_EFFECT", `Policy ${spec.name}: ${code} is an error that no policy can lower`, {
      address,
      ...(origin && { origin }),
      detail: "Mend what the error names; take the policy out.",
    }),
    severity: "warning",
  };
}
