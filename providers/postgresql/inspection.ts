/** From the answers of all reads to a catalog. */
import { type Address, address } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import type { Inspection, Target } from "../../core/engine.ts";
import type { Kind } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { canonical } from "../../core/objects.ts";
import { HANDLERS } from "./handlers.ts";
import { notModelled } from "./not-modelled.ts";
import { COLUMNS, COMMENTS, EXTENSION_MEMBERS, RELATIONS, ROLE_NAMES, SCHEMAS, SHARED, TYPES } from "./reads.ts";
import { CATALOGS, type ColumnRow, type Query, type Relation, type Row, type Snapshot } from "./snapshot.ts";

/** Every read that an inspection makes, each once. */
export const READS: readonly Query[] = [...new Set([...SHARED, ...Object.values(HANDLERS).flatMap((handler) => handler.reads), ...notModelled.reads])];

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
      const spec = canonical(kind.schema, kind.normalise?.(found.spec) ?? found.spec);
      catalog.set(kind.address(spec), { kind: name, spec, ...(found.needs && { needs: found.needs }), ...(found.rows && { rows: found.rows }) });
    }
  }
  return {
    catalog,
    notModelled: notModelled.find(snapshot),
    facts: { connectedAs: snapshot.connectedAs, types: typesByName(snapshot) },
    target: answers.target,
    present: presentOf(snapshot),
  };
}

/** Roles and schemas that are there and nobody's to declare. */
function presentOf(snapshot: Snapshot): Set<Address> {
  const found = new Set<Address>();
  for (const [, name] of snapshot.rows(ROLE_NAMES)) found.add(address("Role", name as string));
  for (const [, name] of snapshot.rows(SCHEMAS)) found.add(address("Schema", name as string));
  for (const relation of snapshot.relations) if (relation.kind === "p" || relation.kind === "f" || relation.row[12] === "t") found.add(address("Table", [relation.schema, relation.name]));
  return found;
}

function typesByName(snapshot: Snapshot): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, schema] of snapshot.rows(TYPES)) found.set(name as string, [...(found.get(name as string) ?? []), schema as string]);
  return found;
}

export function toSnapshot(answers: Answers): Snapshot {
  const rows = (query: Query): readonly Row[] => answers.rows.get(query) ?? [];
  const roles = new Map(rows(ROLE_NAMES).map(([oid, name]) => [oid as string, name as string]));
  const schemas = new Map<string, string>();
  for (const [oid, name] of rows(SCHEMAS)) if (answers.takes(name as string)) schemas.set(oid as string, name as string);
  const members = new Set(rows(EXTENSION_MEMBERS).map(([catalog, oid]) => `${catalog} ${oid}`));
  const all = new Map<string, Relation>();
  for (const row of rows(RELATIONS)) {
    const [oid, namespace, name, kind, owner] = row as readonly string[];
    const schema = schemas.get(namespace as string);
    if (schema === undefined) continue;
    all.set(oid as string, { oid: oid as string, schema, name: name as string, kind: kind as string, owner: roles.get(owner as string) ?? "", row });
  }
  const columns = columnsByRelation(rows(COLUMNS));
  const comments = new Map(rows(COMMENTS).map(([catalog, oid, column, text]) => [`${catalog} ${oid} ${column}`, text as string]));
  const { target } = answers;
  return {
    target,
    database: target.database ?? "",
    connectedAs: target.user,
    rows,
    role: (oid) => (oid === "0" ? "public" : (roles.get(oid) ?? oid)),
    schema: (oid) => schemas.get(oid),
    relation: (oid) => all.get(oid),
    relations: [...all.values()].filter((relation) => !members.has(`${CATALOGS.pg_class} ${relation.oid}`)),
    comment: (catalog, oid, column = "0") => comments.get(`${CATALOGS[catalog]} ${oid} ${column}`),
    inExtension: (catalog, oid) => members.has(`${CATALOGS[catalog]} ${oid}`),
    columns: (relation) => columns.get(relation) ?? [],
    columnName: (relation, number) => (columns.get(relation) ?? []).find((column) => column.number === number)?.name ?? "",
    probes: answers.probes,
    passwords: answers.passwords,
    seeds: answers.seeds,
  };
}

function columnsByRelation(rows: readonly Row[]): Map<string, ColumnRow[]> {
  const found = new Map<string, ColumnRow[]>();
  for (const row of rows) {
    const [relation, number, name, type] = row as readonly string[];
    const column = { number: number as string, name: name as string, type: type as string, row };
    const known = found.get(relation as string);
    if (known) known.push(column);
    else found.set(relation as string, [column]);
  }
  return found;
}
