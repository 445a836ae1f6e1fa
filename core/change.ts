import { type Address, address as addressOf, kindOf, readable } from "./address.ts";
import { release, released } from "./amend.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { type Diagnostic, error, warning } from "./diagnostic.ts";
import { diffSpec, fieldAt, openCollection } from "./diff.ts";
import type { FieldChange, Spelled } from "./engine.ts";
import type { Kind, Spec } from "./kind.ts";
import { KINDS } from "./kinds/index.ts";
import { isSettled, type LedgerEntry, madeElement } from "./ledger.ts";
import { meanings, pathKey, references } from "./objects.ts";
import type { Ownership } from "./ownership.ts";
import type { Action, Unmanaged } from "./plan.ts";
import { computedFields, settle } from "./spelling.ts";
import { type Unwanted, unwantedKey } from "./unwanted.ts";

/** What is to happen to one object, before any statement is made of it. */
export interface Change {
  readonly address: Address;
  readonly action: Action;
  readonly kind: Kind;
  readonly before?: DataObject;
  readonly after?: DataObject;
  readonly fields: readonly FieldChange[];
  readonly computed: Spec;
  readonly from?: Address;
  readonly reason?: string;
  /** Nobody declares it: it only stepped aside for another change. */
  readonly restored?: boolean;
  /** Nobody declares it: what an intent had added to it is taken back, and the ledger forgets it. */
  readonly released?: true;
}

export interface Comparison {
  readonly changes: Change[];
  readonly observed: Change[];
  readonly unmanaged: Unmanaged[];
  /** Declared objects that were compared, in the server's spelling; those known to be as declared are left out. */
  readonly compared: Map<Address, { readonly settled: Spec; readonly equal: boolean }>;
  /** Ledger entries whose objects are neither declared nor there. */
  readonly gone: Address[];
  readonly diagnostics: Diagnostic[];
}

export interface Sides {
  readonly desired: Catalog;
  readonly live: Catalog;
  readonly ledger: ReadonlyMap<Address, LedgerEntry>;
  readonly spelled: Spelled;
  readonly ownership: Ownership;
  /** New address → former address and the spec before the rename. */
  readonly renamed: ReadonlyMap<Address, Address>;
  /** @default nothing */
  readonly unwanted?: Unwanted;
}

/** Compares what is declared with what is there, and lets ownership decide what follows. */
export function compare(sides: Sides): Comparison {
  const result: Comparison = {
    changes: [],
    observed: [],
    unmanaged: [],
    compared: new Map(),
    gone: [],
    diagnostics: [],
  };
  for (const [address, after] of sides.desired) compareOne(address, after, sides, result);
  for (const [address, before] of sides.live)
    if (!sides.desired.has(address)) disappear(address, before, sides, result);
  for (const [address, entry] of sides.ledger) {
    if (entry.by === undefined && !sides.desired.has(address) && !sides.live.has(address)) result.gone.push(address);
  }
  followDrops(sides, result);
  return result;
}

/**
 * What follows from what goes. The privileges of a role go before it, whoever granted them: no engine keeps them. And
 * what an intent wanted of an object that it found there, and that goes, is not made.
 */
function followDrops({ desired, live }: Sides, { changes, unmanaged }: Comparison): void {
  const gone = new Set(changes.filter(({ action }) => action === "drop").map(({ address }) => address));
  if (gone.size === 0) return;
  const refersToGone = (object: DataObject, required: boolean): boolean => {
    const kind = kindOfObject(object);
    return references(kind, object.spec).some(({ reference, name, path }) => {
      if (required && !kind.schema.required.includes(path.join("."))) return false;
      const meant = meanings(reference, name);
      return meant.some((of) => gone.has(of)) && !meant.some((of) => desired.has(of));
    });
  };
  const orphans = changes.filter(
    ({ action, after }) => action === "create" && after?.intent !== undefined && refersToGone(after, false),
  );
  for (const orphan of orphans) changes.splice(changes.indexOf(orphan), 1);
  if (![...gone].some((address) => kindOf(address) === "Role")) return;
  for (const [address, before] of live) {
    if (!PRIVILEGES.has(before.kind) || desired.has(address) || gone.has(address) || !refersToGone(before, true))
      continue;
    const reason = "belongs to a role that is dropped";
    changes.push({ address, action: "drop", kind: kindOfObject(before), before, fields: [], computed: {}, reason });
    const listed = unmanaged.findIndex((each) => each.address === address);
    if (listed >= 0) unmanaged.splice(listed, 1);
  }
}

const PRIVILEGES: ReadonlySet<string> = new Set(["Grant", "DefaultPrivilege"]);

