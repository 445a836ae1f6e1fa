/** What all forms of a plan say in the same words. */
import { accessLine } from "../access/words.ts";
import { type Address, kindOf, readable } from "../address.ts";
import { HAZARDS, type HazardCode } from "../codes.ts";
import { hasErrors } from "../diagnostic.ts";
import type { Hazard, NotModelled } from "../engine.ts";
import { hazardsOf, type Plan, type PlannedStatement, type Step, tally, type Unmanaged } from "../plan.ts";
import { fill } from "../sql.ts";
import { counted, secretMark } from "./values.ts";

/** `Plan: 3 to create, 1 to alter …`: the last line of a plan. */
export function outcome(plan: Plan): string {
  if (plan.steps.length > 0) return `Plan: ${counts(plan)}.`;
  if (plan.observed.length > 0)
    return `No changes to make. ${counted(plan.observed.length, "difference")} in scopes that are only observed.`;
  if (hasErrors(plan.diagnostics)) return "No plan: see the errors.";
  return "No changes. The live system is as declared.";
}

export function counts(plan: Plan): string {
  const { create, alter, replace, rename, drop } = tally(plan.steps);
  return `${create} to create, ${alter} to alter, ${replace} to replace, ${rename} to rename, ${drop} to drop`;
}

/** Where the plan would be applied. */
export function targetLine({ target, mode }: Plan): string {
  return `${target.engine} ${target.version} at ${target.location}, as ${target.user}, mode ${mode}`;
}

/** The hazards of a plan, the same one of the same object once. */
export function distinctHazards(plan: Plan): { readonly step: Step; readonly hazard: Hazard }[] {
  const once = new Map(
    hazardsOf(plan).map((found) => [`${found.step.address} ${JSON.stringify(found.hazard)}`, found]),
  );
  return [...once.values()].sort((a, b) => HAZARDS.indexOf(a.hazard.code) - HAZARDS.indexOf(b.hazard.code));
}

/** The option with which the plan may be applied; undefined where it holds no hazard. */
export function allowOption(plan: Plan): string | undefined {
  const codes = new Set<HazardCode>(hazardsOf(plan).map(({ hazard }) => hazard.code));
  return codes.size === 0 ? undefined : `--allow ${HAZARDS.filter((code) => codes.has(code)).join(",")}`;
}

export function affected({ affects }: Hazard): string {
  return affects && affects.length > 0 ? `affects ${affects.join(", ")}` : "";
}

/** The text of a statement with a mark where a secret goes. */
export function shownSql({ sql, secrets }: PlannedStatement): string {
  return secrets ? fill(sql, secrets, secretMark) : sql;
}

/** A statement as people read it, with its end. */
export function endedSql(statement: PlannedStatement): string {
  const shown = shownSql(statement);
  return statement.plain ? shown.trimEnd() : `${shown};`;
}

export function ordered(step: Step): PlannedStatement[] {
  return [...step.statements].sort((a, b) => a.order - b.order);
}

export function stepTitle(step: Pick<Step, "address" | "from">): string {
  return step.from ? `${readable(step.address)}, formerly ${nameOf(step.from)}` : readable(step.address);
}

export function nameOf(address: Address): string {
  return address.slice(address.indexOf("/") + 1);
}

export function unmanagedName({ address, element, of, by }: Unmanaged): string {
  if (of !== undefined) return `${readable(address)}: member of ${of}, which is declared`;
  const name = element === undefined ? readable(address) : `${readable(address)}: ${element}`;
  return by === undefined ? name : `${name} (of the data source ${by})`;
}

/** `2 Table, 1 View`. */
export function byKind(unmanaged: readonly Unmanaged[]): string {
  const found = new Map<string, number>();
  for (const { address, element, of } of unmanaged) {
    const plain = of === undefined ? `element of a ${kindOf(address)}` : "member of a declared Role";
    const kind = element === undefined ? kindOf(address) : plain;
    found.set(kind, (found.get(kind) ?? 0) + 1);
  }
  return [...found].map(([kind, count]) => `${count} ${kind}`).join(", ");
}

/** Who gains and loses what; past this many a reader needs a filter. */
const SHOWN_ACCESS = 40;

/** The access diff as lines, and how many more there are. */
export function accessLines(
  { access }: Plan,
  all: boolean,
): { readonly lines: readonly string[]; readonly more: number } {
  const lines = [...new Set(access.map(accessLine))];
  const shown = all ? lines : lines.slice(0, SHOWN_ACCESS);
  return { lines: shown, more: lines.length - shown.length };
}

export const SHOWN_NAMES = 10;

export function notModelledLine({ type, count, names }: NotModelled, all: boolean): string {
  const shown = all ? names : names.slice(0, SHOWN_NAMES);
  return `${count} ${type}: ${shown.join(", ")}${shown.length < names.length ? ", …" : ""}`;
}
