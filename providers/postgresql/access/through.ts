/**
 * What a view shows of what its reader may not read. A view runs with its owner's rights, and fails for everybody where
 * these do not suffice; one with security_invoker, wherever it stands, runs with those of whoever runs the query. A
 * materialized view shows what its owner read when it was filled, and asks nobody again.
 * https://www.postgresql.org/docs/current/rules-privileges.html
 */
import type { Holding, Through } from "../../../core/access/model.ts";
import { type Address, address, kindOf } from "../../../core/address.ts";
import type { Catalog, DataObject, Need } from "../../../core/catalog.ts";
import { formatName } from "../../../core/names.ts";
import type { MaterializedView, Table, View } from "../../../core/specs.ts";
import { needsOf, tokens } from "../lexer.ts";
import { mentionedColumns } from "./mentioned.ts";
import type { Other, Secured } from "./privileges.ts";
import type { RoleGraph, Way } from "./roles.ts";
import type { Rows } from "./rows.ts";

type Shown = Omit<Through, "by" | "setRole">;

/** A need as the server checks it. */
export interface Use extends Need {
  /** Uses whole rows, and with them every column. */
  readonly whole?: boolean;
  /** All that it can show of what is not made yet, by its text. */
  readonly atMost?: readonly string[];
}

export interface Behind {
  readonly shown: readonly Shown[];
  /** What whoever runs the query must be able to read besides. */
  readonly asks: readonly Use[];
  /** Its owner may not read what it uses, so that it shows nothing to anybody. */
  readonly fails: boolean;
}

/** What runs as whoever runs the query asks for their rights, and shows nothing that they could not read. */
const ASKED = (use: Use): Behind => ({ shown: [], asks: [use], fails: false });

const NOTHING: Behind = { shown: [], asks: [], fails: false };

export class Views {
  /** Those that are read with other rights than the reader's. */
  readonly addresses: ReadonlySet<Address>;
  readonly #catalog: Catalog;
  readonly #secured: ReadonlyMap<Address, Secured>;
  readonly #roles: RoleGraph;
  readonly #rows: Rows;
  readonly #others: ReadonlyMap<Address, Other>;
  readonly #select: (role: string, object: Address) => Holding["columns"];
  readonly #behind = new Map<Address, Behind>();

  constructor(
    catalog: Catalog,
    secured: ReadonlyMap<Address, Secured>,
    roles: RoleGraph,
    rows: Rows,
    others: ReadonlyMap<Address, Other>,
    select: (role: string, object: Address) => Holding["columns"],
  ) {
    this.#catalog = catalog;
    this.#secured = secured;
    this.#roles = roles;
    this.#rows = rows;
    this.#others = others;
    this.#select = select;
    this.addresses = new Set(
      [...catalog].flatMap(([at, object]) => (isQuery(object) && !isInvoker(object) ? [at] : [])),
    );
  }

  behind(view: Address, open: ReadonlySet<Address> = new Set()): Behind {
    const known = this.#behind.get(view);
    if (known) return known;
    // No view can use itself; a text that was taken for a name may.
    if (open.has(view)) return NOTHING;
    const object = this.#catalog.get(view);
    if (!object) return NOTHING;
    const behind = this.#follow(object, new Set([...open, view]));
    this.#behind.set(view, behind);
    return behind;
  }

