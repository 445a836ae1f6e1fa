import type { Catalog, Need } from "../../core/catalog.ts";
import type { Handler, Target } from "../../core/engine.ts";
import type { Spec } from "../../core/kind.ts";
import { formatName } from "../../core/names.ts";
import type { Sql } from "../../core/sql.ts";

/** A row as the server sends it: every value as text. */
export type Row = readonly (string | null)[];

/** What a read has to know of the server, and of how much of it is to be read. */
export interface Reading {
  /** server_version_num */
  readonly version: number;
  /** ` AND …` that keeps only relations of the schemas to be read; nothing where all are. */
  within(relation: Sql): Sql;
}

/** One read of the catalogs: it returns every object of a sort at once, however many there are. */
export interface Query {
  readonly sql: (reading: Reading) => Sql;
  /** Share of the time that an inspection takes, to spread the reads over connections. */
  readonly weight: number;
  /**
   * It deparses expressions that name columns. For that the server opens each table, which costs more than the text
   * itself, and once for each connection: so all such reads share one.
   */
  readonly deparses: boolean;
}

export function query(text: Sql | Query["sql"], weight = 1, deparses = false): Query {
  return { sql: typeof text === "function" ? text : () => text, weight, deparses };
}

/** What a cell finds: the spec of an object, sparse, and what it needs. */
export interface Found<S = Spec> {
  readonly spec: S;
  readonly needs?: readonly Need[];
  readonly rows?: number;
}

/** A cell of the grid: one kind on PostgreSQL. */
export interface PostgresHandler<S = Spec> extends Handler<S> {
  /**
   * What `inspect` yields is in the form that is compared already: defaults and empty collections left out, sets sorted,
   * fields in order. Worth the care where a database has thousands.
   */
  readonly exact?: true;
  /** The reads that `inspect` looks at; shared ones are made once. */
  readonly reads: readonly Query[];
  inspect(snapshot: Snapshot): Iterable<Found<S>>;
}

export interface Relation {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind */
  readonly kind: string;
  readonly owner: string;
  readonly row: Row;
}

/** Answers of all reads, taken in one snapshot of the database, with the maps that every cell needs. */
export interface Snapshot {
  readonly target: Target;
  /** Name of the database connected to. */
  readonly database: string;
  readonly connectedAs: string;
  rows(query: Query): readonly Row[];
  role(oid: string): string;
  schema(oid: string): string | undefined;
  relation(oid: string): Relation | undefined;
  /** Relations of the user's schemas that belong to no extension. */
  readonly relations: readonly Relation[];
  comment(catalog: keyof typeof CATALOGS, oid: string): string | undefined;
  /** Comments of an object by column; under 0 that of the object. */
  comments(catalog: keyof typeof CATALOGS, oid: string): ReadonlyMap<string, string> | undefined;
  /** Does it belong to an extension? */
  inExtension(catalog: keyof typeof CATALOGS, oid: string): boolean;
  /** Columns of a relation by number. */
  columns(relation: string): readonly ColumnRow[];
  column(relation: string, number: string): ColumnRow | undefined;
  columnName(relation: string, number: string): string;
  /** What inspection was told to look at beyond the catalogs. */
  readonly probes: Catalog;
  /** Roles whose password is known to be the declared one, with the declared version of it. */
  readonly passwords: ReadonlyMap<string, { readonly version: number | undefined }>;
  /** Hash of the rows of each seeded table that exists, by address of the seed. */
  readonly seeds: ReadonlyMap<string, string>;
}

export interface ColumnRow {
  readonly number: string;
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  /** pg_attribute.attidentity, or `-` */
  readonly identity: string;
  /** pg_attribute.attgenerated, or `-` */
  readonly generated: string;
  /** Where it is not the type's. */
  readonly collation: string | undefined;
}

/** Object identifiers of the catalogs themselves; they never change. */
export const CATALOGS = {
  pg_type: "1247",
  pg_proc: "1255",
  pg_class: "1259",
  pg_authid: "1260",
  pg_database: "1262",
  pg_constraint: "2606",
  pg_namespace: "2615",
  pg_extension: "3079",
  pg_policy: "3256",
} as const;

/** Name of a relation as references write it. */
export function relationName(relation: Pick<Relation, "schema" | "name">): string {
  return formatName([relation.schema, relation.name]);
}

/** Leaves out what is undefined, so that a spec stays sparse. */
export function sparse<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  const result: Partial<T> = {};
  for (const key in fields) if (fields[key] !== undefined) result[key] = fields[key] as T[typeof key];
  return result as T;
}
