/**
 * How a sequence counts is altered in one statement with all of it, because PostgreSQL checks each part against the rest.
 * A sequence that belongs to a column goes with it; those of identity columns are part of the column.
 * https://www.postgresql.org/docs/current/sql-createsequence.html
 */
import { type Address, address } from "../../core/address.ts";
import type { Alteration, PlanContext, Statement } from "../../core/engine.ts";
import { nameParts } from "../../core/names.ts";
import type { Sequence } from "../../core/specs.ts";
import { EMPTY, type Sql, sql } from "../../core/sql.ts";
import { changed, comment, owner } from "./common.ts";
import { id, lit, named, number, qualified } from "./quote.ts";
import { COLUMNS, COMMENTS, RELATIONS } from "./reads.ts";
import {
  type PostgresHandler,
  query,
  type Relation,
  type Row,
  relationName,
  type Snapshot,
  sparse,
} from "./snapshot.ts";

/** sequence, type, start, increment, smallest, largest, cache, cycle, table and column that it belongs to; those of identity columns are part of the column */
const SEQUENCES = query(
  sql`SELECT s.seqrelid, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
  d.refobjid, d.refobjsubid
FROM pg_sequence s
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
WHERE d.deptype IS DISTINCT FROM 'i'`,
  2,
);

const FIELDS = ["type", "start", "increment", "minValue", "maxValue", "cache", "cycle"] as const;

export const sequence: PostgresHandler<Sequence> = {
  reads: [SEQUENCES, RELATIONS, COLUMNS, COMMENTS],
  *inspect(snapshot) {
    const rows = new Map(snapshot.rows(SEQUENCES).map((row) => [row[0], row]));
    for (const relation of snapshot.relations) {
      if (relation.kind !== "S") continue;
      const row = rows.get(relation.oid);
      if (!row || !countsInJson(row)) continue;
      const spec = read(relation, row, snapshot);
      yield { spec, ...(spec.ownedBy && { needs: [{ address: tableOf(spec.ownedBy) }] }) };
    }
  },
  goesWith: (spec) => (spec.ownedBy ? [tableOf(spec.ownedBy)] : []),
  create: (spec, context) => [
    { sql: sql`CREATE SEQUENCE ${nameOf(spec)}${counting(spec, false)}` },
    ...owner(sql`SEQUENCE ${nameOf(spec)}`, spec.owner),
    ...comment(sql`SEQUENCE ${nameOf(spec)}`, spec.comment),
    ...(spec.ownedBy ? link(spec, spec.ownedBy, context) : []),
  ],
  alter,
  rename: (from, to) => [
    { sql: sql`ALTER SEQUENCE ${nameOf({ ...to, name: from.name })} RENAME TO ${id(to.name)}`, phase: "rename" },
  ],
  // What belongs to a column is gone once the column is, and cannot go before a default that uses it.
  drop: (spec) => [
    spec.ownedBy
      ? { sql: sql`DROP SEQUENCE IF EXISTS ${nameOf(spec)}`, phase: "link" }
      : { sql: sql`DROP SEQUENCE ${nameOf(spec)}` },
  ],
};

function read(relation: Relation, row: Row, snapshot: Snapshot): Sequence {
  const [, type, start, increment, smallest, largest, cache, cycle, table, column] = row as readonly string[];
  const of = table && column ? snapshot.relation(table) : undefined;
  return sparse<Sequence>({
    schema: relation.schema,
    name: relation.name,
    type: type as NonNullable<Sequence["type"]>,
    start: Number(start),
    increment: Number(increment),
    minValue: smallest === SMALLEST.text ? undefined : Number(smallest),
    maxValue: largest === LARGEST.text ? undefined : Number(largest),
    cache: Number(cache),
    cycle: cycle === "t",
    ownedBy: of && { table: relationName(of), column: snapshot.columnName(of.oid, column as string) },
    owner: relation.owner,
    comment: snapshot.comment("pg_class", relation.oid),
  });
}

const SMALLEST = sql`-9223372036854775808`;
const LARGEST = sql`9223372036854775807`;

/** JSON numbers are exact up to 2^53. A sequence that needs more, but for the usual limit of bigint, is listed as not modelled. */
function countsInJson(row: Row): boolean {
  const up = !(row[3] as string).startsWith("-");
  const usual = (up ? LARGEST : SMALLEST).text;
  const limit = up ? 5 : 4;
  return row
    .slice(2, 7)
    .every((value, at) => Number.isSafeInteger(Number(value)) || (at + 2 === limit && value === usual));
}

function nameOf(spec: Pick<Sequence, "schema" | "name">): Sql {
  return qualified(spec.schema, spec.name);
}

function tableOf(of: NonNullable<Sequence["ownedBy"]>): Address {
  return address("Table", nameParts(of.table));
}

const TYPES = { smallint: sql`smallint`, integer: sql`integer`, bigint: sql`bigint` } as const;

