import { type Address, readable } from "./address.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { type Change, kindOfObject } from "./change.ts";
import type { Engine, PlanContext, Statement } from "./engine.ts";
import { meanings, references } from "./objects.ts";

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
export function work(changes: readonly Change[], engine: Engine, context: PlanContext): Map<Address, Work> {
  const planned = new Map<Address, Work>();
  const queue: { of: Address; columns: readonly string[] | undefined }[] = [];
  for (const change of changes) {
    const made = statementsOf(change, engine, context);
    planned.set(change.address, made);
    queue.push(...disturbances(made));
  }
  const dependants = queue.length > 0 ? dependantsOf(context.live) : new Map<Address, Dependant[]>();
  for (const { of, columns } of queue) {
    for (const dependant of dependants.get(of) ?? []) {
      if (columns && dependant.columns && !dependant.columns.some((column) => columns.includes(column))) continue;
      if (columns && !dependant.columns) continue;
      const made = remake(
        dependant.address,
        { of, whole: columns === undefined },
        planned.get(dependant.address)?.change,
        engine,
        context,
      );
      if (!made) continue;
      planned.set(dependant.address, made);
      queue.push(...disturbances(made));
    }
  }
  return withoutCompanions(planned, engine);
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
  if (!handler || !change.before || !change.after) throw new Error(`internal: half a replacement of ${change.address}`);
  return [...dropping(handler.drop(change.before.spec, context)), ...handler.create(change.after.spec, context)];
}

function dropping(statements: readonly Statement[]): Statement[] {
  return statements.map((statement) => ({ phase: "drop", ...statement }));
}

function disturbances({ change, statements }: Work): { of: Address; columns: readonly string[] | undefined }[] {
  if (change.action === "replace") return [{ of: change.address, columns: undefined }];
  const columns = statements.flatMap((statement) => statement.disturbs ?? []);
  return columns.length > 0 ? [{ of: change.address, columns }] : [];
}

function remake(
  address: Address,
  because: { of: Address; whole: boolean },
  planned: Change | undefined,
  engine: Engine,
  context: PlanContext,
): Work | undefined {
  if (planned && planned.action !== "alter") return undefined;
  const before = context.live.get(address);
  if (!before) return undefined;
  const declared = context.desired.get(address);
  const after = declared ?? before;
  const handler = engine.handlers[before.kind];
  if (!handler) return undefined;
  const change: Change = {
    address,
    action: "replace",
    kind: kindOfObject(before),
    before,
    after,
    fields: planned?.fields ?? [],
    computed: {},
    reason: `${declared ? "made again" : "restored as it was"}, because ${readable(because.of)} is ${because.whole ? "replaced" : "changed"}`,
  };
  const gone = because.whole && (handler.goesWith?.(before.spec).includes(because.of) ?? false);
  const create = handler.create(after.spec, context);
  return { change, statements: gone ? create : [...dropping(handler.drop(before.spec, context)), ...create] };
}

interface Dependant {
  readonly address: Address;
  /** Columns that it uses; undefined where it needs the object as a whole. */
  readonly columns?: readonly string[];
}

function dependantsOf(live: Catalog): Map<Address, Dependant[]> {
  const found = new Map<Address, Dependant[]>();
  const add = (on: Address, dependant: Dependant): void => {
    const known = found.get(on);
    if (known) known.push(dependant);
    else found.set(on, [dependant]);
  };
  for (const [address, object] of live) {
    for (const reference of references(kindOfObject(object), object.spec)) {
      if (reference.reference.orders === false) continue;
      for (const meant of meanings(reference.reference, reference.name)) if (live.has(meant)) add(meant, { address });
    }
    for (const need of object.needs ?? [])
      add(need.address, { address, ...(need.columns && { columns: need.columns }) });
  }
  return found;
}

/** What goes by itself when its parent is dropped needs no statement of its own. */
function withoutCompanions(planned: ReadonlyMap<Address, Work>, engine: Engine): Map<Address, Work> {
  const result = new Map<Address, Work>();
  for (const [address, item] of planned) {
    const { change } = item;
    const parents =
      change.action === "drop" && change.before
        ? (engine.handlers[change.kind.name]?.goesWith?.(change.before.spec) ?? [])
        : [];
    const parent = parents.find((candidate) => planned.get(candidate)?.change.action === "drop");
    result.set(
      address,
      parent ? { change: { ...change, reason: `goes with ${readable(parent)}` }, statements: [] } : item,
    );
  }
  return result;
}
