/**
 * How the server spells declared texts: the objects are made once in schemas of their own, in a transaction that is
 * rolled back, and read back with the same code that reads the real ones. Real tables are only looked up, never locked
 * against others. A text that the server does not take leaves its object out.
 */
import { type Address, address } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import type { NormaliseContext, PlanContext, Spelled, Target } from "../../core/engine.ts";
import type { Spec } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { formatName, nameParts } from "../../core/names.ts";
import { canonical } from "../../core/objects.ts";
import type { Seed, Table } from "../../core/specs.ts";
import { type Sql, sql } from "../../core/sql.ts";
import { HANDLERS } from "./handlers.ts";
import { searchPath } from "./path.ts";
import { id, lit } from "./quote.ts";
import { hashOfQuery } from "./seed.ts";
import { namesFor } from "./seed-hashes.ts";
import { type Sources, sources } from "./shadow-sources.ts";

const PREFIX = "datumline_shadow_";
const EMPTY_PATH = sql`SET LOCAL search_path = ''`;

/** Kinds that are spelled by making them. */
const KINDS_OF_RELATIONS = ["Table", "Index", "MaterializedView", "View", "RowPolicy"] as const;

export interface Shadow {
  /** One text: makes every object that can be made. */
  readonly script: string;
  /** Statements that give the hash of a seed's rows, by address. */
  readonly seeds: ReadonlyMap<Address, Sql>;
  /** Is this one of the schemas that it makes? */
  takes(schema: string): boolean;
  /** The address and the spec under which an object of the shadow is declared. */
  original(object: DataObject): { address: Address; spec: Spec };
}

export function shadow(objects: Catalog, context: NormaliseContext, target: Target): Shadow {
  const schemas = new Map<string, string>();
  const inShadow = (schema: string): string => {
    const known = schemas.get(schema) ?? `${PREFIX}${schemas.size}`;
    schemas.set(schema, known);
    return known;
  };
  const moved = (reference: string): string => {
    const [schema, name] = nameParts(reference) as [string, string];
    return formatName([inShadow(schema), name]);
  };
  const plan: PlanContext = {
    desired: context.desired,
    live: context.live,
    target,
    facts: context.facts,
    isNew: () => true,
    planned: () => undefined,
  };
  const making: string[] = [];
  const done = new Set<Address>();
  const copies = sources(PREFIX, context);
  const make = (kind: (typeof KINDS_OF_RELATIONS)[number], spec: Spec, scope: string): void => {
    const path = sql`SET LOCAL search_path = ${searchPath(scope, context.desired, context.live)}`;
    const statement = HANDLERS[kind].create(spec, plan)[0];
    if (statement) making.push(attempt(path, statement.sql));
  };
  const makeQuery = (kind: "View" | "MaterializedView", spec: Spec): void => {
    const own = spec.schema as string;
    for (const copy of copies.copy(kind, spec)) making.push(attempt(EMPTY_PATH, copy));
    const statement = HANDLERS[kind].create(
      { ...spec, schema: inShadow(own), withData: false, owner: undefined },
      plan,
    )[0];
    if (statement) making.push(attempt(sql`SET LOCAL search_path = ${copies.path(own)}`, statement.sql));
  };
  const makeTable = (at: Address): void => {
    if (done.has(at)) return;
    done.add(at);
    const there = context.live.get(at);
    const declared = context.desired.get(at) ?? there;
    if (!declared || !there) return;
    const own = declared.spec.schema as string;
    if (declared.kind === "Table")
      make("Table", bareTable(declared.spec as Table, there.spec as Table, inShadow(own)) as Spec, own);
    else makeQuery("MaterializedView", declared.spec);
  };

  const seeds = new Map<Address, Sql>();
  for (const [at, { kind, spec }] of objects) {
    if (kind === "Table" || kind === "MaterializedView") makeTable(at);
    if (kind === "View") makeQuery("View", spec);
    if (kind === "Seed") seeds.set(at, seedHash(spec as Seed, context.live));
    if (kind !== "Index" && kind !== "RowPolicy") continue;
    const table = spec.table as string;
    for (const parent of ["Table", "MaterializedView"]) makeTable(address(parent, nameParts(table)));
    const [own] = nameParts(table) as [string, string];
    const copy = { ...spec, table: moved(table), concurrently: undefined, to: undefined, postgresql: undefined };
    make(kind, copy, own);
  }
  const back = new Map([...schemas].map(([real, other]) => [other, real]));
  const reference = (name: string): string => {
    const [schema, last] = nameParts(name) as [string, string];
    return formatName([back.get(schema) ?? schema, last]);
  };
  return {
    script: [
      ...[...schemas.values(), ...copies.schemas].map((schema) => sql`CREATE SCHEMA ${id(schema)}`.text),
      ...making,
    ].join(";\n"),
    seeds,
    takes: (schema) => back.has(schema),
    original: ({ kind, spec }) => {
      const own =
        typeof spec.table === "string"
          ? { ...spec, table: reference(spec.table) }
          : { ...spec, schema: back.get(spec.schema as string), ...realQuery(spec, copies) };
      return { address: (KINDS.get(kind) as { address(spec: Spec): Address }).address(own), spec: own };
    },
  };
}

