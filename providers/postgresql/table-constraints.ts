/** Keys, checks and foreign keys of a table. https://www.postgresql.org/docs/current/ddl-constraints.html */
import { address } from "../../core/address.ts";
import type { FieldChange, Hazard, PlanContext, Statement } from "../../core/engine.ts";
import { nameParts } from "../../core/names.ts";
import { EMPTY, expr, type Sql, sql } from "../../core/sql.ts";
import type { Table } from "../../core/specs.ts";
import { arrayItems, vector } from "./common.ts";
import { id, ids, named, qualified } from "./quote.ts";
import { query, relationName, type Row, type Snapshot, sparse } from "./snapshot.ts";

export type Key = Exclude<NonNullable<Table["primaryKey"]>, readonly string[]> & { nullsNotDistinct?: boolean };
type Check = NonNullable<Table["checks"]>[number];
type ForeignKey = NonNullable<Table["foreignKeys"]>[number];

/**
 * table, name, type, deferrable, deferred, referred table, on update, on delete, match, columns, referred columns,
 * no inherit, expression; and of a key with more in its index than its columns, how many there are, all of the index,
 * nulls not distinct
 */
export const CONSTRAINTS = query(
  ({ version, within }) => sql`SELECT c.conrelid, c.conname, c.contype, c.condeferrable, c.condeferred, c.confrelid, c.confupdtype, c.confdeltype,
  c.confmatchtype, c.conkey, c.confkey, c.connoinherit, pg_get_expr(c.conbin, c.conrelid), i.indnkeyatts, i.indkey,
  ${version >= 150000 ? sql`i.indnullsnotdistinct` : sql`false`}
FROM pg_constraint c
  JOIN pg_namespace n ON n.oid = c.connamespace
  LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u')
    AND (i.indnatts > i.indnkeyatts${version >= 150000 ? sql` OR i.indnullsnotdistinct` : sql``})
WHERE c.contype IN ('p', 'u', 'c', 'f') AND c.conrelid <> 0 AND c.conparentid = 0 AND c.convalidated
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'${within(sql`c.conrelid`)}
ORDER BY c.conrelid, c.conname`,
  70,
  true,
);

const ACTIONS: Readonly<Record<string, NonNullable<ForeignKey["onDelete"]>>> = {
  r: "restrict",
  c: "cascade",
  n: "set null",
  d: "set default",
};

export type Constraints = Pick<Table, "primaryKey" | "unique" | "checks" | "foreignKeys">;

/** Constraints of every table, by its oid. */
export function readConstraints(snapshot: Snapshot): Map<string, Constraints> {
  const found = new Map<string, { -readonly [K in keyof Constraints]: Constraints[K] }>();
  for (const row of snapshot.rows(CONSTRAINTS)) {
    const [table, name, type] = row as [string, string, string];
    let constraints = found.get(table);
    if (!constraints) found.set(table, (constraints = {}));
    if (type === "p") constraints.primaryKey = readKey(row, snapshot);
    if (type === "u") constraints.unique = [...(constraints.unique ?? []), readKey(row, snapshot)];
    if (type === "c") {
      const check = sparse<Check>({ name, expression: row[12] as string, noInherit: row[11] === "t" ? true : undefined });
      constraints.checks = [...(constraints.checks ?? []), check];
    }
    if (type === "f") constraints.foreignKeys = [...(constraints.foreignKeys ?? []), readForeignKey(row, snapshot)];
  }
  return found;
}

function timing(row: Row): { deferrable: true | undefined; initiallyDeferred: true | undefined } {
  return { deferrable: row[3] === "t" ? true : undefined, initiallyDeferred: row[4] === "t" ? true : undefined };
}

function readKey(row: Row, snapshot: Snapshot): Key {
  const table = row[0] as string;
  const names = (numbers: readonly string[]): string[] => numbers.map((number) => snapshot.columnName(table, number));
  const include = names(vector(row[14] ?? null).slice(Number(row[13]))).sort();
  return sparse<Key>({
    name: row[1] as string,
    columns: names(arrayItems(row[9] ?? null)),
    include: include.length > 0 ? include : undefined,
    nullsNotDistinct: row[15] === "t" ? true : undefined,
    ...timing(row),
  });
}

function readForeignKey(row: Row, snapshot: Snapshot): ForeignKey {
  const [table, , , , , other] = row as readonly string[];
  const referred = snapshot.relation(other as string);
  const columns = (relation: string, list: string | null | undefined): string[] =>
    arrayItems(list ?? null).map((number) => snapshot.columnName(relation, number));
  return sparse<ForeignKey>({
    name: row[1] as string,
    columns: columns(table as string, row[9]),
    references: { table: referred ? relationName(referred) : "", columns: columns(other as string, row[10]) },
    onDelete: ACTIONS[row[7] as string],
    onUpdate: ACTIONS[row[6] as string],
    match: row[8] === "f" ? "full" : undefined,
    ...timing(row),
  });
}

function when(of: { readonly deferrable?: boolean; readonly initiallyDeferred?: boolean }): Sql {
  return sql`${of.deferrable ? sql` DEFERRABLE` : EMPTY}${of.initiallyDeferred ? sql` INITIALLY DEFERRED` : EMPTY}`;
}

