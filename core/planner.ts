import { createHash } from "node:crypto";
import { accessOfPlan } from "./access/plan.ts";
import { type Address, readable } from "./address.ts";
import { standing } from "./amend.ts";
import { type Work, work } from "./cascade.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { type Change, type Comparison, compare, kindOfObject, refusals, type Sides } from "./change.ts";
import { type Diagnostic, error } from "./diagnostic.ts";
import type { Engine, Inspection, PlanContext, Spelled } from "./engine.ts";
import { withoutImplied } from "./implied.ts";
import { type LedgerEntry, type NewEntry, settlement, textHashes } from "./ledger.ts";
import { byType } from "./not-modelled.ts";
import { fieldsOf, sameJson, specText } from "./objects.ts";
import { type Ordered, order } from "./order.ts";
import type { Mode, Ownership } from "./ownership.ts";
import { PLAN_VERSION, type Plan, type PlannedStatement, type Step } from "./plan.ts";
import type { Renamed } from "./rename.ts";
import type { Json } from "./schema.ts";
import type { DataSource } from "./specs.ts";
import type { Unwanted } from "./unwanted.ts";

export interface PlanInput {
  readonly engine: Engine;
  readonly source: DataSource;
  /** Data sources that its objects lead to. */
  readonly others: readonly DataSource[];
  readonly mode: Mode;
  readonly ownership: Ownership;
  /** Native objects, lowered and spelled as far as no server is needed. */
  readonly desired: Catalog;
  /** What must not be, whoever made it. */
  readonly unwanted: Unwanted;
  readonly changesAt?: string;
  readonly inspection: Inspection;
  /** The live side under its new names. */
  readonly renames: Renamed;
  /** Under the new names; absent where there is no ledger. */
  readonly ledger: ReadonlyMap<Address, LedgerEntry> | undefined;
  readonly spelled: Spelled;
  readonly diagnostics: readonly Diagnostic[];
}

/** From both sides to the plan: pure. */
export function makePlan(input: PlanInput): Plan {
  const { engine, inspection, ownership, unwanted } = input;
  const { live, renamed, moved } = input.renames;
  const ledger = input.ledger ?? new Map<Address, LedgerEntry>();
  const desired = standing(input.desired, ledger, ownership);
  const sides = { desired, live, ledger, spelled: input.spelled, ownership, renamed, unwanted };
  const compared = compare(sides);
  const planned = new Map(compared.changes.map((change) => [change.address, change]));
  const context: PlanContext = {
    desired,
    live,
    target: inspection.target,
    facts: inspection.facts,
    isNew: (of) => planned.get(of)?.action === "create",
    planned: (of) => planned.get(of),
  };
  const observed = new Set(compared.observed.map((change) => change.address));
  const works = withoutImplied(work(compared.changes, engine, context, observed), engine, context, ownership, unwanted);
  const ordered = order(works, desired, live, engine, { desired, live, facts: inspection.facts });
  let fingerprint: string | undefined;
  return {
    version: PLAN_VERSION,
    dataSource: input.source.name,
    source: input.source,
    ...(input.others.length > 0 && { others: input.others }),
    engine: engine.name,
    target: inspection.target,
    mode: input.mode,
    ...(input.changesAt !== undefined && { changesAt: input.changesAt }),
    // Whoever applies or keeps a plan needs it; whoever sees that nothing is to be done does not.
    get fingerprint() {
      fingerprint ??= catalogHash(inspection.catalog);
      return fingerprint;
    },
    probes: [...desired.values()].filter(engine.isProbe).map(({ kind, spec }) => ({ kind, spec })),
    steps: stepsOf(works, ordered, engine, context),
    access: accessOfPlan(
      [...works.values()].map(({ change }) => change),
      engine,
      context,
      inspection,
    ),
    observed: compared.observed.map(stepHead),
    unmanaged: compared.unmanaged,
    notModelled: byType(inspection.notModelled.filter(({ schema }) => ownership.managesSchema(schema))),
    diagnostics: [
      ...input.diagnostics,
      ...compared.diagnostics,
      ...refusals([...works.values()].map(({ change }) => change)),
      ...impossible(works),
    ],
    bookkeeping: input.ledger ? bookkeeping(compared, sides, works, moved) : { found: [], gone: [] },
  };
}

function impossible(works: ReadonlyMap<Address, Work>): Diagnostic[] {
  return [...works.values()].flatMap(({ change: { address, after }, refused }) =>
    refused === undefined
      ? []
      : [
          error("NOT_SUPPORTED", `${readable(address)}: ${refused}`, {
            address,
            ...(after?.origin && { origin: after.origin }),
          }),
        ],
  );
}

