/** Effective access on PostgreSQL, computed from a catalog alone: what the server would answer, and on which path. */
import {
  type AccessModel,
  type Effective,
  EVERYBODY,
  type Holding,
  type RowCommand,
  type Through,
} from "../../../core/access/model.ts";
import type { Address } from "../../../core/address.ts";
import type { Catalog, DataObject } from "../../../core/catalog.ts";
import type { AccessEngine } from "../../../core/engine.ts";
import type { MaterializedView, View } from "../../../core/specs.ts";
import { needsOf } from "../lexer.ts";
import { COLUMN_PRIVILEGES, privilegesOf, type Secured, securedObjects } from "./privileges.ts";
import { type Holder, RoleGraph } from "./roles.ts";
import { ROW_COMMANDS, Rows } from "./rows.ts";

/** What members of these roles can do with every object of a sort, without a grant. */
const PREDEFINED: Readonly<Record<string, Readonly<Partial<Record<Secured["sort"], readonly string[]>>>>> = {
  pg_read_all_data: { relation: ["select"], sequence: ["select"], schema: ["usage"] },
  pg_write_all_data: { relation: ["insert", "update", "delete"], sequence: ["update"], schema: ["usage"] },
  pg_maintain: { relation: ["maintain"] },
};

const EMPTY: Effective = { privileges: new Map() };
const EVERY: Holder = { role: EVERYBODY, path: [EVERYBODY], setRole: false };

/** What is the same for all objects that give the same privileges to the same roles. */
interface ObjectClass {
  readonly key: string;
  /** Roles that make a difference. */
  readonly concerned: ReadonlySet<string>;
  readonly answers: Map<string, Effective>;
}

export const accessOf: AccessEngine["of"] = (catalog, facts, { versionNumber }) =>
  new PostgresAccess(catalog, {
    major: Math.floor(versionNumber / 10000),
    databaseOwner: facts.databaseOwner as string | undefined,
  });

class PostgresAccess implements AccessModel {
  readonly roles: readonly string[];
  readonly objects: readonly Address[];
  readonly #catalog: Catalog;
  readonly #major: number;
  readonly #graph: RoleGraph;
  readonly #rows: Rows;
  readonly #secured: ReadonlyMap<Address, Secured>;
  /** Objects that give the same to the same roles have equal answers, and so have roles that come to it in one way. */
  readonly #classes = new Map<string, ObjectClass>();
  readonly #classOf = new Map<Address, ObjectClass>();
  readonly #roleKeys = new Map<string, string>();
  readonly #views: readonly [Address, DataObject][];
  readonly #behind = new Map<Address, readonly Omit<Through, "by">[]>();

  constructor(catalog: Catalog, facts: { readonly major: number; readonly databaseOwner: string | undefined }) {
    this.#catalog = catalog;
    this.#major = facts.major;
    this.#graph = new RoleGraph(catalog, facts);
    this.#rows = new Rows(catalog, this.#graph);
    this.#secured = securedObjects(catalog);
    this.#views = [...catalog].filter(([, { kind }]) => kind === "View" || kind === "MaterializedView");
    this.roles = [EVERYBODY, ...this.#graph.names];
    this.objects = [...this.#secured.keys()].sort();
  }

  of(role: string, object: Address): Effective {
    const secured = this.#secured.get(object);
    if (!secured) return EMPTY;
    const { answers, concerned } = this.#class(secured);
    const { superuser, bypassrls } = this.#graph.attributes(role);
    const holders = role === EVERYBODY ? [] : this.#graph.holders(role).filter((holder) => concerned.has(holder.role));
    const ways = holders.map(
      (holder) => `${holder.setRole ? "!" : ""}${holder.path.slice(0, -1).join("\0")}\0${holder.role}`,
    );
    const key = `${superuser ? 1 : 0}${bypassrls ? 1 : 0}${role === EVERYBODY ? "*" : ""}${ways.join("\n")}`;
    let known = answers.get(key);
    if (!known) {
      known = this.#compute(role, holders, secured);
      answers.set(key, known);
    }
    return known;
  }

  passes(role: string): boolean {
    return this.#graph.attributes(role).superuser ?? false;
  }

  through(role: string): readonly Through[] {
    return this.#views.flatMap(([by, { spec }]) => {
      if ((spec as Partial<View>).securityInvoker || !this.of(role, by).privileges.has("select")) return [];
      return this.#behindOf(by, new Set()).map((found) => ({ by, ...found }));
    });
  }

  roleKey(role: string): string {
    let key = this.#roleKeys.get(role);
    if (key === undefined) {
      const { superuser, bypassrls } = this.#graph.attributes(role);
      key = JSON.stringify([
        superuser ?? false,
        bypassrls ?? false,
        role === EVERYBODY ? [] : this.#graph.holders(role),
      ]);
      this.#roleKeys.set(role, key);
    }
    return key;
  }

  objectKey(object: Address): string {
    const secured = this.#secured.get(object);
    return secured ? this.#class(secured).key : "";
  }

