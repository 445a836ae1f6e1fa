import type { Address } from "./address.ts";
import { readable } from "./address.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { kindOfObject } from "./change.ts";
import { type Diagnostic, error } from "./diagnostic.ts";
import type { ChangesElsewhere, Engine, Inspection, Session } from "./engine.ts";
import type { Estate } from "./estate.ts";
import type { Judge } from "./guardrail.ts";
import type { LedgerEntry } from "./ledger.ts";
import { lower } from "./lower.ts";
import { meanings, references } from "./objects.ts";
import { type Mode, ownership } from "./ownership.ts";
import type { Plan } from "./plan.ts";
import { makePlan } from "./planner.ts";
import { applyRenames, movedLedger } from "./rename.ts";
import type { Reference } from "./schema.ts";
import type { DataSource } from "./specs.ts";
import { unsettled } from "./spelling.ts";

/** One declared data source, ready to be compared. */
export interface Declaration {
  readonly source: DataSource;
  readonly declared: Catalog;
  /** All that is declared with it; absent where it stands alone. */
  readonly estate?: Estate;
  readonly mode?: Mode;
  /** Folder that the places of documents are told from. @default the current one */
  readonly cwd?: string;
  /** What the offline checks and guardrails had to say. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Inspects and compares: the plan of one data source. Reads only. `before` are plans that run before it. */
export async function plan(
  session: Session,
  engine: Engine,
  declaration: Declaration,
  judge?: Judge,
  before: readonly Plan[] = [],
): Promise<Plan> {
  const [found, ledger] = await Promise.all([
    session.inspect(probes(declaration.declared, engine)),
    session.ledger?.entries("all"),
  ]);
  const elsewhere = new Map(before.map(({ dataSource, steps }) => [dataSource, steps]));
  return compareWith(session, engine, declaration, foreseen(engine, found, elsewhere), ledger, judge);
}

/** What was found, as it will be once plans of other data sources have run. */
export function foreseen(engine: Engine, found: Inspection, elsewhere: ChangesElsewhere): Inspection {
  return engine.foresee ? { ...found, catalog: engine.foresee(found.catalog, elsewhere) } : found;
}

/** The same from an inspection that has been made: after an apply, to see that nothing is left to do. */
export async function compareWith(
  session: Session,
  engine: Engine,
  declaration: Declaration,
  inspection: Inspection,
  ledger: ReadonlyMap<Address, LedgerEntry> | undefined,
  judge?: Judge,
): Promise<Plan> {
  const { source, declared, estate, mode, cwd } = declaration;
  const { desired, unwanted, diagnostics, changesAt } = lower(declared, engine, inspection);
  const renames = applyRenames(desired, inspection.catalog);
  const { live } = renames;
  const known = ledger && movedLedger(ledger, renames.moved);
  const questions = unsettled(desired, live, known ?? new Map());
  const spelled =
    questions.size > 0 ? await session.spell(questions, { desired, live, facts: inspection.facts }) : new Map();
  const made = makePlan({
    engine,
    source,
    mode: mode ?? source.manage?.mode ?? "additive",
    ownership: ownership(source, declared, mode),
    others: engine.capabilities.leadsOn ? [...othersIn(declared).values()] : [],
    desired,
    unwanted,
    ...(changesAt !== undefined && { changesAt }),
    inspection,
    renames,
    ledger: known,
    spelled,
    diagnostics: [...declaration.diagnostics, ...diagnostics, ...missing(desired, declared, inspection, engine)],
  });
  if (!judge) return made;
  const told = await judge({
    source,
    declared,
    ...(estate && { estate }),
    desired,
    live: leftBy(made, live),
    inspection,
    plan: made,
    told: made.diagnostics,
    ...(cwd !== undefined && { cwd }),
  });
  // A plan holds what is computed only when it is asked for, so it is not copied.
  return Object.assign(made, { diagnostics: told });
}

/** The other declared data sources, by name. */
export function othersIn(declared: Catalog): Map<string, DataSource> {
  const sources = [...declared.values()].filter(({ kind }) => kind === "DataSource");
  return new Map(sources.map(({ spec }) => [spec.name as string, spec as unknown as DataSource]));
}

/** What is there and stays: what the plan takes away is nothing to warn of. */
function leftBy({ steps }: Plan, live: Catalog): Catalog {
  const gone = new Set(steps.filter(({ action }) => action === "drop").map(({ address }) => address));
  return gone.size > 0 ? new Map([...live].filter(([address]) => !gone.has(address))) : live;
}

/** Declared objects that hold secrets or rows, which only a look of their own can compare. */
export function probes(declared: Catalog, engine: Engine): Catalog {
  const found = new Map<Address, DataObject>();
  for (const [address, object] of lower(intentsWithRows(declared, engine), engine, undefined).desired) {
    if (engine.isProbe(object)) found.set(address, object);
  }
  return found;
}

function intentsWithRows(declared: Catalog, engine: Engine): Catalog {
  return new Map([...declared].filter(([, object]) => engine.isProbe(object) || engine.intents[object.kind]?.fills));
}

/** References to what others own are looked up where they live. */
function missing(desired: Catalog, declared: Catalog, inspection: Inspection, engine: Engine): Diagnostic[] {
  const { catalog, present } = inspection;
  const found: Diagnostic[] = [];
  // Most names stand in many places.
  const looked = new Map<Reference, Map<string, boolean>>();
  const exists = (reference: Reference, name: string): boolean => {
    const known = looked.get(reference) ?? new Map<string, boolean>();
    looked.set(reference, known);
    let answer = known.get(name);
    if (answer === undefined) {
      answer =
        meanings(reference, name).some((of) => [desired, catalog, present, declared].some((all) => all.has(of))) ||
        reference.kinds.some((kind) => engine.isBuiltIn(kind, name));
      known.set(name, answer);
    }
    return answer;
  };
  for (const [address, object] of desired) {
    if (object.found) continue;
    for (const { reference, name } of references(kindOfObject(object), object.spec)) {
      if (exists(reference, name)) continue;
      found.push(
        error(
          "UNKNOWN_REFERENCE",
          `${readable(address)} refers to ${reference.kinds[0]} ${name}, which is neither declared nor there`,
          {
            address,
            ...(object.origin && { origin: object.origin }),
            detail: "It is named as external, and the live system does not have it. Create it there, or mend the name.",
          },
        ),
      );
    }
  }
  return found;
}
