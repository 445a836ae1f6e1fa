import type { AccessChange } from "./access/diff.ts";
import type { Address } from "./address.ts";
import type { DataObject } from "./catalog.ts";
import type { Diagnostic, Origin } from "./diagnostic.ts";
import type { FieldChange, Hazard, NotModelled, Phase, Target } from "./engine.ts";
import type { Spec } from "./kind.ts";
import type { NewEntry } from "./ledger.ts";
import type { Mode } from "./ownership.ts";
import type { DataSource } from "./specs.ts";
import type { SecretHole } from "./sql.ts";

/** Version of the plan file's format. */
export const PLAN_VERSION = 1;

export type Action = "create" | "alter" | "replace" | "rename" | "drop";

/** One statement of a plan. */
export interface PlannedStatement {
  /** Place in the order in which the statements run, from 0. */
  readonly order: number;
  readonly phase: Phase;
  readonly sql: string;
  /** Where secrets go when it runs; the text holds none. */
  readonly secrets?: readonly SecretHole[];
  /** Runs before it, because the statement before stood in another schema. */
  readonly enter?: string;
  readonly hazards?: readonly Hazard[];
  /** No SQL: an order of an engine that has none. */
  readonly plain?: true;
  /** False where it stands outside the transaction and is not undone with it. */
  readonly transactional?: false;
  readonly lock?: string;
}

/** What happens to one object. */
export interface Step {
  readonly address: Address;
  readonly action: Action;
  /** Former address of what is renamed. */
  readonly from?: Address;
  readonly fields?: readonly FieldChange[];
  /** Why, where the declaration alone does not say so. */
  readonly reason?: string;
  readonly statements: readonly PlannedStatement[];
  /** Nobody declares it: it only steps aside for another change and comes back as it was. */
  readonly restored?: true;
  /** Nobody declares it: an intent adds to what is there (`amended`), or no longer does (`released`). */
  readonly found?: "amended" | "released";
  /** The declared fields; absent for a drop. */
  readonly spec?: Spec;
  readonly origin?: Origin;
  /** Intent that it was lowered from. */
  readonly intent?: Address;
}

export interface Unmanaged {
  readonly address: Address;
  /** Element of a declared object, such as a column that only the live table has; or what leads to one (`of`). */
  readonly element?: string;
  /** The declared role that one that nobody declares was made a member of. */
  readonly of?: string;
  /** Another data source that declares it. */
  readonly by?: string;
}

/** What would change, for whom, how dangerously: a file. Every output is a rendering of it. */
export interface Plan {
  readonly version: typeof PLAN_VERSION;
  readonly dataSource: string;
  /** How to reach it again and how far to go; holds references to secrets, no secret. */
  readonly source: DataSource;
  /** Data sources that its objects lead to, which running it may have to look into. */
  readonly others?: readonly DataSource[];
  readonly engine: string;
  readonly target: Target;
  readonly mode: Mode;
  /** When the same declaration will mean something else, because a membership ends. */
  readonly changesAt?: string;
  /** Hash of the live catalog that the plan was made from. */
  readonly fingerprint: string;
  /** What was looked at besides the catalogs: declared objects that hold secrets or rows. */
  readonly probes: readonly DataObject[];
  readonly steps: readonly Step[];
  /** Who gains and who loses what, whichever statements do it. */
  readonly access: readonly AccessChange[];
  /** Differences in scopes that are only observed; nothing is done about them. */
  readonly observed: readonly Omit<Step, "statements">[];
  readonly unmanaged: readonly Unmanaged[];
  readonly notModelled: readonly NotModelled[];
  readonly diagnostics: readonly Diagnostic[];
  /** What the ledger learns although nothing changes: objects found as declared, and entries of what is gone. */
  readonly bookkeeping: {
    readonly found: readonly NewEntry[];
    readonly gone: readonly Address[];
    /** Former address and new one of what is named after something that is renamed. */
    readonly moved?: readonly (readonly [Address, Address])[];
  };
}

/** The statements of a plan in the order in which they run. */
export function inOrder(plan: Plan): { step: Step; statement: PlannedStatement }[] {
  return plan.steps
    .flatMap((step) => step.statements.map((statement) => ({ step, statement })))
    .sort((a, b) => a.statement.order - b.statement.order);
}

export function hazardsOf(plan: Plan): { step: Step; hazard: Hazard }[] {
  return plan.steps.flatMap((step) =>
    step.statements.flatMap((statement) => (statement.hazards ?? []).map((hazard) => ({ step, hazard }))),
  );
}

/** How many objects each action concerns. */
export function tally(steps: readonly { readonly action: Action }[]): Record<Action, number> {
  const counts: Record<Action, number> = { create: 0, alter: 0, replace: 0, rename: 0, drop: 0 };
  for (const { action } of steps) counts[action] += 1;
  return counts;
}
