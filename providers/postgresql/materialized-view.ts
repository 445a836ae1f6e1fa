/** A changed query means a new one: PostgreSQL cannot alter it. https://www.postgresql.org/docs/current/sql-creatematerializedview.html */

import type { MaterializedView } from "../../core/specs.ts";
import { EMPTY, expr, sql } from "../../core/sql.ts";
import { changed, columnComments, comment, owner } from "./common.ts";
import { needsOf, textFaults } from "./lexer.ts";
import { id, qualified } from "./quote.ts";
import { COLUMNS, COMMENTS, RELATIONS, USES } from "./reads.ts";
import { type PostgresHandler, sparse } from "./snapshot.ts";
import { usesOf } from "./uses.ts";
import { lost, outputOf, QUERIES, readColumnComments, readQueries } from "./view.ts";

export const materializedView: PostgresHandler<MaterializedView> = {
  reads: [RELATIONS, COLUMNS, COMMENTS, USES, QUERIES],
  *inspect(snapshot) {
    const queries = readQueries(snapshot);
    const uses = usesOf(snapshot);
    for (const relation of snapshot.relations) {
      if (relation.kind !== "m") continue;
      yield {
        spec: sparse<MaterializedView>({
          schema: relation.schema,
          name: relation.name,
          query: queries.get(relation.oid) ?? "",
          columnComments: readColumnComments(snapshot, relation.oid),
          owner: relation.owner,
          output: outputOf(snapshot, relation.oid),
          comment: snapshot.comment("pg_class", relation.oid),
        }),
        needs: uses("pg_class", relation.oid),
      };
    }
  },
  check: (spec) => textFaults("query", spec.query),
  needs: (spec, { desired }) => needsOf(spec.query, spec.schema, desired),
  create: (spec) => {
    const name = qualified(spec.schema, spec.name);
    const data = spec.withData === false ? sql`\nWITH NO DATA` : EMPTY;
    return [
      { sql: sql`CREATE MATERIALIZED VIEW ${name} AS\n${expr(spec.query)}${data}`, scope: spec.schema },
      ...owner(sql`MATERIALIZED VIEW ${name}`, spec.owner),
      ...comment(sql`MATERIALIZED VIEW ${name}`, spec.comment),
      ...columnComments(name, spec.columnComments),
    ];
  },
  alter: ({ after, fields }) => {
    if (changed(fields, "query")) return "replace";
    const name = qualified(after.schema, after.name);
    return [
      ...owner(sql`MATERIALIZED VIEW ${name}`, after.owner, fields),
      ...comment(sql`MATERIALIZED VIEW ${name}`, after.comment, fields),
      ...columnComments(name, after.columnComments, fields),
    ];
  },
  rename: (from, to) => [
    { sql: sql`ALTER MATERIALIZED VIEW ${qualified(to.schema, from.name)} RENAME TO ${id(to.name)}`, phase: "rename" },
  ],
  drop: (spec, context) => [
    {
      sql: sql`DROP MATERIALIZED VIEW ${qualified(spec.schema, spec.name)}`,
      hazards: lost("MaterializedView", spec, context),
    },
  ],
};
