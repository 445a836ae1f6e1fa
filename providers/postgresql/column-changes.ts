/**
 * What happens to the columns of a table that is there. A default steps aside while the type changes; what an expression
 * computed is computed again. https://www.postgresql.org/docs/current/sql-altertable.html
 */
import type { Disturbance, FieldChange, Hazard, Statement } from "../../core/engine.ts";
import type { Table } from "../../core/specs.ts";
import { EMPTY, expr, type Sql, sql } from "../../core/sql.ts";
import { always, identitySql, recount } from "./identity.ts";
import { identifierChains, userText } from "./lexer.ts";
import { id, qualified } from "./quote.ts";
import { relationName } from "./snapshot.ts";
import { type Column, columnComment, columnSql } from "./table-columns.ts";

/** A table as it was and is to be; `size` says in words how many rows are concerned. */
export interface Altered {
  readonly before: Table;
  readonly after: Table;
  readonly size: string;
  readonly version: number;
}

/** What becomes of one column. */
interface ColumnChange {
  readonly was: Column | undefined;
  /** Undefined where it is dropped. */
  readonly column: Column | undefined;
  readonly name: string;
  readonly changes: ReadonlyMap<string, FieldChange>;
  /** Dropped and made anew, since nothing else would do. */
  readonly remade: boolean;
}

export interface ColumnChanges {
  readonly statements: readonly Statement[];
  /** Columns of another type, and those dropped and made anew: constraints that speak of them are made anew as well. */
  readonly retyped: ReadonlySet<string>;
  readonly remade: ReadonlySet<string>;
}

export function alterColumns(table: Altered, fields: readonly FieldChange[]): ColumnChanges {
  const changes = columnChanges(table, fields);
  const retyped = new Set(
    changes.filter(({ changes: own, was }) => was && (own.has("type") || own.has("collation"))).map(({ name }) => name),
  );
  const remade = new Set(changes.filter((change) => change.remade).map(({ name }) => name));
  // A generated column holds on to the columns that it is made of.
  const generated = table.after.columns.filter(
    (column) => column.generated && !remade.has(column.name) && speaksOf(column.generated, retyped),
  );
  for (const { name } of generated) remade.add(name);
  const drops: Statement[] = [];
  const alters: Statement[] = [];
  for (const change of changes) {
    if (!change.column) drops.push(dropColumn(table, change.name));
    else if (!change.was) alters.push(...addColumn(table, change.column));
    else if (remade.has(change.name))
      drops.push(...renameColumn(table, change), remakeColumn(table, change.was, change.column));
    else alters.push(...alterColumn(table, change.was, change.column, change.changes));
  }
  for (const column of generated)
    if (!changes.some(({ name }) => name === column.name)) drops.push(remakeColumn(table, column, column));
  const again = table.after.columns
    .filter(({ name }) => remade.has(name))
    .flatMap((column) => addColumn(table, column));
  return { statements: [...drops, ...alters, ...again], retyped, remade };
}

/** Does a text name one of these columns? */
export function speaksOf(text: string, columns: ReadonlySet<string>): boolean {
  return columns.size > 0 && identifierChains(text).some((parts) => parts.some((part) => columns.has(part)));
}

function columnChanges({ before, after, version }: Altered, fields: readonly FieldChange[]): ColumnChange[] {
  const byName = new Map<string, FieldChange[]>();
  for (const field of fields) {
    if (field.path[0] !== "columns") continue;
    const name = field.path[1] as string;
    byName.set(name, [...(byName.get(name) ?? []), field]);
  }
  return [...byName].map(([name, own]) => {
    const column = after.columns.find((one) => one.name === name);
    const changes = new Map(
      own.flatMap((field): [string, FieldChange][] => (field.path[2] === undefined ? [] : [[field.path[2], field]])),
    );
    const former = (changes.get("name")?.from as string | undefined) ?? name;
    const was = own.some(({ path, from }) => path.length === 2 && from === undefined)
      ? undefined
      : before.columns.find((one) => one.name === former);
    return {
      was,
      column,
      name,
      changes,
      remade: was !== undefined && column !== undefined && needsRemaking(was, column, changes, version),
    };
  });
}

