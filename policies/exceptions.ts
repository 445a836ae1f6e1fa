/**
 * What may stay although a rule finds it: each for a reason, in somebody's name, until a day. A plan lists all of them, so
 * that nobody has to look for what was once let pass.
 */
import { now } from "../core/clock.ts";
import { type Diagnostic, error, note, warning } from "../core/diagnostic.ts";
import { daysLeft, ENDS_SOON, isPast } from "../core/expiry.ts";
import type { Judged } from "../core/guardrail.ts";
import { matchesAny } from "../core/ownership.ts";
import type { PolicyException } from "../core/specs.ts";
import { type ObjectOf, objectsOf } from "./objects.ts";

/** The same diagnostics, of which those that are excepted are notes, and what is to be said of the exceptions. */
export function excepted(diagnostics: readonly Diagnostic[], { declared, plan }: Judged): Diagnostic[] {
  const exceptions = objectsOf("PolicyException", declared);
  if (exceptions.length === 0) return [...diagnostics];
  const used = new Set<ObjectOf<"PolicyException">>();
  const refused = new Set<ObjectOf<"PolicyException">>();
  const told = diagnostics.map((one) => {
    const exception = exceptions.find(({ spec }) => covers(spec, one));
    if (!exception) return one;
    used.add(exception);
    if (isPast(exception.spec.until, now())) return one;
    if (one.severity === "error" && one.rule === undefined) {
      refused.add(exception);
      return one;
    }
    return stays(one, exception.spec);
  });
  return [...told, ...exceptions.flatMap((one) => remarks(one, used.has(one), refused.has(one), plan !== undefined))];
}

function covers({ rule, objects }: PolicyException, { code, rule: policy, address }: Diagnostic): boolean {
  if ((rule !== code && rule !== policy) || address === undefined) return false;
  return matchesAny(objects, address) || matchesAny(objects, address.slice(address.indexOf("/") + 1));
}

function stays({ summary, ...rest }: Diagnostic, { name, reason, owner, until }: PolicyException): Diagnostic {
  return {
    ...rest,
    severity: "note",
    code: "EXCEPTED",
    summary: `${summary}. It may stay until ${until}`,
    detail: `${reason} (PolicyException ${name}, ${owner})`,
  };
}

function remarks(
  { spec: { name, rule, until, owner }, address, origin }: ObjectOf<"PolicyException">,
  isUsed: boolean,
  isRefused: boolean,
  isPlanned: boolean,
): Diagnostic[] {
  const at = { address, ...(origin && { origin }) };
  const what = `PolicyException ${name}`;
  if (Number.isNaN(new Date(until).getTime()))
    return [
      error("WRONG_TYPE", `${what} ends at no moment: ${until}`, { ...at, detail: "Write 2026-12-31T00:00:00Z." }),
    ];
  const days = daysLeft(until, now());
  if (days <= 0) {
    const detail = `Mend what ${rule} finds and take the exception out; ${owner} answers for it.`;
    return [warning("EXCEPTION_EXPIRED", `${what} ended on ${until}: ${rule} counts again`, { ...at, detail })];
  }
  const detail = "Mend what the error names; take the exception out.";
  if (isRefused)
    return [warning("POLICY_WITHOUT_EFFECT", `${what}: ${rule} is an error that nothing excepts`, { ...at, detail })];
  // Without a connection some rules find nothing yet.
  if (!isUsed && isPlanned)
    return [note("POLICY_WITHOUT_EFFECT", `${what} excepts nothing: ${rule} finds none of its objects`, at)];
  if (days > ENDS_SOON) return [];
  const left = `${what} ends on ${until}, in ${days} ${days === 1 ? "day" : "days"}`;
  return [
    warning("EXCEPTION_EXPIRES", left, { ...at, detail: `${rule} counts again after that; ${owner} answers for it.` }),
  ];
}
