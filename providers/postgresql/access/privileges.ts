/**
 * Who was given what on which object, as ACLs hold it. https://www.postgresql.org/docs/current/ddl-priv.html
 */
import { type Address, address } from "../../../core/address.ts";
import type { Catalog } from "../../../core/catalog.ts";
import { nameParts } from "../../../core/names.ts";
import type { Grant } from "../../../core/specs.ts";

/** One kind of thing that privileges are granted on. */
export type Sort = "relation" | "sequence" | "schema" | "database" | "function";

/** One privilege of one role on an object. */
export interface Entry {
  readonly to: string;
  readonly privilege: string;
  readonly columns?: ReadonlySet<string>;
}

export interface Secured {
  readonly address: Address;
  readonly sort: Sort;
  readonly owner: string | undefined;
  readonly entries: Entry[];
}

const SORTS: Readonly<Record<string, Sort>> = {
  Table: "relation",
  View: "relation",
  MaterializedView: "relation",
  Sequence: "sequence",
  Schema: "schema",
};

/** What an owner can do, and a superuser. */
export function privilegesOf(sort: Sort, major: number): readonly string[] {
  if (sort === "relation") return major >= 17 ? [...TABLE, "maintain"] : TABLE;
  return OTHERS[sort];
}

const TABLE = ["select", "insert", "update", "delete", "truncate", "references", "trigger"];
const OTHERS: Readonly<Record<Exclude<Sort, "relation">, readonly string[]>> = {
  sequence: ["usage", "select", "update"],
  schema: ["usage", "create"],
  database: ["connect", "create", "temporary"],
  function: ["execute"],
};

/** Privileges that a column can have of its own. */
export const COLUMN_PRIVILEGES: ReadonlySet<string> = new Set(["select", "insert", "update", "references"]);

/** All that privileges can be granted on, by address, with what was granted. */
export function securedObjects(catalog: Catalog): Map<Address, Secured> {
  const found = new Map<Address, Secured>();
  for (const [at, { kind, spec }] of catalog) {
    const sort = SORTS[kind];
    if (sort) found.set(at, { address: at, sort, owner: spec.owner as string | undefined, entries: [] });
  }
  for (const { kind, spec } of catalog.values()) {
    if (kind !== "Grant") continue;
    const grant = spec as unknown as Grant;
    const [at, sort] = targetOf(grant, catalog);
    let secured = found.get(at);
    if (!secured) {
      secured = { address: at, sort, owner: undefined, entries: [] };
      found.set(at, secured);
    }
    for (const privilege of grant.privileges) {
      secured.entries.push({
        to: grant.to,
        privilege,
        ...(grant.on.columns && { columns: new Set(grant.on.columns) }),
      });
    }
  }
  return found;
}

/** The object of a grant; databases and functions are objects of no kind, but privileges are granted on them. */
function targetOf({ on }: Grant, catalog: Catalog): [Address, Sort] {
  if (on.schema !== undefined) return [address("Schema", on.schema), "schema"];
  if (on.database !== undefined) return [address("Database", on.database), "database"];
  if (on.function !== undefined) return [`Function/${on.function}` as Address, "function"];
  if (on.sequence !== undefined) return [address("Sequence", nameParts(on.sequence)), "sequence"];
  const parts = nameParts(on.table as string);
  for (const kind of ["Table", "View", "MaterializedView"]) {
    const at = address(kind, parts);
    if (catalog.has(at)) return [at, "relation"];
  }
  return [address("Table", parts), "relation"];
}
