/**
 * All but comment, name, parameters and tablespace means a new index. One that is built concurrently stands outside the
 * transaction: after everything else that is built and before anybody is let in.
 * https://www.postgresql.org/docs/current/sql-createindex.html
 */
import { type Address, address } from "../../core/address.ts";
import type { Alteration, Hazard, PlanContext, Statement } from "../../core/engine.ts";
import { index as kind } from "../../core/kinds/table-index.ts";
import { nameParts } from "../../core/names.ts";
import type { Index } from "../../core/specs.ts";
import { EMPTY, join, type Sql, sql } from "../../core/sql.ts";
import { assignments, comment, parameters, reloptions, vector } from "./common.ts";
import { keyFaults, keySql, normaliseKey, OPERATOR_CLASSES, operatorClasses, readKeys } from "./index-keys.ts";
import { textFault, unwrapped, userText } from "./lexer.ts";
import { id, ids, named, qualified } from "./quote.ts";
import { COLUMNS, COMMENTS, RELATIONS } from "./reads.ts";
import { type PostgresHandler, query, type Row, relationName, sparse } from "./snapshot.ts";

/**
 * index, table, name, method, unique, valid, number of keys, columns, operator classes, options, collations, expressions,
 * condition, parameters, tablespace, nulls not distinct; and where a collation is not the usual one: each that is not its
 * column's own, and the whole definition where there are expressions. Deparsing is slow, so only expressions are deparsed.
 */
const INDEXES = query(
  ({
    version,
    within,
  }) => sql`SELECT i.indexrelid, i.indrelid, c.relname, m.amname, i.indisunique, i.indisvalid, i.indnkeyatts,
  i.indkey, i.indclass, i.indoption, i.indcollation,
  CASE WHEN array_length(array_positions(i.indkey::int2[], 0::int2), 1) = 1 THEN
    array_fill(pg_get_expr(i.indexprs, i.indrelid), ARRAY[i.indnkeyatts::int])
  WHEN i.indexprs IS NOT NULL THEN
    ARRAY(SELECT CASE WHEN i.indkey[k - 1] = 0 THEN pg_get_indexdef(i.indexrelid, k, false) END FROM generate_series(1, i.indnkeyatts) k ORDER BY k) END,
  pg_get_expr(i.indpred, i.indrelid), c.reloptions, t.spcname,
  ${version >= 150000 ? sql`i.indnullsnotdistinct` : sql`false`},
  CASE WHEN NOT i.indcollation::oid[] <@ '{0,100}'::oid[] THEN
    ARRAY(SELECT CASE WHEN k.coll <> a.attcollation OR a.attcollation IS NULL THEN
        (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
         FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = k.coll) END
      FROM unnest(i.indcollation::oid[], i.indkey::int2[]) WITH ORDINALITY AS k (coll, attnum, n)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
      WHERE k.n <= i.indnkeyatts ORDER BY k.n) END,
  CASE WHEN i.indexprs IS NOT NULL AND NOT i.indcollation::oid[] <@ '{0,100}'::oid[] THEN pg_get_indexdef(i.indexrelid) END
FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_am m ON m.oid = c.relam
  LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
WHERE c.relkind = 'i' AND NOT c.relispartition AND i.indexrelid >= 16384 AND NOT i.indisprimary AND NOT i.indisexclusion
  AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x'))${within(sql`i.indrelid`)}
ORDER BY i.indrelid, c.relname`,
  45,
  true,
);

export const index: PostgresHandler<Index> = {
  exact: true,
  reads: [INDEXES, OPERATOR_CLASSES, RELATIONS, COLUMNS, COMMENTS],
  *inspect(snapshot) {
    const classes = operatorClasses(snapshot);
    for (const row of snapshot.rows(INDEXES)) {
      const [oid, table] = row as readonly [string, string];
      const relation = snapshot.relation(table);
      if (!relation || !(relation.kind === "r" || relation.kind === "m") || relation.row[12] === "t") continue;
      if (snapshot.inExtension("pg_class", table) || snapshot.inExtension("pg_class", oid)) continue;
      const keys = Number(row[6]);
      const include = vector(row[7] as string)
        .slice(keys)
        .map((number) => snapshot.columnName(table, number));
      yield {
        spec: sparse<Index>({
          table: relationName(relation),
          name: row[2] as string,
          method: row[3] === "btree" ? undefined : (row[3] as string),
          columns: readKeys(row, keys, snapshot, classes),
          unique: row[4] === "t" ? true : undefined,
          nullsNotDistinct: row[15] === "t" ? true : undefined,
          include: include.length > 0 ? include.sort() : undefined,
          where: row[12] == null ? undefined : unwrapped(row[12]),
          postgresql: engineFields(row),
          invalid: row[5] === "f" ? true : undefined,
          comment: snapshot.comment("pg_class", oid),
        }),
      };
    }
  },
  normalise: (spec, context) => ({ ...spec, columns: spec.columns.map((key) => normaliseKey(key, spec, context)) }),
  check: (spec, target) => [
    ...(spec.nullsNotDistinct && target.versionNumber < 150000 ? ["`nullsNotDistinct` needs PostgreSQL 15"] : []),
    ...spec.columns.flatMap((key) => keyFaults(key)),
    ...[textFault(spec.where ?? "")]
      .filter((fault) => fault !== undefined)
      .map((fault) => `\`where\` is no single condition: ${fault}`),
  ],
  goesWith: tablesOf,
  create,
  alter,
  rename: (from, to) => [
    { sql: sql`ALTER INDEX ${nameOf({ ...to, name: from.name })} RENAME TO ${id(to.name)}`, phase: "rename" },
  ],
  drop: (spec, context) => {
    const concurrently = spec.concurrently || context.desired.get(kind.address(spec))?.spec.concurrently === true;
    if (concurrently)
      return [
        { sql: sql`DROP INDEX CONCURRENTLY ${nameOf(spec)}`, transactional: false, lock: "SHARE UPDATE EXCLUSIVE" },
      ];
    return [{ sql: sql`DROP INDEX ${nameOf(spec)}`, lock: "ACCESS EXCLUSIVE" }];
  },
};

