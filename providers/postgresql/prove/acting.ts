/** Who acts in proofs of rows: roles as they are declared, with what they have without SET ROLE. */
import { address } from "../../../core/address.ts";
import type { Catalog, DataObject } from "../../../core/catalog.ts";
import type { ProofContext } from "../../../core/engine.ts";
import { nameParts } from "../../../core/names.ts";
import type { Table } from "../../../core/specs.ts";
import type { AccessFacts } from "../access/privileges.ts";
import { RoleGraph, type Way } from "../access/roles.ts";
import { grantsOn } from "../ways.ts";

interface Roles {
  readonly graph: RoleGraph;
  /** Those that are declared, in order. */
  readonly declared: readonly string[];
}

const ROLES = new WeakMap<ProofContext, Roles>();

/** A catalog is gone through once, however many rules ask. */
function rolesIn(context: ProofContext): Roles {
  const known = ROLES.get(context);
  if (known) return known;
  const { catalog, facts, target } = context.inspection;
  const isRole = ([, { kind }]: readonly [unknown, DataObject]): boolean => kind === "Role";
  const declared = [...context.desired].filter(isRole);
  const major = Math.floor(target.versionNumber / 10000);
  const all: Catalog = new Map([...[...catalog].filter(isRole), ...declared]);
  const found: Roles = {
    graph: new RoleGraph(all, { ...(facts as AccessFacts), major }),
    declared: declared.map(([, { spec }]) => spec.name as string).sort(),
  };
  ROLES.set(context, found);
  return found;
}

/** A role as it acts, with all whose rights it inherits; one that nobody declares as it is there. */
export function acting(role: string, context: ProofContext): Way {
  return rolesIn(context).graph.itself(role);
}

/** Columns of a table on which a role is granted a privilege; what everybody is granted is its own as well. */
export function granted(
  role: string,
  privilege: string,
  table: string,
  context: ProofContext,
): "all" | ReadonlySet<string> {
  const { holders } = acting(role, context);
  const found = new Set<string>();
  for (const { grant } of grantsOn(table, context.desired)) {
    const { to, privileges, on } = grant;
    if (!privileges.includes(privilege) || !(to === "public" || holders.has(to))) continue;
    if (!on.columns) return "all";
    for (const column of on.columns) found.add(column);
  }
  return found;
}

/** Declared roles that are granted a privilege on a table, or on some of its columns, in order. */
export function holdersOf(privilege: string, table: string, context: ProofContext): readonly string[] {
  const given = grantsOn(table, context.desired).filter(({ grant: { privileges } }) => privileges.includes(privilege));
  const to = new Set(given.map(({ grant }) => grant.to));
  const { declared } = rolesIn(context);
  if (to.has("public")) return declared;
  return declared.filter((role) => [...acting(role, context).holders.keys()].some((holder) => to.has(holder)));
}

/** A table as it is declared, or else as it is there. */
export function tableIn(name: string, { desired, inspection }: ProofContext): Table | undefined {
  const at = address("Table", nameParts(name));
  return (desired.get(at) ?? inspection.catalog.get(at))?.spec as unknown as Table | undefined;
}