export function keySql(key: Key, primary: boolean): Sql {
  const include = key.include ? sql` INCLUDE (${ids(key.include)})` : EMPTY;
  const kind = primary ? sql`PRIMARY KEY` : key.nullsNotDistinct ? sql`UNIQUE NULLS NOT DISTINCT` : sql`UNIQUE`;
  return sql`CONSTRAINT ${id(key.name ?? "")} ${kind} (${ids(key.columns)})${include}${when(key)}`;
}

export function checkSql(check: Check): Sql {
  return sql`CONSTRAINT ${id(check.name)} CHECK (${expr(check.expression)})${check.noInherit ? sql` NO INHERIT` : EMPTY}`;
}

const ACTION_SQL = {
  "no action": sql`NO ACTION`,
  restrict: sql`RESTRICT`,
  cascade: sql`CASCADE`,
  "set null": sql`SET NULL`,
  "set default": sql`SET DEFAULT`,
} as const;

function foreignKeySql(key: ForeignKey): Sql {
  const columns = key.references.columns ? sql` (${ids(key.references.columns)})` : EMPTY;
  const match = key.match === "full" ? sql` MATCH FULL` : EMPTY;
  const remove = key.onDelete ? sql` ON DELETE ${ACTION_SQL[key.onDelete]}` : EMPTY;
  const update = key.onUpdate ? sql` ON UPDATE ${ACTION_SQL[key.onUpdate]}` : EMPTY;
  return sql`CONSTRAINT ${id(key.name ?? "")} FOREIGN KEY (${ids(key.columns)}) REFERENCES ${named(key.references.table)}${columns}${match}${remove}${update}${when(key)}`;
}

/** Foreign keys wait until every table is there, so that tables may refer to each other. */
export function addForeignKey(table: Table, key: ForeignKey, hazards: readonly Hazard[] = []): Statement {
  return {
    sql: sql`ALTER TABLE ${qualified(table.schema, table.name)} ADD ${foreignKeySql(key)}`,
    phase: "link",
    after: [address("Table", nameParts(key.references.table))],
    hazards,
    lock: "SHARE ROW EXCLUSIVE on both tables",
  };
}

/** Constraints that changed: dropped before anything is built, added once what they need is there. */
export function alterConstraints(after: Table, fields: readonly FieldChange[], size: string, context: PlanContext): Statement[] {
  const table = qualified(after.schema, after.name);
  const drops = new Map<string, Statement>();
  const adds: Statement[] = [];
  const scan = (what: string): Hazard[] => [{ code: "LOCKS_TABLE", message: `${what}: ${size} is scanned and cannot be written meanwhile`, affects: [relationName(after)] }];
  const drop = (name: string): void => {
    drops.set(name, { ...dropConstraint(table, name), phase: "drop" });
  };
  const before = context.live.get(address("Table", [after.schema, after.name]))?.spec as Table | undefined;

  if (fields.some(({ path }) => path[0] === "primaryKey")) {
    const old = before?.primaryKey as Key | undefined;
    if (old) drop(old.name as string);
    if (after.primaryKey) {
      const key = after.primaryKey as Key;
      adds.push({ sql: sql`ALTER TABLE ${table} ADD ${keySql(key, true)}`, hazards: scan(`primary key ${key.name}`), lock: "ACCESS EXCLUSIVE" });
    }
  }
  for (const name of elements(fields, "unique")) {
    if (has(before?.unique, name)) drop(name);
    const key = (after.unique as readonly Key[] | undefined)?.find((one) => one.name === name);
    if (key) adds.push({ sql: sql`ALTER TABLE ${table} ADD ${keySql(key, false)}`, hazards: scan(`unique constraint ${name}`), lock: "ACCESS EXCLUSIVE" });
  }
  for (const name of elements(fields, "checks")) {
    if (has(before?.checks, name)) drop(name);
    const check = after.checks?.find((one) => one.name === name);
    if (check) {
      adds.push({ sql: sql`ALTER TABLE ${table} ADD ${checkSql(check)}`, scope: after.schema, hazards: scan(`check ${name}`), lock: "ACCESS EXCLUSIVE" });
    }
  }
  for (const name of elements(fields, "foreignKeys")) {
    if (has(before?.foreignKeys, name)) drops.set(name, { ...dropConstraint(table, name), phase: "restrict" });
    const key = after.foreignKeys?.find((one) => one.name === name);
    if (key) adds.push(addForeignKey(after, key, scan(`foreign key ${name}`)));
  }
  return [...drops.values(), ...adds];
}

export function dropConstraint(table: Sql, name: string): Statement {
  return { sql: sql`ALTER TABLE ${table} DROP CONSTRAINT ${id(name)}`, lock: "ACCESS EXCLUSIVE" };
}

function elements(fields: readonly FieldChange[], field: string): Set<string> {
  return new Set(fields.filter(({ path }) => path[0] === field).map(({ path }) => path[1] as string));
}

function has(list: readonly unknown[] | undefined, name: string): boolean {
  return list?.some((item) => (item as { name: string }).name === name) ?? false;
}