function compareOne(address: Address, after: DataObject, sides: Sides, result: Comparison): void {
  const kind = kindOfObject(after);
  const before = sides.live.get(address);
  const target = sides.ownership.mode(kind, after.spec) === "observe" ? result.observed : result.changes;
  if (!before) {
    target.push({ address, action: "create", kind, after, fields: [], computed: {} });
    return;
  }
  const entry = sides.ledger.get(address);
  const from = sides.renamed.get(address);
  if (!from && isSettled(entry, after.spec, before.spec)) return;
  const spelled = sides.spelled.get(address);
  const settled = settle(kind, after.spec, before.spec, entry, spelled);
  const differences = diffSpec(kind.schema, before.spec, settled);
  const fields = keepOthers(address, kind, differences, sides, after, entry, result);
  result.compared.set(address, { settled, equal: differences.length === 0 });
  if (fields.length === 0 && !from) return;
  if (entry?.by !== undefined && target === result.changes)
    result.diagnostics.push(appliedElsewhere(address, after, entry.by));
  const computed = computedFields(kind, spelled);
  target.push({
    address,
    action: from ? "rename" : "alter",
    kind,
    before,
    after,
    fields,
    computed,
    ...(from && { from }),
  });
}

/** Elements that others added to an open collection stay, unless the scope is authoritative or Datumline made them. */
function keepOthers(
  address: Address,
  kind: Kind,
  fields: readonly FieldChange[],
  sides: Sides,
  after: DataObject,
  entry: LedgerEntry | undefined,
  result: Comparison,
): FieldChange[] {
  if (fields.length === 0) return [];
  const whole = !after.found && sides.ownership.mode(kind, after.spec) === "authoritative";
  const all = whole || sides.unwanted?.has(address);
  return fields.flatMap((field): FieldChange[] => {
    if (field.to === undefined && fieldAt(kind.schema, field.path)?.absent === "made")
      return madeElement(entry, pathKey(field.path)) ? [field] : [];
    if (all) return [field];
    if (Array.isArray(field.from) && setIsOpen(kind, field)) return keepMembers(address, field, entry, result);
    if (field.to !== undefined || !openCollection(kind.schema, field.path)) return [field];
    if (madeElement(entry, pathKey(field.path))) return [field];
    if (sides.unwanted?.has(unwantedKey(address, field.path))) return [field];
    if (!after.found) result.unmanaged.push({ address, element: field.path.join(".") });
    return [];
  });
}

function setIsOpen(kind: Kind, field: FieldChange): boolean {
  let schema = kind.schema.properties[field.path[0] as string];
  for (const part of field.path.slice(1)) schema = schema?.properties?.[part];
  return schema?.collection === "set" && schema.open === true;
}

/** The same for the members of an open set, such as the columns of a grant. */
function keepMembers(
  address: Address,
  field: FieldChange,
  entry: LedgerEntry | undefined,
  result: Comparison,
): FieldChange[] {
  const from = field.from as readonly string[];
  const to = (field.to ?? []) as readonly string[];
  let applied: unknown = entry?.applied;
  for (const part of field.path) applied = (applied as Record<string, unknown> | undefined)?.[part];
  const ours = new Set(entry?.made === true && Array.isArray(applied) ? (applied as string[]) : []);
  const others = from.filter((member) => !to.includes(member) && !ours.has(member));
  for (const member of others) result.unmanaged.push({ address, element: [...field.path, member].join(".") });
  const kept = [...to, ...others].sort();
  return kept.length === from.length && kept.every((member) => from.includes(member)) ? [] : [{ ...field, to: kept }];
}

function disappear(address: Address, before: DataObject, sides: Sides, result: Comparison): void {
  const kind = kindOfObject(before);
  const reason = sides.unwanted?.get(address);
  if (reason !== undefined) {
    takeAway({ address, action: "drop", kind, before, fields: [], computed: {}, reason }, sides, result);
    return;
  }
  const managed = sides.ownership.manages(kind, before.spec);
  const entry = sides.ledger.get(address);
  const { made, by } = entry ?? {};
  const mode = sides.ownership.mode(kind, before.spec);
  const fields = release(kind, before, entry);
  if (fields.length > 0 && (kind.fixed || !(mode === "authoritative" && managed))) {
    const after = released(kind, before, fields);
    const reason = "nothing declared asks for it any more";
    const change: Change = {
      address,
      action: "alter",
      kind,
      before,
      after,
      fields,
      computed: {},
      reason,
      released: true,
    };
    (mode === "observe" ? result.observed : result.changes).push(change);
    return;
  }
  const ours = made === true && by === undefined;
  const joining = by === undefined ? joined(address, before, (role) => isDeclared(role, sides.desired)) : [];
  if (kind.fixed || (!managed && !ours)) {
    result.unmanaged.push(...joining);
    return;
  }
  const drop: Change = { address, action: "drop", kind, before, fields: [], computed: {} };
  // It has its owner: another data source declares it for this system.
  if (by !== undefined) result.unmanaged.push({ address, by });
  else if (mode === "observe") {
    if (ours) result.observed.push(drop);
    else result.unmanaged.push({ address }, ...joining);
  } else if (ours || (mode === "authoritative" && managed)) result.changes.push(drop);
  else result.unmanaged.push({ address }, ...joining);
}

