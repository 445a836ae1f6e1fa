/**
 * Drift: what differs in the live system from what was last applied. The ledger holds what was applied in the server's
 * own spelling, so both sides are read in the same words. What others add where others may (a column, a membership) is
 * no drift, but told; in an authoritative scope nobody else may, nor where a declaration says what must not be.
 */
import type { Address } from "./address.ts";
import { kindOf } from "./address.ts";
import type { Catalog } from "./catalog.ts";
import { joined, kindOfObject } from "./change.ts";
import { now } from "./clock.ts";
import { diffSpec, openCollection } from "./diff.ts";
import type { Engine, FieldChange, Inspection, Target } from "./engine.ts";
import { withoutEnded } from "./expiry.ts";
import type { Kind, Spec } from "./kind.ts";
import { KINDS } from "./kinds/index.ts";
import { type LedgerEntry, madeElement } from "./ledger.ts";
import { pathKey } from "./objects.ts";
import type { Ownership } from "./ownership.ts";
import type { Unmanaged } from "./plan.ts";
import { type Unwanted, unwantedKey } from "./unwanted.ts";

export interface Drifted {
  readonly address: Address;
  /** `added`: by another hand, in an authoritative scope or where a declaration says that nothing else may be. */
  readonly how: "changed" | "gone" | "added";
  /** From what was applied to what is there. */
  readonly fields?: readonly FieldChange[];
  /** Why nobody may add it: what is declared leaves no room for it. */
  readonly reason?: string;
}

export interface Drift {
  readonly version: 1;
  readonly dataSource: string;
  readonly target: Target;
  readonly drifted: readonly Drifted[];
  /** What others added where others may. */
  readonly unmanaged: readonly Unmanaged[];
  /** How many applied objects were compared. */
  readonly compared: number;
}

export interface DriftInput {
  readonly dataSource: string;
  readonly engine: Pick<Engine, "isProbe">;
  readonly inspection: Inspection;
  readonly ledger: ReadonlyMap<Address, LedgerEntry>;
  readonly ownership: Ownership;
  /** Native objects that are declared now, for the fields that they ignore; empty where there are no documents. */
  readonly declared: Catalog;
  /** What must not be by what is declared. */
  readonly unwanted: Unwanted;
  /** What the inspection looked at besides the catalogs. */
  readonly probes: Catalog;
}

export function driftOf(input: DriftInput): Drift {
  const { dataSource, inspection, ledger, ownership, declared, unwanted } = input;
  const drifted: Drifted[] = [];
  const unmanaged: Unmanaged[] = [];
  let compared = 0;
  for (const entry of ledger.values()) {
    const kind = KINDS.get(kindOf(entry.address));
    const applied = kind && visible(kind, entry, input);
    if (!kind || !applied) continue;
    compared += 1;
    const live = inspection.catalog.get(entry.address);
    if (!live) {
      drifted.push({ address: entry.address, how: "gone" });
      continue;
    }
    const fields = differences(kind, applied, live.spec, entry, input, unmanaged);
    if (fields.length > 0) drifted.push({ address: entry.address, how: "changed", fields });
  }
  for (const [address, object] of inspection.catalog) {
    if (ledger.has(address) || declared.has(address)) continue;
    const kind = kindOfObject(object);
    const reason = unwanted.get(address);
    if (reason !== undefined) {
      drifted.push({ address, how: "added", reason });
      continue;
    }
    const joining = joined(address, object, (role) => ledger.has(role) || declared.has(role));
    if (kind.fixed || !ownership.manages(kind, object.spec)) unmanaged.push(...joining);
    else if (ownership.mode(kind, object.spec) === "authoritative") drifted.push({ address, how: "added" });
    else unmanaged.push({ address }, ...joining);
  }
  return { version: 1, dataSource, target: inspection.target, drifted, unmanaged, compared };
}

/** The part of what was applied that this inspection could see; undefined where that is nothing. */
function visible(kind: Kind, entry: LedgerEntry, { engine, probes }: DriftInput): Spec | undefined {
  if (probes.has(entry.address)) return entry.applied;
  const open = Object.entries(entry.applied).filter(([name]) => !kind.schema.properties[name]?.secret);
  const spec = Object.fromEntries(open);
  return engine.isProbe({ kind: kind.name, spec }) ? undefined : spec;
}

function differences(
  kind: Kind,
  applied: Spec,
  live: Spec,
  entry: LedgerEntry,
  { ownership, declared, unwanted }: DriftInput,
  unmanaged: Unmanaged[],
): FieldChange[] {
  const { ignore } = declared.get(entry.address)?.spec ?? {};
  const whole = ownership.mode(kind, live) === "authoritative";
  const due = withoutEnded(kind.name, applied, now());
  // What has ended and is still there is drift, whoever granted it.
  const ended = due !== applied;
  return diffSpec(kind.schema, live, ignore === undefined ? due : { ...due, ignore }).flatMap(
    ({ path, from: there, to: was }): FieldChange[] => {
      if (ended && was === undefined && path[0] === "memberOf" && hadMembership(applied, path[1]))
        return [{ path, from: was, to: there }];
      const isOpen = !whole && !unwanted.has(unwantedKey(entry.address, path));
      if (isOpen && was === undefined && openCollection(kind.schema, path) && !madeElement(entry, pathKey(path))) {
        unmanaged.push({ address: entry.address, element: path.join(".") });
        return [];
      }
      return [{ path, from: was, to: there }];
    },
  );
}

function hadMembership(applied: Spec, group: string | undefined): boolean {
  const memberships = (applied.memberOf ?? []) as unknown as readonly { readonly role: string }[];
  return memberships.some(({ role }) => role === group);
}
