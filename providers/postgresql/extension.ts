/** https://www.postgresql.org/docs/current/sql-createextension.html */
import { address } from "../../core/address.ts";
import type { Need } from "../../core/catalog.ts";
import type { Extension } from "../../core/specs.ts";
import { EMPTY, sql } from "../../core/sql.ts";
import { arrayItems, changed, comment } from "./common.ts";
import { id, lit } from "./quote.ts";
import { COMMENTS } from "./reads.ts";
import { type PostgresHandler, query, sparse } from "./snapshot.ts";

/** oid, name, schema, version, extensions that it requires. PL/pgSQL is part of every new database, and nobody's to declare. */
const EXTENSIONS = query(
  sql`SELECT e.oid, e.extname, n.nspname, e.extversion,
  ARRAY(SELECT r.extname FROM pg_depend d JOIN pg_extension r ON r.oid = d.refobjid
    WHERE d.classid = 'pg_extension'::regclass AND d.objid = e.oid AND d.refclassid = 'pg_extension'::regclass)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql' ORDER BY e.extname`,
);

/** What an extension requires stands in a file on the server; here are those that their names do not put in order. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = { pgrouting: ["postgis"] };
const LANGUAGE = /_(plperlu?|plpython3u|pltclu?)$/;

function needOf(name: string): Need {
  return { address: address("Extension", name) };
}

export const extension: PostgresHandler<Extension> = {
  reads: [EXTENSIONS, COMMENTS],
  *inspect(snapshot) {
    for (const [oid, name, schema, version, requires] of snapshot.rows(EXTENSIONS)) {
      yield {
        spec: sparse<Extension>({
          name: name as string,
          schema: schema as string,
          version: version as string,
          comment: snapshot.comment("pg_extension", oid as string),
        }),
        needs: arrayItems(requires as string).map(needOf),
      };
    }
  },
  needs: (spec) => [...(REQUIRED[spec.name] ?? []), ...(LANGUAGE.exec(spec.name)?.slice(1) ?? [])].map(needOf),
  normalise: (spec, { live }) => {
    const there = live.get(address("Extension", spec.name))?.spec.schema as string | undefined;
    return spec.schema === undefined && there !== undefined ? { ...spec, schema: there } : spec;
  },
  check: (spec) =>
    spec.renamedFrom === undefined ? [] : ["an extension has the name that its author gave it; take `renamedFrom` off"],
  create: (spec) => {
    const schema = spec.schema ? sql` SCHEMA ${id(spec.schema)}` : EMPTY;
    const version = spec.version ? sql` VERSION ${lit(spec.version)}` : EMPTY;
    return [
      // Without a schema of its own it goes to the first of the search path, whatever the statement before has left there.
      {
        sql: sql`CREATE EXTENSION ${id(spec.name)}${schema}${version}`,
        ...(spec.schema === undefined && { scope: "public" }),
      },
      ...comment(sql`EXTENSION ${id(spec.name)}`, spec.comment),
    ];
  },
  alter: ({ after, fields }) => [
    ...(changed(fields, "version") && after.version
      ? [{ sql: sql`ALTER EXTENSION ${id(after.name)} UPDATE TO ${lit(after.version)}` }]
      : []),
    ...(changed(fields, "schema") && after.schema
      ? [{ sql: sql`ALTER EXTENSION ${id(after.name)} SET SCHEMA ${id(after.schema)}` }]
      : []),
    ...comment(sql`EXTENSION ${id(after.name)}`, after.comment, fields),
  ],
  drop: (spec) => [{ sql: sql`DROP EXTENSION ${id(spec.name)}` }],
};
