/** Keys, checks and foreign keys of a table. https://www.postgresql.org/docs/current/ddl-constraints.html */
import { type Address, address } from "../../core/address.ts";
import type { FieldChange, Hazard, Statement } from "../../core/engine.ts";
import { nameParts } from "../../core/names.ts";
import type { Table } from "../../core/specs.ts";
import { EMPTY, type Sql, sql } from "../../core/sql.ts";
import { type Altered, type ColumnChanges, speaksOf } from "./column-changes.ts";
import { arrayItems, changed, vector } from "./common.ts";
import { userText } from "./lexer.ts";
import { id, ids, named, qualified } from "./quote.ts";
import { query, type Row, relationName, type Snapshot, sparse } from "./snapshot.ts";

export type Key = Exclude<NonNullable<Table["primaryKey"]>, readonly string[]> & { nullsNotDistinct?: boolean };
type Check = NonNullable<Table["checks"]>[number];
type ForeignKey = NonNullable<Table["foreignKeys"]>[number];

/**
 * table, name, type, six letters (deferrable, deferred, on update, on delete, match, no inherit), referred table, columns,
 * referred columns, expression; and of a key with more in its index than its columns, how many there are, all of the
 * index, nulls not distinct
 */
export const CONSTRAINTS = query(
  ({ version, within }) => sql`SELECT c.conrelid, c.conname, c.contype,
  CASE WHEN c.condeferrable THEN 't' ELSE 'f' END || CASE WHEN c.condeferred THEN 't' ELSE 'f' END || rpad(c.confupdtype::text, 1)
    || rpad(c.confdeltype::text, 1) || rpad(c.confmatchtype::text, 1) || CASE WHEN c.connoinherit THEN 't' ELSE 'f' END,
  nullif(c.confrelid, 0), c.conkey, c.confkey, pg_get_expr(c.conbin, c.conrelid), i.indnkeyatts, i.indkey,
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
    const constraints = found.get(table) ?? {};
    found.set(table, constraints);
    if (type === "p") constraints.primaryKey = readKey(row, snapshot);
    if (type === "u") constraints.unique = [...(constraints.unique ?? []), readKey(row, snapshot)];
    if (type === "c") {
      const check = sparse<Check>({
        name,
        expression: row[7] as string,
        noInherit: row[3]?.[5] === "t" ? true : undefined,
      });
      constraints.checks = [...(constraints.checks ?? []), check];
    }
    if (type === "f") constraints.foreignKeys = [...(constraints.foreignKeys ?? []), readForeignKey(row, snapshot)];
  }
  return found;
}

function timing(row: Row): { deferrable: true | undefined; initiallyDeferred: true | undefined } {
  return {
    deferrable: row[3]?.[0] === "t" ? true : undefined,
    initiallyDeferred: row[3]?.[1] === "t" ? true : undefined,
  };
}

function readKey(row: Row, snapshot: Snapshot): Key {
  const table = row[0] as string;
  const names = (numbers: readonly string[]): string[] => numbers.map((number) => snapshot.columnName(table, number));
  const include = names(vector(row[9] ?? null).slice(Number(row[8]))).sort();
  return sparse<Key>({
    name: row[1] as string,
    columns: names(arrayItems(row[5] ?? null)),
    include: include.length > 0 ? include : undefined,
    nullsNotDistinct: row[10] === "t" ? true : undefined,
    ...timing(row),
  });
}

function readForeignKey(row: Row, snapshot: Snapshot): ForeignKey {
  const [table, name, , letters, other, own, theirs] = row as readonly string[];
  const referred = snapshot.relation(other as string);
  const columns = (relation: string, list: string | undefined): string[] =>
    arrayItems(list ?? null).map((number) => snapshot.columnName(relation, number));
  return sparse<ForeignKey>({
    name: name as string,
    columns: columns(table as string, own),
    references: { table: referred ? relationName(referred) : "", columns: columns(other as string, theirs) },
    onDelete: ACTIONS[letters?.[3] as string],
    onUpdate: ACTIONS[letters?.[2] as string],
    match: letters?.[4] === "f" ? "full" : undefined,
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
  return sql`CONSTRAINT ${id(check.name)} CHECK (${userText(check.expression)})${check.noInherit ? sql` NO INHERIT` : EMPTY}`;
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

/** Constraints that changed, or whose columns did: dropped before anything is built, added once what they need is there. */
export function alterConstraints(
  { before, after, size }: Altered,
  fields: readonly FieldChange[],
  { retyped, remade }: ColumnChanges,
): Statement[] {
  const table = qualified(after.schema, after.name);
  const drops: Statement[] = [];
  const adds: Statement[] = [];
  const drop = (name: string, more: Partial<Statement> = {}): void => {
    drops.push({ ...dropConstraint(table, name), phase: "drop", ...more });
  };
  const add = (constraint: Sql, what: string, more: Partial<Statement> = {}): void => {
    adds.push({
      sql: sql`ALTER TABLE ${table} ADD ${constraint}`,
      hazards: scan(after, what, size),
      lock: "ACCESS EXCLUSIVE",
      ...more,
    });
  };
  const keys = (list: Table["unique"]): ReadonlyMap<string, Key> => byName(list as readonly Key[] | undefined);
  const goes = (key: Key): boolean => [...key.columns, ...(key.include ?? [])].some((column) => remade.has(column));

  const [oldPrimary, newPrimary] = [before.primaryKey as Key | undefined, after.primaryKey as Key | undefined];
  if (changed(fields, "primaryKey") || (oldPrimary && goes(oldPrimary))) {
    if (oldPrimary) drop(oldPrimary.name as string, unlinking(oldPrimary));
    if (newPrimary) add(keySql(newPrimary, true), `primary key ${newPrimary.name}`);
  }
  const [oldUnique, newUnique] = [keys(before.unique), keys(after.unique)];
  for (const name of stirred(fields, "unique", oldUnique, goes)) {
    const old = oldUnique.get(name);
    if (old) drop(name, unlinking(old));
    const key = newUnique.get(name) ?? (changedElement(fields, "unique", name) ? undefined : old);
    if (key) add(keySql(key, false), `unique constraint ${name}`);
  }
  const [oldChecks, newChecks] = [byName(before.checks), byName(after.checks)];
  const columns = new Set([...retyped, ...remade]);
  for (const name of stirred(fields, "checks", oldChecks, (check) => speaksOf(check.expression, columns))) {
    if (oldChecks.has(name)) drop(name);
    const check = newChecks.get(name) ?? (changedElement(fields, "checks", name) ? undefined : oldChecks.get(name));
    if (check) add(checkSql(check), `check ${name}`, { scope: after.schema });
  }
  const [oldLinks, newLinks] = [byName(before.foreignKeys), byName(after.foreignKeys)];
  for (const name of elements(fields, "foreignKeys")) {
    if (oldLinks.has(name)) drop(name, { phase: "restrict" });
    const key = newLinks.get(name);
    if (key) adds.push(addForeignKey(after, key, scan(after, `foreign key ${name}`, size)));
  }
  return [...drops, ...adds];
}

/** Foreign keys that lead from or to columns which are changed let go of them first, and hold on to them again last. */
export function relinkKeys(
  before: Table,
  after: Table,
  columns: ReadonlyMap<Address, ReadonlySet<string>>,
  fields: readonly FieldChange[],
): Statement[] {
  const meets = (table: Address, names: readonly string[] | undefined): boolean =>
    names?.some((name) => columns.get(table)?.has(name)) ?? false;
  return (before.foreignKeys ?? []).flatMap((key) => {
    const { name, references } = key;
    if (changedElement(fields, "foreignKeys", name as string)) return [];
    if (
      !meets(address("Table", [after.schema, after.name]), key.columns) &&
      !meets(address("Table", nameParts(references.table)), references.columns)
    )
      return [];
    const again = after.foreignKeys?.find((one) => one.name === name) ?? key;
    return [
      { ...dropConstraint(qualified(after.schema, after.name), name as string), phase: "restrict" as const },
      addForeignKey(after, again),
    ];
  });
}

function scan(table: Table, what: string, size: string): Hazard[] {
  return [
    {
      code: "LOCKS_TABLE",
      message: `${what}: ${size} is scanned and cannot be written meanwhile`,
      affects: [relationName(table)],
    },
  ];
}

function unlinking(key: Key): Partial<Statement> {
  return { disturbs: { columns: key.columns, how: "unlinked" } };
}

function byName<T extends { readonly name?: string }>(list: readonly T[] | undefined): ReadonlyMap<string, T> {
  return new Map((list ?? []).map((item) => [item.name as string, item]));
}

/** Names of the constraints that changed, and of those there that are concerned besides. */
function stirred<T>(
  fields: readonly FieldChange[],
  field: string,
  there: ReadonlyMap<string, T>,
  concerned: (item: T) => boolean,
): Set<string> {
  return new Set([
    ...elements(fields, field),
    ...[...there].flatMap(([name, item]) => (concerned(item) ? [name] : [])),
  ]);
}

export function dropConstraint(table: Sql, name: string): Statement {
  return { sql: sql`ALTER TABLE ${table} DROP CONSTRAINT ${id(name)}`, lock: "ACCESS EXCLUSIVE" };
}

function elements(fields: readonly FieldChange[], field: string): Set<string> {
  return new Set(fields.filter(({ path }) => path[0] === field).map(({ path }) => path[1] as string));
}

function changedElement(fields: readonly FieldChange[], field: string, name: string): boolean {
  return fields.some(({ path }) => path[0] === field && path[1] === name);
}
