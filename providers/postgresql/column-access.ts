/**
 * A grant on columns. It gives and never takes: while a role has the whole table, or PUBLIC has, a grant on columns keeps
 * nothing back. So whatever else the role was granted to read is revoked, and ways that are not its own are told.
 * https://www.postgresql.org/docs/current/sql-grant.html
 */
import { roleName } from "../../core/access/words.ts";
import { address } from "../../core/address.ts";
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext, Lowered, Lowering, NativeContext, ProofContext } from "../../core/engine.ts";
import { columnAccess as access } from "../../core/kinds/column-access.ts";
import { grant as kind } from "../../core/kinds/grant.ts";
import { nameParts } from "../../core/names.ts";
import type { Proof } from "../../core/proofs/model.ts";
import type { ColumnAccess, Grant, Table } from "../../core/specs.ts";
import { knownTable, unknownClasses, unknownTable } from "./known-tables.ts";
import { native, unknownColumns } from "./lowering.ts";
import { tableIn } from "./prove/acting.ts";
import { grantsOn, reads, rolesOf, sameName, wayTo, who } from "./ways.ts";
import { probing } from "./ways-past.ts";

export const columnAccess: Lowering<ColumnAccess> = { lower, proofs, review };

/** Exactly the columns: each that is given can be read, each that is kept back is refused. */
function proofs(spec: ColumnAccess, context: ProofContext): Proof[] {
  const columns = readable(spec, tableIn(spec.table, context));
  if (!columns) return [];
  return spec.to.map((as) => ({
    rule: "ColumnAccess",
    name: `${sameName(spec.table)} as ${as}`,
    says: `${roleName(as)} reads its columns, and no others`,
    address: access.address({ ...spec, to: [as] }),
    severity: "error",
    claim: {
      sort: "access",
      as,
      on: spec.table,
      command: "select",
      timeout: "60s",
      // One that is made for the proof needs to come into the schema.
      ...(as === "public" && { granted: [] }),
      expect: { columns },
    },
  }));
}

function lower(spec: ColumnAccess, context: LowerContext): Lowered {
  const table = knownTable(spec.table, context);
  const columns = readable(spec, table);
  const diagnostics = [
    ...(table ? unknownColumns(spec.table, [...(spec.columns ?? []), ...(spec.except ?? [])], table.columns) : []),
    ...unknownClasses(spec.table, [...(spec.classes ?? []), ...(spec.exceptClasses ?? [])], context),
  ];
  if (!columns) {
    const what = `Which columns of ${quoted(spec.table)} ${spec.to.join(", ")} may read`;
    return { objects: [], diagnostics: [...diagnostics, ...unknownTable(spec.table, what, INSTEAD, context)] };
  }
  if (columns.length === 0 && diagnostics.length === 0) diagnostics.push(nothing(spec));
  return {
    objects: columns.length > 0 ? spec.to.map((role) => native<Grant>("Grant", onColumns(spec, role, columns))) : [],
    unwanted: spec.to.flatMap((role) => beyond(spec, role, columns, context)),
    diagnostics,
  };
}

const INSTEAD = "List the columns that may be read: `columns`. Columns of a view are granted by a Grant.";

/** What may be read, in the order of the table; undefined where only a table that nobody knows could tell. */
function readable(spec: ColumnAccess, table: Pick<Table, "columns"> | undefined): string[] | undefined {
  const { columns, classes, except = [], exceptClasses = [] } = spec;
  if (!table) return classes || !columns || exceptClasses.length > 0 ? undefined : columns.filter(not(except));
  const all = columns === undefined && classes === undefined;
  return table.columns
    .filter(({ name, classification: word }) => {
      const named = all || columns?.includes(name) || (word !== undefined && classes?.includes(word));
      return named && !except.includes(name) && !(word !== undefined && exceptClasses.includes(word));
    })
    .map(({ name }) => name)
    .sort();
}

function not(names: readonly string[]): (name: string) => boolean {
  return (name) => !names.includes(name);
}

function onColumns({ table }: ColumnAccess, to: string, columns: readonly string[]): Grant {
  return { to, privileges: ["select"], on: { table, columns } };
}

/** Where nothing may be but the grant above: the grant on the whole table, and all that is there and reaches further. */
function beyond(spec: ColumnAccess, role: string, columns: readonly string[], { live }: LowerContext) {
  const reason = `${role} reads only some columns of ${spec.table}`;
  const whole: Grant = { to: role, privileges: ["select"], on: { table: spec.table } };
  const further = grantsOn(spec.table, live).filter(
    ({ grant: { to, privileges, on, grantOption } }) =>
      to === role && privileges.some(reads) && (grantOption || !on.columns || on.columns.some(not(columns))),
  );
  return [
    ...[whole, onColumns(spec, role, columns)].map((grant) => ({ address: kind.address(grant), reason })),
    ...further.map((given) => ({ address: given.address, reason })),
  ];
}

function nothing(spec: ColumnAccess): Diagnostic {
  return error("MISSING_FIELD", `Nothing of ${quoted(spec.table)} is left for ${spec.to.join(", ")} to read`, {
    detail: "Name the columns that may be read, or take the document and the grants out.",
  });
}

function review(spec: ColumnAccess, context: NativeContext): Diagnostic[] {
  const at = address("Table", nameParts(spec.table));
  const [declared, there] = [context.desired.get(at), context.live.get(at)].map(
    (object) => object?.spec as Table | undefined,
  );
  const known = declared ?? there;
  const open = readable(spec, known) ?? [];
  const all = new Set([...(declared?.columns ?? []), ...(there?.columns ?? [])].map(({ name }) => name));
  const columns = known ? [...all].filter(not(open)) : ["*"];
  if (columns.length === 0) return [];
  const own = new Set(spec.to.flatMap((role) => [...rolesOf(role, context).keys()]));
  const asked = { binds: (role: string) => own.has(role), otherwise: "or take the role out of `to`" };
  const ways = spec.to.flatMap((role) => {
    const way = wayTo(role, { table: sameName(spec.table), columns, word: "kept back" }, context);
    if (!way) return [];
    const summary = `ColumnAccess keeps no column of ${quoted(spec.table)} from ${who(role, way)} ${way.says}`;
    if (way.live)
      return [warning("ACCESS_VOID", summary, { detail: `Where this plan does not take it away: ${way.mend}.` })];
    return [error("ACCESS_VOID", summary, { detail: `${way.mend}, or take ${quoted(role)} out of \`to\`.` })];
  });
  return [...ways, ...probing({ table: spec.table, columns }, asked, context)];
}
