/**
 * A table is altered in place, never replaced. Foreign keys are added once every table is there; row security is
 * switched on only after the policies exist, and a restriction that is lifted is lifted last.
 * https://www.postgresql.org/docs/current/sql-createtable.html
 */
import { address } from "../../core/address.ts";
import type { Alteration, FieldChange, Hazard, PlanContext, Statement } from "../../core/engine.ts";
import { nameParts } from "../../core/names.ts";
import type { Table } from "../../core/specs.ts";
import { EMPTY, join, type Sql, sql } from "../../core/sql.ts";
import { alterColumns } from "./column-changes.ts";
import { assignments, changed, comment, owner, parameters, reloptions } from "./common.ts";
import { renamedConstraints } from "./constraint-names.ts";
import { needsOf, textFaults } from "./lexer.ts";
import { id, qualified } from "./quote.ts";
import { COLUMNS, COMMENTS, RELATIONS } from "./reads.ts";
import { type PostgresHandler, query, type Relation, relationName, sparse } from "./snapshot.ts";
import {
  columnComment,
  columnSql,
  DEFAULTS,
  IDENTITIES,
  normaliseColumns,
  readColumns,
  readDetails,
} from "./table-columns.ts";
import {
  addForeignKey,
  alterConstraints,
  CONSTRAINTS,
  type Constraints,
  checkSql,
  dropConstraint,
  type Key,
  keySql,
  readConstraints,
  relinkKeys,
} from "./table-constraints.ts";

/** table, options of its TOAST table: `toast.autovacuum_enabled` of the table itself */
const TOAST_OPTIONS = query(sql`SELECT c.oid, t.reloptions FROM pg_class t JOIN pg_class c ON c.reltoastrelid = t.oid
WHERE t.relkind = 't' AND t.reloptions IS NOT NULL`);

export const table: PostgresHandler<Table> = {
  exact: true,
  reads: [RELATIONS, COLUMNS, DEFAULTS, IDENTITIES, CONSTRAINTS, COMMENTS, TOAST_OPTIONS],
  *inspect(snapshot) {
    const details = readDetails(snapshot);
    const constraints = readConstraints(snapshot);
    const toast = new Map(snapshot.rows(TOAST_OPTIONS).map(([oid, options]) => [oid as string, options as string]));
    for (const relation of snapshot.relations) {
      if (!isPlainTable(relation)) continue;
      const { oid, row } = relation;
      const { primaryKey, unique, checks, foreignKeys }: Constraints = constraints.get(oid) ?? {};
      const rows = Number(row[9]);
      yield {
        spec: sparse<Table>({
          schema: relation.schema,
          name: relation.name,
          columns: readColumns(oid, details, snapshot),
          primaryKey,
          unique,
          checks,
          foreignKeys,
          rowSecurity: row[5] === "t" ? (row[6] === "t" ? "forced" : "on") : undefined,
          owner: relation.owner,
          postgresql: engineFields(relation, toast.get(oid)),
          comment: snapshot.comment("pg_class", oid),
        }),
        ...(rows > 0 && { rows }),
      };
    }
  },
  normalise: (spec, context) => ({
    ...spec,
    columns: normaliseColumns(spec, context),
    ...(spec.foreignKeys && { foreignKeys: withColumns(spec, context.desired, context.live) }),
  }),
  needs: (spec, context) =>
    spec.columns.flatMap((column) => [
      ...(typeof column.default === "string" ? needsOf(column.default, spec.schema, context.desired) : []),
      ...needsOf(column.type, spec.schema, context.desired),
    ]),
  check: (spec, target) => [
    ...(spec.unique?.some((key) => (key as Key).nullsNotDistinct) && target.versionNumber < 150000
      ? ["`nullsNotDistinct` needs PostgreSQL 15"]
      : []),
    ...(spec.columns.some((column) => column.virtual) && target.versionNumber < 180000
      ? ["`virtual` columns need PostgreSQL 18"]
      : []),
    ...spec.columns
      .filter((column) => /^(small|big)?serial$/i.test(column.type))
      .map(
        (column) =>
          `type ${column.type} of ${column.name} is short for a sequence; write an integer type with \`identity: by default\``,
      ),
    ...textFaults("columns or checks", ...texts(spec)),
  ],
  create: (spec) => {
    const name = qualified(spec.schema, spec.name);
    const { first, again } = distinctKeys(spec);
    const inside = [
      ...spec.columns.map(columnSql),
      ...(spec.primaryKey ? [keySql(spec.primaryKey as Key, true)] : []),
      ...first.map((key) => keySql(key, false)),
      ...(spec.checks ?? []).map(checkSql),
    ];
    const { unlogged, tablespace, parameters: given } = spec.postgresql ?? {};
    const body = inside.length > 0 ? sql`\n  ${join(inside, ",\n  ")}\n` : EMPTY;
    const options = given ? sql` WITH (${assignments(Object.entries(given) as [string, string][])})` : EMPTY;
    const place = tablespace ? sql` TABLESPACE ${id(tablespace)}` : EMPTY;
    return [
      {
        sql: sql`CREATE ${unlogged ? sql`UNLOGGED ` : EMPTY}TABLE ${name} (${body})${options}${place}`,
        scope: spec.schema,
      },
      ...owner(sql`TABLE ${name}`, spec.owner),
      ...comment(sql`TABLE ${name}`, spec.comment),
      ...spec.columns.filter((column) => column.comment !== undefined).map((column) => columnComment(spec, column)),
      ...again.map((key) => ({ sql: sql`ALTER TABLE ${name} ADD ${keySql(key, false)}` })),
      ...(spec.foreignKeys ?? []).map((key) => addForeignKey(spec, key)),
      ...rowSecurity(name, "off", spec.rowSecurity ?? "off", []),
    ];
  },
  alter,
  relink: relinkKeys,
  rename: (from, to) => [
    {
      sql: sql`ALTER TABLE ${qualified(to.schema, from.name)} RENAME TO ${id(to.name)}`,
      phase: "rename",
      lock: "ACCESS EXCLUSIVE",
    },
  ],
  drop: (spec, context) => [
    ...circularKeys(spec, context),
    {
      sql: sql`DROP TABLE ${qualified(spec.schema, spec.name)}`,
      hazards: [{ code: "DELETES_DATA", message: `${sizeOf(spec, context)} is lost`, affects: [relationName(spec)] }],
      lock: "ACCESS EXCLUSIVE",
    },
  ],
};

