import type { Address } from "./address.ts";
import { readable } from "./address.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { type Change, compare, kindOfObject } from "./change.ts";
import { error } from "./diagnostic.ts";
import { diffSpec } from "./diff.ts";
import type { Engine, Inspection, Run, Session } from "./engine.ts";
import { Refusal, StatementError } from "./errors.ts";
import { KINDS } from "./kinds/index.ts";
import type { LedgerEntry, NewEntry } from "./ledger.ts";
import { canonical, pathKey, rewrittenTexts, withTexts } from "./objects.ts";
import { inOrder, type Plan, type PlannedStatement, type Step } from "./plan.ts";
import { catalogHash, ledgerEntry } from "./planner.ts";

export interface ApplyOptions {
  readonly progress: (done: number, total: number) => void;
  /** Declared objects that hold secrets or rows. */
  readonly probes: Catalog;
  /** Compares once more before the change is kept: the names of what would still differ. */
  readonly recheck?: (inspection: Inspection, ledger: ReadonlyMap<Address, LedgerEntry>) => Promise<readonly string[]>;
  /** Proves what is declared before the change is kept; throws where it does not hold. */
  readonly prove?: (inspection: Inspection) => Promise<void>;
}

/** What an apply leaves: enough to know that a next plan would be empty. */
export interface Applied {
  readonly statements: number;
  /** Taken before the last inspection, so that whatever happens after it shows. */
  readonly fingerprint: string;
}

/**
 * Runs a plan, whole or not at all where the engine can: wait for the turn, see that the live system is still the one
 * that the plan was made from, run, inspect again, compare, write the ledger, keep. Killed anywhere, the next run finds
 * either nothing done or, where statements stand outside a transaction, exactly the rest.
 */
export async function apply(session: Session, engine: Engine, plan: Plan, options: ApplyOptions): Promise<Applied> {
  await session.lock();
  await session.ledger?.prepare();
  const before = await session.inspect(options.probes);
  refuseStale(plan, before);
  const statements = inOrder(plan);
  const runs = statements.map(({ step, statement }) => runOf(step, statement));
  const problems = await session.preflight(runs);
  if (problems.some((problem) => problem.severity === "error")) throw new Refusal(problems, 1);

  const total = statements.length;
  const segments = engine.capabilities.transactions ? segmentsOf(statements) : statements.map((item) => [item]);
  let done = 0;
  const kept = new Set<Address>();
  for (const segment of segments.slice(0, -1)) {
    await runSegment(session, segment, (count) => options.progress(done + count, total)).catch(telling(plan, kept));
    done += segment.length;
    for (const { step } of segment) kept.add(step.address);
  }
  await session.begin();
  try {
    const last = segments.at(-1) ?? [];
    await session.run(
      last.map(({ step, statement }) => runOf(step, statement)),
      (count) => options.progress(done + count, total),
    );
    const fingerprint = await session.fingerprint();
    const after = await session.inspect(options.probes);
    const ledger = new Map(await session.ledger?.entries("all"));
    const entries = verified(plan, before, after, engine, ledger);
    const gone = [...plan.steps.flatMap((step) => goneWith(step)), ...plan.bookkeeping.gone];
    if (options.recheck) await convergedOrThrow(options.recheck, after, ledger, entries, gone);
    await options.prove?.(after);
    await session.ledger?.write([...plan.bookkeeping.found, ...entries], gone);
    await session.commit();
    return { statements: total, fingerprint };
  } catch (problem) {
    await session.rollback();
    return telling(plan, kept)(problem);
  }
}

/** A failed statement says where its object is declared, and what had been committed before it. */
function telling({ steps }: Plan, kept: ReadonlySet<Address>): (problem: unknown) => never {
  return (problem) => {
    if (!(problem instanceof StatementError)) throw problem;
    throw problem.told(steps.find(({ address }) => address === problem.address)?.origin, [...kept]);
  };
}

function refuseStale(plan: Plan, now: Inspection): void {
  if (now.target.identity !== plan.target.identity) {
    const detail = `The plan is for ${plan.target.location}; this is ${now.target.location}. Make a plan for this one.`;
    throw new Refusal([error("WRONG_TARGET", "The plan was made for another system", { detail })], 3);
  }
  if (catalogHash(now.catalog) === plan.fingerprint) return;
  throw new Refusal(
    [
      error("STALE_PLAN", "The live system has changed since the plan was made", {
        detail: "Make a new plan and review it.",
      }),
    ],
    3,
  );
}

type Item = { readonly step: Step; readonly statement: PlannedStatement };

function runOf(step: Step, statement: PlannedStatement): Run {
  return { enter: statement.enter, text: statement.sql, secrets: statement.secrets ?? [], address: step.address };
}

/** Statements that cannot be undone stand alone between transactions. */
function segmentsOf(items: readonly Item[]): Item[][] {
  const segments: Item[][] = [];
  let open: Item[] = [];
  for (const item of items) {
    if (item.statement.transactional !== false) {
      open.push(item);
      continue;
    }
    if (open.length > 0) segments.push(open);
    segments.push([item]);
    open = [];
  }
  segments.push(open);
  return segments;
}

