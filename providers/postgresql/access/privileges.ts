/**
 * Who was given what on which object, as ACLs hold it. https://www.postgresql.org/docs/current/ddl-priv.html
 */
import { columnsOf, EVERYBODY, type Holding } from "../../../core/access/model.ts";
import { type Address, address } from "../../../core/address.ts";
import type { Catalog } from "../../../core/catalog.ts";
import { nameParts } from "../../../core/names.ts";
import { functionAddress } from "../../../core/routine.ts";
import type { Grant, Role, Table } from "../../../core/specs.ts";

/** One kind of thing that privileges are granted on. */
export type Sort = "relation" | "sequence" | "schema" | "database" | "function";

export interface Privilege {
  readonly privilege: string;
  /** Absent for all of them, those to come included. */
  readonly columns?: ReadonlySet<string>;
}

/** An object of no kind that privileges can be granted on. */
export interface Other {
  readonly sort: Sort;
  readonly owner: string;
  readonly rowSecurity?: NonNullable<Table["rowSecurity"]>;
  /** Of a relation. */
  readonly columns?: readonly string[];
  /** Of a function: runs with its owner's rights. */
  readonly asOwner?: true;
}

export interface AccessFacts {
  readonly databaseOwner?: string;
  /** Roles that the catalog does not hold: nobody declares them, and yet they own and have members. */
  readonly otherRoles?: readonly Role[];
  readonly others?: ReadonlyMap<Address, Other>;
  /** What is left to their owners of objects whose owner gave up some of it. */
  readonly kept?: ReadonlyMap<Address, readonly Privilege[]>;
}

/** What a role was given of an object, by privilege, and why. */
export type Given = Map<string, Pick<Holding, "columns"> & { readonly by: Exclude<Holding["by"], "superuser"> }>;

export interface Secured {
  readonly address: Address;
  readonly sort: Sort;
  readonly owner: string | undefined;
  /** The schema without whose use nobody can name it; absent where it needs none, and where nothing is known of the schema. */
  readonly schema?: Address;
  readonly given: Map<string, Given>;
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

/** What members of these roles can do with every object of a sort, without a grant. https://www.postgresql.org/docs/current/predefined-roles.html */
const PREDEFINED: Readonly<Record<string, Readonly<Partial<Record<Sort, readonly string[]>>>>> = {
  pg_read_all_data: { relation: ["select"], sequence: ["select"], schema: ["usage"] },
  pg_write_all_data: { relation: ["insert", "update", "delete"], sequence: ["update"], schema: ["usage"] },
  pg_maintain: { relation: ["maintain"] },
};

export interface Surroundings extends AccessFacts {
  readonly major: number;
  /** Name of the database that the catalog is of; undefined where nothing was connected to. */
  readonly database?: string | undefined;
  /** Owner of what is declared without one. */
  readonly creator?: string | undefined;
}

/** All that privileges can be granted on, by address, with what each role has of it. */
export function securedObjects(catalog: Catalog, around: Surroundings): Map<Address, Secured> {
  const found = new Map<Address, Secured>();
  const add = (at: Address, sort: Sort, owner: string | undefined): Secured => {
    const schema = schemaOf(at, sort);
    const secured: Secured = {
      address: at,
      sort,
      owner,
      ...(schema && catalog.has(schema) && { schema }),
      given: new Map(),
    };
    found.set(at, secured);
    // Of what is left to an owner that gave up something, its ACL tells as of anybody's.
    const kept = around.kept?.get(at);
    const all = privilegesOf(sort, around.major).map((privilege) => ({ privilege }));
    if (owner !== undefined) give(secured, owner, kept ?? all, kept ? "grant" : "owner");
    for (const [role, of] of Object.entries(PREDEFINED))
      give(
        secured,
        role,
        (of[sort] ?? []).map((privilege) => ({ privilege })),
        "predefined",
      );
    return secured;
  };
  for (const [at, { kind, spec }] of catalog) {
    const sort = SORTS[kind];
    if (sort) add(at, sort, (spec.owner as string | undefined) ?? around.creator);
  }
  for (const [at, { sort, owner }] of around.others ?? []) add(at, sort, owner);
  if (around.database !== undefined && around.databaseOwner !== undefined)
    add(address("Database", around.database), "database", around.databaseOwner);
  // Of one table there are many grants.
  const relations = new Map<string, readonly [Address, Sort]>();
  for (const { kind, spec } of catalog.values()) {
    if (kind !== "Grant") continue;
    const { to, on, privileges } = spec as unknown as Grant;
    const known = on.table === undefined ? undefined : relations.get(on.table);
    const [at, sort] = known ?? targetOf(on, found);
    if (on.table !== undefined && !known) relations.set(on.table, [at, sort]);
    const columns = on.columns && new Set(on.columns);
    give(
      found.get(at) ?? add(at, sort, undefined),
      to,
      privileges.map((privilege) => ({ privilege, ...(columns && { columns }) })),
      to === EVERYBODY ? "everybody" : "grant",
    );
  }
  return found;
}

/** The schema that an object is in; the arguments of a function follow its name. */
function schemaOf(at: Address, sort: Sort): Address | undefined {
  if (sort === "schema" || sort === "database") return undefined;
  const first = /^(?:"(?:[^"]|"")+"|[^."(]+)(?=\.)/.exec(at.slice(at.indexOf("/") + 1))?.[0];
  return first === undefined ? undefined : address("Schema", nameParts(first));
}

/** Roles that a schema gives its use to. */
export function usersOf({ given }: Secured): Set<string> {
  return new Set([...given].flatMap(([role, privileges]) => (privileges.has("usage") ? [role] : [])));
}

/** What comes in several grants adds up. */
function give(
  { given }: Secured,
  role: string,
  what: readonly Privilege[],
  by: Exclude<Holding["by"], "superuser">,
): void {
  if (what.length === 0) return;
  const all: Given = given.get(role) ?? new Map();
  given.set(role, all);
  for (const { privilege, columns = "all" } of what) {
    const there = all.get(privilege);
    all.set(privilege, there ? { ...there, columns: columnsOf([there, { columns }]) } : { columns, by });
  }
}

/** The object of a grant; databases and functions are objects of no kind, but privileges are granted on them. */
function targetOf(on: Grant["on"], found: ReadonlyMap<Address, Secured>): [Address, Sort] {
  if (on.schema !== undefined) return [address("Schema", on.schema), "schema"];
  if (on.database !== undefined) return [address("Database", on.database), "database"];
  if (on.function !== undefined) return [functionAddress(on.function), "function"];
  if (on.sequence !== undefined) return [address("Sequence", nameParts(on.sequence)), "sequence"];
  const parts = nameParts(on.table as string);
  const known = ["View", "MaterializedView"].map((kind) => address(kind, parts)).find((at) => found.has(at));
  return [known ?? address("Table", parts), "relation"];
}