/** Of several keys on the same columns CREATE TABLE makes only the first; the others are added after it. */
function distinctKeys(spec: Table): { first: Key[]; again: Key[] } {
  const seen = new Set(spec.primaryKey ? [JSON.stringify((spec.primaryKey as Key).columns)] : []);
  const first: Key[] = [];
  const again: Key[] = [];
  for (const key of (spec.unique ?? []) as readonly Key[]) {
    const columns = JSON.stringify(key.columns);
    (seen.has(columns) ? again : first).push(key);
    seen.add(columns);
  }
  return { first, again };
}

/** Partitioned tables, partitions, inheritance and tables of a type are not modelled; they are listed as such. */
function isPlainTable({ kind, row }: Relation): boolean {
  return kind === "r" && row[12] !== "t";
}

function engineFields({ row }: Relation, toast: string | undefined): Table["postgresql"] {
  const fields = sparse<NonNullable<Table["postgresql"]>>({
    unlogged: row[7] === "u" ? true : undefined,
    tablespace: row[10] ?? undefined,
    parameters: toast ? withToast(reloptions(row[8] ?? null), toast) : reloptions(row[8] ?? null),
  });
  return Object.keys(fields).length > 0 ? fields : undefined;
}

function withToast(own: Record<string, string> = {}, toast: string): Record<string, string> {
  const entries = Object.entries(reloptions(toast) ?? {}).map(([name, value]): [string, string] => [
    `toast.${name}`,
    value,
  ]);
  return Object.fromEntries([...Object.entries(own), ...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function texts(spec: Table): string[] {
  return [
    ...spec.columns.flatMap((column) => [
      column.type,
      column.generated,
      typeof column.default === "string" ? column.default : undefined,
    ]),
    ...(spec.checks ?? []).map((check) => check.expression),
  ].filter((text) => text !== undefined);
}

/** A foreign key without columns refers to the primary key, which the server writes out. */
function withColumns(
  spec: Table,
  desired: PlanContext["desired"],
  live: PlanContext["live"],
): NonNullable<Table["foreignKeys"]> {
  return (spec.foreignKeys ?? []).map((key) => {
    if (key.references.columns) return key;
    const at = address("Table", nameParts(key.references.table));
    const primary = (desired.get(at) ?? live.get(at))?.spec.primaryKey as
      | { columns?: readonly string[] }
      | readonly string[]
      | undefined;
    const columns = Array.isArray(primary)
      ? (primary as readonly string[])
      : (primary as { columns?: readonly string[] } | undefined)?.columns;
    return columns ? { ...key, references: { ...key.references, columns } } : key;
  });
}

function alter(change: Alteration<Table>, context: PlanContext): Statement[] {
  const { after } = change;
  const name = qualified(after.schema, after.name);
  const size = sizeOf(after, context);
  const { statements, before, fields } = renamedConstraints(name, change.before, change.fields);
  const altered = { before, after, size, version: context.target.versionNumber };
  const columns = alterColumns(altered, fields);
  return [
    ...statements,
    ...engineChanges(after, fields, size),
    ...columns.statements,
    ...alterConstraints(altered, fields, columns),
    ...owner(sql`TABLE ${name}`, after.owner, fields),
    ...comment(sql`TABLE ${name}`, after.comment, fields),
    ...(changed(fields, "rowSecurity")
      ? rowSecurity(name, before.rowSecurity ?? "off", after.rowSecurity ?? "off", [relationName(after)])
      : []),
  ];
}

function engineChanges(after: Table, fields: readonly FieldChange[], size: string): Statement[] {
  const name = sql`ALTER TABLE ${qualified(after.schema, after.name)}`;
  const whole = fields.some(({ path }) => path[0] === "postgresql" && path.length === 1);
  const touched = (field: string): boolean =>
    whole || fields.some(({ path }) => path[0] === "postgresql" && path[1] === field);
  const hazards: Hazard[] = [
    { code: "REWRITES_TABLE", message: `${size} is written anew`, affects: [relationName(after)] },
  ];
  const was = (field: string): unknown => {
    const change = fields.find(({ path }) => path[0] === "postgresql" && (path[1] === field || path.length === 1));
    return change?.path.length === 1 ? (change.from as Record<string, unknown> | undefined)?.[field] : change?.from;
  };
  const { unlogged, tablespace } = after.postgresql ?? {};
  return [
    ...(touched("unlogged") && Boolean(was("unlogged")) !== Boolean(unlogged)
      ? [{ sql: sql`${name} SET ${unlogged ? sql`UNLOGGED` : sql`LOGGED`}`, hazards, lock: "ACCESS EXCLUSIVE" }]
      : []),
    ...(touched("tablespace") && was("tablespace") !== tablespace
      ? [{ sql: sql`${name} SET TABLESPACE ${id(tablespace ?? "pg_default")}`, hazards, lock: "ACCESS EXCLUSIVE" }]
      : []),
    ...parameters(name, fields),
  ];
}

/** On comes after the policies, in the phase that protects; off comes last of all. */
function rowSecurity(table: Sql, before: string, after: string, affects: readonly string[]): Statement[] {
  const statements: Statement[] = [];
  const hazards = (code: "WIDENS_ACCESS" | "NARROWS_ACCESS", message: string): Hazard[] =>
    affects.length > 0 ? [{ code, message, affects }] : [];
  if (before === "off" && after !== "off") {
    statements.push({
      sql: sql`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
      phase: "protect",
      hazards: hazards("NARROWS_ACCESS", "only rows that a policy opens are seen"),
      lock: "ACCESS EXCLUSIVE",
    });
  }
  if (after === "forced") {
    statements.push({
      sql: sql`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
      phase: "protect",
      hazards: hazards("NARROWS_ACCESS", "policies hold for the owner as well"),
      lock: "ACCESS EXCLUSIVE",
    });
  }
  if (before === "forced" && after !== "forced") {
    statements.push({
      sql: sql`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`,
      phase: "expose",
      hazards: hazards("WIDENS_ACCESS", "the owner sees every row"),
      lock: "ACCESS EXCLUSIVE",
    });
  }
  if (before !== "off" && after === "off") {
    statements.push({
      sql: sql`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`,
      phase: "expose",
      hazards: hazards("WIDENS_ACCESS", "every row is seen by whoever may read the table"),
      lock: "ACCESS EXCLUSIVE",
    });
  }
  return statements;
}

/** `sales.orders (about 12,000 rows)` */
export function sizeOf(spec: { schema: string; name: string }, context: PlanContext): string {
  const rows = context.live.get(address("Table", [spec.schema, spec.name]))?.rows;
  const name = relationName(spec);
  return rows === undefined ? name : `${name} (about ${rows.toLocaleString("en-US")} rows)`;
}

/** Tables that refer to each other can only go once their foreign keys are gone. */
function circularKeys(spec: Table, context: PlanContext): Statement[] {
  const own = relationName(spec);
  const reaches = (from: string, seen: Set<string>): boolean => {
    if (from === own) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    const keys = (context.live.get(address("Table", nameParts(from)))?.spec as Table | undefined)?.foreignKeys ?? [];
    return keys.some((key) => reaches(key.references.table, seen));
  };
  return (spec.foreignKeys ?? [])
    .filter((key) => key.references.table !== own && reaches(key.references.table, new Set()))
    .map((key) => ({ ...dropConstraint(qualified(spec.schema, spec.name), key.name as string), phase: "restrict" }));
}
