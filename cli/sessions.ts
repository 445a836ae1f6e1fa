/** The sessions of a run: its secrets, its mode. */

import { inTurns } from "../core/doors/run.ts";
import * as doors from "../core/doors/sessions.ts";
import type { Plan } from "../core/plan.ts";
import { type Declaration, plan } from "../core/reconcile.ts";
import { judge } from "../policies/judge.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

export type { Opened, Reachable } from "../core/doors/sessions.ts";

/** Connects to all, side by side; what is wrong with any connection is told at once. */
export function withSessions<R extends doors.Reachable, T>(
  { secrets, leaving }: Context,
  ready: readonly R[],
  readOnly: boolean,
  work: (opened: readonly doors.Opened<R>[]) => Promise<T>,
): Promise<T> {
  return doors.withSessions(secrets, ready, readOnly, (opened) => {
    for (const { session } of opened) leaving.add(async () => session.abandon?.());
    return work(opened);
  });
}

/** Resolves every secret that the run will need before anything is connected to. */
export function resolveSecrets(
  { secrets }: Context,
  ready: Parameters<typeof doors.resolveSecrets>[1],
  which: "connection" | "proofs" | "all" = "all",
): Promise<void> {
  return doors.resolveSecrets(secrets, ready, which);
}

export function declarationOf({ options, io }: Context, { source, declared, estate }: Ready): Declaration {
  return { source, declared, estate, cwd: io.cwd, diagnostics: [], ...(options.mode && { mode: options.mode }) };
}

/** The plan of every data source, in the order in which they are declared. */
export async function planAll(context: Context, opened: readonly doors.Opened[]): Promise<Plan[]> {
  const plans = new Map<doors.Opened, Plan>();
  const tasks = opened.map((one) => ({ one, engine: one.ready.engine }));
  for (const turn of inTurns(tasks)) {
    const before = [...plans.values()];
    await Promise.all(
      turn.map(async ({ one, engine }) =>
        plans.set(one, await plan(one.session, engine, declarationOf(context, one.ready), judge, before)),
      ),
    );
  }
  return opened.map((one) => plans.get(one) as Plan);
}