/** The ledger learns what Datumline made before a later segment can fail; what it says is completed at the end. */
async function runSegment(
  session: Session,
  segment: readonly Item[],
  progress: (count: number) => void,
): Promise<void> {
  // A step of several statements is made once.
  const steps = new Set(segment.map(({ step }) => step));
  const made = [...steps].filter(({ action }) => action === "create").map(provisional);
  const runs = segment.map(({ step, statement }) => runOf(step, statement));
  if (segment[0]?.statement.transactional === false) {
    await session.begin();
    await session.ledger?.write(made, []);
    await session.commit();
    return session.run(runs, progress);
  }
  await session.begin();
  try {
    await session.run(runs, progress);
    await session.ledger?.write(made, []);
    await session.commit();
  } catch (problem) {
    await session.rollback();
    throw problem;
  }
}

function provisional(step: Step): NewEntry {
  return { address: step.address, applied: step.spec ?? {}, texts: {}, made: true };
}

function goneWith(step: Step): Address[] {
  if (step.action === "drop" || step.found === "released") return [step.address];
  return step.from ? [step.from] : [];
}

/** The ledger entries of what was changed, once it is there as declared. */
function verified(
  plan: Plan,
  before: Inspection,
  after: Inspection,
  engine: Engine,
  ledger: ReadonlyMap<Address, LedgerEntry>,
): NewEntry[] {
  const entries: NewEntry[] = [];
  const wrong: string[] = [];
  const formerly = new Map((plan.bookkeeping.moved ?? []).map(([old, now]) => [now, old]));
  for (const step of plan.steps) {
    const object = after.catalog.get(step.address);
    if (step.action === "drop") {
      if (object) wrong.push(`${readable(step.address)} is still there`);
      continue;
    }
    if (!object || !step.spec) {
      wrong.push(`${readable(step.address)} is not there`);
      continue;
    }
    const declared: DataObject = {
      kind: object.kind,
      spec: spelledNow(object.kind, step.spec, engine, after),
      ...(step.found && { found: true }),
    };
    const settled = inWordsOf(declared, object);
    const former = formerly.get(step.address) ?? step.from ?? step.address;
    const entry = ledger.get(former);
    wrong.push(...differences(step, declared, settled, object, entry));
    if (step.restored || step.found === "released") continue;
    const equal = diffSpec(kindOfObject(object).schema, object.spec, settled).length === 0 ? object : undefined;
    entries.push(ledgerEntry(step.address, declared, settled, madeBy(step, before.catalog.has(former), entry), equal));
  }
  if (wrong.length > 0) throw notConverged(wrong);
  return entries;
}

/** The declared spec in the engine's spelling, now that everything is there that a name may mean: types of a new extension. */
function spelledNow(
  kindName: string,
  spec: DataObject["spec"],
  engine: Engine,
  { catalog, facts }: Inspection,
): DataObject["spec"] {
  const kind = KINDS.get(kindName);
  const spelled = engine.handlers[kindName]?.normalise?.(spec, { desired: catalog, live: catalog, facts });
  return kind && spelled ? canonical(kind.schema, spelled) : spec;
}

/** The declared spec with every text as the server now reads it back. */
function inWordsOf(declared: DataObject, live: DataObject): DataObject["spec"] {
  const kind = KINDS.get(declared.kind);
  if (!kind) return declared.spec;
  const texts = rewrittenTexts(kind, live.spec);
  return withTexts(kind, declared.spec, (path) => texts.get(path));
}

/** What the plan meant to change and is still different; what it left to others does not count. */
function differences(
  step: Step,
  declared: DataObject,
  settled: DataObject["spec"],
  live: DataObject,
  entry: LedgerEntry | undefined,
): string[] {
  const meant =
    step.action === "create" || step.action === "replace"
      ? undefined
      : new Set((step.fields ?? []).map((field) => pathKey(field.path)));
  const compared = compare({
    desired: new Map([[step.address, { ...declared, spec: settled }]]),
    live: new Map([[step.address, live]]),
    ledger: entry ? new Map([[step.address, entry]]) : new Map(),
    spelled: new Map(),
    ownership: { mode: () => "additive", manages: () => false, managesSchema: () => false },
    renamed: new Map(),
  });
  return compared.changes.flatMap((change: Change) =>
    change.fields
      .filter((field) => !meant || meant.has(pathKey(field.path)))
      .map(
        (field) =>
          `${readable(step.address)}: ${field.path.join(".")} is ${JSON.stringify(field.from)}, declared is ${JSON.stringify(field.to)}`,
      ),
  );
}

function madeBy(step: Step, existed: boolean, entry: LedgerEntry | undefined): LedgerEntry["made"] {
  if (!existed || entry?.made === true) return true;
  const added = (step.fields ?? [])
    .filter((field) => field.from === undefined && (field.path.length > 1 || step.found !== undefined))
    .map((field) => pathKey(field.path));
  return [...new Set([...(entry?.made ?? []), ...added])];
}

async function convergedOrThrow(
  recheck: NonNullable<ApplyOptions["recheck"]>,
  after: Inspection,
  ledger: Map<Address, LedgerEntry>,
  entries: readonly NewEntry[],
  gone: readonly Address[],
): Promise<void> {
  for (const address of gone) ledger.delete(address);
  for (const entry of entries) ledger.set(entry.address, entry);
  const rest = await recheck(after, ledger);
  if (rest.length > 0) throw notConverged(rest);
}

function notConverged(differences: readonly string[]): Refusal {
  return new Refusal(
    differences.map((difference) =>
      error("NOT_CONVERGED", difference, { detail: "The change was undone where the engine can undo it." }),
    ),
    1,
  );
}
