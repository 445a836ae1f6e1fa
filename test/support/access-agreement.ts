/**
 * Does the model say what the server says and does? Everything that it claims of one random database is compared, and
 * everything that the server lets anybody do must have been claimed.
 */
import { type AccessModel, columnsOf, type Holding, type Through } from "../../core/access/model.ts";
import type { Address } from "../../core/address.ts";
import { type Answers, actors, keyOf } from "./access-probe.ts";
import { COLUMNS, type Made, type Relation, ROWS } from "./made-grants.ts";

const ALL_ROWS = Array.from({ length: ROWS }, (_, at) => at + 1);
const COMMANDS = ["select", "insert", "update", "delete"] as const;

const addressOf = ({ kind, name }: Relation): Address => `${kind}/${name}` as Address;
const itself = (holdings: readonly Holding[] = []): Holding[] => holdings.filter(({ setRole }) => !setRole);
const text = (columns: Holding["columns"]): string => (columns === "all" ? "all" : [...columns].sort().join(" "));
const covers = (columns: Holding["columns"], some: readonly string[]): boolean =>
  columns === "all" || some.every((column) => columns.has(column));

/** Conditions that the model gives anywhere, for the server to say which rows meet them. */
export function rulesOf(model: AccessModel, made: Made): string[] {
  const found = new Set<string>();
  for (const role of actors(made)) {
    for (const relation of made.relations)
      for (const holdings of model.of(role, addressOf(relation)).privileges.values())
        for (const { rows } of holdings) if (rows !== undefined) found.add(rows);
    for (const { rows } of model.through(role)) found.add(rows);
  }
  return [...found].filter((rule) => rule !== "all" && rule !== "none");
}

/** What model and server disagree about. */
export function disagreements(model: AccessModel, made: Made, answers: Answers): string[] {
  const one = new Comparison(model, made, answers);
  one.objects();
  for (const role of [...actors(made), "public"]) one.held(role);
  for (const role of made.roles) {
    one.superuser(role);
    one.afterSetRole(role);
  }
  for (const role of actors(made)) {
    for (const relation of made.relations) {
      if (relation.kind === "Table") one.table(role, relation);
      else if (relation.invoker) one.invoker(role, relation);
      else one.view(role, relation);
    }
  }
  return one.found;
}

class Comparison {
  readonly found: string[] = [];
  readonly #model: AccessModel;
  readonly #made: Made;
  readonly #answers: Answers;

  constructor(model: AccessModel, made: Made, answers: Answers) {
    this.#model = model;
    this.#made = made;
    this.#answers = answers;
  }

