import { type Address, readable } from "./address.ts";
import type { DataObject } from "./catalog.ts";
import { type Change, kindOfObject } from "./change.ts";
import { concerns, type Disturbed, dependantsOf, withOthers } from "./dependants.ts";
import type { Engine, PlanContext, Statement } from "./engine.ts";

/** A change with the statements that make it. */
export interface Work {
  readonly change: Change;
  readonly statements: readonly Statement[];
  /** Why the engine cannot do it. */
  readonly refused?: string;
}

/**
 * Makes the statements of every change. Where an object is replaced, or a column that others use is disturbed, what
 * needs it is dropped before and made again after: as declared, or as it was where nobody declares it. Done once, here,
 * for all kinds; owner, options, comments and grants come back because they are objects or fields like any other.
 */
export function work(
  changes: readonly Change[],
  engine: Engine,
  context: PlanContext,
  observed: ReadonlySet<Address>,
): Map<Address, Work> {
  const planned = new Map<Address, Work>();
  const queue: Disturbed[] = [];
  for (const change of changes) {
    const made = statementsOf(change, engine, context);
    planned.set(change.address, made);
    queue.push(...disturbances(made));
  }
  if (queue.length === 0) return withoutCompanions(planned, engine);
  const dependants = dependantsOf(context.live);
  for (const disturbed of queue) {
    for (const dependant of dependants.get(disturbed.of) ?? []) {
      if (!concerns(disturbed, dependant, context.live)) continue;
      const made = remake(
        dependant.address,
        disturbed,
        planned.get(dependant.address)?.change,
        engine,
        context,
        observed,
      );
      if (!made) continue;
      planned.set(dependant.address, made);
      queue.push(...disturbances(made));
    }
  }
  relink(queue, planned, engine, context, observed);
  return withoutCompanions(planned, engine);
}

/** Keys that lead to or from columns that change let go of them meanwhile. */
function relink(
  queue: readonly Disturbed[],
  planned: Map<Address, Work>,
  engine: Engine,
  context: PlanContext,
  observed: ReadonlySet<Address>,
): void {
  const columns = new Map<Address, Set<string>>();
  for (const { of, columns: some = [], how } of queue) {
    if (how === "dropped" || how === "widened" || how === "replaced") continue;
    columns.set(of, new Set([...(columns.get(of) ?? []), ...some]));
  }
  if (columns.size === 0) return;
  for (const [address, before] of context.live) {
    const there = planned.get(address);
    const { change } = there ?? {};
    const handler = engine.handlers[before.kind];
    if (!handler?.relink || change?.action === "drop" || change?.action === "replace") continue;
    const declared = observed.has(address) ? undefined : context.desired.get(address);
    const after = change?.after ?? declared ?? before;
    const statements = handler.relink(before.spec, after.spec, columns, change?.fields ?? [], context);
    if (statements.length === 0) continue;
    const reason = "linked again, because what its keys lead to is changed";
    const linked: Change = change ?? {
      address,
      action: "alter",
      kind: kindOfObject(before),
      before,
      after,
      fields: [],
      computed: {},
      reason,
      restored: !declared,
    };
    planned.set(address, { ...there, change: linked, statements: [...(there?.statements ?? []), ...statements] });
  }
}

function statementsOf(change: Change, engine: Engine, context: PlanContext): Work {
  const handler = engine.handlers[change.kind.name];
  if (!handler) throw new Error(`internal: ${engine.name} has no ${change.kind.name}`);
  const { before, after } = change;
  if (change.action === "create" && after) return { change, statements: handler.create(after.spec, context) };
  if (change.action === "drop" && before) return { change, statements: dropping(handler.drop(before.spec, context)) };
  if (!before || !after) throw new Error(`internal: half a change of ${change.address}`);
  if (change.action === "replace") return { change, statements: replacing(change, engine, context) };
  const renaming =
    change.action === "rename" && change.from
      ? (handler.rename?.(formerSpec(change, before), after.spec, context) ?? [])
      : [];
  if (change.fields.length === 0) return { change, statements: renaming };
  const alteration = { before: before.spec, after: after.spec, fields: change.fields, computed: change.computed };
  const refused = handler.refuse?.(alteration, context);
  if (refused !== undefined) return { change, statements: [], refused };
  const altering = handler.alter(alteration, context);
  if (altering !== "replace") return { change, statements: [...renaming, ...altering] };
  const replaced: Change = { ...change, action: "replace" };
  return { change: replaced, statements: [...renaming, ...replacing(replaced, engine, context)] };
}