/** An expression can be taken away where the values are stored, and changed since PostgreSQL 17. */
function needsRemaking(
  was: Column,
  column: Column,
  changes: ReadonlyMap<string, FieldChange>,
  version: number,
): boolean {
  if (!changes.has("generated") && !changes.has("virtual")) return false;
  if (changes.has("virtual")) return true;
  if (!column.generated) return false;
  return !was.generated || version < 170000;
}

function alterTable({ after }: Altered): Sql {
  return sql`ALTER TABLE ${qualified(after.schema, after.name)}`;
}

function dropColumn(table: Altered, name: string, how: Disturbance["how"] = "dropped"): Statement {
  return {
    sql: sql`${alterTable(table)} DROP COLUMN ${id(name)}`,
    hazards: [
      {
        code: "DELETES_DATA",
        message: `column ${name} and what it holds in ${table.size} is lost`,
        affects: [relationName(table.after)],
      },
    ],
    lock: "ACCESS EXCLUSIVE",
    disturbs: { columns: [name], how },
  };
}

/** What a generated column holds is computed again, so nothing is lost as long as it stays one. */
function remakeColumn(table: Altered, was: Column, column: Column): Statement {
  const { hazards = [], ...drop } = dropColumn(table, column.name, "remade");
  return was.generated && column.generated ? drop : { ...drop, hazards };
}

function renameColumn(table: Altered, { name, changes }: Pick<ColumnChange, "name" | "changes">): Statement[] {
  const renamed = changes.get("name");
  if (!renamed) return [];
  return [
    {
      sql: sql`${alterTable(table)} RENAME COLUMN ${id(renamed.from as string)} TO ${id(name)}`,
      phase: "rename",
      lock: "ACCESS EXCLUSIVE",
    },
  ];
}

function addColumn(table: Altered, column: Column): Statement[] {
  const { after, size } = table;
  const rewrites =
    column.identity !== undefined || (column.generated !== undefined && !column.virtual) || volatile(column.default);
  const hazards: Hazard[] = rewrites
    ? [{ code: "REWRITES_TABLE", message: `adding ${column.name} writes ${size} anew`, affects: [relationName(after)] }]
    : [];
  return [
    {
      sql: sql`${alterTable(table)} ADD COLUMN ${columnSql(column)}`,
      scope: after.schema,
      hazards,
      lock: "ACCESS EXCLUSIVE",
    },
    ...(column.comment === undefined ? [] : [columnComment(after, column)]),
  ];
}

/** A default that calls a function may differ from row to row; those that cannot are few and known. */
function volatile(value: Column["default"]): boolean {
  if (typeof value !== "string" || !value.includes("(")) return false;
  return !/^\s*(now|transaction_timestamp|current_setting)\s*\([^()]*\)\s*(::\s*[\w ]+)?$/i.test(value);
}

