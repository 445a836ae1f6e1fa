/**
 * Values are added and never taken away. A new value cannot be used in the transaction that adds it, so it is added
 * before all else, on its own. https://www.postgresql.org/docs/current/sql-altertype.html
 */
import type { Statement } from "../../core/engine.ts";
import type { Enum } from "../../core/specs.ts";
import { EMPTY, join, type Sql, sql } from "../../core/sql.ts";
import { arrayItems, changed, comment, owner } from "./common.ts";
import { id, lit, qualified } from "./quote.ts";
import { COMMENTS } from "./reads.ts";
import { type PostgresHandler, query, sparse } from "./snapshot.ts";

/** type, schema, name, owner, values */
const ENUMS = query(
  sql`SELECT t.oid, t.typnamespace, t.typname, t.typowner, ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_type t WHERE t.typtype = 'e' ORDER BY t.oid`,
);

export const enumeration: PostgresHandler<Enum> = {
  reads: [ENUMS, COMMENTS],
  *inspect(snapshot) {
    for (const row of snapshot.rows(ENUMS)) {
      const [oid, namespace, name, role, values] = row as readonly [string, string, string, string, string];
      const schema = snapshot.schema(namespace);
      if (schema === undefined || snapshot.inExtension("pg_type", oid)) continue;
      yield {
        spec: sparse<Enum>({
          schema,
          name,
          values: arrayItems(values),
          owner: snapshot.role(role),
          comment: snapshot.comment("pg_type", oid),
        }),
      };
    }
  },
  create: (spec) => [
    { sql: sql`CREATE TYPE ${nameOf(spec)} AS ENUM (${join(spec.values.map(lit))})` },
    ...owner(sql`TYPE ${nameOf(spec)}`, spec.owner),
    ...comment(sql`TYPE ${nameOf(spec)}`, spec.comment),
  ],
  refuse: ({ before, after, fields }) => {
    if (!changed(fields, "values")) return undefined;
    const gone = before.values.filter((value) => !after.values.includes(value));
    const kept = after.values.filter((value) => before.values.includes(value));
    if (gone.length > 0) {
      return `PostgreSQL takes no value away from an enum, and ${gone.join(", ")} would be. Keep it; or rename it with ALTER TYPE … RENAME VALUE, or move its columns to a new enum, and declare that`;
    }
    if (before.values.some((value, index) => kept[index] !== value)) {
      return `PostgreSQL keeps the values of an enum in their order, which is ${before.values.join(", ")}. Declare them in that order, or move its columns to a new enum`;
    }
    return undefined;
  },
  alter: ({ before, after, fields }) => [
    ...(changed(fields, "values") ? additions(before, after) : []),
    ...owner(sql`TYPE ${nameOf(after)}`, after.owner, fields),
    ...comment(sql`TYPE ${nameOf(after)}`, after.comment, fields),
  ],
  rename: (from, to) => [
    { sql: sql`ALTER TYPE ${qualified(to.schema, from.name)} RENAME TO ${id(to.name)}`, phase: "rename" },
  ],
  drop: (spec) => [{ sql: sql`DROP TYPE ${nameOf(spec)}` }],
};

function nameOf(spec: Pick<Enum, "schema" | "name">): Sql {
  return qualified(spec.schema, spec.name);
}

/** Each stands after the value before it, which is there by then; the first of all stands before the old first. */
function additions(before: Enum, after: Enum): Statement[] {
  const there = new Set(before.values);
  return after.values.flatMap((value, index): Statement[] => {
    if (there.has(value)) return [];
    const previous = after.values[index - 1];
    const first = before.values[0];
    const place =
      previous !== undefined ? sql` AFTER ${lit(previous)}` : first !== undefined ? sql` BEFORE ${lit(first)}` : EMPTY;
    return [
      { sql: sql`ALTER TYPE ${nameOf(after)} ADD VALUE ${lit(value)}${place}`, phase: "rename", transactional: false },
    ];
  });
}
