/** What the policies of a table leave a role, and what makes a row meet those that intents made. */
import type { Address, address } from "../../../core/address.ts";
import type { ProofContext } from "../../../core/engine.ts";
import type { PlantedRow } from "../../../core/proofs/model.ts";
import type { Enum, RowAccess, RowPolicy, Table, TenantIsolation } from "../../../core/specs.ts";
import { sameName } from "../ways.ts";
import { acting, tableIn } from "./acting.ts";
import { type Canary, canaryOf, together, type Values, valuesFor } from "./canary.ts";
import { type Command, holds, type Opened, openedBy } from "./opened.ts";

/** A RowAccess or a TenantIsolation. */
export type Rule = { readonly kind: string } & Pick<RowAccess, "name"> & Partial<RowAccess & TenantIsolation>;

/** A role on a table, by one of the rules that hold for it. */
export interface Bound {
  readonly rule: Rule;
  readonly table: Table;
  readonly on: string;
  readonly as: string;
  readonly opened: Exclude<Opened, "all">;
  /** What meets all the rules. */
  readonly inside: Canary;
  /** Values with which such a row is hidden by this rule. */
  readonly outside: PlantedRow;
  /** A row inside is seen: no policy narrows that says nothing of what meets it. */
  readonly isSeen: boolean;
  /** Conditions of policies that say nothing of what meets them, so that a row outside may be seen as well. */
  readonly unread: readonly string[];
  /** Without the settings no row is seen. */
  readonly needsSettings: boolean;
  /** The rule refuses a row outside that an update would make. */
  readonly refusesMoves: boolean;
  readonly values: Values;
}

interface Native {
  readonly policy: RowPolicy;
  readonly intent: Address | undefined;
}

export function ruleAt(at: Address | undefined, { declared }: ProofContext): Rule | undefined {
  const object = at && declared.get(at);
  return object && ({ kind: object.kind, ...object.spec } as unknown as Rule);
}

/** Names of the tables that an intent made policies for. */
export function tablesOf(at: Address, context: ProofContext): readonly string[] {
  return [...policiesIn(context)].filter(([, all]) => all.some(({ intent }) => intent === at)).map(([table]) => table);
}

/** Undefined where the rule changes nothing for the role: it is not for it, or all rows are open. */
export function boundBy(at: Address, on: string, as: string, context: ProofContext): Bound | undefined {
  const [rule, table] = [ruleAt(at, context), tableIn(on, context)];
  if (!rule || !table) return undefined;
  const { holders } = acting(as, context);
  const values = valuesFor(table, (type) => labelsOf(type, context));
  const sides = (command: Command): Sides =>
    sidesOf((policiesIn(context).get(on) ?? []).filter(({ policy }) => holds(policy, command, holders)));
  const canary = canaries(values, context);
  const known = (some: readonly Native[]): Canary => together([...new Set(some.flatMap((one) => canary(one) ?? []))]);
  const isUnknown = (one: Native): boolean => !canary(one) && !isTrue(one);
  const asks = (one: Native): boolean => Object.keys(canary(one)?.settings ?? {}).length > 0;
  const isMine = ({ intent }: Native): boolean => intent === at;

  const { all, narrow, open } = sides("select");
  const opened = openedBy(all.map(({ policy }) => policy));
  const narrows = narrow.some(isMine);
  if (opened === "all" || !(narrows || (open.some(isMine) && !open.some(isTrue)))) return undefined;
  const update = sides("update");
  const opensMore = update.open.some((one) => isTrue(one) || isUnknown(one));
  return {
    rule,
    table,
    on,
    as,
    opened,
    inside: known(all),
    outside: known(narrows ? narrow.filter(isMine) : open).others,
    isSeen: opened !== "none" && !narrow.some(isUnknown) && open.some((one) => !isUnknown(one)),
    unread: all.filter(isUnknown).flatMap(({ policy: { using } }) => using ?? []),
    needsSettings: narrow.some(asks) || (open.length > 0 && open.every(asks)),
    refusesMoves: update.narrow.some(isMine) || (update.open.some(isMine) && !opensMore),
    values,
  };
}

interface Sides {
  readonly all: readonly Native[];
  readonly narrow: readonly Native[];
  readonly open: readonly Native[];
}

function sidesOf(all: readonly Native[]): Sides {
  const isNarrow = ({ policy }: Native): boolean => policy.as === "restrictive";
  return { all, narrow: all.filter(isNarrow), open: all.filter((one) => !isNarrow(one)) };
}

function isTrue({ policy: { using = "true" } }: Native): boolean {
  return using.trim() === "true";
}

/** What meets the intent of a policy, if that says it: one for all its policies. */
function canaries(values: Values, context: ProofContext): (native: Native) => Canary | undefined {
  const made = new Map<Address, Canary | undefined>();
  return ({ intent }) => {
    if (!intent) return undefined;
    if (!made.has(intent)) made.set(intent, canaryFor(ruleAt(intent, context), values));
    return made.get(intent);
  };
}

function canaryFor(rule: Rule | undefined, values: Values): Canary | undefined {
  if (rule?.kind !== "TenantIsolation") return rule && canaryOf(rule, values);
  const { column = "", setting, mapping } = rule;
  return canaryOf(
    mapping ? { mapping: { ...mapping, column } } : { tenant: { column, setting: setting ?? "" } },
    values,
  );
}

const POLICIES = new WeakMap<ProofContext, ReadonlyMap<string, readonly Native[]>>();

/** Declared policies by table; a catalog is gone through once, however many rules ask. */
function policiesIn(context: ProofContext): ReadonlyMap<string, readonly Native[]> {
  const known = POLICIES.get(context);
  if (known) return known;
  const found = new Map<string, Native[]>();
  for (const { kind, intent, spec } of context.desired.values()) {
    if (kind !== "RowPolicy") continue;
    const policy = spec as unknown as RowPolicy;
    const table = sameName(policy.table);
    const same = found.get(table);
    if (same) same.push({ policy, intent });
    else found.set(table, [{ policy, intent }]);
  }
  POLICIES.set(context, found);
  return found;
}

/** Values of an enum, by the name of the type. */
function labelsOf(type: string, { desired, inspection }: ProofContext): readonly string[] {
  const at = `Enum/${type}` as ReturnType<typeof address>;
  return ((desired.get(at) ?? inspection.catalog.get(at))?.spec as unknown as Enum | undefined)?.values ?? [];
}
