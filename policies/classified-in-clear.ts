import { type Address, address, readable } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { nameParts } from "../core/names.ts";
import type { ColumnAccess, Grant, MaskedView, Table } from "../core/specs.ts";
import { revoking } from "./by-hand.ts";
import { rolesIn, withGroups } from "./memberships.ts";

/**
 * Who is granted a whole table reads what is classified in it, and what will be: nobody decided on these columns. What a
 * mask or a ColumnAccess says of its own readers is not told again.
 */
export const classifiedInClear: Guardrail = {
  code: "CLASSIFIED_IN_CLEAR",
  pack: "classification",
  find(judged) {
    const { desired, live } = judged;
    const readers = readersOfAll(desired, live);
    if (readers.size === 0) return [];
    const told = toldOf(judged);
    return [...desired].flatMap(([at, { kind, spec }]): Finding[] => {
      if (kind !== "Table") return [];
      const table = spec as unknown as Table;
      const classified = table.columns.filter(({ classification: word }) => word !== undefined && word !== OPEN);
      const roles = (readers.get(at) ?? []).filter((role) => !told.get(at)?.has(role));
      return classified.length === 0 || roles.length === 0 ? [] : [finding(at, table, classified, roles)];
    });
  },
};

/** The word for what everybody may read. */
const OPEN = "public";

function finding(
  at: Address,
  { schema, name, columns }: Table,
  classified: Table["columns"],
  roles: readonly string[],
): Finding {
  const table = at.slice(at.indexOf("/") + 1);
  const what = classified.map((column) => `${column.name} [${column.classification}]`).join(", ");
  const names = classified.map((column) => column.name);
  const remedy =
    columns.length > classified.length
      ? { closes: [{ kind: "ColumnAccess", spec: { table, to: roles, except: names } }] }
      : { byHand: roles.map((to) => revoking({ to, privileges: ["select"], on: { table } })).join(" ") };
  return {
    address: at,
    summary: `${readable(at)}: ${roles.map((role) => (role === OPEN ? "everybody" : role)).join(", ")} read ${what} in clear, granted with the whole table`,
    detail: `Grant the columns that they need, or say so once: a ColumnAccess of ${schema}.${name} with \`exceptClasses\`, and a MaskedView for what they may see of the rest.`,
    ...remedy,
  };
}

/** Roles that are granted to read a whole table, by its address. */
function readersOfAll(desired: Catalog, live: Catalog): Map<Address, string[]> {
  const found = new Map<Address, Set<string>>();
  for (const catalog of [desired, live]) {
    for (const { kind, spec } of catalog.values()) {
      const { to, privileges, on } = spec as unknown as Grant;
      if (kind !== "Grant" || on.table === undefined || on.columns || !privileges.includes("select")) continue;
      const at = address("Table", nameParts(on.table));
      found.set(at, (found.get(at) ?? new Set()).add(to));
    }
  }
  return new Map([...found].map(([at, roles]) => [at, [...roles].sort()]));
}

/** Roles of which an error or a warning says already that they come to the columns of a table, by its address. */
function toldOf({ declared, desired, live, told }: Judged): Map<Address, Set<string>> {
  const found = new Map<Address, Set<string>>();
  const roles = rolesIn(desired, live);
  for (const { code, address: at } of told) {
    const object = at && declared.get(at);
    if (!object || (code !== "MASK_BYPASSED" && code !== "ACCESS_VOID")) continue;
    const { table, from, to = [] } = object.spec as Partial<ColumnAccess & MaskedView>;
    const name = table ?? from;
    if (name === undefined) continue;
    const of = address("Table", nameParts(name));
    const known = found.get(of) ?? new Set();
    for (const role of withGroups(to, roles)) known.add(role);
    found.set(of, known.add(OPEN));
  }
  return found;
}
