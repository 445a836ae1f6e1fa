/** From the answers of all reads to a catalog. */
import { type Address, address } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import type { Inspection, Target } from "../../core/engine.ts";
import type { Kind } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { canonical } from "../../core/objects.ts";
import { accessFacts, accessReads } from "./access/facts.ts";
import { CAPACITY, capacityOf } from "./capacity.ts";
import { childrenIn, PARENTS } from "./children.ts";
import { arrayItems } from "./common.ts";
import { HANDLERS } from "./handlers.ts";
import { notModelled } from "./not-modelled.ts";
import { otherTablesIn } from "./other-tables.ts";
import { COLUMNS, COMMENTS, EXTENSION_MEMBERS, RELATIONS, ROLE_NAMES, SCHEMAS, SHARED, TYPES } from "./reads.ts";
import { readRoutines } from "./routines.ts";
import { CATALOGS, type ColumnRow, type Query, type Relation, type Row, type Snapshot } from "./snapshot.ts";

/** Every read that an inspection makes, each once. */
export const READS: readonly Query[] = [
  ...new Set([
    ...SHARED,
    ...Object.values(HANDLERS).flatMap((handler) => handler.reads),
    ...notModelled.reads,
    CAPACITY,
    PARENTS,
    ...accessReads,
  ]),
];

export interface Answers {
  readonly target: Target;
  readonly rows: ReadonlyMap<Query, readonly Row[]>;
  /** Schemas whose objects are taken; all others are passed over. */
  readonly takes: (schema: string) => boolean;
  readonly probes: Catalog;
  readonly passwords: Snapshot["passwords"];
  readonly seeds: Snapshot["seeds"];
}

export function toInspection(answers: Answers): Inspection {
  const snapshot = toSnapshot(answers);
  const catalog = new Map<Address, DataObject>();
  for (const [name, handler] of Object.entries(HANDLERS)) {
    const kind = KINDS.get(name) as Kind;
    for (const found of handler.inspect(snapshot)) {
      const spec = handler.exact ? found.spec : canonical(kind.schema, kind.normalise?.(found.spec) ?? found.spec);
      catalog.set(kind.address(spec), {
        kind: name,
        spec,
        ...(found.needs && { needs: found.needs }),
        ...(found.rows && { rows: found.rows }),
      });
    }
  }
  const access = accessFacts(snapshot, catalog);
  return {
    catalog,
    notModelled: [...notModelled.find(snapshot), ...access.notModelled],
    facts: {
      connectedAs: snapshot.connectedAs,
      types: typesByName(snapshot),
      capacity: capacityOf(snapshot),
      ...access.facts,
    },
    target: answers.target,
    present: presentOf(snapshot),
    routines: [...readRoutines(snapshot).values()],
    children: childrenIn(snapshot),
    otherTables: otherTablesIn(snapshot, catalog),
  };
}

/** Roles and schemas that are there and nobody's to declare. */
function presentOf(snapshot: Snapshot): Set<Address> {
  const found = new Set<Address>();
  for (const [, name] of snapshot.rows(ROLE_NAMES)) found.add(address("Role", name as string));
  for (const [, name] of snapshot.rows(SCHEMAS)) found.add(address("Schema", name as string));
  for (const relation of snapshot.relations)
    if (relation.kind === "p" || relation.kind === "f" || relation.row[12] === "t")
      found.add(address("Table", [relation.schema, relation.name]));
  return found;
}

function typesByName(snapshot: Snapshot): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, schema] of snapshot.rows(TYPES))
    found.set(name as string, [...(found.get(name as string) ?? []), schema as string]);
  return found;
}