  /** May a role read this without SET ROLE? */
  reads(role: string, { address: at, columns, whole }: Use): boolean {
    if (!this.#secured.has(at)) return true;
    const held = this.#select(role, at);
    // Even to count rows takes some column.
    if (held === "all" || held.size === 0) return held === "all";
    return whole ? this.#areAll(held, at) : (columns ?? []).every((column) => held.has(column));
  }

  #follow(object: DataObject, open: ReadonlySet<Address>): Behind {
    const owner = this.#secured.get(addressOf(object))?.owner;
    // Of a role that is only named nobody can tell what it may read.
    const way = owner !== undefined && this.#roles.knows(owner) ? this.#roles.itself(owner) : undefined;
    const { shown, asks, fails } = this.#uses(object, open, (use) => ({
      shown: this.#table(use, way),
      asks: [],
      fails: way !== undefined && !this.reads(way.role, use),
    }));
    if (object.kind === "View") return { shown: merged(shown), asks, fails };
    // Whoever filled it could read it all as the one who ran the query, and what it holds stays.
    const filledBy = owner === undefined ? {} : { filledBy: owner };
    const kept = [...shown, ...asks.flatMap((use) => this.#table(use, way))].map((one) => ({ ...filledBy, ...one }));
    return { shown: merged(kept), asks: [], fails: false };
  }

  /** What an object uses and what is behind that; each use is judged by who needs to be able to read it. */
  #uses(object: DataObject, open: ReadonlySet<Address>, judge: (use: Use) => Behind): Behind {
    const columnsIn = (at: Address): readonly string[] | undefined =>
      (this.#catalog.get(at)?.spec as Partial<Table> | undefined)?.columns?.map(({ name }) => name) ??
      this.#others.get(at)?.columns;
    const parts = usesOf(object, this.#catalog, columnsIn).flatMap((use): Behind[] => {
      const used = this.#catalog.get(use.address);
      if (!used || !isQuery(used)) return [judge(use)];
      if (!isInvoker(used)) return [judge(use), this.behind(use.address, open)];
      if (open.has(use.address)) return [];
      return [judge(use), this.#uses(used, new Set([...open, use.address]), ASKED)];
    });
    return {
      shown: parts.flatMap(({ shown }) => shown),
      asks: parts.flatMap(({ asks }) => asks),
      fails: parts.some(({ fails }) => fails),
    };
  }

  #areAll(held: ReadonlySet<string>, of: Address): boolean {
    const { columns, output } = (this.#catalog.get(of)?.spec ?? {}) as Partial<Table & View>;
    const names = columns?.map(({ name }) => name) ?? this.#others.get(of)?.columns;
    if (names) return names.every((name) => held.has(name));
    // Each is a name and a type, and a name may hold a space.
    return (output ?? []).every((one) => [...held].some((name) => one.startsWith(`${name} `)));
  }

  #table({ address: at, columns: used, whole, atMost }: Use, way: Way | undefined): Shown[] {
    const columns = used ?? atMost;
    if (kindOf(at) !== "Table") return [];
    const rows = way ? this.#rows.rule(way, at, "select").text : "all";
    return [{ object: at, rows, ...(columns && !whole && { columns }) }];
  }
}

function isQuery({ kind }: DataObject): boolean {
  return kind === "View" || kind === "MaterializedView";
}

function addressOf({ kind, spec }: DataObject): Address {
  return address(kind, [spec.schema as string, spec.name as string]);
}

function isInvoker({ spec }: DataObject): boolean {
  return (spec as unknown as Partial<View>).securityInvoker ?? false;
}

/** As the server knows it; by the names in its text where it is not made yet. */
function usesOf(
  { spec, needs }: DataObject,
  catalog: Catalog,
  columnsIn: (table: Address) => readonly string[] | undefined,
): readonly Use[] {
  const { query, schema } = spec as unknown as View | MaterializedView;
  if (!needs)
    return needsOf(query, schema, catalog).map((need): Use => {
      const atMost = mentionedColumns(query, need.address, columnsIn(need.address));
      return { ...need, ...(atMost && { atMost }) };
    });
  const isWhole = query.includes(".*") ? wholeRows(query) : () => false;
  return (
    needs
      .map(({ address: at, columns = [] }): Use => ({ address: at, columns, ...(isWhole(at) && { whole: true }) }))
      // What it draws numbers from it does not read.
      .filter(({ address: at, columns = [] }) => kindOf(at) !== "Sequence" || columns.length > 0)
  );
}

/**
 * Of which relations a text uses whole rows, which the server does not count as the use of a column. In its spelling
 * every relation stands under its full name, its alias follows, and `.*` is nothing but a whole row.
 */
function wholeRows(query: string): (relation: Address) => boolean {
  const all = [...tokens(query)].map(({ text }) => text);
  const starred = new Set(all.filter((_, at) => all[at + 1] === "." && all[at + 2] === "*"));
  const found = new Set<string>();
  for (const [at, schema] of all.entries()) {
    const [dot, name = "", alias = ""] = all.slice(at + 1, at + 4);
    if (dot === "." && (starred.has(name) || starred.has(alias))) found.add(formatName([schema, name]));
  }
  return (relation) => found.has(relation.slice(relation.indexOf("/") + 1));
}

/** The same rows of an object, read more than once, are one. */
function merged(shown: readonly Shown[]): Shown[] {
  const found = new Map<string, Shown>();
  for (const one of shown) {
    const key = JSON.stringify([one.object, one.rows, one.filledBy]);
    const same = found.get(key);
    const { columns: _, ...rest } = one;
    const columns = same && (same.columns && one.columns ? [...new Set([...same.columns, ...one.columns])] : undefined);
    found.set(key, same ? { ...rest, ...(columns && { columns }) } : one);
  }
  return [...found.values()];
}
