/** What statements under SET ROLE do: on tables the columns and rows, through views what comes back. */
import { columnsOf, type Through } from "../../core/access/model.ts";
import type { Address } from "../../core/address.ts";
import { actors, keyOf } from "./access-probe.ts";
import { ALL_ROWS, addressOf, covers, itself, readable, rowsOf, type Said, same, tell, textOf } from "./access-said.ts";
import { COLUMNS, type Relation } from "./made-grants.ts";

export function compareStatements(said: Said): void {
  for (const role of actors(said.made))
    for (const relation of said.made.relations)
      if (relation.kind === "Table") compareTable(said, role, relation);
      else compareView(said, role, relation);
}

function compareTable(said: Said, role: string, relation: Relation): void {
  const compare = (statement: string, columns: readonly string[], shape?: string): void => {
    const [command = ""] = statement.split(" ");
    const own = itself(said, role, addressOf(relation), command === "count" ? "select" : command);
    const all = columnsOf(own);
    // Rows can be counted with any column.
    const may = command === "count" ? all === "all" || all.size > 0 : covers(all, columns) && own.length > 0;
    const rows = rowsOf(said, role, own[0]?.rows, shape);
    const model = command === "count" ? String(rows.length) : rows.join(" ");
    same(
      said,
      `${role}: ${statement} of ${relation.name}`,
      may && isNamed(said, role, relation, command === "count" ? "select" : command) ? model : "denied",
      done(said, role, relation, statement),
    );
  };
  for (const column of COLUMNS) {
    compare(`select ${column}`, [column]);
    compare(`insert ${column}`, [column], column);
    compare(`update ${column}`, [column]);
  }
  compare("insert a,b,c", COLUMNS);
  compare("delete", []);
  compare("count", []);
}

function compareView(said: Said, role: string, relation: Relation): void {
  const { model, answers } = said;
  const at = addressOf(relation);
  const select = readable(said, role, at);
  const runs = relation.kind === "MaterializedView" || canRun(said, role, relation);
  for (const column of relation.columns) {
    const may = covers(select, [column]) && runs && isNamed(said, role, relation, "select");
    const does = done(said, role, relation, `select ${column}`);
    const what = `${role}: select ${column} of ${relation.name}`;
    same(said, what, may ? "allowed" : "denied", does === "denied" ? does : "allowed");
  }
  const through = model.through(role).filter(({ by }) => by === at);
  const shown: Behind["shown"] = relation.invoker ? new Map() : behind(relation).shown;
  // Of one that shows nothing but what its reader could read anyway nothing is told.
  if (shown.size === 0) {
    for (const { object } of through) tell(said, `${relation.name} is told to show ${object}`);
    return;
  }
  const own = through.filter(({ setRole }) => !setRole);
  const reads = runs && (select === "all" || select.size > 0) && isNamed(said, role, relation, "select");
  same(said, `${role} reads through ${relation.name}`, String(own.length > 0), String(reads));
  const after = [...(answers.becomes.get(role) ?? [role])].some((other) =>
    model.through(other).some(({ by, setRole }) => by === at && !setRole),
  );
  same(said, `${role}, after SET ROLE, reads through ${relation.name}`, String(through.length > 0), String(after));
  if (through.length > 0) compareColumns(said, relation, shown, through);
  if (own.length > 0) compareRows(said, role, relation, own);
}

function compareColumns(said: Said, relation: Relation, shown: Behind["shown"], through: readonly Through[]): void {
  for (const object of new Set([...shown.keys(), ...through.map(({ object: told }) => told)])) {
    const told = through.filter((one) => one.object === object);
    const columns = told.some((one) => !one.columns) ? "all" : new Set(told.flatMap((one) => one.columns ?? []));
    const really = shown.get(object);
    same(
      said,
      `${relation.name} shows ${object}`,
      told.length > 0 ? textOf(columns) : "nothing",
      really ? textOf(really) : "nothing",
    );
  }
}

function compareRows(said: Said, role: string, relation: Relation, own: readonly Through[]): void {
  const asked = [...behind(relation).asked].map((table) =>
    rowsOf(said, role, itself(said, role, addressOf(table), "select")[0]?.rows),
  );
  // Its sources are joined by the numbers of their rows.
  const limits = [...own.map(({ rows, filledBy }) => rowsOf(said, filledBy ?? role, rows)), ...asked];
  const rows = ALL_ROWS.filter((row) => limits.every((some) => some.includes(row)) && passesAll(relation, row));
  for (const column of ["a", "b"]) {
    const does = done(said, role, relation, `select ${column}`);
    // One that its owner could not fill is there, and empty.
    if (does === "denied" || does === "55000") continue;
    same(said, `${role}: select ${column} of ${relation.name}`, rows.join(" "), does);
  }
}

/** Everybody who has to can read what a view uses: whoever reads it, and whoever owns what lies between. */
function canRun(said: Said, role: string, view: Relation): boolean {
  const reader = view.invoker ? role : (said.answers.objects.get(addressOf(view)) ?? "");
  return view.sources.every(([source, columns]) => {
    const needed = columns ?? [...source.columns, ...source.further];
    if (!covers(readable(said, reader, addressOf(source)), needed)) return false;
    return source.kind !== "View" || canRun(said, role, source);
  });
}

/** Does the model say that the role may use the schema? What the statement does decides whether that is so. */
function isNamed(said: Said, role: string, relation: Relation, privilege: string): boolean {
  return itself(said, role, addressOf(relation), privilege).every(({ outside }) => !outside);
}

/** Rows that a statement met, in order, or why it met none. */
function done({ answers }: Said, role: string, { name }: Relation, statement: string): string {
  const does = answers.does.get(keyOf(role, name, statement)) ?? "";
  return does.split(" ").filter(Boolean).sort().join(" ");
}

interface Behind {
  /** Tables that are read with other rights than the reader's, and which columns of them. */
  readonly shown: Map<string, "all" | ReadonlySet<string>>;
  /** Tables that are read with those of the reader. */
  readonly asked: Set<Relation>;
}

function behind(view: Relation): Behind {
  const found: Behind = { shown: new Map(), asked: new Set() };
  const show = (table: Address, columns: readonly string[] | undefined): void => {
    const known = found.shown.get(table) ?? new Set();
    found.shown.set(table, known === "all" || !columns ? "all" : new Set([...known, ...columns]));
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