function engineFields(row: Row): Index["postgresql"] {
  const fields = sparse<NonNullable<Index["postgresql"]>>({
    tablespace: row[14] ?? undefined,
    parameters: reloptions(row[13] ?? null),
  });
  return Object.keys(fields).length > 0 ? fields : undefined;
}

function nameOf(spec: Pick<Index, "table" | "name">): Sql {
  return qualified(nameParts(spec.table)[0] as string, spec.name);
}

function tablesOf(spec: Index): Address[] {
  return ["Table", "MaterializedView"].map((of) => address(of, nameParts(spec.table)));
}

function create(spec: Index, context: PlanContext): Statement[] {
  const fresh = tablesOf(spec).some((of) => context.isNew(of));
  // Nobody waits for a table that is made in the same run.
  const concurrently = spec.concurrently === true && !fresh;
  const { tablespace, parameters: given } = spec.postgresql ?? {};
  const parts = [
    sql`CREATE ${spec.unique ? sql`UNIQUE ` : EMPTY}INDEX ${concurrently ? sql`CONCURRENTLY ` : EMPTY}${id(spec.name)} ON ${named(spec.table)}`,
    sql` USING ${id(spec.method ?? "btree")} (${join(spec.columns.map(keySql))})`,
    spec.include ? sql` INCLUDE (${ids(spec.include)})` : EMPTY,
    spec.nullsNotDistinct ? sql` NULLS NOT DISTINCT` : EMPTY,
    given ? sql` WITH (${assignments(Object.entries(given) as [string, string][])})` : EMPTY,
    tablespace ? sql` TABLESPACE ${id(tablespace)}` : EMPTY,
    spec.where ? sql` WHERE ${userText(spec.where)}` : EMPTY,
  ];
  const built: Statement = {
    sql: join(parts, ""),
    scope: nameParts(spec.table)[0] as string,
    lock: concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE",
    ...(concurrently && { transactional: false }),
    ...(!concurrently && !fresh && { hazards: [waiting(spec, context)] }),
  };
  const phase = concurrently ? { phase: "fill" as const } : {};
  return [built, ...comment(sql`INDEX ${nameOf(spec)}`, spec.comment)].map((statement) => ({ ...statement, ...phase }));
}

function waiting(spec: Index, context: PlanContext): Hazard {
  const rows = tablesOf(spec)
    .map((of) => context.live.get(of)?.rows)
    .find((count) => count !== undefined);
  const size = rows === undefined ? "" : ` over about ${rows.toLocaleString("en-US")} rows`;
  return {
    code: "LOCKS_TABLE",
    message: `writes to ${spec.table} wait while ${spec.name} is built${size}; \`concurrently: true\` builds it without`,
    affects: [spec.table],
  };
}

function alter({ before, after, fields }: Alteration<Index>): Statement[] | "replace" {
  if (fields.some(({ path }) => path[0] !== "comment" && path[0] !== "postgresql")) return "replace";
  const name = nameOf(after);
  const tablespace = after.postgresql?.tablespace;
  return [
    ...parameters(sql`ALTER INDEX ${name}`, fields),
    ...(before.postgresql?.tablespace === tablespace
      ? []
      : [
          {
            sql: sql`ALTER INDEX ${name} SET TABLESPACE ${id(tablespace ?? "pg_default")}`,
            hazards: [moving(after)],
            lock: "ACCESS EXCLUSIVE",
          },
        ]),
    ...comment(sql`INDEX ${name}`, after.comment, fields),
  ];
}

function moving(spec: Index): Hazard {
  return {
    code: "LOCKS_TABLE",
    message: `queries that would use ${spec.name} wait while it is copied`,
    affects: [spec.table],
  };
}