export function toSnapshot(answers: Answers): Snapshot {
  const rows = (query: Query): readonly Row[] => answers.rows.get(query) ?? [];
  const roles = new Map(rows(ROLE_NAMES).map(([oid, name]) => [oid as string, name as string]));
  const schemas = new Map<string, string>();
  for (const [oid, name] of rows(SCHEMAS))
    if (answers.takes(name as string)) schemas.set(oid as string, name as string);
  const members = membersByCatalog(rows(EXTENSION_MEMBERS));
  const all = new Map<string, Relation>();
  for (const row of rows(RELATIONS)) {
    const [oid, namespace, name, kind, owner] = row as readonly string[];
    const schema = schemas.get(namespace as string);
    if (schema === undefined) continue;
    all.set(oid as string, {
      oid: oid as string,
      schema,
      name: name as string,
      kind: kind as string,
      owner: roles.get(owner as string) ?? "",
      row,
    });
  }
  const columns = columnsByRelation(rows(COLUMNS));
  const comments = commentsByObject(rows(COMMENTS));
  const inExtension: Snapshot["inExtension"] = (catalog, oid) => members.get(CATALOGS[catalog])?.has(oid) ?? false;
  const column: Snapshot["column"] = (relation, number) => columnOf(columns.get(relation) ?? [], number);
  const { target } = answers;
  return {
    target,
    database: target.database ?? "",
    connectedAs: target.user,
    rows,
    role: (oid) => (oid === "0" ? "public" : (roles.get(oid) ?? oid)),
    schema: (oid) => schemas.get(oid),
    relation: (oid) => all.get(oid),
    relations: [...all.values()].filter((relation) => !inExtension("pg_class", relation.oid)),
    comment: (catalog, oid) => comments.get(CATALOGS[catalog])?.get(oid)?.get("0"),
    comments: (catalog, oid) => comments.get(CATALOGS[catalog])?.get(oid),
    inExtension,
    columns: (relation) => columns.get(relation) ?? [],
    column,
    columnName: (relation, number) => column(relation, number)?.name ?? "",
    probes: answers.probes,
    passwords: answers.passwords,
    seeds: answers.seeds,
  };
}

function membersByCatalog(rows: readonly Row[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [catalog, oid] of rows as readonly (readonly string[])[]) {
    const known = found.get(catalog as string);
    if (known) known.add(oid as string);
    else found.set(catalog as string, new Set([oid as string]));
  }
  return found;
}

/** By catalog, object and column: a text made of all three would have to be made for every look. */
function commentsByObject(rows: readonly Row[]): Map<string, Map<string, Map<string, string>>> {
  const found = new Map<string, Map<string, Map<string, string>>>();
  for (const [catalog, oid, column, text] of rows as readonly (readonly string[])[]) {
    const objects = found.get(catalog as string) ?? new Map<string, Map<string, string>>();
    found.set(catalog as string, objects);
    const known = objects.get(oid as string);
    if (known) known.set(column as string, text as string);
    else objects.set(oid as string, new Map([[column as string, text as string]]));
  }
  return found;
}

function columnsByRelation(rows: readonly Row[]): Map<string, ColumnRow[]> {
  return new Map(rows.map((row) => [row[0] as string, columnsOf(row)]));
}

function columnsOf([, numbers, names, types, marks, collations]: Row): ColumnRow[] {
  const nameOf = arrayItems(names ?? null);
  const typeOf = arrayItems(types ?? null);
  const collationOf = arrayItems(collations ?? null);
  const columns = arrayItems(numbers ?? null).map((number, index) => ({
    number,
    name: nameOf[index] as string,
    type: typeOf[index] as string,
    notNull: marks?.[index * 3] === "t",
    identity: marks?.[index * 3 + 1] ?? "-",
    generated: marks?.[index * 3 + 2] ?? "-",
    collation: collationOf[index] || undefined,
  }));
  const ordered = columns.every(
    (column, index) => index === 0 || Number(column.number) > Number(columns[index - 1]?.number),
  );
  return ordered ? columns : columns.sort((a, b) => Number(a.number) - Number(b.number));
}

/** Numbers are places unless columns were dropped. */
function columnOf(columns: readonly ColumnRow[], number: string): ColumnRow | undefined {
  const likely = columns[Number(number) - 1];
  return likely?.number === number ? likely : columns.find((column) => column.number === number);
}