/** Hash of everything that was found, so that a plan can tell whether it still stands. */
export function catalogHash(live: Catalog): string {
  const digest = createHash("sha256");
  for (const address of [...live.keys()].sort())
    digest.update(`${address} ${specText((live.get(address) as DataObject).spec)}\n`);
  return digest.digest("base64url").slice(0, 22);
}

function stepsOf(
  works: ReadonlyMap<Address, Work>,
  ordered: readonly Ordered[],
  engine: Engine,
  context: PlanContext,
): Step[] {
  const statements = new Map<Address, PlannedStatement[]>();
  let scope: string | undefined;
  ordered.forEach(({ address, statement }, index) => {
    const enter =
      statement.scope !== undefined && statement.scope !== scope
        ? engine.enter(statement.scope, context).text
        : undefined;
    scope = statement.scope ?? scope;
    const planned: PlannedStatement = {
      order: index,
      phase: statement.phase ?? "build",
      sql: statement.sql.text,
      ...(statement.sql.secrets.length > 0 && { secrets: statement.sql.secrets }),
      ...(enter && { enter }),
      ...(statement.hazards && statement.hazards.length > 0 && { hazards: statement.hazards }),
      ...(engine.capabilities.plain && { plain: true as const }),
      ...(statement.transactional === false && { transactional: false }),
      ...(statement.lock && { lock: statement.lock }),
    };
    const known = statements.get(address);
    if (known) known.push(planned);
    else statements.set(address, [planned]);
  });
  const rest = [...works.keys()].filter((address) => !statements.has(address));
  return [...statements.keys(), ...rest].map((address) => ({
    ...stepHead((works.get(address) as Work).change),
    statements: statements.get(address) ?? [],
  }));
}

function stepHead({
  address,
  action,
  from,
  fields,
  reason,
  restored,
  released,
  after,
}: Change): Omit<Step, "statements"> {
  return {
    address,
    action,
    ...(from && { from }),
    ...(fields.length > 0 && { fields }),
    ...(reason && { reason }),
    ...(restored && { restored }),
    ...(after?.found && { found: released ? "released" : "amended" }),
    ...(after && { spec: after.spec }),
    ...(after?.origin && { origin: after.origin }),
    ...(after?.intent && { intent: after.intent }),
  };
}

/** What the ledger should say of objects that are as declared: the engine's spelling, for the next plan. */
function bookkeeping(
  { compared, gone }: Comparison,
  { desired, live, ledger }: Sides,
  works: ReadonlyMap<Address, Work>,
  moved: ReadonlyMap<Address, Address>,
): Plan["bookkeeping"] {
  const found: NewEntry[] = [];
  const arrived = new Set(moved.values());
  for (const [address, { settled, equal }] of compared) {
    const entry = ledger.get(address);
    if (works.has(address)) continue;
    const object = desired.get(address) as DataObject;
    const made = entry?.made ?? [];
    const there = equal ? live.get(address) : undefined;
    const next = ledgerEntry(address, object, settled, made, there);
    if (entry?.by !== undefined) continue;
    if (!entry || arrived.has(address) || !sameEntry(entry, next)) found.push(next);
  }
  return { found, gone: [...gone, ...moved.keys()], ...(moved.size > 0 && { moved: [...moved] }) };
}

function sameEntry(a: NewEntry, b: NewEntry): boolean {
  return a.settled === b.settled && sameJson(a.applied as Json, b.applied as Json) && sameJson(a.texts, b.texts);
}

/**
 * The entry of an object whose declared fields read like `settled` in the engine's spelling; `equal` is the live object
 * where it is as declared in every field.
 */
export function ledgerEntry(
  address: Address,
  object: DataObject,
  settled: DataObject["spec"],
  made: LedgerEntry["made"],
  equal: DataObject | undefined,
): NewEntry {
  const kind = kindOfObject(object);
  return {
    address,
    // Of an object that nobody declares only what is amended counts, and its entry must say so by itself.
    applied: object.found ? settled : withoutLocal(kind, settled),
    texts: textHashes(kind, object.spec),
    made,
    ...(equal && { settled: settlement(object.spec, equal.spec) }),
  };
}

function withoutLocal(kind: Change["kind"], spec: DataObject["spec"]): DataObject["spec"] {
  const local = fieldsOf(kind.schema).filter(([name, field]) => field.local && spec[name] !== undefined);
  if (local.length === 0) return spec;
  return Object.fromEntries(Object.entries(spec).filter(([name]) => !kind.schema.properties[name]?.local));
}
