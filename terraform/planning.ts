/** The plan of one declaration, and what Terraform shows of it. */
import { accessLine } from "../core/access/words.ts";
import { readable } from "../core/address.ts";
import { hasErrors as areErrors, error, type Diagnostic as Told, warning } from "../core/diagnostic.ts";
import type { Ready } from "../core/doors/ready.ts";
import { allowance, guard } from "../core/guard.ts";
import { hash } from "../core/hash.ts";
import { inOrder, type Plan } from "../core/plan.ts";
import { compareWith, type Declaration, foreseen } from "../core/reconcile.ts";
import { shownSql } from "../core/render/summary.ts";
import { counted } from "../core/render/values.ts";
import type { Secrets } from "../core/secret.ts";
import { judge } from "../policies/judge.ts";
import { changesAhead } from "./elsewhere.ts";
import { fingerprintOf, type Live } from "./live.ts";
import type { Settings } from "./settings.ts";

export interface Shown {
  /** Every statement, in the order in which they run. */
  readonly changes: readonly string[];
  readonly hazards: readonly string[];
  readonly access: readonly string[];
}

export interface Planned extends Shown {
  readonly plan: Plan;
  readonly ready: Ready;
  readonly fingerprint: string;
  /** Hash of what is shown. */
  readonly outcome: string;
  readonly diagnostics: readonly Told[];
}

export type Limits = Pick<Settings, "allow" | "maxDrops" | "maxRevokes">;

/** Compares with what was looked at; the session asks the server how it spells what it has not read back yet. */
export async function planWith(live: Live, mode: Settings["mode"], limits: Limits): Promise<Planned> {
  const { session, ready, inspection, ledger, secrets } = live;
  const { engine } = ready;
  const found = foreseen(engine, inspection, changesAhead(ready));
  const plan = await compareWith(session, engine, declarationOf(ready, mode), found, ledger, judge);
  const shown = shownOf(plan);
  const refused = guard(plan, allowance(plan.source, { ...limits, cwd: process.cwd() }));
  const warnings = plan.diagnostics.filter(({ severity }) => severity !== "error");
  return {
    ...shown,
    plan,
    ready,
    fingerprint: fingerprintOf(inspection, engine),
    outcome: hash([shown.changes, shown.hazards, shown.access]),
    diagnostics: [...warnings, ...observed(plan), ...refused, ...secretsInClear(shown, secrets)],
  };
}

export function declarationOf({ source, declared, estate }: Ready, mode: Settings["mode"]): Declaration {
  return { source, declared, estate, diagnostics: [], ...(mode && { mode }) };
}

/** Is there something to do, whatever the ledger may learn besides? */
export function changes({ plan }: Planned): boolean {
  return plan.steps.length > 0;
}

export function isRefused({ diagnostics }: Planned): boolean {
  return areErrors(diagnostics);
}

function shownOf(plan: Plan): Shown {
  const ordered = inOrder(plan);
  const hazards = ordered.flatMap(({ step, statement }) =>
    (statement.hazards ?? []).map((hazard) => ({ address: step.address, hazard })),
  );
  return {
    changes: ordered.flatMap(({ statement }) => [
      ...(statement.enter === undefined ? [] : [statement.enter]),
      shownSql(statement),
    ]),
    hazards: hazards.map(({ address, hazard }) => `${hazard.code}: ${readable(address)}: ${hazard.message}`),
    access: [...new Set(plan.access.map(accessLine))],
  };
}

/** A state and a plan file are read by many. What is replaced in them would be another statement, so it is refused. */
function secretsInClear({ changes: statements, hazards, access }: Shown, secrets: Secrets): Told[] {
  if (!secrets.holds([...statements, ...hazards, ...access].join("\n"))) return [];
  const detail =
    "A comment, a query or a default, declared or live, repeats a secret of this run. Take it out there, change the secret, and plan again.";
  return [error("LITERAL_SECRET", "The plan would hold a secret in clear", { detail })];
}

/** Nothing else in Terraform's plan would tell of it. */
function observed({ observed: differing }: Plan): Told[] {
  if (differing.length === 0) return [];
  const lines = differing.map(({ address, action }) => `${readable(address)}: ${action}`);
  const summary = `${counted(differing.length, "object")} in observed scopes ${differing.length === 1 ? "differs" : "differ"}`;
  return [warning("OBSERVED", summary, { detail: lines.join("\n") })];
}