  #class(secured: Secured): ObjectClass {
    const known = this.#classOf.get(secured.address);
    if (known) return known;
    const { address, sort, owner, entries } = secured;
    const said = entries.map(({ to, privilege, columns }) =>
      JSON.stringify([to, privilege, columns ? [...columns].sort() : null]),
    );
    const key = JSON.stringify([sort, owner, said.sort(), this.#rows.key(address)]);
    let found = this.#classes.get(key);
    if (!found) {
      const roles = [...entries.map(({ to }) => to), ...this.#rows.roles(address), ...Object.keys(PREDEFINED)];
      const concerned = new Set(owner === undefined ? roles : [...roles, owner]);
      for (const role of this.#graph.names) if (this.#graph.attributes(role).superuser) concerned.add(role);
      found = { key, concerned, answers: new Map() };
      this.#classes.set(key, found);
    }
    this.#classOf.set(address, found);
    return found;
  }

  #compute(role: string, holders: readonly Holder[], secured: Secured): Effective {
    const privileges = new Map<string, Holding>();
    const { superuser } = this.#graph.attributes(role);
    if (superuser)
      for (const privilege of privilegesOf(secured.sort, this.#major))
        privileges.set(privilege, { columns: "all", path: [], by: "superuser" });
    // What everybody has is told of a role only where it has no way of its own.
    for (const holder of [...holders.filter(({ setRole }) => !setRole), EVERY]) this.#take(holder, secured, privileges);
    for (const holder of holders.filter(({ setRole }) => setRole)) this.#take(holder, secured, privileges);
    if (secured.sort !== "relation" || !this.#rows.isSecured(secured.address)) return { privileges };
    const rule = (command: RowCommand): string => this.#rows.rule(role, secured.address, command);
    return {
      privileges,
      rows: Object.fromEntries(ROW_COMMANDS.map((command) => [command, rule(command)])) as NonNullable<
        Effective["rows"]
      >,
    };
  }

  /** Adds what one holder brings and nothing before it did. */
  #take({ role, path, setRole }: Holder, { owner, sort, entries }: Secured, into: Map<string, Holding>): void {
    const way = path.slice(0, -1);
    const how = (by: Holding["by"]): Omit<Holding, "columns"> => ({ path: way, by, ...(setRole && { setRole: true }) });
    const whole = (privilege: string, by: Holding["by"]): void => {
      const there = into.get(privilege);
      if (there?.columns !== "all" && !(there && setRole)) into.set(privilege, { columns: "all", ...how(by) });
    };
    if (owner === role) for (const privilege of privilegesOf(sort, this.#major)) whole(privilege, "owner");
    if (setRole && this.#graph.attributes(role).superuser)
      for (const privilege of privilegesOf(sort, this.#major)) whole(privilege, "superuser");
    for (const privilege of PREDEFINED[role]?.[sort] ?? []) whole(privilege, "predefined");
    for (const { to, privilege, columns } of entries) {
      if (to !== role) continue;
      const by = to === EVERYBODY ? "everybody" : "grant";
      if (!columns) whole(privilege, by);
      else if (COLUMN_PRIVILEGES.has(privilege)) addColumns(into, privilege, columns, how(by));
    }
  }

  /** The tables behind a view, read with its owner's rights; a view in between that runs as its reader runs as it too. */
  #behindOf(view: Address, open: Set<Address>): readonly Omit<Through, "by">[] {
    const known = this.#behind.get(view);
    if (known) return known;
    if (open.has(view)) return [];
    open.add(view);
    const object = this.#catalog.get(view) as DataObject;
    const found = this.#usedBy(object, (object.spec as unknown as View | MaterializedView).owner, open);
    open.delete(view);
    this.#behind.set(view, found);
    return found;
  }

  #usedBy(object: DataObject, reader: string | undefined, open: Set<Address>): Omit<Through, "by">[] {
    const { query, schema } = object.spec as unknown as View;
    return (object.needs ?? needsOf(query, schema, this.#catalog)).flatMap(({ address, columns }) => {
      const used = this.#catalog.get(address);
      if (used?.kind === "Table") {
        const rows = reader === undefined ? "all" : this.#rows.rule(reader, address, "select");
        return [{ object: address, rows, ...(columns && { columns }) }];
      }
      if (used?.kind === "View" && (used.spec as unknown as View).securityInvoker)
        return this.#usedBy(used, reader, open);
      return used?.kind === "View" || used?.kind === "MaterializedView" ? this.#behindOf(address, open) : [];
    });
  }
}

/** Columns add up, whichever way each came. */
function addColumns(
  into: Map<string, Holding>,
  privilege: string,
  columns: ReadonlySet<string>,
  how: Omit<Holding, "columns">,
): void {
  const there = into.get(privilege);
  if (there?.columns === "all" || (there && how.setRole)) return;
  into.set(privilege, there ? { ...there, columns: new Set([...there.columns, ...columns]) } : { columns, ...how });
}
