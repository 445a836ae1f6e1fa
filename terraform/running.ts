/**
 * Runs what was planned, and nothing else. While it waited for its turn another declaration may have changed the live
 * system: then the plan is made anew, with the turn in hand, and must show the very same.
 */
import { apply } from "../core/apply.ts";
import type { Ready } from "../core/doors/ready.ts";
import { recheck, writes } from "../core/doors/run.ts";
import { open } from "../core/doors/sessions.ts";
import type { Inspection, Session } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import { probes } from "../core/reconcile.ts";
import type { Secrets } from "../core/secret.ts";
import { interruptible, safePoint } from "./interrupt.ts";
import { fingerprintOf, inspected } from "./live.ts";
import { declarationOf, isRefused, type Limits, type Planned, planWith } from "./planning.ts";
import type { Settings } from "./settings.ts";

export interface Task {
  readonly ready: Ready;
  readonly secrets: Secrets;
  readonly mode: Settings["mode"];
  readonly limits: Limits;
  readonly planned: Planned;
}

/** The turn is one of the database; roles, which are of the server, may still change in between. */
const MOST_ATTEMPTS = 20;

let begun = 0;

/** Has this process applied anything? Then what changed may have been changed by itself. */
export function hasApplied(): boolean {
  return begun > 0;
}

/** Fingerprint of what is there afterwards. */
export async function run(task: Task): Promise<string> {
  const { ready, secrets } = task;
  if (!writes(task.planned.plan)) return task.planned.fingerprint;
  begun += 1;
  const { session } = await open(secrets, ready, false);
  try {
    let { planned } = task;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await runOne(interruptible(session), task, planned);
      } catch (problem) {
        if (!isStale(problem) || attempt === MOST_ATTEMPTS) throw problem;
        planned = await samePlan(session, task, problem);
      }
    }
  } finally {
    await session.close();
  }
}

function isStale(problem: unknown): boolean {
  return problem instanceof Refusal && problem.diagnostics.some(({ code }) => code === "STALE_PLAN");
}

async function samePlan(
  session: Session,
  { ready, secrets, mode, limits, planned }: Task,
  problem: unknown,
): Promise<Planned> {
  const again = await planWith(await inspected(session, ready, secrets), mode, limits);
  if (isRefused(again) || again.outcome !== planned.outcome) throw problem;
  return again;
}

async function runOne(session: Session, { ready, mode }: Task, { plan }: Planned): Promise<string> {
  const { engine, declared } = ready;
  const check = recheck(session, engine, declarationOf(ready, mode));
  let after: Inspection | undefined;
  await apply(session, engine, plan, {
    probes: probes(declared, engine),
    progress: safePoint,
    recheck: async (inspection, ledger) => {
      after = inspection;
      const rest = await check(inspection, ledger);
      // The last moment at which it can still be undone.
      safePoint();
      return rest;
    },
  });
  return fingerprintOf(after as Inspection, engine);
}