/** A member has all that its group has, and its membership is an element of the member, which nobody declares. */
export function joined(address: Address, { kind, spec }: DataObject, known: (role: Address) => boolean): Unmanaged[] {
  if (kind !== "Role") return [];
  return ((spec.memberOf ?? []) as unknown as readonly { readonly role: string }[])
    .filter(({ role }) => known(addressOf("Role", role)))
    .map(({ role }) => ({ address, element: `memberOf.${role}`, of: role }));
}

function isDeclared(address: Address, desired: Catalog): boolean {
  const object = desired.get(address);
  return object !== undefined && !object.found;
}

/** What a declared restriction does not leave, whoever made it. */
function takeAway(drop: Change & { readonly before: DataObject }, sides: Sides, result: Comparison): void {
  const { address, kind, before } = drop;
  if (sides.ownership.mode(kind, before.spec) === "observe") {
    result.observed.push(drop);
    return;
  }
  const { by } = sides.ledger.get(address) ?? {};
  if (by !== undefined) result.diagnostics.push(appliedElsewhere(address, before, by));
  result.changes.push(drop);
}

function appliedElsewhere(address: Address, after: DataObject, by: string): Diagnostic {
  return warning("APPLIED_ELSEWHERE", `${readable(address)} was last applied by the data source ${by}`, {
    address,
    ...(after.origin && { origin: after.origin }),
    detail:
      "Each fact has one owner: keep it in one of the two declarations. If this data source was renamed, all is well.",
  });
}

export function kindOfObject(object: DataObject): Kind {
  const kind = KINDS.get(object.kind);
  if (!kind) throw new Error(`internal: no kind named ${object.kind}`);
  return kind;
}

/** Changes that must not be made whatever is allowed: what is protected, and what may be a rename. */
export function refusals(changes: readonly Change[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  const creates = new Map<string, Change>();
  for (const change of changes)
    if (change.action === "create") creates.set(shape(change.after as DataObject) ?? "", change);
  for (const change of changes) {
    found.push(...elementRefusals(change));
    if (change.action !== "drop" && change.action !== "replace") continue;
    if ((change.after ?? change.before)?.spec.protect) {
      found.push(
        error(
          "PROTECTED",
          `${readable(change.address)} is protected and would be ${change.action === "drop" ? "dropped" : "replaced"}`,
          {
            address: change.address,
            ...(change.after?.origin && { origin: change.after.origin }),
            detail: "Take `protect: true` off in a change of its own, or leave the object as it is.",
          },
        ),
      );
    }
    const like = change.action === "drop" ? creates.get(shape(change.before as DataObject) ?? "-") : undefined;
    if (like)
      found.push(
        lookalike(readable(change.address), readable(like.address), nameOf(change.before as DataObject), like),
      );
  }
  return found;
}

/** What makes two objects that hold data look like one under two names; undefined where nothing is lost. */
function shape(object: DataObject): string | undefined {
  if (object.kind !== "Table") return undefined;
  const columns = object.spec.columns as readonly { name: string; type: string }[];
  return columns
    .map((column) => `${column.name} ${column.type}`)
    .sort()
    .join("\n");
}

function elementRefusals(change: Change): Diagnostic[] {
  if (change.kind.name !== "Table" || change.action === "create" || change.action === "drop") return [];
  const columns = change.fields.filter((field) => field.path.length === 2 && field.path[0] === "columns");
  const added = columns.filter((field) => field.from === undefined);
  return columns
    .filter((field) => field.to === undefined)
    .flatMap((gone) => {
      const type = (gone.from as { type: string }).type;
      const like = added.find((field) => (field.to as { type: string }).type === type);
      if (!like) return [];
      const old = gone.path[1] as string;
      return [lookalike(`column ${old} of ${readable(change.address)}`, `column ${like.path[1]}`, old, change)];
    });
}

function lookalike(gone: string, added: string, old: string, at: Change): Diagnostic {
  return error("LOOKS_LIKE_RENAME", `${gone} would be dropped and ${added}, which looks like it, created`, {
    address: at.address,
    ...(at.after?.origin && { origin: at.after.origin }),
    detail: `If it is the same under a new name, write \`renamedFrom: ${old}\` on the new one. If not, drop the old one in a run of its own first.`,
  });
}

function nameOf(object: DataObject): string {
  return object.spec.name as string;
}
