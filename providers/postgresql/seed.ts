/**
 * Rows that a table always has. They are compared by a hash of those rows of the table whose keys the query gives; rows
 * with other keys are others' business. https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
 */
import { address } from "../../core/address.ts";
import { nameParts } from "../../core/names.ts";
import type { Seed } from "../../core/specs.ts";
import { expr, join, type Sql, sql } from "../../core/sql.ts";
import { needsOf, textFaults, userText } from "./lexer.ts";
import { id, ids, named } from "./quote.ts";
import type { PostgresHandler } from "./snapshot.ts";

export const seed: PostgresHandler<Seed> = {
  reads: [],
  *inspect(snapshot) {
    for (const [at, rows] of snapshot.seeds) {
      const probe = snapshot.probes.get(at as never);
      if (probe) yield { spec: { ...(probe.spec as Seed), rows } };
    }
  },
  check: (spec) => textFaults("rows", spec.rows),
  needs: (spec, { desired }) => needsOf(spec.rows, nameParts(spec.table)[0] as string, desired),
  goesWith: (spec) => [address("Table", nameParts(spec.table))],
  create: (spec) => fill(spec),
  alter: ({ after }) => fill(after),
  // The rows are data: they stay until the table goes.
  drop: () => [],
};

function fill(spec: Seed): ReturnType<PostgresHandler<Seed>["create"]> {
  const others = spec.columns.filter((column) => !spec.key.includes(column));
  const table = named(spec.table);
  const updates = join(
    others.map((column) => sql`${id(column)} = excluded.${id(column)}`),
    ", ",
  );
  const differs = sql`(${join(others.map((column) => sql`target.${id(column)}`))}) IS DISTINCT FROM (${join(others.map((column) => sql`excluded.${id(column)}`))})`;
  const conflict = others.length > 0 ? sql`DO UPDATE SET ${updates}\nWHERE ${differs}` : sql`DO NOTHING`;
  return [
    {
      sql: sql`INSERT INTO ${table} AS target (${ids(spec.columns)})\n${userText(spec.rows)}\nON CONFLICT (${ids(spec.key)}) ${conflict}`,
      phase: "fill",
      scope: nameParts(spec.table)[0] as string,
    },
  ];
}

/** Type of each column of the table, as the server writes it. */
export type ColumnTypes = ReadonlyMap<string, string>;

/** Hash of the rows of the table whose keys the query gives. */
export function hashOfTable(spec: Seed, types: ColumnTypes): Sql {
  return sql`SELECT ${digest(spec)} FROM ${named(spec.table)} AS target
WHERE (${join(spec.key.map((column) => sql`target.${id(column)}`))}) IN (SELECT ${ids(spec.key)} FROM ${wanted(spec, spec.key, types)})`;
}

/** Hash of the rows that the query gives. */
export function hashOfQuery(spec: Seed, types: ColumnTypes): Sql {
  return sql`SELECT ${digest(spec)} FROM ${wanted(spec, spec.columns, types)}`;
}

/** What the query gives, as the columns of the table would hold it. */
function wanted(spec: Seed, columns: readonly string[], types: ColumnTypes): Sql {
  const casts = columns.map(
    (column) => sql`CAST(given.${id(column)} AS ${expr(types.get(column) ?? "text")}) AS ${id(column)}`,
  );
  return sql`(SELECT ${join(casts)} FROM (${userText(spec.rows)}) AS given (${ids(spec.columns)})) AS target`;
}

/** In an order that no collation has a part in. */
function digest(spec: Seed): Sql {
  const row = sql`ROW(${join(spec.columns.map((column) => sql`target.${id(column)}`))})::text`;
  // Types for which `pg_catalog` has the very operator: whoever may create in the schema could plant a better match.
  return sql`count(*)::text || text ' rows, ' || coalesce(md5(string_agg(${row}, text E'\\n' ORDER BY ${row} COLLATE "C")), text '')`;
}