  objects(): void {
    const own = (of: string): boolean =>
      of.includes(`/${this.#made.prefix}_`) || /^(Database\/|Schema\/public$)/.test(of);
    for (const role of actors(this.#made)) {
      const each = [...this.#model.ofEach(role)];
      if (this.#model.objects.some((object, at) => each[at] !== this.#model.of(role, object)))
        this.#tell(`${role}: one by one it is not what it is of each`);
    }
    this.#same("objects", this.#model.objects.filter(own).join(" "), [...this.#answers.objects].sort().join(" "));
  }

  /** What a role has without doing anything for it. */
  held(role: string): void {
    for (const object of this.#answers.objects) {
      const { privileges } = this.#model.of(role, object as Address);
      for (const privilege of this.#privileges(object, privileges.keys())) {
        const holdings = itself(privileges.get(privilege));
        const columns = text(columnsOf(holdings));
        this.#same(
          `${role} has ${privilege} on ${object}`,
          columns,
          this.#answers.held.get(keyOf(role, object, privilege)) ?? "",
        );
        for (const { path } of holdings)
          if (!this.#uses(role, path[0] ?? role)) this.#tell(`${role} has nothing of ${path[0]}, as the path says`);
      }
    }
  }

  superuser(role: string): void {
    const how = this.#model.passes(role);
    const become = [...(this.#answers.becomes.get(role) ?? [])];
    const server = this.#answers.superusers.has(role)
      ? "always"
      : become.some((other) => this.#answers.superusers.has(other))
        ? "after SET ROLE"
        : "";
    this.#same(`${role} passes every check`, how ? (how.setRole ? "after SET ROLE" : "always") : "", server);
  }

  /** What it can do once it has become whatever role it may. */
  afterSetRole(role: string): void {
    const become = this.#answers.becomes.get(role) ?? new Set();
    for (const object of this.#answers.objects) {
      const { privileges } = this.#model.of(role, object as Address);
      for (const privilege of this.#privileges(object, privileges.keys())) {
        const what = `${role}, after SET ROLE, has ${privilege} on ${object}`;
        const holdings = privileges.get(privilege) ?? [];
        const theirs = [...become].map((other) => this.#answers.held.get(keyOf(other, object, privilege)) ?? "");
        this.#same(
          what,
          text(columnsOf(holdings)),
          theirs.includes("all")
            ? "all"
            : [...new Set(theirs.flatMap((some) => some.split(" ").filter(Boolean)))].sort().join(" "),
        );
        for (const holding of holdings)
          if (holding.setRole) this.#isReached(what, role, object as Address, privilege, holding);
        for (const other of become) {
          const [own] = itself(this.#model.of(other, object as Address).privileges.get(privilege));
          if (own)
            this.#isTold(
              `${what} as ${other}`,
              other,
              holdings,
              this.#model.of(other, object as Address).privileges.get(privilege) ?? [],
            );
        }
      }
    }
  }

  /** The path of what is had after SET ROLE leads through a role that it can become, and that has just this. */
  #isReached(what: string, role: string, object: Address, privilege: string, { path, columns, rows }: Holding): void {
    const become = this.#answers.becomes.get(role);
    const there = path.some((other) => {
      const own = itself(this.#model.of(other, object).privileges.get(privilege));
      const all = columnsOf(own);
      return (
        become?.has(other) &&
        own[0]?.rows === rows &&
        (columns === "all" ? all === "all" : covers(all, [...columns])) &&
        this.#uses(other, path[0] as string)
      );
    });
    if (!there)
      this.#tell(`${what}: nothing on the path ${path.join(" → ")} gives ${text(columns)} (${rows ?? "all"})`);
  }

  /** What another role has is told of whoever can become it, with as many rows. */
  #isTold(what: string, other: string, holdings: readonly Holding[], theirs: readonly Holding[]): void {
    const own = itself(theirs);
    const wanted = this.#rows(other, own[0]?.rows);
    const enough = holdings.filter(({ rows }) => wanted.every((row) => this.#rows(other, rows).includes(row)));
    const told = columnsOf(enough);
    const all = columnsOf(own);
    if (all === "all" ? told !== "all" : !covers(told, [...all]))
      this.#tell(`${what}: ${text(all)} (${own[0]?.rows ?? "all"}) is not told`);
  }

  table(role: string, relation: Relation): void {
    const { privileges } = this.#model.of(role, addressOf(relation));
    const may = (
      command: (typeof COMMANDS)[number],
      statement: string,
      columns: readonly string[],
      shape = "a,b,c",
    ): void => {
      const own = itself(privileges.get(command));
      const all = columnsOf(own);
      const allowed =
        columns.length > 0
          ? covers(all, columns)
          : command === "delete"
            ? all === "all"
            : all === "all" || all.size > 0;
      const rows = this.#rows(role, own[0]?.rows, shape);
      const said = statement === "count" ? String(rows.length) : rows.join(" ");
      this.#does(role, relation, statement, allowed ? said : "denied");
    };
    for (const column of COLUMNS) {
      may("select", `select ${column}`, [column]);
      may("insert", `insert ${column}`, [column], column);
      may("update", `update ${column}`, [column]);
    }
    may("insert", "insert a,b,c", COLUMNS);
    may("delete", "delete", []);
    may("select", "count", []);
  }

  /** A view that runs with the rights of whoever reads it shows what they could read anyway. */
  invoker(role: string, relation: Relation): void {
    const columns = columnsOf(itself(this.#model.of(role, addressOf(relation)).privileges.get("select")));
    const reads = this.#readsThrough(role, relation);
    for (const column of relation.columns) this.#passes(role, relation, column, covers(columns, [column]) && reads);
  }

  /** What comes back through any other view is told, with its columns and rows. */
  view(role: string, relation: Relation): void {
    const at = addressOf(relation);
    const through = this.#model.through(role).filter(({ by }) => by === at);
    const own = through.filter(({ setRole }) => !setRole);
    const { shown } = behind(relation);
    // Of one that shows nothing but what its reader could read anyway nothing is told.
    if (shown.size === 0) {
      if (through.length > 0) this.#tell(`${relation.name} is told to show ${through.map(({ object }) => object)}`);
      return;
    }
    const select = columnsOf(itself(this.#model.of(role, at).privileges.get("select")));
    for (const column of relation.columns)
      this.#passes(role, relation, column, covers(select, [column]) && own.length > 0);
    if (own.length > 0 && select !== "all" && select.size === 0) this.#tell(`${role} may not read ${relation.name}`);
    this.#same(
      `${role}, after SET ROLE, reads through ${relation.name}`,
      String(through.length > 0),
      String(this.#readsAfterSetRole(role, at)),
    );
    if (through.length === 0) return;
    for (const [table, columns] of shown) {
      const told = through.filter(({ object }) => object === table);
      const said = told.some((one) => !one.columns)
        ? "all"
        : [...new Set(told.flatMap((one) => one.columns ?? []))].sort().join(" ");
      this.#same(
        `${relation.name} shows ${table}`,
        told.length > 0 ? said : "nothing",
        columns === undefined ? "all" : [...columns].sort().join(" "),
      );
    }
    for (const { object } of through) if (!shown.has(object)) this.#tell(`${relation.name} does not show ${object}`);
    if (own.length > 0) this.#rowsThrough(role, relation, own);
  }

  #rowsThrough(role: string, relation: Relation, own: readonly Through[]): void {
    const limits = own.map(({ rows, filledBy }) => this.#rows(filledBy ?? role, rows));
    const asked = [...behind(relation).asked].map((table) =>
      this.#rows(role, itself(this.#model.of(role, addressOf(table)).privileges.get("select"))[0]?.rows),
    );
    const rows = ALL_ROWS.filter(
      (row) => [...limits, ...asked].every((some) => some.includes(row)) && passesAll(relation, row),
    );
    for (const column of ["a", "b"]) {
      const does = this.#answers.does.get(keyOf(role, relation.name, `select ${column}`)) ?? "";
      // One that its owner could not fill is there, and empty.
      if (does !== "denied" && does !== "55000")
        this.#same(`${role}: select ${column} of ${relation.name}`, rows.join(" "), sorted(does));
    }
  }

  #readsAfterSetRole(role: string, at: Address): boolean {
    return [...(this.#answers.becomes.get(role) ?? [role])].some((other) =>
      this.#model.through(other).some(({ by, setRole }) => by === at && !setRole),
    );
  }

  #readsThrough(role: string, view: Relation): boolean {
    return view.sources.every(([source, columns]) => {
      const held = columnsOf(itself(this.#model.of(role, addressOf(source)).privileges.get("select")));
      if (!covers(held, columns ?? [...source.columns, ...source.further])) return false;
      if (source.kind === "Table") return true;
      if (source.invoker) return this.#readsThrough(role, source);
      return (
        behind(source).shown.size === 0 ||
        this.#model.through(role).some(({ by, setRole }) => by === addressOf(source) && !setRole)
      );
    });
  }

  #passes(role: string, relation: Relation, column: string, allowed: boolean): void {
    const does = this.#answers.does.get(keyOf(role, relation.name, `select ${column}`)) ?? "";
    const usable = allowed && this.#usage(role, relation);
    this.#same(
      `${role}: select ${column} of ${relation.name}`,
      usable ? "allowed" : "denied",
      does === "denied" ? does : "allowed",
    );
  }

  #does(role: string, relation: Relation, statement: string, said: string): void {
    const does = this.#answers.does.get(keyOf(role, relation.name, statement)) ?? "";
    this.#same(
      `${role}: ${statement} of ${relation.name}`,
      this.#usage(role, relation) ? said : "denied",
      sorted(does),
    );
  }

  #usage(role: string, { schema }: Relation): boolean {
    return this.#answers.held.has(keyOf(role, `Schema/${schema}`, "usage"));
  }

  #uses(role: string, other: string): boolean {
    return role === other || this.#answers.uses.get(role)?.has(other) === true;
  }

  /** Rows that meet a rule of the model, as a role. */
  #rows(role: string, rule: string | undefined, shape = "a,b,c"): number[] {
    if (rule === undefined || rule === "all") return ALL_ROWS;
    if (rule === "none") return [];
    const meeting = this.#answers.rules.get(keyOf(role, rule)) ?? "";
    return ALL_ROWS.filter((row) => meeting.split(" ").includes(`${shape}=${row}`));
  }

  #privileges(object: string, told: Iterable<string>): Set<string> {
    return new Set([...told, ...(this.#answers.privileges.get(object) ?? [])]);
  }

  #same(what: string, model: string, server: string): void {
    if (model !== server) this.#tell(`${what}: model ${model || "nothing"}, server ${server || "nothing"}`);
  }

  #tell(what: string): void {
    this.found.push(what);
  }
}

function sorted(rows: string): string {
  return rows.split(" ").filter(Boolean).sort().join(" ");
}

interface Behind {
  /** Tables that are read with other rights than the reader's, and which columns of them; undefined for whole rows. */
  readonly shown: Map<string, ReadonlySet<string> | undefined>;
  /** Tables that are read with those of the reader. */
  readonly asked: Set<Relation>;
}

function behind(view: Relation): Behind {
  const found: Behind = { shown: new Map(), asked: new Set() };
  const show = (table: string, columns: readonly string[] | undefined): void => {
    const known = found.shown.has(table) ? found.shown.get(table) : new Set<string>();
    found.shown.set(table, known && columns && new Set([...known, ...columns]));
  };
  const follow = ({ sources }: Relation, own: boolean, kept: boolean): void => {
    for (const [source, columns] of sources) {
      const filled = kept || source.kind === "MaterializedView";
      if (source.kind !== "Table") follow(source, filled || !source.invoker, filled);
      else if (own) show(addressOf(source), columns);
      else found.asked.add(source);
    }
  };
  follow(view, true, view.kind === "MaterializedView");
  return found;
}

function passesAll({ passes, sources }: Relation, row: number): boolean {
  return passes(row) && sources.every(([source]) => passesAll(source, row));
}