const LIMITS = {
  smallint: [sql`-32768`, sql`32767`],
  integer: [sql`-2147483648`, sql`2147483647`],
  bigint: [SMALLEST, LARGEST],
} as const;

/**
 * How it counts: in full, or what differs from the server's own choice. In full the limits are written out: with a type
 * in the same statement, NO MAXVALUE means the largest number of the type whatever the direction.
 */
function counting(spec: Sequence, full: boolean): Sql {
  const { type = "bigint", start, increment = 1, minValue, maxValue, cache = 1, cycle = false } = spec;
  const usual = increment > 0 ? { least: sql`1`, most: LIMITS[type][1] } : { least: LIMITS[type][0], most: sql`-1` };
  const least = minValue === undefined ? usual.least : number(minValue);
  const most = maxValue === undefined ? usual.most : number(maxValue);
  const first = start === undefined ? (increment > 0 ? least : most) : number(start);
  const parts: readonly [differs: boolean, part: Sql][] = [
    [type !== "bigint", sql`AS ${TYPES[type]}`],
    [increment !== 1, sql`INCREMENT BY ${number(increment)}`],
    [minValue !== undefined, sql`MINVALUE ${least}`],
    [maxValue !== undefined, sql`MAXVALUE ${most}`],
    [start !== undefined, sql`START WITH ${first}`],
    [cache !== 1, sql`CACHE ${number(cache)}`],
    [cycle, cycle ? sql`CYCLE` : sql`NO CYCLE`],
  ];
  return parts.reduce((text, [differs, part]) => (full || differs ? sql`${text} ${part}` : text), EMPTY);
}

function alter({ before, after, fields }: Alteration<Sequence>, context: PlanContext): Statement[] {
  const moves = changed(fields, "ownedBy");
  const owned = owner(sql`SEQUENCE ${nameOf(after)}`, after.owner, fields);
  return [
    // Before its table may go, so that it does not go with it.
    ...(moves && before.ownedBy
      ? [{ sql: sql`ALTER SEQUENCE ${nameOf(after)} OWNED BY NONE`, phase: "restrict" as const }]
      : []),
    ...(FIELDS.some((field) => changed(fields, field)) ? recount(before, after) : []),
    // The owner of what belongs to a column is the table's, and follows it.
    ...(moves || !after.ownedBy ? owned : owned.map((statement) => linked(statement, after.ownedBy as Owned))),
    ...(moves && after.ownedBy ? link(after, after.ownedBy, context) : []),
    ...comment(sql`SEQUENCE ${nameOf(after)}`, after.comment, fields),
  ];
}

/**
 * A sequence that has not come as far as its new first limit steps to it; the server would refuse the limit. One that is
 * past its new last limit is refused: where it should go on is nobody's to guess.
 */
function recount(before: Sequence, after: Sequence): Statement[] {
  const name = nameOf(after);
  const altered: Statement = { sql: sql`ALTER SEQUENCE ${name}${counting(after, true)}` };
  const up = (after.increment ?? 1) > 0;
  const turned = up !== (before.increment ?? 1) > 0;
  const [from, to] = up ? [before.minValue ?? 1, after.minValue ?? 1] : [before.maxValue ?? -1, after.maxValue ?? -1];
  if (!turned && (up ? to <= from : to >= from)) return [altered];
  const passed = up ? sql`<` : sql`>`;
  return [
    { sql: sql`ALTER SEQUENCE ${name} AS bigint MINVALUE ${SMALLEST} MAXVALUE ${LARGEST}` },
    {
      sql: sql`SELECT setval(${lit(name.text)}, ${number(to)}, false) FROM ${name} WHERE last_value ${passed} ${number(to)}`,
    },
    altered,
  ];
}

type Owned = NonNullable<Sequence["ownedBy"]>;

function linked(statement: Statement, to: Owned): Statement {
  return { ...statement, phase: "link", after: [tableOf(to)] };
}

/** PostgreSQL wants one owner for the table and what belongs to it. */
function link(spec: Sequence, to: Owned, context: PlanContext): Statement[] {
  const theirs = ownerIn(context, tableOf(to));
  const own = spec.owner ?? ownerIn(context, address("Sequence", [spec.schema, spec.name]));
  const give =
    theirs !== undefined && theirs !== own ? [{ sql: sql`ALTER SEQUENCE ${nameOf(spec)} OWNER TO ${id(theirs)}` }] : [];
  return [...give, { sql: sql`ALTER SEQUENCE ${nameOf(spec)} OWNED BY ${named(to.table)}.${id(to.column)}` }].map(
    (one) => linked(one, to),
  );
}

function ownerIn(context: PlanContext, of: Address): string | undefined {
  return (context.desired.get(of)?.spec.owner ?? context.live.get(of)?.spec.owner) as string | undefined;
}
