/** Effective access on PostgreSQL, computed from a catalog alone: what the server would answer, and on which path. */
import {
  type AccessModel,
  columnsOf,
  type Effective,
  EVERYBODY,
  type Future,
  type Holding,
  type Through,
} from "../../../core/access/model.ts";
import { type Address, address } from "../../../core/address.ts";
import type { Catalog } from "../../../core/catalog.ts";
import type { AccessEngine } from "../../../core/engine.ts";
import type { Function as Routine, Table } from "../../../core/specs.ts";
import { futuresOf, type Promised, promisesIn } from "./futures.ts";
import { combine, ownPrivileges, type Rules } from "./holdings.ts";
import {
  type AccessFacts,
  type Other,
  type Secured,
  type Surroundings,
  securedObjects,
  usersOf,
} from "./privileges.ts";
import { RoleGraph, type Way } from "./roles.ts";
import { Rows } from "./rows.ts";
import { type Known, nodeOf, type Shape, Shapes } from "./shapes.ts";
import { type Use, Views } from "./through.ts";

const EMPTY: Effective = { privileges: new Map() };

export const accessOf: AccessEngine["of"] = (catalog, facts, { versionNumber, database }) =>
  new PostgresAccess(catalog, {
    ...(facts as AccessFacts),
    major: Math.floor(versionNumber / 10000),
    database,
    creator: facts.connectedAs || undefined,
  });

class PostgresAccess implements AccessModel {
  readonly roles: readonly string[];
  readonly objects: readonly Address[];
  readonly #catalog: Catalog;
  readonly #others: ReadonlyMap<Address, Other>;
  readonly #creator: string | undefined;
  readonly #major: number;
  readonly #graph: RoleGraph;
  readonly #rows: Rows;
  readonly #views: Views;
  readonly #secured: ReadonlyMap<Address, Secured>;
  readonly #known = new Map<string, Known>();
  #shapes: Shapes | undefined;
  #promises: readonly Promised[] | undefined;
  readonly #users = new Map<Address, ReadonlySet<string>>();

  constructor(catalog: Catalog, around: Surroundings) {
    this.#catalog = catalog;
    this.#others = around.others ?? new Map();
    this.#creator = around.creator;
    this.#major = around.major;
    this.#graph = new RoleGraph(catalog, around);
    this.#secured = securedObjects(catalog, around);
    this.#rows = new Rows(catalog, this.#secured, around.others);
    this.#views = new Views(catalog, this.#secured, this.#graph, this.#rows, this.#others, (role, object) =>
      columnsOf((this.of(role, object).privileges.get("select") ?? []).filter(({ setRole }) => !setRole)),
    );
    this.roles = [EVERYBODY, ...this.#graph.names];
    this.objects = [...this.#secured.keys()].sort();
  }

  of(role: string, object: Address): Effective {
    const shape = this.#shaped().of(object);
    return shape ? this.#answer(role, object, shape) : EMPTY;
  }

  ofEach(role: string): Effective[] {
    return this.#shaped().all.map(([object, shape]) => this.#answer(role, object, shape));
  }

  passes(role: string): Omit<Holding, "columns"> | undefined {
    const way = this.#graph.of(role).ways.find(({ superuser }) => superuser);
    if (!way) return undefined;
    const { path } = way;
    return { path, by: "superuser", ...(path.length > 0 && { setRole: true as const }) };
  }

  futures(role: string): readonly Future[] {
    this.#promises ??= promisesIn(this.#catalog);
    return futuresOf(role, this.#promises, this.#graph, (way, schema) => this.#uses(way, address("Schema", schema)));
  }

  columns(object: Address): readonly string[] | undefined {
    const { columns } = (this.#catalog.get(object)?.spec ?? {}) as Partial<Table>;
    return columns?.map(({ name }) => name) ?? this.#others.get(object)?.columns;
  }

  runsAs(object: Address): string | undefined {
    const declared = this.#catalog.get(object);
    if (declared?.kind !== "Function") {
      const other = this.#others.get(object);
      return other?.asOwner && other.owner;
    }
    const { security, owner = this.#creator } = declared.spec as unknown as Routine;
    return security === "definer" ? (owner ?? "") : undefined;
  }

  through(role: string): readonly Through[] {
    return [...this.#views.addresses].flatMap((by) => {
      if (!this.of(role, by).privileges.has("select")) return [];
      const { shown, asks, fails } = this.#views.behind(by);
      if (fails || shown.length === 0) return [];
      // Itself, or whoever it becomes: the view must be read as the same role as what it asks for.
      const all: readonly Use[] = [{ address: by, columns: [] }, ...asks];
      const way = this.#graph
        .of(role)
        .ways.find((one) => this.#reaches(one, by) && all.every((use) => this.#views.reads(one.role, use)));
      if (!way) return [];
      return shown.map((one) => ({ by, ...one, ...(way.path.length > 0 && { setRole: true as const }) }));
    });
  }

  roleKey(role: string): string {
    return this.#graph.key(role);
  }

  objectKey(object: Address): string {
    const key = this.#shaped().key(object);
    return this.#views.addresses.has(object) ? JSON.stringify([key, this.#views.behind(object)]) : key;
  }

  #answer(role: string, object: Address, shape: Shape): Effective {
    let known = this.#known.get(role);
    if (!known) {
      known = this.#shaped().known(this.#graph.of(role).reach);
      this.#known.set(role, known);
    }
    const node = nodeOf(known, shape);
    node.answer ??= this.#compute(role, object);
    return node.answer;
  }

  #shaped(): Shapes {
    this.#shapes ??= new Shapes(this.objects, this.#secured, this.#rows);
    return this.#shapes;
  }

  #own(way: Way, object: Address): ReadonlyMap<string, readonly Holding[]> {
    return ownPrivileges(way, this.#secured.get(object) as Secured, this.#major);
  }

  #compute(role: string, object: Address): Effective {
    const { ways, beyond } = this.#graph.of(role);
    const own = (way: Way): ReadonlyMap<string, readonly Holding[]> => this.#own(way, object);
    const rules: Rules | undefined = this.#rows.isSecured(object)
      ? (way, command) => this.#rows.rule(way, object, command)
      : undefined;
    // A role that has nothing more need not be acted as, unless something is kept from who has more.
    return combine(this.#rows.narrowsSome(object) ? ways : beyond, own, rules, (way) => this.#reaches(way, object));
  }

  /** May a role use the schema that the object is in? */
  #reaches(way: Way, object: Address): boolean {
    const schema = this.#secured.get(object)?.schema;
    return schema === undefined || this.#uses(way, schema);
  }

  #uses({ superuser, holders }: Way, schema: Address): boolean {
    const secured = this.#secured.get(schema);
    if (superuser || !secured || !this.#catalog.has(schema)) return true;
    let users = this.#users.get(schema);
    if (!users) {
      users = usersOf(secured);
      this.#users.set(schema, users);
    }
    return users.has(EVERYBODY) || [...users].some((role) => holders.has(role));
  }
}
