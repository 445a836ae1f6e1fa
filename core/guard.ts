import { resolve } from "node:path";
import { readable } from "./address.ts";
import { type Evidence, evidenceOf } from "./backups/evidence.ts";
import { now } from "./clock.ts";
import { type Code, HAZARDS, type HazardCode } from "./codes.ts";
import { type Diagnostic, error } from "./diagnostic.ts";
import { milliseconds } from "./duration.ts";
import { nearest } from "./names.ts";
import { hazardsOf, type Plan, type Step } from "./plan.ts";
import type { DataSource } from "./specs.ts";

/** What one run may do. */
export interface Allowance {
  readonly allow: ReadonlySet<HazardCode> | "all";
  readonly maxDrops?: number;
  readonly maxRevokes?: number;
  /** A restore must have been proved: since when at the latest, and what the last one showed. */
  readonly drill?: {
    readonly since: Date;
    readonly within: string;
    readonly last?: Pick<Evidence, "endedAt" | "problems">;
  };
}

/** What the declaration and the run allow together: of each limit the smaller one counts. */
export function allowance(
  { name, manage }: DataSource,
  run: {
    readonly allow: Allowance["allow"];
    readonly maxDrops: number | undefined;
    readonly maxRevokes: number | undefined;
    /** Folder that paths of the declaration start from. */
    readonly cwd: string;
  },
): Allowance {
  const maxDrops = smaller(run.maxDrops, manage?.maxDrops);
  const maxRevokes = smaller(run.maxRevokes, manage?.maxRevokes);
  return {
    allow: run.allow,
    ...(maxDrops !== undefined && { maxDrops }),
    ...(maxRevokes !== undefined && { maxRevokes }),
    ...(manage?.requireDrill && { drill: drilled(name, manage.requireDrill, run.cwd) }),
  };
}

function drilled(
  name: string,
  { within, evidence = "evidence" }: NonNullable<NonNullable<DataSource["manage"]>["requireDrill"]>,
  cwd: string,
): NonNullable<Allowance["drill"]> {
  const last = evidenceOf(resolve(cwd, evidence), name).at(-1);
  const since = new Date(now().getTime() - milliseconds(within));
  return { since, within, ...(last !== undefined && { last }) };
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

/** Diagnostics that refuse a plan rather than call its input wrong: they end a run with exit code 3. */
export const GUARDRAIL_CODES: ReadonlySet<Code> = new Set<Code>([
  "PROTECTED",
  "LOOKS_LIKE_RENAME",
  "HAZARD_NOT_ALLOWED",
  "TOO_MANY_DROPS",
  "TOO_MANY_REVOKES",
  "STALE_PLAN",
  "DRILL_REQUIRED",
  "WRONG_TARGET",
  "MASK_BYPASSED",
  "POOLS_TOO_LARGE",
  "POLICY_BEHIND_POOLER",
  "WRITES_THROUGH_MASK",
]);

/** `DELETES_DATA,LOCKS_TABLE` or `all`, as `--allow` takes it. */
export function parseAllow(words: readonly string[]): { allow: Allowance["allow"]; diagnostics: Diagnostic[] } {
  const given = words
    .flatMap((word) => word.split(","))
    .map((word) => word.trim())
    .filter(Boolean);
  if (given.includes("all")) return { allow: "all", diagnostics: [] };
  const known: readonly string[] = HAZARDS;
  const diagnostics = given
    .filter((word) => !known.includes(word))
    .map((word) => {
      const near = nearest(word, known);
      return error("UNKNOWN_HAZARD", `No hazard is named ${word}`, {
        detail: near ? `Did you mean ${near}?` : `They are: ${known.join(", ")}.`,
      });
    });
  return { allow: new Set(given as HazardCode[]), diagnostics };
}

/** Everything that stands between a plan and its execution. */
export function guard(plan: Plan, allowance: Allowance): Diagnostic[] {
  return [
    ...plan.diagnostics.filter((diagnostic) => diagnostic.severity === "error"),
    ...exceeded(plan, allowance),
    ...dangers(plan, allowance),
  ];
}

/** What no `--allow` lets pass: told already when the plan is made. */
export function exceeded(plan: Plan, allowance: Allowance): Diagnostic[] {
  return [...limits(plan, allowance), ...undrilled(plan, allowance)];
}

function limits(plan: Plan, { maxDrops, maxRevokes }: Pick<Allowance, "maxDrops" | "maxRevokes">): Diagnostic[] {
  const found: Diagnostic[] = [];
  const drops = plan.steps.reduce((sum, step) => sum + dropsOf(step), 0);
  const revokes = plan.steps.reduce((sum, step) => sum + revokesOf(step), 0);
  if (maxDrops !== undefined && drops > maxDrops) {
    found.push(
      error("TOO_MANY_DROPS", `The plan drops ${drops}, and no more than ${maxDrops} may be dropped`, {
        detail: "Review the drops; raise `maxDrops` or `--max-drops` if they are meant.",
      }),
    );
  }
  if (maxRevokes !== undefined && revokes > maxRevokes) {
    found.push(
      error(
        "TOO_MANY_REVOKES",
        `The plan takes away ${revokes} privileges, and no more than ${maxRevokes} may be taken`,
        { detail: "Review them; raise `maxRevokes` or `--max-revokes` if they are meant." },
      ),
    );
  }
  return found;
}

const PRIVILEGE_KINDS = /^(Grant|DefaultPrivilege)\//;

function dropsOf(step: Step): number {
  if (PRIVILEGE_KINDS.test(step.address)) return 0;
  if (step.action === "drop") return 1;
  return (step.fields ?? []).filter(
    (field) => field.path[0] === "columns" && field.path.length === 2 && field.to === undefined,
  ).length;
}

function revokesOf(step: Step): number {
  if (PRIVILEGE_KINDS.test(step.address)) {
    if (step.action === "drop") return 1;
    return (step.fields ?? []).filter(
      ({ from, to }) => Array.isArray(from) && from.some((item) => !(to as readonly unknown[]).includes(item)),
    ).length;
  }
  return (step.fields ?? []).filter((field) => field.path[0] === "memberOf" && field.to === undefined).length;
}

/** What deletes data cannot be undone but by a restore, which must be known to work. */
function undrilled(plan: Plan, { drill }: Allowance): Diagnostic[] {
  if (!drill || !hazardsOf(plan).some(({ hazard }) => hazard.code === "DELETES_DATA")) return [];
  const { last, since, within } = drill;
  // What an earlier one showed says nothing of today's backup.
  const held = last?.problems.length === 0;
  if (last && held && new Date(last.endedAt) >= since) return [];
  const known = last
    ? held
      ? `the last drill that held was on ${last.endedAt}`
      : `the last drill, on ${last.endedAt}, did not hold`
    : "no drill has held";
  return [
    error("DRILL_REQUIRED", `The plan deletes data, and ${known}; within ${within} one must`, {
      detail: "Run `datumline backup run` and `datumline backup drill`, then apply again.",
    }),
  ];
}

function dangers(plan: Plan, { allow }: Allowance): Diagnostic[] {
  if (allow === "all") return [];
  const refused = hazardsOf(plan).filter(({ hazard }) => !allow.has(hazard.code));
  return refused.map(({ step, hazard }) =>
    error("HAZARD_NOT_ALLOWED", `${hazard.code}: ${readable(step.address)}: ${hazard.message}`, {
      address: step.address,
      ...(step.origin && { origin: step.origin }),
      detail: `If it is meant, run again with --allow ${[...new Set(refused.map((item) => item.hazard.code))].join(",")}.`,
    }),
  );
}
