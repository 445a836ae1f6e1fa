/** https://www.postgresql.org/docs/current/sql-createschema.html */

import type { Schema } from "../../core/specs.ts";
import { sql } from "../../core/sql.ts";
import { comment, owner } from "./common.ts";
import { id } from "./quote.ts";
import { SCHEMAS } from "./reads.ts";
import { type PostgresHandler, sparse } from "./snapshot.ts";

export const schema: PostgresHandler<Schema> = {
  reads: [SCHEMAS],
  *inspect(snapshot) {
    for (const [oid, name, role] of snapshot.rows(SCHEMAS)) {
      const schemaName = snapshot.schema(oid as string);
      if (schemaName === undefined || snapshot.inExtension("pg_namespace", oid as string)) continue;
      yield {
        spec: sparse<Schema>({
          name: name as string,
          owner: snapshot.role(role as string),
          comment: snapshot.comment("pg_namespace", oid as string),
        }),
      };
    }
  },
  create: (spec) => [
    {
      sql: spec.owner
        ? sql`CREATE SCHEMA ${id(spec.name)} AUTHORIZATION ${id(spec.owner)}`
        : sql`CREATE SCHEMA ${id(spec.name)}`,
    },
    ...comment(sql`SCHEMA ${id(spec.name)}`, spec.comment),
  ],
  alter: ({ after, fields }) => [
    ...owner(sql`SCHEMA ${id(after.name)}`, after.owner, fields),
    ...comment(sql`SCHEMA ${id(after.name)}`, after.comment, fields),
  ],
  rename: (from, to) => [{ sql: sql`ALTER SCHEMA ${id(from.name)} RENAME TO ${id(to.name)}`, phase: "rename" }],
  drop: (spec) => [{ sql: sql`DROP SCHEMA ${id(spec.name)}` }],
};
