/** Privileges: of a role itself, after SET ROLE, and whether the paths that are told lead there. */
import { columnsOf, type Holding } from "../../core/access/model.ts";
import type { Address } from "../../core/address.ts";
import { actors, keyOf } from "./access-probe.ts";
import { covers, itself, rowsOf, type Said, same, tell, textOf } from "./access-said.ts";

export function comparePrivileges(said: Said): void {
  const { made } = said;
  compareObjects(said);
  for (const role of [...actors(made), "public"]) compareOwn(said, role);
  for (const role of made.roles) {
    compareSuperuser(said, role);
    compareAfterSetRole(said, role);
  }
}

function compareObjects(said: Said): void {
  const { model, made, answers } = said;
  const own = (of: string): boolean => of.includes(`/${made.prefix}_`) || /^(Database\/|Schema\/public$)/.test(of);
  same(said, "objects", model.objects.filter(own).join(" "), [...answers.objects.keys()].sort().join(" "));
  for (const role of made.roles) {
    const each = model.ofEach(role);
    if (model.objects.some((object, at) => each[at] !== model.of(role, object)))
      tell(said, `${role}: one by one it is not what it is of each`);
  }
}

/** Everything that the model tells or the server has of anybody. */
function* cells({ model, answers }: Said, role: string): Generator<[object: Address, privilege: string]> {
  for (const object of answers.objects.keys() as Iterable<Address>) {
    const told = model.of(role, object).privileges.keys();
    for (const privilege of new Set([...told, ...(answers.privileges.get(object) ?? [])])) yield [object, privilege];
  }
}

/** What a role has without doing anything for it. */
function compareOwn(said: Said, role: string): void {
  for (const [object, privilege] of cells(said, role)) {
    const holdings = itself(said, role, object, privilege);
    const server = said.answers.held.get(keyOf(role, object, privilege)) ?? "";
    same(said, `${role} has ${privilege} on ${object}`, textOf(columnsOf(holdings)), server);
    for (const holding of holdings) {
      const [holder = role] = holding.path;
      if (!uses(said, role, holder)) tell(said, `${role} has nothing of ${holder}, as the path says`);
      isHeld(said, role, object, privilege, holding);
    }
  }
}

function compareSuperuser(said: Said, role: string): void {
  const { model, answers } = said;
  const how = model.passes(role);
  const become = [...(answers.becomes.get(role) ?? [])];
  const after = become.some((other) => answers.superusers.has(other)) ? "after SET ROLE" : "";
  const server = answers.superusers.has(role) ? "always" : after;
  same(said, `${role} passes every check`, how ? (how.setRole ? "after SET ROLE" : "always") : "", server);
}

/** What a role can do once it has become whatever role it may. */
function compareAfterSetRole(said: Said, role: string): void {
  const { model, answers } = said;
  const become = [...(answers.becomes.get(role) ?? [])];
  for (const [object, privilege] of cells(said, role)) {
    const what = `${role}, after SET ROLE, has ${privilege} on ${object}`;
    const holdings = model.of(role, object).privileges.get(privilege) ?? [];
    const theirs = become.flatMap((other) => (answers.held.get(keyOf(other, object, privilege)) ?? "").split(" "));
    const server = theirs.includes("all") ? "all" : textOf(new Set(theirs.filter(Boolean)));
    same(said, what, textOf(columnsOf(holdings)), server);
    for (const holding of holdings) if (holding.setRole) isReached(said, what, role, object, privilege, holding);
    for (const other of become) isTold(said, what, other, holdings, itself(said, other, object, privilege));
  }
}

/** Whoever a path begins with has it of its own. */
function isHeld(said: Said, role: string, object: Address, privilege: string, { path, columns, by }: Holding): void {
  const [holder = role] = path;
  const own = said.model.of(holder, object).privileges.get(privilege) ?? [];
  const there = own.some(
    (one) => one.path.length === 0 && [by, "superuser"].includes(one.by) && covers(one.columns, columns),
  );
  // What everybody has is on no path; after SET ROLE it is told with the role that acts.
  if (!there && by !== "everybody") tell(said, `${role}: ${holder} has no ${privilege} on ${object} of its own`);
}

/** The path of what is had after SET ROLE leads through a role that can be become, and that has just this. */
function isReached(said: Said, what: string, role: string, object: Address, privilege: string, holding: Holding): void {
  const { path, columns, rows, outside } = holding;
  const [holder = role] = path;
  const there = path.some((other) => {
    const own = itself(said, other, object, privilege);
    const acts = said.answers.becomes.get(role)?.has(other) && uses(said, other, holder);
    return acts && own[0]?.rows === rows && own[0]?.outside === outside && covers(columnsOf(own), columns);
  });
  if (!there) tell(said, `${what}: nobody on ${path.join(" → ")} has ${textOf(columns)} (${rows ?? "all"})`);
  isHeld(said, role, object, privilege, holding);
}

/** What another role has is told of whoever can become it, with as many rows. */
function isTold(
  said: Said,
  what: string,
  other: string,
  holdings: readonly Holding[],
  theirs: readonly Holding[],
): void {
  const [first] = theirs;
  if (!first) return;
  const wanted = rowsOf(said, other, first.rows);
  const enough = holdings
    .filter(({ outside }) => !outside || first.outside)
    .filter(({ rows }) => wanted.every((row) => rowsOf(said, other, rows).includes(row)));
  const columns = columnsOf(theirs);
  if (!covers(columnsOf(enough), columns))
    tell(said, `${what} as ${other}: ${textOf(columns)} (${first.rows ?? "all"}) is not told`);
}

function uses({ answers }: Said, role: string, other: string): boolean {
  return role === other || answers.uses.get(role)?.has(other) === true;
}
