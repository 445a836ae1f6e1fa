/** A plan about to be run: whether it writes at all, and how it is seen that nothing is left to do. */
import { readable } from "../address.ts";
import type { ApplyOptions } from "../apply.ts";
import type { Engine, Session } from "../engine.ts";
import type { Plan } from "../plan.ts";
import { compareWith, type Declaration } from "../reconcile.ts";
import { shownChange } from "../render/values.ts";

/** Does it change anything, or teach the ledger anything? */
export function writes({ steps, bookkeeping: { found, gone } }: Plan): boolean {
  return steps.length + found.length + gone.length > 0;
}

/** What leads to other data sources comes after them. */
export function inTurns<T extends { readonly engine: Engine }>(tasks: readonly T[]): readonly T[][] {
  const leads = ({ engine }: T): boolean => engine.capabilities.leadsOn ?? false;
  return [tasks.filter((task) => !leads(task)), tasks.filter(leads)];
}

/** Compares once more before the change is kept. */
export function recheck(
  session: Session,
  engine: Engine,
  declaration: Declaration,
): NonNullable<ApplyOptions["recheck"]> {
  return async (inspection, ledger) =>
    stillDifferent(await compareWith(session, engine, declaration, inspection, session.ledger && ledger));
}

/** What a plan made right after an apply would still change: there should be nothing. */
function stillDifferent({ steps }: Plan): string[] {
  return steps.flatMap(({ address, action, fields }) => {
    if (!fields || fields.length === 0) return [`${readable(address)} would still have to be ${PAST[action]}`];
    return fields.map((change) => {
      const { field, line, lines } = shownChange(address, change);
      return `${readable(address)}: ${field}: ${line ?? `\n${(lines ?? []).join("\n")}`}`;
    });
  });
}

const PAST = { create: "created", alter: "altered", replace: "replaced", rename: "renamed", drop: "dropped" } as const;