/** The live side is compared under its new name; the statement that renames needs the former one. */
function formerSpec(change: Change, before: DataObject): DataObject["spec"] {
  return { ...before.spec, name: change.after?.spec.renamedFrom };
}

function replacing(change: Change, engine: Engine, context: PlanContext): Statement[] {
  const handler = engine.handlers[change.kind.name];
  const { before, after, fields } = change;
  if (!handler || !before || !after) throw new Error(`internal: half a replacement of ${change.address}`);
  return [
    ...dropping(handler.drop(before.spec, context)),
    ...handler.create(withOthers(after, before, fields).spec, context),
  ];
}

function dropping(statements: readonly Statement[]): Statement[] {
  return statements.map((statement) => ({ phase: "drop", ...statement }));
}

function disturbances({ change, statements }: Work): Disturbed[] {
  if (change.action === "replace") return [{ of: change.address, how: "replaced" }];
  return statements.flatMap(({ disturbs }) => (disturbs ? [{ of: change.address, ...disturbs }] : []));
}

function remake(
  address: Address,
  because: Disturbed,
  planned: Change | undefined,
  engine: Engine,
  context: PlanContext,
  observed: ReadonlySet<Address>,
): Work | undefined {
  if (planned && planned.action !== "alter") return undefined;
  const before = context.live.get(address);
  const handler = before && engine.handlers[before.kind];
  if (!handler) return undefined;
  const declared = observed.has(address) ? undefined : context.desired.get(address);
  const change: Change = {
    address,
    action: "replace",
    kind: kindOfObject(before),
    before,
    after: declared ?? before,
    fields: planned?.fields ?? [],
    computed: {},
    reason: `${declared ? "made again" : "restored as it was"}, because ${readable(because.of)} is ${because.how === "replaced" ? "replaced" : "changed"}`,
    restored: !declared,
  };
  const gone = because.how === "replaced" && (handler.goesWith?.(before.spec).includes(because.of) ?? false);
  const create = handler.create((declared ? withOthers(declared, before, change.fields) : before).spec, context);
  const statements = gone ? create : [...dropping(handler.drop(before.spec, context)), ...create];
  return { change, statements: planned ? statements : statements.map(forNobody) };
}

/** What comes back as it was, in one go with what it stepped aside for, gives and takes nobody anything. */
function forNobody(statement: Statement): Statement {
  const hazards = statement.hazards?.filter(({ code }) => code !== "WIDENS_ACCESS" && code !== "NARROWS_ACCESS");
  return hazards && hazards.length < (statement.hazards?.length ?? 0) ? { ...statement, hazards } : statement;
}

/**
 * What goes by itself when its parent is dropped needs no statement of its own, unless something else that it uses is
 * dropped too, and could not go before it.
 */
function withoutCompanions(planned: ReadonlyMap<Address, Work>, engine: Engine): Map<Address, Work> {
  const result = new Map<Address, Work>();
  for (const [address, item] of planned) {
    const { change } = item;
    const parents =
      change.action === "drop" && change.before
        ? (engine.handlers[change.kind.name]?.goesWith?.(change.before.spec) ?? [])
        : [];
    const drops = (of: Address): boolean => planned.get(of)?.change.action === "drop";
    const parent = (change.before?.needs ?? []).some((need) => drops(need.address) && !parents.includes(need.address))
      ? undefined
      : parents.find(drops);
    result.set(
      address,
      parent ? { change: { ...change, reason: `goes with ${readable(parent)}` }, statements: [] } : item,
    );
  }
  return result;
}
