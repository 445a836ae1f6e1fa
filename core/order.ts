/**
 * The order rule: rename first; then revoke and restrict; drop in reverse, as soon as nothing needs the object; build
 * what is new, each after what it needs; link tables to each other; protect them (a table's row security is switched on
 * only after its policies exist); fill them; expose last. Within a phase: by rank of the kind, then by address, so that
 * the same plan always reads the same.
 */
import type { Address } from "./address.ts";
import type { Work } from "./cascade.ts";
import type { Catalog } from "./catalog.ts";
import { kindOfObject } from "./change.ts";
import { type Engine, type NormaliseContext, PHASES, type Phase, type Statement } from "./engine.ts";
import { meanings, references } from "./objects.ts";

/** Statements of one object that run in one phase. */
interface Unit {
  readonly address: Address;
  readonly phase: Phase;
  readonly rank: number;
  readonly statements: Statement[];
  readonly before: Unit[];
  state: "waiting" | "open" | "done";
}

type Units = ReadonlyMap<Address, ReadonlyMap<Phase, Unit>>;

export interface Ordered {
  readonly address: Address;
  readonly statement: Statement;
}

export function order(
  works: ReadonlyMap<Address, Work>,
  desired: Catalog,
  live: Catalog,
  engine: Engine,
  context: NormaliseContext,
): Ordered[] {
  const units = unitsOf(works);
  for (const [address, phases] of units) {
    chain(phases);
    const { change } = works.get(address) as Work;
    if (change.after) needAfter(address, phases, units, change, desired.get(address) ?? change.after, engine, context);
    if (change.before) needBefore(phases, units, live.get(address) ?? change.before, works);
  }
  const result: Ordered[] = [];
  for (const phase of PHASES) {
    const ready = [...units.values()].flatMap((phases) => phases.get(phase) ?? []);
    ready.sort(phase === "drop" ? (a, b) => byPlace(b, a) : byPlace);
    for (const unit of ready) visit(unit, result);
  }
  return result;
}

function byPlace(a: Unit, b: Unit): number {
  return a.rank - b.rank || (a.address < b.address ? -1 : a.address > b.address ? 1 : 0);
}

function unitsOf(works: ReadonlyMap<Address, Work>): Units {
  const units = new Map<Address, Map<Phase, Unit>>();
  for (const [address, { change, statements }] of works) {
    const phases = new Map<Phase, Unit>();
    for (const statement of statements) {
      const phase = statement.phase ?? "build";
      const unit = phases.get(phase);
      if (unit) unit.statements.push(statement);
      else
        phases.set(phase, {
          address,
          phase,
          rank: change.kind.rank,
          statements: [statement],
          before: [],
          state: "waiting",
        });
    }
    if (phases.size > 0) units.set(address, phases);
  }
  return units;
}

function chain(phases: ReadonlyMap<Phase, Unit>): void {
  let previous: Unit | undefined;
  for (const phase of PHASES) {
    const unit = phases.get(phase);
    if (unit && previous) unit.before.push(previous);
    previous = unit ?? previous;
  }
}

const MAKING: readonly Phase[] = ["build", "link", "protect", "fill", "expose"];

/** What is made waits for what it needs to be made. */
function needAfter(
  address: Address,
  phases: ReadonlyMap<Phase, Unit>,
  units: Units,
  { kind, before, restored }: Work["change"],
  object: { kind: string; spec: Work["change"]["computed"] },
  engine: Engine,
  context: NormaliseContext,
): void {
  const first = MAKING.map((phase) => phases.get(phase)).find((unit) => unit !== undefined);
  if (first) {
    const needed = [
      ...references(kindOfObject(object), object.spec)
        .filter(({ reference }) => reference.orders !== false)
        .flatMap(({ reference, name }) => meanings(reference, name)),
      // What comes back as it was needs what it needed; of new text the engine can only tell so much.
      ...((restored ? before?.needs : engine.handlers[kind.name]?.needs?.(object.spec, context)) ?? []).map(
        (need) => need.address,
      ),
    ];
    for (const on of needed) {
      const other = units.get(on);
      if (on !== address) waitFor(first, other?.get("build") ?? other?.get(first.phase));
    }
  }
  for (const unit of phases.values()) {
    for (const statement of unit.statements)
      for (const on of statement.after ?? []) waitFor(unit, units.get(on)?.get("build"));
  }
}

/** What goes, or changes, goes before what it needed; what stays lets go of it first. */
function needBefore(
  phases: ReadonlyMap<Phase, Unit>,
  units: Units,
  object: Work["change"]["before"] & object,
  works: ReadonlyMap<Address, Work>,
): void {
  const needed = new Set<Address>();
  for (const { reference, name } of references(kindOfObject(object), object.spec)) {
    for (const meant of meanings(reference, name)) needed.add(meant);
  }
  for (const need of object.needs ?? []) needed.add(need.address);
  const going = phases.get("drop") ?? phases.get("restrict");
  const staying = phases.get("build");
  for (const on of needed) {
    const other = units.get(on);
    if (!other) continue;
    if (going) {
      waitFor(other.get("drop") ?? other.get(going.phase), going);
      const action = works.get(on)?.change.action;
      if (action === "alter" || action === "rename") waitFor(other.get("build"), going);
    } else if (staying && works.get(on)?.change.action === "drop") waitFor(other.get("drop"), staying);
  }
}

function waitFor(unit: Unit | undefined, first: Unit | undefined): void {
  if (unit && first && unit !== first) unit.before.push(first);
}

/** A circle can only come from guesses at what a text needs; the guess that closes it is let go. */
function visit(unit: Unit, result: Ordered[]): void {
  if (unit.state !== "waiting") return;
  unit.state = "open";
  for (const first of unit.before) visit(first, result);
  unit.state = "done";
  for (const statement of unit.statements) result.push({ address: unit.address, statement });
}
