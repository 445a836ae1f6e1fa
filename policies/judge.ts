/** All rules over one data source: what they find, how much it counts, and what is excepted for a while. */
import type { Address } from "../core/address.ts";
import type { Code } from "../core/codes.ts";
import { type Diagnostic, error, type Severity } from "../core/diagnostic.ts";
import type { Finding, Judge, Judged } from "../core/guardrail.ts";
import type { Policy } from "../core/specs.ts";
import { type Declared, declaredOf } from "./declared.ts";
import { excepted } from "./exceptions.ts";
import { GUARDRAILS } from "./index.ts";
import { moduleFindings } from "./modules.ts";
import { ownFindings } from "./own-rules.ts";
import { unknownRules } from "./rule-names.ts";

export const judge: Judge = async (judged) => {
  const policies = declaredOf<Policy>("Policy", judged.declared);
  const built = GUARDRAILS.flatMap((guardrail) =>
    guardrail.find(judged).map((finding) => diagnosticOf(guardrail.code, "warning", finding, judged)),
  );
  const own = await Promise.all(policies.map((policy) => findingsOf(policy, judged)));
  const { weighed, unheeded } = weigh([...judged.told, ...built], policies, judged);
  return [...excepted([...weighed, ...own.flat()], judged), ...unknownRules(judged.declared), ...unheeded];
};

async function findingsOf(policy: Declared<Policy>, judged: Judged): Promise<Diagnostic[]> {
  const { spec } = policy;
  const severity = severityOf(spec, judged);
  if (spec.rule !== undefined || severity === "off") return [];
  if (spec.match) return ownFindings(spec, judged).map((one) => broken(policy, severity, one, judged));
  const { findings, problem } = await moduleFindings(policy, judged);
  if (problem) return [problem];
  return findings.map((one) => broken(policy, severity, one, judged));
}

function broken({ spec }: Declared<Policy>, severity: Severity, finding: Finding, judged: Judged): Diagnostic {
  return { ...diagnosticOf("POLICY_BROKEN", severity, finding, judged), rule: spec.name };
}

function diagnosticOf(code: Code, severity: Severity, finding: Finding, judged: Judged): Diagnostic {
  const { address, summary, detail } = finding;
  const origin = finding.origin ?? originOf(address, judged);
  return { severity, code, summary, ...(detail !== undefined && { detail }), address, ...(origin && { origin }) };
}

function originOf(address: Address, { desired, declared }: Judged): Diagnostic["origin"] {
  return (desired.get(address) ?? declared.get(address))?.origin;
}

/** What is set for a code itself comes before what is set for its pack; of equals the last. */
function weigh(
  told: readonly Diagnostic[],
  policies: readonly Declared<Policy>[],
  judged: Judged,
): { readonly weighed: Diagnostic[]; readonly unheeded: Diagnostic[] } {
  const byRule = new Map<string, Declared<Policy>>();
  for (const policy of policies) if (policy.spec.rule !== undefined) byRule.set(policy.spec.rule, policy);
  if (byRule.size === 0) return { weighed: [...told], unheeded: [] };
  const packs = new Map<Code, string>(GUARDRAILS.map(({ code, pack }) => [code, pack]));
  const unheeded = new Map<Address, Diagnostic>();
  const weighed = told.flatMap((one): Diagnostic[] => {
    const policy = byRule.get(one.code) ?? byRule.get(packs.get(one.code) ?? "");
    if (!policy) return [one];
    const severity = severityOf(policy.spec, judged);
    if (one.severity === "error") {
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

function withoutEffect({ spec, address, origin }: Declared<Policy>, code: Code): Diagnostic {
  return {
    ...error("POLICY_WITHOUT_EFFECT", `Policy ${spec.name}: ${code} is an error that no policy can lower`, {
      address,
      ...(origin && { origin }),
      detail: "Mend what the error names; take the policy out.",
    }),
    severity: "warning",
  };
}
