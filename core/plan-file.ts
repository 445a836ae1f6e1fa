/** The plan as a file: one plan as it is, several side by side in one object. */
import type { Catalog } from "./catalog.ts";
import { kindOfObject } from "./change.ts";
import { type Diagnostic, error } from "./diagnostic.ts";
import { PLAN_VERSION, type Plan } from "./plan.ts";

/** A single plan is the file itself. */
export function plansToJson(plans: readonly Plan[]): string {
  const [only] = plans;
  const content = plans.length === 1 ? only : { version: PLAN_VERSION, plans };
  return `${JSON.stringify(content, null, 2)}\n`;
}

export interface PlanFile {
  readonly plans: readonly Plan[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads what `plansToJson` wrote. */
export function plansFromJson(text: string, file: string): PlanFile {
  const refuse = (summary: string, detail: string): PlanFile => ({
    plans: [],
    diagnostics: [error("PLAN_FORMAT", summary, { detail, origin: { file } })],
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return refuse("The file is not a plan: it is not JSON", "Write one with `datumline plan --out FILE`.");
  }
  const { version, plans } = (content ?? {}) as { readonly version?: unknown; readonly plans?: unknown };
  if (typeof version === "number" && version !== PLAN_VERSION) {
    const detail = "Make the plan anew with the version of Datumline that is to apply it.";
    return refuse(`The plan has format ${version}; this Datumline reads ${PLAN_VERSION}`, detail);
  }
  const all: readonly unknown[] = Array.isArray(plans) ? plans : [content];
  if (version !== PLAN_VERSION || all.length === 0 || !all.every(isPlan)) {
    return refuse("The file is not a plan", "Write one with `datumline plan --out FILE`.");
  }
  return { plans: all, diagnostics: [] };
}

/** Is it meant as a plan, of whatever version? */
export function looksLikePlan(value: unknown): boolean {
  const { kind, version, plans, steps } = (value ?? {}) as { readonly [key: string]: unknown };
  return kind === undefined && typeof version === "number" && [plans, steps].some(Array.isArray);
}

const LISTS = [
  "probes",
  "steps",
  "access",
  "observed",
  "unmanaged",
  "notModelled",
  "diagnostics",
] as const satisfies readonly (keyof Plan)[];
const OBJECTS = ["source", "target", "bookkeeping"] as const satisfies readonly (keyof Plan)[];
const TEXTS = ["dataSource", "engine", "mode", "fingerprint"] as const satisfies readonly (keyof Plan)[];

function isPlan(value: unknown): value is Plan {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as { readonly [key: string]: unknown };
  return (
    fields.version === PLAN_VERSION &&
    LISTS.every((key) => Array.isArray(fields[key])) &&
    OBJECTS.every((key) => typeof fields[key] === "object" && fields[key] !== null) &&
    TEXTS.every((key) => typeof fields[key] === "string")
  );
}

/** What has to be looked at besides the catalogs to see whether the plan still stands. */
export function probesOf(plan: Plan): Catalog {
  return new Map(plan.probes.map((object) => [kindOfObject(object).address(object.spec), object]));
}
