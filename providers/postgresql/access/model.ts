/** Effective access on PostgreSQL, computed from a catalog alone: what the server would answer, and on which path. */
import {
  type AccessModel,
  columnsOf,
  type Effective,
  EVERYBODY,
  type Holding,
  type Through,
} from "../../../core/access/model.ts";
import type { Address } from "../../../core/address.ts";
import type { Catalog } from "../../../core/catalog.ts";
import type { AccessEngine } from "../../../core/engine.ts";
import { combine, ownPrivileges } from "./holdings.ts";
import { type AccessFacts, type Secured, type Surroundings, securedObjects } from "./privileges.ts";
import { RoleGraph, type Way } from "./roles.ts";
import { type RowCommand, Rows } from "./rows.ts";
import { type Use, Views } from "./through.ts";

const EMPTY: Effective = { privileges: new Map() };

/** What is the same for all objects that give the same privileges to the same roles and hide the same rows. */
interface ObjectClass {
  readonly key: string;
  /** One of them, which stands for all. */
  readonly secured: Secured;
  /** Roles that make a difference. */
  readonly concerned: ReadonlySet<string>;
  /** What roles of its own have, by name; of all others by the number of their ways. */
  readonly answers: Map<string, Effective>;
  readonly others: Effective[];
}

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
  readonly #major: number;
  readonly #graph: RoleGraph;
  readonly #rows: Rows;
  readonly #views: Views;
  readonly #secured: ReadonlyMap<Address, Secured>;
  readonly #classes = new Map<string, ObjectClass>();
  readonly #classOf = new Map<Address, ObjectClass>();

  constructor(catalog: Catalog, around: Surroundings) {
    this.#major = around.major;
    this.#graph = new RoleGraph(catalog, around);
    this.#secured = securedObjects(catalog, around);
    this.#rows = new Rows(catalog, this.#secured, around.others);
    const { others = new Map() } = around;
    this.#views = new Views(catalog, this.#secured, this.#graph, this.#rows, others, (way, object) =>
      columnsOf(this.#own(way, object).get("select") ?? []),
    );
    this.roles = [EVERYBODY, ...this.#graph.names];
    this.objects = [...this.#secured.keys()].sort();
  }

  of(role: string, object: Address): Effective {
    const found = this.#class(object);
    if (!found) return EMPTY;
    const { number } = this.#graph.of(role);
    const own = role === EVERYBODY || found.concerned.has(role);
    const known = own ? found.answers.get(role) : found.others[number];
    if (known) return known;
    const answer = this.#compute(role, found);
    if (own) found.answers.set(role, answer);
    else found.others[number] = answer;
    return answer;
  }

  passes(role: string): Omit<Holding, "columns"> | undefined {
    const way = this.#graph.of(role).ways.find(({ superuser }) => superuser);
    if (!way) return undefined;
    const path = way.path.slice(0, -1);
    return { path, by: "superuser", ...(path.length > 0 && { setRole: true as const }) };
  }

  through(role: string): readonly Through[] {
    return [...this.#views.addresses].flatMap((by) => {
      if (!this.of(role, by).privileges.has("select")) return [];
      const { shown, asks, fails } = this.#views.behind(by);
      if (fails || shown.length === 0) return [];
      const way = this.#graph.of(role).ways.find((one) => this.#opens(one, by, asks));
      if (!way) return [];
      return shown.map((one) => ({ by, ...one, ...(way.path.length > 1 && { setRole: true as const }) }));
    });
  }

  roleKey(role: string): string {
    return this.#graph.of(role).key;
  }

  objectKey(object: Address): string {
    const { key } = this.#class(object) ?? {};
    if (key === undefined) return "";
    return this.#views.addresses.has(object) ? JSON.stringify([key, this.#views.behind(object)]) : key;
  }

  #opens(way: Way, view: Address, asks: readonly Use[]): boolean {
    return this.#own(way, view).has("select") && asks.every((use) => this.#views.reads(way, use));
  }

  #own(way: Way, object: Address): ReadonlyMap<string, readonly Holding[]> {
    return ownPrivileges(way, this.#secured.get(object) as Secured, this.#major);
  }

  #compute(role: string, { secured, concerned }: ObjectClass): Effective {
    const { ways, reach } = this.#graph.of(role);
    const different =
      ways.some(({ superuser, bypassrls }) => superuser || bypassrls) || [...concerned].some((one) => reach.has(one));
    if (!different && role !== EVERYBODY) return this.of(EVERYBODY, secured.address);
    const { address } = secured;
    const rules = this.#rows.isSecured(address)
      ? (way: Way, command: RowCommand) => this.#rows.rule(way, address, command)
      : undefined;
    return combine(ways, (way) => ownPrivileges(way, secured, this.#major), rules);
  }

  #class(object: Address): ObjectClass | undefined {
    const known = this.#classOf.get(object);
    const secured = this.#secured.get(object);
    if (known || !secured) return known;
    const { sort, owner, given } = secured;
    const said = [...given].map(([role, has]) =>
      JSON.stringify([role, has.map(({ privilege, columns, by }) => [privilege, columns && [...columns].sort(), by])]),
    );
    const key = JSON.stringify([sort, owner, said.sort(), this.#rows.key(object)]);
    const found = this.#classes.get(key) ?? {
      key,
      secured,
      // An owner that gave everything up still passes row security.
      concerned: new Set([...given.keys(), ...this.#rows.roles(object), ...(owner === undefined ? [] : [owner])]),
      answers: new Map(),
      others: [],
    };
    this.#classes.set(key, found);
    this.#classOf.set(object, found);
    return found;
  }
}
