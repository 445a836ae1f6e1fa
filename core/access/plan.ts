/** The access diff of a plan. */
import { type Address, kindOf } from "../address.ts";
import type { Change } from "../change.ts";
import type { Engine, Inspection, PlanContext } from "../engine.ts";
import type { Json } from "../schema.ts";
import { type AccessChange, accessDiff } from "./diff.ts";
import { outcomeOf } from "./outcome.ts";
import { classesIn } from "./report.ts";

/** What follows for whom from the changes of a plan; nothing, and no work, where none concerns access. */
export function accessOfPlan(
  changes: readonly Change[],
  engine: Engine,
  context: PlanContext,
  { facts, target }: Pick<Inspection, "facts" | "target">,
): AccessChange[] {
  const { access } = engine;
  if (!access || !changes.some((change) => access.concerns(change))) return [];
  const created = changes.filter(({ action }) => action === "create").flatMap(({ after }) => (after ? [after] : []));
  const implied = engine.implied?.(created, context) ?? new Map();
  const outcome = outcomeOf(context.live, changes, implied);
  const sides = {
    before: access.of(context.live, facts, target),
    after: access.of(outcome, facts, target),
    maker: facts.connectedAs,
    isImplied: (object: Address) => implied.has(object),
    columns: (object: Address) => namesOf(outcome.get(object)?.spec.columns),
    masks: (view: Address) => kindOf(context.desired.get(view)?.intent ?? ("" as Address)) === "MaskedView",
    classes: (object: Address) => classesIn(context.desired, object, undefined).classified ?? {},
  };
  return [...accessDiff(sides), ...futures(changes, engine)];
}

function futures(changes: readonly Change[], { access }: Engine): AccessChange[] {
  return changes.flatMap(({ action, before, after }): AccessChange[] => {
    const object = action === "drop" ? before : action === "create" ? after : undefined;
    const future = object && access?.future?.(object);
    if (!future) return [];
    const change = action === "drop" ? "loses" : "gains";
    return future.privileges.map((privilege) => ({ role: future.role, change, privilege, future: future.of }));
  });
}

function namesOf(columns: Json | undefined): readonly string[] {
  return Array.isArray(columns) ? columns.map((column) => (column as { readonly name: string }).name) : [];
}
