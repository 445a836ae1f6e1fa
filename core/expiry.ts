/**
 * Memberships with an end. Past it a declared membership counts as absent: the plan revokes it, whoever granted it, and
 * drift tells it. No engine ends a membership by itself, so somebody has to plan; that is said in good time.
 */
import { type Address, readable } from "./address.ts";
import type { DataObject } from "./catalog.ts";
import { type Diagnostic, error, warning } from "./diagnostic.ts";
import type { Spec } from "./kind.ts";
import type { Json } from "./schema.ts";
import { unwantedKey } from "./unwanted.ts";

/** Days before an end from which every plan warns. */
export const ENDS_SOON = 14;
const DAY = 24 * 60 * 60 * 1000;

type Membership = {
  readonly role: string;
  readonly until?: string;
  readonly enforce?: string;
};

/** Takes what has ended out of the declared roles, and tells what has and what soon will. */
export function expire(objects: Map<Address, DataObject>, unwanted: Map<string, string>, now: Date): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const [address, object] of objects) {
    const ending = memberships(object.kind, object.spec).filter(({ until }) => until !== undefined);
    if (ending.length === 0) continue;
    const at = { address, ...(object.origin && { origin: object.origin }) };
    for (const each of ending) {
      const told = tell(address, each as Ending, now);
      if (told) diagnostics.push({ ...at, ...told });
      if (hasEnded(each, now)) unwanted.set(unwantedKey(address, ["memberOf", each.role]), `ended on ${each.until}`);
    }
    const { spec, clash } = enforced(without(object.spec, now), ending);
    if (clash !== undefined) diagnostics.push(error("DUPLICATE", `${readable(address)}: ${clash}`, at));
    objects.set(address, { ...object, spec });
  }
  return diagnostics;
}

/** The fields of a role without memberships that have ended. */
export function withoutEnded(kind: string, spec: Spec, now: Date): Spec {
  return memberships(kind, spec).some((each) => hasEnded(each, now)) ? without(spec, now) : spec;
}

/** The next moment at which the same declaration means, or says, something else; undefined where none comes. */
export function nextTurn(objects: Iterable<DataObject>, now: Date): string | undefined {
  let next = Number.POSITIVE_INFINITY;
  for (const { kind, spec } of objects) {
    for (const until of ends(kind, spec)) {
      const left = until === undefined ? Number.NaN : new Date(until).getTime() - now.getTime();
      if (!(left > 0)) continue;
      // The first warning, then one day less each day, then the end.
      const days = Math.min(Math.ceil(left / DAY) - 1, ENDS_SOON);
      next = Math.min(next, now.getTime() + left - days * DAY);
    }
  }
  return Number.isFinite(next) ? new Date(next).toISOString() : undefined;
}

/** Whole days until a declared end, at least 1 before it. */
export function daysLeft(until: string, now: Date): number {
  return Math.ceil((new Date(until).getTime() - now.getTime()) / DAY);
}

/** Has a declared end passed? */
export function isPast(until: string, now: Date): boolean {
  return new Date(until).getTime() <= now.getTime();
}

function ends(kind: string, spec: Spec): readonly (string | undefined)[] {
  return kind === "PolicyException" ? [spec.until as string] : memberships(kind, spec).map(({ until }) => until);
}

type Ending = Membership & { readonly until: string };

function memberships(kind: string, spec: Spec): readonly Membership[] {
  return kind === "Role" ? ((spec.memberOf ?? []) as unknown as readonly Membership[]) : [];
}

function hasEnded({ until }: Membership, now: Date): boolean {
  return until !== undefined && isPast(until, now);
}

function without(spec: Spec, now: Date): Spec {
  const rest = memberships("Role", spec).filter((each) => !hasEnded(each, now));
  const { memberOf: _, ...others } = spec;
  return rest.length > 0 ? { ...spec, memberOf: rest as unknown as Json } : others;
}

function tell(address: Address, { role, until }: Ending, now: Date): Diagnostic | undefined {
  const left = new Date(until).getTime() - now.getTime();
  const what = `The membership of ${readable(address)} in ${role}`;
  if (Number.isNaN(left)) {
    return error("WRONG_TYPE", `${what} ends at no moment: ${until}`, { detail: "Write 2026-12-31T00:00:00Z." });
  }
  if (left <= 0) {
    return warning("MEMBERSHIP_EXPIRED", `${what} ended on ${until}; it counts as not declared`, {
      detail: "Take it out of the declaration, or give it a later end.",
    });
  }
  if (left > ENDS_SOON * DAY) return undefined;
  const days = daysLeft(until, now);
  return warning("MEMBERSHIP_EXPIRES", `${what} ends on ${until}, in ${days} ${days === 1 ? "day" : "days"}`, {
    detail: "The first plan applied after that revokes it. Give it a later end where it is still needed.",
  });
}

/** Where the declaration asks for it, the password ends with the membership: that the server sees to by itself. */
function enforced(spec: Spec, ending: readonly Membership[]): { readonly spec: Spec; readonly clash?: string } {
  const ends = ending.filter(({ enforce }) => enforce === "validUntil").map(({ until }) => until as string);
  const [first] = ends.sort((a, b) => new Date(a).getTime() - new Date(b).getTime());
  if (first === undefined) return { spec };
  const own = spec.validUntil as string | undefined;
  if (own === undefined) return { spec: { ...spec, validUntil: first } };
  if (new Date(own).getTime() === new Date(first).getTime()) return { spec };
  return { spec, clash: `\`validUntil\` is ${own}, and a membership with \`enforce: validUntil\` ends on ${first}` };
}