function realQuery({ query }: Spec, copies: Sources): Spec {
  return typeof query === "string" ? { query: copies.real(query) } : {};
}

/** As the table is now; a column that is yet to come has no type, and then nothing can be told. */
function seedHash(seed: Seed, live: Catalog): Sql {
  const there = live.get(address("Table", nameParts(seed.table)))?.spec as Table | undefined;
  const types = new Map((there?.columns ?? []).map(({ name, type }) => [name, type]));
  if (!seed.columns.every((column) => types.has(column))) return sql`SELECT NULL`;
  return sql`${namesFor(seed)}; ${hashOfQuery(seed, types)}`;
}

/** Runs a statement, or nothing: what the server refuses is left out without breaking the rest. */
function attempt(enter: Sql, statement: Sql): string {
  const body = sql`BEGIN EXECUTE ${lit(enter.text)}; EXECUTE ${lit(statement.text)}; EXCEPTION WHEN OTHERS THEN NULL; END`;
  return sql`DO ${lit(body.text)}`.text;
}

/** Columns that exist, with the declared texts: new columns have nothing to be compared with. */
function bareTable(declared: Table, there: Table, schema: string): Table {
  const live = new Map(there.columns.map((column) => [column.name, column]));
  const checks = new Set((there.checks ?? []).map((check) => check.name));
  const columns = declared.columns
    .filter((column) => live.has(column.name) || (column.renamedFrom !== undefined && live.has(column.renamedFrom)))
    .map(({ identity: _, sequence: __, notNull: ___, comment: ____, renamedFrom: _____, ...column }) => column);
  const others = there.columns
    .filter((column) => !declared.columns.some((one) => one.name === column.name || one.renamedFrom === column.name))
    .map(({ name, type }) => ({ name, type }));
  const kept = (declared.checks ?? []).filter((check) => checks.has(check.name));
  return { schema, name: declared.name, columns: [...columns, ...others], ...(kept.length > 0 && { checks: kept }) };
}

/** What was read back, under the addresses that the questions had. */
export function answers(
  shadowed: Shadow,
  read: Catalog,
  seeds: ReadonlyMap<Address, string>,
  questions: Catalog,
): Spelled {
  const found = new Map<Address, Spec>();
  for (const object of read.values()) {
    const { address: at, spec } = shadowed.original(object);
    if (questions.has(at)) found.set(at, spec);
  }
  for (const [at, rows] of seeds) {
    const question = questions.get(at);
    const kind = question && KINDS.get(question.kind);
    if (question && kind) found.set(at, canonical(kind.schema, { ...question.spec, rows }));
  }
  return found;
}
