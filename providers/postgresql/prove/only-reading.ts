/** Who is meant to read some tables and views and to write none of them, as far as a declaration tells. */
import type { AccessModel } from "../../../core/access/model.ts";
import { type Address, address } from "../../../core/address.ts";
import type { ProofContext } from "../../../core/engine.ts";
import { nameParts } from "../../../core/names.ts";
import { access } from "../access/engine.ts";

/** Of roles and what they read: what each may not write, in order. */
export function onlyReading(
  pairs: Iterable<readonly [role: string, object: string]>,
  context: ProofContext,
): ReadonlyMap<string, readonly string[]> {
  const { desired, inspection } = context;
  const { declared, present } = modelsOf(context);
  const byRole = new Map<string, Set<string>>();
  for (const [role, name] of pairs) {
    const object = relationAt(name, desired) ?? relationAt(name, inspection.catalog);
    if (!object || mayWrite(declared, role, object)) continue;
    // Of who is not declared, such as the owner of somebody else's tables, the live system tells.
    if (role !== "public" && present.roles.includes(role) && isAbove(present, role, object)) continue;
    byRole.set(role, (byRole.get(role) ?? new Set<string>()).add(name));
  }
  return new Map([...byRole].map(([role, objects]) => [role, [...objects].sort()]));
}

interface Models {
  readonly declared: AccessModel;
  readonly present: AccessModel;
}

const MODELS = new WeakMap<ProofContext, Models>();

function modelsOf(context: ProofContext): Models {
  const known = MODELS.get(context);
  if (known) return known;
  const { facts, target, catalog } = context.inspection;
  const models = { declared: access.of(context.desired, facts, target), present: access.of(catalog, facts, target) };
  MODELS.set(context, models);
  return models;
}

const WRITES = ["insert", "update", "delete"];

function mayWrite(model: AccessModel, role: string, object: Address): boolean {
  if (model.passes(role)) return true;
  const { privileges } = model.of(role, object);
  return WRITES.some((privilege) => privileges.has(privilege));
}

/** As owner or superuser, which no declaration of a privilege makes or takes away. */
function isAbove(model: AccessModel, role: string, object: Address): boolean {
  if (model.passes(role)) return true;
  const { privileges } = model.of(role, object);
  return WRITES.some((privilege) => privileges.get(privilege)?.some(({ by }) => by === "owner" || by === "superuser"));
}

/** Materialized views cannot be written by anybody. */
function relationAt(name: string, catalog: ProofContext["desired"]): Address | undefined {
  return ["Table", "View"].map((kind) => address(kind, nameParts(name))).find((at) => catalog.has(at));
}