function alterColumn(
  table: Altered,
  was: Column,
  column: Column,
  changes: ReadonlyMap<string, FieldChange>,
): Statement[] {
  const { after, size } = table;
  const statements: Statement[] = renameColumn(table, { name: column.name, changes });
  const alter = (change: Sql, more: Partial<Statement> = {}): void => {
    statements.push({
      sql: sql`${alterTable(table)} ALTER COLUMN ${id(column.name)} ${change}`,
      lock: "ACCESS EXCLUSIVE",
      ...more,
    });
  };
  const type = changes.get("type");
  const identity = changes.get("identity");
  if (was.generated && !column.generated) alter(sql`DROP EXPRESSION`);
  if (identity && column.identity === undefined) alter(sql`DROP IDENTITY`);
  const retyped = type !== undefined || changes.has("collation");
  if (was.default !== undefined && (retyped || column.default === undefined)) alter(sql`DROP DEFAULT`);
  if (retyped) {
    const cast = column.generated ? EMPTY : using(type, column);
    alter(sql`TYPE ${expr(column.type)}${column.collation ? sql` COLLATE ${expr(column.collation)}` : EMPTY}${cast}`, {
      scope: after.schema,
      hazards: typeHazards(after, column, type, size),
      disturbs: {
        columns: [column.name],
        how: type && wideningOnly(`${type.from}`, `${type.to}`) ? "widened" : "retyped",
      },
    });
  }
  if (changes.has("generated") && column.generated) {
    const hazards: Hazard[] = column.virtual
      ? []
      : [
          {
            code: "REWRITES_TABLE",
            message: `${column.name} is computed again: ${size} is written anew`,
            affects: [relationName(after)],
          },
        ];
    alter(sql`SET EXPRESSION AS (${userText(column.generated)})`, {
      scope: after.schema,
      hazards,
      disturbs: { columns: [column.name], how: "widened" },
    });
  }
  if (column.default !== undefined && (retyped || changes.has("default")))
    alter(sql`SET DEFAULT ${userText(`${column.default}`)}`, { scope: after.schema });
  const nullable = changes.get("notNull");
  if (nullable && column.notNull) {
    alter(sql`SET NOT NULL`, {
      hazards: [
        {
          code: "LOCKS_TABLE",
          message: `${column.name} not null: ${size} is scanned; it fails where there is a NULL`,
          affects: [relationName(after)],
        },
      ],
    });
  }
  if (identity && was.identity === undefined) alter(sql`ADD ${identitySql(column)}`);
  else if (column.identity) {
    if (identity) alter(sql`SET GENERATED ${always(column)}`);
    if (changes.has("sequence")) statements.push(...recount(after, column).map((statement) => ({ sql: statement })));
  }
  if (nullable && !column.notNull) alter(sql`DROP NOT NULL`);
  if (changes.has("comment")) statements.push(columnComment(after, column));
  return statements;
}

const NUMBER = /^(smallint|integer|bigint|numeric|real|double precision)\b/;

/** Types that the server casts among each other; between all others a value goes through its text. */
const FAMILIES = [
  NUMBER,
  /^(date|timestamp|time)\b/,
  /^(character|text|name|bpchar)\b/,
  /^jsonb?$/,
  /^(inet|cidr)$/,
] as const;

function using(type: FieldChange | undefined, column: Column): Sql {
  if (!type) return EMPTY;
  const [from, to] = [`${type.from}`, column.type];
  const isText = (name: string): boolean => /^(character|text|name|bpchar)\b/.test(name) && !name.endsWith("[]");
  const [fromTruth, toTruth] = [from === "boolean", to === "boolean"];
  if (fromTruth !== toTruth && NUMBER.test(fromTruth ? to : from))
    return toTruth ? sql` USING ${id(column.name)} <> 0` : sql` USING ${id(column.name)}::integer::${expr(to)}`;
  const direct =
    isText(from) ||
    isText(to) ||
    FAMILIES.some((family) => family.test(from) && family.test(to) && from.endsWith("[]") === to.endsWith("[]"));
  return direct ? sql` USING ${id(column.name)}::${expr(to)}` : sql` USING ${id(column.name)}::text::${expr(to)}`;
}

function typeHazards(table: Table, column: Column, type: FieldChange | undefined, size: string): Hazard[] {
  const affects = [relationName(table)];
  if (type && wideningOnly(`${type.from}`, `${type.to}`)) return [];
  return [
    {
      code: "REWRITES_TABLE",
      message: `${column.name} as ${column.type}: ${size} is written anew; it fails where a value does not fit`,
      affects,
    },
  ];
}

/** Changes that the server makes without looking at a row. */
function wideningOnly(from: string, to: string): boolean {
  const varchar = /^character varying(?:\((\d+)\))?$/;
  const old = varchar.exec(from);
  if (old && to === "text") return true;
  if (from === "text" && to === "character varying") return true;
  const wider = varchar.exec(to);
  if (old && wider) return wider[1] === undefined || (old[1] !== undefined && Number(wider[1]) >= Number(old[1]));
  const numeric = /^numeric\((\d+),(\d+)\)$/;
  const small = numeric.exec(from);
  const large = numeric.exec(to);
  if (small && to === "numeric") return true;
  return small !== null && large !== null && small[2] === large[2] && Number(large[1]) >= Number(small[1]);
}
